import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from unittest import mock
from unittest.mock import AsyncMock

import pytest

from studio_tui.api.models import Job, Pipeline
from studio_tui.api.related_jobs import NewerAttempt
from studio_tui.api.states import JobState
from studio_tui.errors import StudioError
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.jobs.bulk import create_command, newer_attempt_sentences
from studio_tui.tui.jobs.controller import JobController
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.jobs.naming import title
from tests import faults
from tests.fault_proxy import Exchange, Fault, FaultProxy, ReceivedRequest
from tests.jobs import job
from tests.steps import step
from tests.studios import ThreadStudio
from tests.tui.dashboards import (
    dashboard,
    jobs_screen,
    screen_text,
    until,
    until_notified,
    until_shown,
)
from tests.tui.jobs.test_create import FailingCreates
from tests.tui.jobs.test_rerun import create_requests, submit_with_upload
from tests.tui.pipelines.test_stopping import Host as StoppingHost
from tests.waiting import eventually

NAMES = ("one.py", "two.py", "three.py")


class CancelingHost(StoppingHost):
    """A screen whose commands on several jobs are all undone before they are sent."""

    def __init__(self) -> None:
        super().__init__()
        self.session.known_items = SimpleNamespace(
            jobs=lambda _: {}, pipelines=lambda: SimpleNamespace(blocked=())
        )

    async def cancel(self, current: Job) -> None:
        await JobController(self, lambda: current).cancel()
        if self.app.work is not None:
            await self.app.work()


@pytest.mark.parametrize("answer", [False, True])
async def test_one_job_is_canceled_without_delay_if_the_question_is_answered_with_yes(
    answer: bool,
) -> None:
    host, current = CancelingHost(), job(1, "RUNNING")
    host.answer = answer
    await host.cancel(current)
    assert len(host.questions) == 1
    assert host.canceled == ([current.id] if answer else [])


async def test_the_notice_about_a_failed_cancellation_names_the_job() -> None:
    host, current = CancelingHost(), job(1, "RUNNING")
    host.session.commands.cancel_job = AsyncMock(side_effect=StudioError("not now"))
    await host.cancel(current)
    assert host.events == [f"{title(current)}: not now"]


async def test_the_outcome_of_a_job_in_a_pipeline_has_its_id_if_studio_returned_one() -> None:
    runs = [{"job_id": "a", "created_job_id": "1a2b3c4d-5e6f"}, {"job_id": "b"}]
    created = Pipeline.model_validate({"pipeline_id": "p1", "job_runs": runs})
    session = SimpleNamespace(
        client=SimpleNamespace(is_local_studio=True),
        commands=SimpleNamespace(reruns=SimpleNamespace(run=AsyncMock(return_value=created))),
    )
    host = cast(Host, SimpleNamespace(session=session))
    items = [(job(1, id=job_id), mock.Mock()) for job_id in "ab"]
    command = create_command(host, items, on_created=mock.Mock()).command
    assert [await command(item) for item in items] == ["created as 1a2b3c4d", "created"]


def test_failures_with_a_newer_attempt_are_counted_and_a_single_one_is_named() -> None:
    jobs = [job(number, "FAILED") for number in range(3)]
    newer: dict[str, NewerAttempt] = {}
    known_items = SimpleNamespace(newer_attempts=lambda: newer)
    session = cast(StudioSession, SimpleNamespace(known_items=known_items))
    assert newer_attempt_sentences(session, jobs) == ""
    for failed in (jobs[0], jobs[2]):
        newer[failed.id] = NewerAttempt(job(9).id, JobState.COMPLETE)
    assert newer_attempt_sentences(session, jobs) == "Failures with a newer attempt: 2 fixed."
    newer[jobs[2].id] = NewerAttempt(job(9).id, JobState.FAILED)
    assert newer_attempt_sentences(session, jobs) == (
        "Failures with a newer attempt: 1 fixed, 1 superseded."
    )
    assert newer_attempt_sentences(session, jobs[:1]) == "This failure is fixed by 00000009."
    newer[jobs[0].id] = NewerAttempt(job(9).id, JobState.RUNNING)
    assert newer_attempt_sentences(session, jobs[:1]) == (
        "This failure is superseded by 00000009, running."
    )


