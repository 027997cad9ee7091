"""Whole sessions with a pipeline of a real local Studio, driven by keys."""

from pathlib import Path
from typing import Any

import pytest

from studio_tui.api.states import JobState
from studio_tui.service.polling.endings import Ended
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.tui.form.edit_screen import EditScreen
from studio_tui.tui.pipelines.graph.screen import PipelineScreen
from tests.local.http.test_pipeline_routes import make_dataset, status, trigger, until_state
from tests.soak import at_length
from tests.steps import step
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown

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
"""A job that makes the dataset `middle` in its first run and fails in each later run."""


async def test_a_failed_job_is_found_and_fixed_so_that_the_pipeline_completes(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    make_dataset(studio, "first")
    studio.wait_for_end(studio.submit(FAILING, query_name="middle.py")["id"])
    make_dataset(studio, "last", "middle")
    triggered = trigger(studio, "last", review=True)
    async with dashboard(studio, tmp_path, size=(140, 60)) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "‖ PAUSED", "3: 3 waiting")
        await pilot.press("enter")
        await until_shown(pilot, triggered["name"], "‖ paused: 3 waiting")
        await pilot.press("p")
        await until_shown(pilot, "✗ FAILED", "1 root failure", "⊘1", "blocked by midd")

        with step("the failed job and its log"):
            await pilot.press("n")
            await until_shown(pilot, "blocks     1 job", "it is no longer the first time")
            await pilot.press("L")
            await until_shown(pilot, "ValueError: it is no longer the first time")
            await pilot.press("q")
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
        with step("the log of a blocked job is empty and says why"):
            await pilot.press("j", "l")
            await until_shown(pilot, "⊘ BLOCKED ", "blocked by middle.py, which failed")
            await pilot.press("q", "k")
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
        with step("the failed job fails again"):
            await pilot.press("R")
            await until_shown(pilot, "Run this job again from")
            await pilot.press("y")
            await until_shown(pilot, "attempt    2", "before", "ran ", "✗ FAILED")
        with step("the job is fixed in the form, as there is no terminal for an editor"):
            await pilot.press("e")
            await until_shown(pilot, "Edit middle.py", "There is no terminal here")
            form = pilot.app.screen
            assert isinstance(form, EditScreen)
            form.form.set_text("query", FAILING.replace("raise ValueError", "print"))
            await pilot.press("f9")
            await until_shown(pilot, "Run the changed job?", "r  run from checkpoints")
            await pilot.press("r")
        with step("the fixed job has replaced the failed one in the graph"):
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
            await until_shown(pilot, "✓ COMPLETED", "3/3", "rebuilds last, created")
        await visit_each_attempt(pilot)


async def visit_each_attempt(pilot: Dashboard) -> None:
    """Go from the third attempt of a job back to the first, read its log, and go to the third."""
    with step("each attempt leads to the one before it and to the newest"):
        await until_shown(pilot, "attempt    3", "before", "ran ")
        await pilot.press("enter")
        await until_shown(pilot, "attempt", "3 of 3 in its pipeline", "continues")
        for attempt in (2, 1):
            await pilot.press("less_than_sign")
            await until_shown(pilot, f"{attempt} of 3 in its pipeline", "fixed  ")
        await pilot.press("less_than_sign")
        await until_shown(pilot, "No attempt before this one is known here")
        await pilot.press("l")
        await until_shown(pilot, "it is no longer the first time")
        await pilot.press("q", "greater_than_sign")
        await until_shown(pilot, "3 of 3 in its pipeline")


def has_canceled_job(jobs: JobList | None) -> bool:
    return jobs is not None and any(job.state is JobState.CANCELED for job in jobs.jobs)


@pytest.mark.parametrize("key", at_length(["R"], ["r", "R"]))
async def test_marked_jobs_run_again_in_the_order_of_their_dependencies(
    studio: ThreadStudio, tmp_path: Path, key: str
) -> None:
    make_dataset(studio, "first")
    make_dataset(studio, "middle", "first")
    make_dataset(studio, "last", "middle")
    triggered = trigger(studio, "last", review=True)
    async with dashboard(studio, tmp_path, size=(140, 60)) as pilot:
        await pilot.press("2")
        await until_shown(pilot, triggered["name"], "PAUSED")
        await pilot.press("enter")
        await until_shown(pilot, triggered["name"], "first.py", "middle.py", "last.py")
        with step("a removed job is found and restored"):
            await pilot.press("g", "Z")
            await until_shown(pilot, "No job is known to have been removed")
            assert isinstance(pilot.app.screen, PipelineScreen)
            session = pilot.app.screen.session
            ended = list[Ended]()
            session.endings.on_end(ended.append)
            await pilot.press("j", "space", "D")
            await until_shown(pilot, "Remove 1 job from the pipeline?", "middle.py")
            await pilot.press("y")
            await until_shown(pilot, "removed    middle.py", " · 1 removed (Z)")
            await until(pilot, lambda: has_canceled_job(session.jobs.snapshot.value))
            assert ended == []  # the user has just removed it
            await pilot.press("Z")
            await until_shown(pilot, "Restore this job of the pipeline?", "middle.py")
            await pilot.press("y")
            await until_shown(pilot, "Restored middle.py; p resumes the pipeline")
            names = [run["name"] for run in status(studio, triggered)["job_runs"]]
            assert names == ["first.py", "middle.py", "last.py"]
            await until(pilot, lambda: "removed (Z)" not in screen_text(pilot))
            assert "attempt 2" not in screen_text(pilot)
        with step("marked jobs run again"):
            await pilot.press("p")
            await until_shown(pilot, "✓ COMPLETED", "3/3")
            await pilot.press("g", "a", key)
            await until_shown(pilot, "3 marked jobs", "They run as one pipeline")
            await pilot.press("y")
            await until_shown(pilot, "3 of 3 jobs created", "f8 shows the outcome of each")
            rerun = newest_pipeline(studio)
            await pilot.press("f8")
            await until_shown(pilot, "3 of 3 jobs created at ", "created as")
            await pilot.press("enter")
            assert rerun["pipeline_id"] != triggered["pipeline_id"]
            assert_chain_ran_in_order(studio, rerun)
        with step("edited jobs run in their order too"):
            pilot.app.clear_notifications()
            await pilot.press("g", "a", "e")
            await until_shown(pilot, "Edit 3 jobs")
            await pilot.press("f9")
            await until_shown(pilot, "Run 3 changed jobs?", "last.py depend on others of these")
            await pilot.press("f")
            await until_shown(pilot, "3 of 3 jobs created", "f8 shows the outcome of each")
            newest = newest_pipeline(studio)
            edited = newest["job_runs"]
            assert [run["name"] for run in edited] == ["first.py", "middle.py", "last.py"]
            ids = [run["job_id"] for run in edited]
            assert [run["parent_job_ids"] for run in edited] == [[], [ids[0]], [ids[1]]]
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))


def newest_pipeline(studio: ThreadStudio) -> dict[str, Any]:
    """Return the newest pipeline."""
    query = {"team_name": "local"}
    return dict(studio.request("GET", "/datachain/pipeline/list", params=query).json()[0])


def assert_chain_ran_in_order(studio: ThreadStudio, pipeline: dict[str, Any]) -> None:
    """Assert that each job of the chain started after the previous one had ended."""
    ended = until_state(studio, pipeline, "COMPLETED")
    runs = {run["name"]: studio.job(run["created_job_id"]) for run in ended["job_runs"]}
    for parent, child in (("first.py", "middle.py"), ("middle.py", "last.py")):
        assert runs[parent]["finished_at"] <= runs[child]["started_at"]
