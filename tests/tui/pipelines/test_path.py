"""A complete session with a pipeline of a real local Studio, by keys alone."""

from pathlib import Path
from typing import Any

import pytest

from studio_tui.tui.form.edit_screen import EditScreen
from studio_tui.tui.pipelines.graph.screen import PipelineScreen
from tests.local.http.test_pipeline_routes import make, status, trigger
from tests.local.http.test_pipeline_routes import until as until_state
from tests.soak import at_length
from tests.steps import step
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, until, until_shown

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


async def test_a_failure_is_found_fixed_and_seen_to_let_the_pipeline_continue(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    make(studio, "first")
    studio.end(studio.submit(FAILING, query_name="middle.py")["id"])
    make(studio, "last", "middle")
    made = trigger(studio, "last", review=True)
    async with dashboard(studio, tmp_path, size=(140, 60)) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "‖ PAUSED", "3: 3 waiting")
        await pilot.press("enter")
        await until_shown(pilot, made["name"], "‖ paused: 3 waiting")
        await pilot.press("p")
        await until_shown(pilot, "✗ FAILED", "1 root failure", "⊘1", "blocked by midd")

        with step("to the failure, and what it says"):
            await pilot.press("n")
            await until_shown(pilot, "blocks     1 job", "it is no longer the first time")
            await pilot.press("L")
            await until_shown(pilot, "ValueError: it is no longer the first time")
            await pilot.press("q")
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
        with step("the log of a job that it blocks is empty, and says why"):
            await pilot.press("j", "l")
            await until_shown(pilot, "⊘ BLOCKED  blocked by middle.py, which failed")
            await pilot.press("q", "k")
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
        with step("to run it again is no help"):
            await pilot.press("R")
            await until_shown(pilot, "Run this job again from")
            await pilot.press("y")
            await until_shown(pilot, "attempt    2", "before", "ran ", "✗ FAILED")
        with step("fixed in the form, as there is no terminal here that an editor could have"):
            await pilot.press("e")
            await until_shown(pilot, "Edit middle.py", "There is no terminal here")
            form = pilot.app.screen
            assert isinstance(form, EditScreen)
            form.form.set_text("query", FAILING.replace("raise ValueError", "print"))
            await pilot.press("f9")
            await until_shown(pilot, "Run the changed job?", "r  run from checkpoints",
                              "A run from its checkpoints replaces it in the")  # fmt: skip
            await pilot.press("r")
        with step("back at the graph, where the fixed job has taken the place of the failed one"):
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
            await until_shown(pilot, "✓ COMPLETED", "3/3", "rebuilds last, created")
        await lead_from_one_to_the_other(pilot)


async def lead_from_one_to_the_other(pilot: Dashboard) -> None:
    """Go from the third attempt of a job to the first, and its log."""
    with step("attempts lead from one to the other"):
        await until_shown(pilot, "attempt    3", "before", "ran ")
        await pilot.press("enter")
        await until_shown(pilot, "attempt", "3 of 3 in its pipeline", "continues")
        for place in (2, 1):
            await pilot.press("less_than_sign")
            await until_shown(pilot, f"{place} of 3 in its pipeline", "continued  ")
        await pilot.press("less_than_sign")
        await until_shown(pilot, "No run before this one is known here")
        await pilot.press("l")
        await until_shown(pilot, "it is no longer the first time")
        await pilot.press("q", "greater_than_sign")
        await until_shown(pilot, "2 of 3 in its pipeline")


@pytest.mark.parametrize("key", at_length(["R"], ["r", "R"]))
async def test_jobs_and_all_that_wait_for_them_run_again_in_their_order(
    studio: ThreadStudio, tmp_path: Path, key: str
) -> None:
    make(studio, "first")
    make(studio, "middle", "first")
    make(studio, "last", "middle")
    made = trigger(studio, "last", review=True)
    async with dashboard(studio, tmp_path, size=(140, 60)) as pilot:
        await pilot.press("2")
        await until_shown(pilot, made["name"], "PAUSED")
        await pilot.press("enter")
        await until_shown(pilot, made["name"], "first.py", "middle.py", "last.py")
        with step("a job that was taken out is found and put back"):
            await pilot.press("g", "Z")
            await until_shown(pilot, "No job is known to have been removed")
            await pilot.press("j", "D")
            await until_shown(pilot, "Remove this job from the pipeline?", "middle.py")
            await pilot.press("y")
            await until_shown(pilot, "removed jobs  middle.py")
            await pilot.press("Z")
            await until_shown(pilot, "Restore this job of the pipeline?", "middle.py")
            await pilot.press("y")
            await until_shown(pilot, "Restored middle.py; p resumes the pipeline")
            names = [run["name"] for run in status(studio, made)["job_runs"]]
            assert names == ["first.py", "middle.py", "last.py"]
        with step("marked jobs run again"):
            await pilot.press("p")
            await until_shown(pilot, "✓ COMPLETED", "3/3")
            await pilot.press("g", "a", key)
            await until_shown(pilot, "3 marked jobs", "They run as one pipeline")
            await pilot.press("y")
            await until_shown(pilot, "3 of 3 jobs created", "in the pipeline", "open the pipeline")
            again = newest_of(studio)
            await pilot.press("P")
            await until_shown(pilot, f"Pipelines › {again['name']}", "runs jobs of", "3/3")
            assert again["pipeline_id"] != made["pipeline_id"]
            check_order(studio, again)
        with step("those that were edited run in their order, too"):
            await pilot.press("g", "a", "e")
            await until_shown(pilot, "Edit 3 jobs")
            await pilot.press("f9")
            await until_shown(pilot, "Run 3 changed jobs?", "last.py depend on others of these")
            await pilot.press("f")
            await until_shown(pilot, "3 of 3 jobs created", "f8 shows the outcome of each")
            edited = newest_of(studio)["job_runs"]
            assert [run["name"] for run in edited] == ["first.py", "middle.py", "last.py"]
            ids = [run["job_id"] for run in edited]
            assert [run["parent_job_ids"] for run in edited] == [[], [ids[0]], [ids[1]]]


def newest_of(studio: ThreadStudio) -> dict[str, Any]:
    """Return the newest pipeline."""
    query = {"team_name": "local"}
    return dict(studio.request("GET", "/datachain/pipeline/list", params=query).json()[0])


def check_order(studio: ThreadStudio, pipeline: dict[str, Any]) -> None:
    """Assert that each job of the chain began after the previous one had ended."""
    ended = until_state(studio, pipeline, "COMPLETED")
    runs = {run["name"]: studio.job(run["created_job_id"]) for run in ended["job_runs"]}
    for before, after in (("first.py", "middle.py"), ("middle.py", "last.py")):
        assert runs[before]["finished_at"] <= runs[after]["started_at"]