@pytest.mark.starts_processes
@pytest.mark.usefixtures("short_rests")
async def test_marked_jobs_are_run_again_after_one_question_and_each_outcome_is_reported(
    studio_with_three_jobs: ThreadStudio, tmp_path: Path
) -> None:
    studio = studio_with_three_jobs
    refusal = faults.answer_json({"message": "not now"}, "400 Bad Request")
    async with FaultProxy.in_front_of(studio.url) as proxy:
        proxy.plan = FailingCreates(refusal)
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await until_shown(pilot, *NAMES)
            with step("no ended job can be canceled"):
                await pilot.press("a", "x")
                await until_shown(pilot, "None of the 3 marked jobs can be canceled: 3 have ended")
            with step("esc chooses No"):
                await pilot.press("r")
                await until_shown(pilot, "Run 3 marked jobs again unchanged?", *NAMES)
                await pilot.press("escape")
                await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
                assert len(studio.jobs()) == 3
            with step(
                "enter, for the default Yes, runs all jobs again, and Studio refuses one request"
            ):
                await pilot.press("r")
                await until_shown(pilot, "Run 3 marked jobs again unchanged?")
                await pilot.press("enter")
                await until_shown(pilot, "2 of 3 jobs created", "not now", "f8 shows the outcome")
                await pilot.press("f8")
                await until_shown(pilot, "created as")
                assert len(studio.jobs()) == 5
            with step("only the refused job keeps its mark, and it can be run again"):
                await pilot.press("enter")
                await until_shown(pilot, "1 marked")
                await pilot.press("r")
                await until_shown(pilot, "Run this marked job again unchanged?")
                await pilot.press("y")
                await until_shown(pilot, "): created as ")
                await until(pilot, lambda: " marked" not in screen_text(pilot))
    assert len(studio.jobs()) == 6


