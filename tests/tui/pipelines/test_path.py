"""The whole way through a pipeline of a real local Studio, with keys alone."""

from pathlib import Path

from studio_tui.tui.form.edit_screen import EditScreen
from studio_tui.tui.pipelines.graph.screen import PipelineScreen
from tests.local.http.test_pipeline_routes import make, trigger
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, until, until_shown

FAILING = """
import json, os
from pathlib import Path

if not Path(os.environ["STUDIO_DATASETS"], "first_time").exists():
    Path(os.environ["STUDIO_DATASETS"], "first_time").touch()
else:
    raise ValueError("it is no longer the first time")
with open(os.environ["STUDIO_LINEAGE"], "a") as lineage:
    lineage.write(json.dumps({"dataset": "middle", "version": None, "from": ["first"]}) + "\\n")
"""


async def test_a_failure_is_found_mended_and_seen_to_let_the_pipeline_go_on(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    make(studio, "first")
    studio.end(studio.submit(FAILING, query_name="middle.py")["id"])
    make(studio, "last", "middle")
    made = trigger(studio, "last", review=True)
    async with dashboard(studio, tmp_path, size=(120, 60)) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "‖ PAUSED", "3 jobs: 3 waiting")
        await pilot.press("enter")
        await until_shown(pilot, made["name"], "‖ paused: 3 will not start")
        await pilot.press("p")
        await until_shown(pilot, "✗ FAILED", "1 root failure", "⊘1", "blocked by midd")

        # To the failure, and what it says.
        await pilot.press("n")
        await until_shown(pilot, "blocks    1 job", "it is no longer the first time")
        await pilot.press("L")
        await until_shown(pilot, "ValueError: it is no longer the first time")
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))

        # Mended in the form, for there is no terminal here that an editor could have.
        await pilot.press("e")
        await until_shown(pilot, "Edit middle.py", "There is no terminal here")
        form = pilot.app.screen
        assert isinstance(form, EditScreen)
        form.form.put("query", FAILING.replace("raise ValueError", "print"))
        await pilot.press("f9")
        await until_shown(pilot, "Run the changed job?", "r  resume from checkpoints",
                          "A resumed job takes its place in the pipeline")  # fmt: skip
        await pilot.press("r")

        # Back at the graph, where the mended job has taken the place of the failed one.
        await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
        await until_shown(pilot, "✓ COMPLETED", "3/3", "makes last anew, since")
