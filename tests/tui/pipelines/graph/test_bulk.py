"""Commands on marked jobs of a pipeline and on groups of jobs."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from studio_tui.errors import InvalidRequest
from tests.presentation.pipelines.graphs import pipeline_of, run
from tests.presentation.pipelines.sample import sixteen
from tests.steps import step
from tests.tui.dashboards import screen_text, until, until_notified, until_shown
from tests.tui.pipelines.dag_stage import (
    DagStudio,
    go_to,
    pipeline_dashboard,
    press,
    screen_of,
    show_on_new_page,
)

pytestmark = pytest.mark.draws_dashboards


class RefusingStudio(DagStudio):
    """Refuses to cancel some runs."""

    refused: frozenset[str] = frozenset()
    """Ids of these runs."""

    async def cancel_job(self, job_id: str) -> None:
        """Cancel a run, or refuse to."""
        if job_id in self.refused:
            raise InvalidRequest(409, "not now")
        await super().cancel_job(job_id)


async def mark(pilot: Pilot[int], *names: str) -> None:
    for name in names:
        await go_to(pilot, name)
        await press(pilot, ("space",))


async def test_marked_jobs_are_canceled_and_a_refused_job_keeps_its_mark(tmp_path: Path) -> None:
    studio = RefusingStudio(sixteen(train_s="RUNNING", train_l="QUEUED", split="COMPLETE"))
    studio.refused = frozenset({"run-train_l"})
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        await mark(pilot, "train_s", "train_l", "thumbs", "join_feats")
        await until_shown(pilot, "x cancel", "r run again", "R continue", "e edit", "L logs")
        await press(pilot, ("x",))
        await until_shown(
            pilot, "Cancel 3 of 4 marked jobs?", "1 running, 1 queued, 1 blocked.",
            "Left out: 1 has ended", "3 are jobs of the pipeline", "other jobs wait for them",
        )  # fmt: skip
        await press(pilot, ("y",))
        await until_shown(pilot, "Cancellation requested for 2 of 3 jobs", "not now")
        assert sorted(studio.requests) == [("cancel", "run-join_feats"), ("cancel", "run-train_s")]
        assert screen_of(pilot).state.view.marks == ("train_l",)


async def test_the_reason_why_no_marked_job_can_be_canceled_is_about_each_of_them(
    tmp_path: Path,
) -> None:
    sent = pipeline_of([run("ended", [], "COMPLETE"), run("new", [])])
    without_run = sent.job_runs[1].model_copy(update={"created_job_id": None})
    sent = sent.model_copy(update={"job_runs": (sent.job_runs[0], without_run)})
    async with pipeline_dashboard(DagStudio(sent), tmp_path) as pilot:
        await mark(pilot, "ended", "new")
        assert screen_of(pilot).jobs.why_not_cancel() == (
            "None of the 2 marked jobs can be canceled: 1 has ended, 1 has not started"
        )


async def test_a_marked_job_that_studio_does_not_return_is_not_said_to_have_not_started(
    tmp_path: Path,
) -> None:
    sent = pipeline_of([run("ended", [], "COMPLETE"), run("gone", [], "RUNNING"), run("new", [])])
    without_run = sent.job_runs[2].model_copy(update={"created_job_id": None})
    sent = sent.model_copy(update={"job_runs": (*sent.job_runs[:2], without_run)})
    studio = DagStudio(sent)
    studio.runs = tuple(job for job in studio.runs if job.id != "run-gone")
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        await mark(pilot, "ended", "gone", "new")
        await press(pilot, ("x",))
        await until_notified(pilot, "1 has ended, 1 has not started, 1 is not returned by Studio")


async def test_a_mark_can_be_removed_after_the_page_of_its_pipeline_was_closed(
    tmp_path: Path,
) -> None:
    studio = DagStudio(sixteen(train_s="RUNNING", train_l="RUNNING"))
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        await mark(pilot, "train_s", "train_l")
        screen = screen_of(pilot)
        await press(pilot, ("q",))
        await until(pilot, lambda: pilot.app.screen is not screen)
        screen.marks.unmark("run-train_s")
        assert screen.state.view.marks == ("train_l",)
        await press(pilot, ("2", "enter"))
        await until(pilot, lambda: screen_of(pilot).state.view.marks == ("train_l",))


async def test_marked_jobs_are_removed_from_a_paused_pipeline_after_one_question(
    tmp_path: Path,
) -> None:
    studio = DagStudio(sixteen("PAUSED"))
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        with step("marked jobs are removed"):
            await mark(pilot, "train_l", "report", "export", "thumbs")
            await until_shown(pilot, "D remove")
            await press(pilot, ("D",))
            await until_shown(
                pilot, "Remove 3 jobs from the pipeline?",
                "Left out: 1 has begun.",
                "eval will then wait for train_s, split.", "publish will then wait for eval.",
            )  # fmt: skip
            await press(pilot, ("y",))
            await until_shown(pilot, "3 of 3 jobs removed")
            assert sorted(studio.requests) == [
                ("remove", "export"),
                ("remove", "report"),
                ("remove", "train_l"),
            ]
            await until(pilot, lambda: "1 marked" in screen_text(pilot))
        with step("ids of marked jobs are copied together"):
            await show_on_new_page(pilot, studio, sixteen(train_s="RUNNING", split="COMPLETE"))
            await mark(pilot, "train_s", "thumbs")
            await press(pilot, ("c",))
            await until(pilot, lambda: pilot.app.clipboard == "run-train_s\nrun-thumbs")


async def test_after_a_command_on_a_job_the_ends_of_the_group_under_the_cursor_are_not_reported(
    tmp_path: Path,
) -> None:
    shards = [run(f"shard_{number}", [], "RUNNING") for number in range(6)]
    studio = DagStudio(pipeline_of([run("last", []), *shards], "PAUSED"))
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        await press(pilot, ("b",))
        await until_shown(pilot, "shard_*", "b by name")
        await press(pilot, ("G",))
        screen = screen_of(pilot)
        await until(pilot, lambda: screen.marks.count() > 1)
        screen.marks.unmark_nodes({"last"})
        ended = tuple(job.model_copy(update={"status": "COMPLETE"}) for job in studio.runs)
        noticed: list[object] = []
        screen.session.endings.on_end(noticed.append)
        screen.session.endings.check_jobs(ended)
        assert not noticed


async def test_a_command_on_a_group_applies_to_all_of_its_jobs(tmp_path: Path) -> None:
    shards = [f"shard_{number}" for number in range(6)]
    studio = DagStudio(pipeline_of([run(name, [], "RUNNING") for name in shards]))
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        await press(pilot, ("b",))
        await until_shown(pilot, "shard_*", "b by name")
        await press(pilot, ("g", "x"))
        await until_shown(pilot, "Cancel 6 jobs?", "shard_5")
        await press(pilot, ("y",))
        await until_shown(pilot, "Cancellation requested for 6 of 6 jobs")
    assert sorted(studio.requests) == [("cancel", f"run-{name}") for name in shards]