async def test_marked_jobs_are_continued_each_from_its_own_checkpoints(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with (
        FaultProxy.in_front_of(studio.url) as proxy,
        dashboard(studio, tmp_path, url=proxy.url) as pilot,
    ):
        own_job = await submit_with_upload(pilot, tmp_path)
        other_ids = [studio.submit("print(1)", query_name=name)["id"] for name in NAMES[:2]]
        for job_id in (own_job.id, *other_ids):
            await asyncio.to_thread(studio.wait_for_end, job_id)
        await until_shown(pilot, "read.sh", *NAMES[:2], "✓3")
        await pilot.press("a", "R")
        await until_shown(
            pilot,
            "Run 3 marked jobs again from checkpoints?",
            f"uploaded files of two.py ({other_ids[1][:8]}), one.py ({other_ids[0][:8]}):",
            f"read.sh ({own_job.id[:8]}): priority 1, uploaded files notes.txt (5 B)",
            "Settings beside a job are those submitted from this dashboard.",
            f"Server default of two.py ({other_ids[1][:8]}), one.py",
        )
        await pilot.press("y")
        await until_shown(pilot, "3 of 3 jobs created", "f8 shows the outcome of each")
        await pilot.press("f8")
        await until_shown(pilot, "created as read.sh", "created as two.py")
        reruns = create_requests(proxy)[1:]
        assert {rerun["rerun_from_job_id"] for rerun in reruns} == {own_job.id, *other_ids}
        for rerun in reruns:
            is_own = rerun["rerun_from_job_id"] == own_job.id
            assert rerun.get("priority") == (1 if is_own else None)
            assert bool(rerun.get("files")) is is_own
    for ended in studio.jobs():
        assert studio.wait_for_end(ended["id"])["status"] == "COMPLETE"


SLEEP = "import time; time.sleep(120)"


async def submit_many(studio: ThreadStudio, count: int) -> list[str]:
    """Create jobs, of which a few run while the others wait; return their ids."""
    return [
        str((await asyncio.to_thread(studio.submit, SLEEP, query_name=f"job_{n:02}.py"))["id"])
        for n in range(count)
    ]


def states_of(studio: ThreadStudio) -> dict[str, str]:
    """Return the status of each job by its id."""
    return {job["id"]: job["status"] for job in studio.jobs()}


async def test_all_marked_jobs_are_canceled_after_one_question_that_counts_them_by_state(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    ended = str((await asyncio.to_thread(studio.submit, "print(1)", query_name="ended.py"))["id"])
    await asyncio.to_thread(studio.wait_for_end, ended)
    ids = await submit_many(studio, 30)
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "job_29.py", "● RUNNING")
        screen = await jobs_screen(pilot)
        with step("the footer lists the commands for marked jobs"):
            await pilot.resize_terminal(80, 24)
            await pilot.press("a")
            await until_shown(
                pilot, "31 marked", "x cancel", "r run again", "R continue", "e edit",
                "L merged log", "u unmark all",
            )  # fmt: skip
        with step("c copies the ids of all marked jobs"):
            await pilot.press("c")
            await until_shown(pilot, ": the ids of 31 marked jobs")
            assert sorted(pilot.app.clipboard.split("\n")) == sorted([*ids, ended])
        with step("U removes the marks of jobs that have ended"):
            await pilot.press("U")
            await until(pilot, lambda: set(screen.view.marks) == set(ids))
            await pilot.press("U")
            await until_shown(pilot, "No marked job has ended")
            pilot.app.clear_notifications()
        with step("the question counts the jobs by state, and enter chooses No"):
            await pilot.resize_terminal(120, 40)
            await pilot.press("a", "x")
            await until_shown(
                pilot, "Cancel 30 of 31 marked jobs?", " queued.", "Left out: 1 has ended.",
                "Cancel 30 jobs",
            )  # fmt: skip
            assert "job_00.py (" not in screen_text(pilot)
            await pilot.press("end")
            await until_shown(pilot, "job_00.py (", "Cancel 30 jobs")
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
            assert "CANCELED" not in states_of(studio).values()
        with step("y cancels all marked jobs that have not ended"):
            await pilot.press("x", "y")
            await until_shown(pilot, "Cancellation requested for 30 of 30 jobs")
            await until_shown(pilot, "◇30")
            assert " marked" not in screen_text(pilot)
    all_ended = dict.fromkeys(ids, "CANCELED") | {ended: "COMPLETE"}
    await asyncio.to_thread(
        eventually, lambda: states_of(studio) == all_ended, lambda: states_of(studio)
    )


class RefusedCancels:
    """A plan for the proxy: refuses to cancel the jobs whose ids are in `ids`."""

    def __init__(self, *ids: str) -> None:
        self.ids = set(ids)

    def fault(self, seen: ReceivedRequest) -> Fault | None:
        if seen.path.endswith("/cancel") and seen.path.split("/")[-2] in self.ids:
            return faults.answer_json({"message": "not now"}, "409 Conflict")
        return None


async def test_jobs_that_studio_refuses_to_cancel_keep_their_marks_and_ended_jobs_are_left_out(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    ids = await submit_many(studio, 5)
    async with FaultProxy.in_front_of(studio.url) as proxy:
        proxy.plan = plan = RefusedCancels(*ids[:2])
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await until_shown(pilot, "job_04.py", "● RUNNING")
            with step("a job ends while the question is open"):
                await pilot.press("a", "x")
                await until_shown(pilot, "Cancel 5 marked jobs?")
                await asyncio.to_thread(studio.cancel, ids[4])
                page = pilot.app.screen_stack[-2]
                assert isinstance(page, JobsScreen)
                jobs = page.session.known_items.jobs
                await until(pilot, lambda: jobs([ids[4]])[ids[4]].state.is_finished)
            with step("refused jobs are reported with the reason and keep their marks"):
                await pilot.press("y")
                await until_shown(pilot, "requested for 2 of 4 jobs", f"({ids[1][:8]}): not now")
                await until_shown(pilot, "2 marked")
            with step("a second try cancels the refused jobs"):
                plan.ids.clear()
                await pilot.press("x")
                await until_shown(pilot, "Cancel 2 marked jobs?", "job_00.py", "job_01.py")
                await pilot.press("y")
                await until_shown(pilot, "Cancellation requested for 2 of 2 jobs", "◇5")
                assert " marked" not in screen_text(pilot)
            with step("f8 shows the outcome of each cancellation"):
                await pilot.press("f8")
                await until_shown(pilot, "): cancellation requested")


async def test_the_progress_of_a_batch_is_shown_on_every_page_and_intercepts_no_keys(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    await submit_many(studio, 4)
    may_refuse, may_forward = asyncio.Event(), asyncio.Event()

    async def refuse_later(exchange: Exchange) -> None:
        await may_refuse.wait()
        await faults.answer_json({"message": "not now"}, "409 Conflict")(exchange)

    async def forward_later(exchange: Exchange) -> None:
        await may_forward.wait()
        await exchange.send((await exchange.forward()).encode())

    class DelayedCancels(RefusedCancels):
        def fault(self, seen: ReceivedRequest) -> Fault | None:
            fault = forward_later if may_refuse.is_set() else refuse_later
            return fault if seen.path.endswith("/cancel") else None

    async with FaultProxy.in_front_of(studio.url) as proxy:
        proxy.plan = DelayedCancels()
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await until_shown(pilot, "job_03.py", "● RUNNING")
            with step("the report of refused jobs takes no keys from the page"):
                await pilot.press("a", "x", "y")
                await until_shown(pilot, "Canceling 0 of 4")
                may_refuse.set()
                await until_shown(pilot, "requested for 0 of 4 jobs", "f8 shows the outcome of")
                assert isinstance(pilot.app.screen, JobsScreen)
                pilot.app.clear_notifications()
            with step("every page shows the progress"):
                await pilot.resize_terminal(80, 24)
                await pilot.press("x", "y")
                await until_shown(pilot, "Canceling 0 of 4")
                await pilot.press("slash", *"job_03", "enter")
                await until_shown(pilot, "filter job_03", "Canceling 0 of 4")
                await pilot.press("4")
                await until_shown(pilot, "No schedules.", "Canceling 0 of 4")
            with step("quitting warns about running commands"):
                await pilot.press("q")
                warning = "Press q again to quit; 4 unfinished commands will be abandoned"
                await until_notified(pilot, warning)
            with step("the batch ends while another page is visible"):
                may_forward.set()
                await until_shown(pilot, "Cancellation requested for 4 of 4 jobs")
                await until(pilot, lambda: "Canceling" not in screen_text(pilot))
                await pilot.press("f8")
                await until_shown(pilot, "✓ job_03.py")
    assert set(states_of(studio).values()) <= {"CANCELED", "CANCELING"}
