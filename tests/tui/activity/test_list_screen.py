"""Requests to Studio are listed with their outcomes, as are commands that were not sent."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from studio_tui import clock
from studio_tui.presentation.activity.entries import ActivityState, words_of
from studio_tui.service.recorder.activity import Actions
from studio_tui.service.recorder.calls import RecordedCall
from studio_tui.tui.activity.list_screen import entries
from tests.local.http.test_pipeline_routes import make_dataset, status, trigger
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, screen_text, until, until_shown

SLEEP = "import time; time.sleep(600)"


async def test_calls_and_commands_are_listed_with_their_outcome_and_can_be_copied(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job_id = studio.submit(SLEEP, query_name="sleep.py")["id"]
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "sleep.py")
        await pilot.press("x", "y")
        await until(pilot, lambda: studio.job(job_id)["status"] == "CANCELED")
        await pilot.press("6")
        await until_shown(pilot, "› Activity", "list jobs", f"cancel sleep.py ({job_id[:8]})")
        await pilot.press("f")
        await until(pilot, lambda: "list jobs" not in screen_text(pilot))
        await until_shown(pilot, "✓ DONE", f"cancel sleep.py ({job_id[:8]})", "kind=command")
        await pilot.press("y")
        await until_shown(pilot, "curl", "datachain job cancel")
        await pilot.press("escape", "M")
        await until_shown(pilot, "There are no older entries")


async def test_a_request_for_a_pipeline_is_copied_with_its_name(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    make_dataset(studio, "cats")
    name = trigger(studio, "cats", review=True)["name"]
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("2")
        await until_shown(pilot, name, "PAUSED")
        await pilot.press("p")
        await until(pilot, lambda: status(studio, {"name": name})["status"] != "PAUSED")
        await pilot.press("6", "f")
        await until_shown(pilot, f"resume pipeline {name}")
        await pilot.press("y")
        await until_shown(pilot, f"datachain pipeline resume {name}")


async def test_an_undone_command_is_listed(studio: ThreadStudio, tmp_path: Path) -> None:
    for number in range(2):
        studio.submit(SLEEP, query_name=f"sleep_{number}.py")
    async with dashboard(studio, tmp_path, undo_seconds=600.0) as pilot:
        await until_shown(pilot, "sleep_0.py", "sleep_1.py")
        await pilot.press("a", "x", "y", "6")
        await until_shown(pilot, "z undo canceling 2 jobs")
        await pilot.press("z")
        await until_shown(pilot, "↶ UNDONE")
        await pilot.press("exclamation_mark")
        await until(pilot, lambda: "↶ UNDONE" not in screen_text(pilot))
        await pilot.press("exclamation_mark", "slash", *"is:unsent", "enter")
        await until_shown(pilot, "canceling 2 jobs", "undone before")


def test_a_command_names_what_it_created_but_not_as_the_reason_of_a_failure() -> None:
    body, now = '{"query_name": "a.py"}', clock.now()
    call = RecordedCall("POST", "/datachain/jobs/", "201", now, now, body=body, reason="0123456789")
    (created,) = entries(Actions((replace(call, changes=True),)))
    assert (words_of(created), created.why_failed) == ("create job a.py (01234567)", "")


def test_a_request_is_a_row_with_its_own_outcome() -> None:
    now = clock.now()
    attempts = [
        RecordedCall("POST", "/datachain/jobs/a/cancel", outcome, at, at, changes=True, body="{}")
        for outcome, at in (("NotSent", now), ("200", now + timedelta(seconds=1)))
    ]
    states = [entry.state for entry in entries(Actions(tuple(attempts)))]
    assert states == [ActivityState.DONE, ActivityState.FAILED]


def test_an_answer_without_news_is_no_failure() -> None:
    now = clock.now()
    for outcome in ("304", "416"):
        call = RecordedCall("GET", "/datachain/jobs/a/logs", outcome, now, now)
        (entry,) = entries(Actions((call,)))
        assert entry.state is ActivityState.DONE
