"""The screen of a pipeline, from memory: `python -m tests.bench.programs.dag tree 1000`."""

import gc
import sys
import tempfile
from pathlib import Path

from textual.app import App

from studio_tui.tui.dag.memory import DagMemory, DagPlace, Grouping, Mode
from studio_tui.tui.screens.pipeline import PipelineScreen
from studio_tui.tui.sheets import OPENING
from studio_tui.tui.theme import DARK
from tests.bench import dag_pure
from tests.tui.dag_stage import DagStudio, session_on


class DagApp(App[None]):
    """Shows a pipeline of so many jobs in a mode, every job by itself."""

    def __init__(self, mode: str, jobs: int, folder: Path) -> None:
        super().__init__(css_path=OPENING)
        self.register_theme(DARK)
        self.theme = DARK.name
        self._pipeline = dag_pure.pipeline(jobs)
        self._session = session_on(DagStudio(self._pipeline), folder)
        self._memory = DagMemory()
        place = DagPlace(mode=Mode(mode), grouping=Grouping.NONE)
        self._memory.note(self._pipeline.pipeline_id, place)

    def on_mount(self) -> None:
        """Show the pipeline, once it is there."""
        self.run_worker(self._show(), group="show")

    async def _show(self) -> None:
        """Poll, and spare what is there the garbage collector: its rounds take 50 ms and more."""
        pipeline_id = self._pipeline.pipeline_id
        page = PipelineScreen(self._session, "bench", pipeline_id, self._memory, read_only=True)
        self.push_screen(page)
        self.run_worker(self._session.run(), group="poll")
        await self._session.jobs.first()
        gc.freeze()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data:
        DagApp(sys.argv[1], int(sys.argv[2]), Path(data)).run()
