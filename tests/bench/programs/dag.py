"""The screen of a pipeline, from memory: `python -m tests.bench.programs.dag tree 1000`.

With `later` as a third word, the key O opens it. The key Z changes one job in a hundred and polls.
"""

import gc
import sys
import tempfile
from pathlib import Path
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from studio_tui.tui.frame.commands import Basics
from studio_tui.tui.pipelines.graph.memory import DagMemory, DagPlace, Grouping, Mode
from studio_tui.tui.pipelines.graph.screen import PipelineScreen
from studio_tui.tui.sheets import OPENING
from studio_tui.tui.styling import apply_theme
from studio_tui.tui.theme import DARK
from tests.bench import dag_pure
from tests.tui.pipelines.dag_stage import DagStudio, session_on


class DagApp(App[None]):
    """Shows a pipeline of `jobs` jobs in a mode, ungrouped."""

    BINDINGS: ClassVar[list[BindingType]] = [("O", "open", "open"), ("Z", "change", "change")]

    def __init__(self, mode: str, jobs: int, folder: Path, *, at_once: bool) -> None:
        super().__init__(css_path=OPENING)
        self.register_theme(DARK)
        apply_theme(self, lambda: DARK.name)
        self._pipeline = dag_pure.pipeline(jobs)
        self._at_once = at_once
        self._studio = DagStudio(self._pipeline)
        self._session = session_on(self._studio, folder)
        self._memory = DagMemory()
        place = DagPlace(mode=Mode(mode), grouping=Grouping.NONE)
        self._memory.note(self._pipeline.pipeline_id, place)

    def on_mount(self) -> None:
        """Begin polling, and show the pipeline unless it waits for a key."""
        self.run_worker(self._poll(), group="show")

    async def _poll(self) -> None:
        """Poll, and say when the first answer is there, unless the pipeline is shown at once."""
        if self._at_once:
            self.action_open()
        self.run_worker(self._session.run(), group="poll")
        await self._session.jobs.first_answer()
        gc.freeze()  # a collection of all objects takes over 50 ms
        if not self._at_once:
            await self.mount(Static("ready"))

    def compose(self) -> ComposeResult:
        """Subscribe to the jobs, as the list from which a pipeline is opened does."""
        self._session.jobs.subscribe(lambda _: None)
        yield from ()

    def action_open(self) -> None:
        """Show the pipeline."""
        basics = Basics(self._session, "bench", read_only=True)
        self.push_screen(PipelineScreen(basics, self._pipeline.pipeline_id, self._memory))

    def action_change(self) -> None:
        """Change the pipeline in Studio, and poll at once."""
        self._studio.set_pipeline(dag_pure.next_response(self._studio.current_pipeline))
        self._session.pipeline(self._pipeline.pipeline_id).poke()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as data:
        at_once = "later" not in sys.argv
        DagApp(sys.argv[1], int(sys.argv[2]), Path(data), at_once=at_once).run()
