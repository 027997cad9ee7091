"""The list of schedules of a real local Studio, driven by keys."""

import asyncio
import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from textual import events
from textual.widgets import Input

from studio_tui.api.models import Job
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.polling import dataset_catalog
from studio_tui.service.session import StudioSession
from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.jobs import bulk
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.jobs.rerun import submitted_of
from studio_tui.tui.pipelines.rebuild_form import RESTORED, RebuildForm
from studio_tui.tui.schedules import editing
from studio_tui.tui.schedules.editing import AskTime
from studio_tui.tui.schedules.list_screen import SchedulesScreen
from studio_tui.tui.widgets.big_table import BigTable
from tests.changed_answers import WithoutInstanceHeader
from tests.fault_proxy import Fault, FaultProxy, ReceivedRequest, Reply
from tests.faults import answer_json, drop_response
from tests.hostile import HOSTILE, control_characters_of_lines
from tests.soak import at_length
from tests.steps import step
from tests.studios import ThreadStudio
from tests.tui.dashboards import (
    Dashboard,
    dashboard,
    notices,
    screen_text,
    until,
    until_notified,
    until_shown,
)

YEARLY = "0 3 1 1 *"


def tasks(studio: ThreadStudio) -> list[dict[str, Any]]:
    return studio.jobs(status="task")


async def open_schedules(pilot: Dashboard) -> BigTable:
    """Go to the list of schedules, and wait until it is loaded."""
    await pilot.press("4")
    await until(pilot, lambda: isinstance(pilot.app.screen, SchedulesScreen))
    table = pilot.app.screen.query_one(BigTable)
    await until(pilot, lambda: table.keys or "No schedules" in table.notice)
    return table


def keys_of(text: str) -> list[str]:
    """Return the keys that type a text."""
    return ["space" if character == " " else character for character in text]


async def replace_time(pilot: Dashboard, old: str, typed: str) -> None:
    """Type over the `old` time in the dialog that asks for a time."""
    await until(pilot, lambda: isinstance(pilot.app.screen, AskTime))
    await pilot.press("end", *["backspace"] * len(old))
    await pilot.press(*keys_of(typed))


async def edit_time(pilot: Dashboard, old: str, typed: str) -> None:
    """Change the time of the schedule under the cursor, and confirm the change."""
    await pilot.press("e")
    await replace_time(pilot, old, typed)
    await pilot.press("enter")
    await until_shown(pilot, "Change this schedule?")
    await pilot.press("y")


async def test_a_schedule_shows_its_expression_in_words_and_its_next_runs_and_opens_its_runs(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="stranger.py")["id"])
    studio.submit("print(1)", query_name="nightly.py", cron_expression=YEARLY)
    async with dashboard(studio, tmp_path, size=(140, 40)) as pilot:
        await until_shown(pilot, "4 Schedules 1", "stranger.py")
        table = await open_schedules(pilot)
        await until_shown(pilot, "nightly.py", YEARLY, "at 03:00 UTC on the 1st of January")
        year = datetime.now(UTC).year
        for years_ahead in range(1, 6):
            await until_shown(pilot, f"{year + years_ahead} ")
        await until_shown(pilot, "none yet", "LOCAL TIME")
        await pilot.press("U")
        await until_shown(pilot, "UTC", "1 Jan 03:00")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        assert table.cursor is not None
        await until_shown(pilot, f"task={table.cursor[:8]}")
        assert table.cursor not in screen_text(pilot)
        assert "stranger.py" not in screen_text(pilot)
        # A schedule has no log, so the keys that open logs show its runs in the list of jobs, too.
        jobs = pilot.app.screen
        await pilot.press("q")
        await open_schedules(pilot)
        for keys in (["l"], ["L"], ["space", "L"], ["enter", "l"]):
            await pilot.press("1", "slash", *"status=task", "enter")
            await until_shown(pilot, "/ status=task", "nightly.py", "l runs")
            await pilot.press(*keys)
            await until_shown(pilot, f"task={table.cursor[:8]}")
            assert pilot.app.screen is jobs
            await pilot.press("escape", "u")


async def test_an_empty_list_says_how_to_create_a_schedule_and_a_pipeline_draft_is_kept(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio, tmp_path) as pilot:
        await open_schedules(pilot)
        await until_shown(pilot, "No schedules.", "n creates one", "n new")
        await pilot.press("x", "t", "e", "l", "enter")
        assert isinstance(pilot.app.screen, SchedulesScreen)
        await pilot.press("P")
        await until_shown(pilot, "Rebuild datasets", "between; none is")
        await pilot.press(*"nothing", "tab", "tab", *"@daily", "f9")
        await until_shown(pilot, "No dataset nothing is known to this local Studio.")
        await pilot.press("escape", "P")
        await until_shown(pilot, "Rebuild datasets", "nothing", "@daily", RESTORED)
        await pilot.press("f3")
        await until(pilot, lambda: RESTORED not in screen_text(pilot))
        assert "@daily" not in screen_text(pilot)
        await pilot.press("escape", "P")
        await until_shown(pilot, "Rebuild datasets")
        assert RESTORED not in screen_text(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, SchedulesScreen))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
        await pilot.press(*"@daily")
        await until_shown(pilot, "@daily", "every day at 00:00 UTC")
    assert studio.jobs() == []


async def test_a_schedule_created_elsewhere_appears_and_disappears_after_its_only_run(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio, tmp_path) as pilot:
        await open_schedules(pilot)
        await until_shown(pilot, "No schedules.")
        await asyncio.to_thread(studio.submit, "print(1)", cron_expression=YEARLY)
        soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
        task = await asyncio.to_thread(
            studio.submit, "print(1)", query_name="soon.py", start_after=soon
        )
        await until_shown(pilot, "soon.py", "once", "Schedules 2")
        # It runs once, and is no schedule any more after that.
        await until_shown(pilot, "Schedules 1")
    (run,) = [job for job in studio.jobs() if job["scheduled_by"] == task["id"]]
    assert studio.wait_for_end(run["id"])["status"] == "COMPLETE"


async def test_a_manual_run_is_listed_and_canceling_a_schedule_names_and_ends_it(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    task = studio.submit(
        "import os; print(os.environ['A'])",
        query_name="nightly.py",
        cron_expression=YEARLY,
        environment="A=b c",
    )
    async with dashboard(studio, tmp_path) as pilot:
        await open_schedules(pilot)
        await pilot.press("t")
        await until_shown(pilot, "Run this once now?", "the schedule does not change.")
        await pilot.press("y")
        await until_notified(pilot, "Created: nightly.py")
        await until_shown(pilot, "(✓)", "✓) COMPLETE", "by hand")
        await pilot.press("enter")
        await until_shown(pilot, "Jobs 1", "nightly.py", f"by {task['id'][:8]}… ◷ nightly.py")
        await pilot.press("escape", "G")
        await until_shown(pilot, "▏ schedule ", "▏ next runs ")
        assert studio.job(task["id"])["status"] == "TASK"
        await pilot.press("4")
        await until(pilot, lambda: isinstance(pilot.app.screen, SchedulesScreen))
        await pilot.press("x")
        await until_shown(pilot, "Cancel this schedule?", "nightly.py", str(task["id"]), YEARLY)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, SchedulesScreen))
        assert [job["id"] for job in tasks(studio)] == [task["id"]]
        await pilot.press("x", "y")
        await until_shown(pilot, "No schedules.")
    assert studio.job(task["id"])["status"] == "CANCELED"
    (job,) = [job for job in studio.jobs() if job["id"] != task["id"]]
    assert (job["scheduled_by"], job["environment"]["A"]) == (task["id"], "b c")


class OtherStudio(WithoutInstanceHeader):
    """Removes the fields of schedules and their runs that are not in the API document."""

    def change(self, reply: Reply) -> Reply:
        reply = super().change(reply)
        if not reply.body.startswith(b"["):
            return reply
        lacking = {"schedule": None, "scheduled_by": None, "scheduled_for": None}
        rows = [row | lacking for row in json.loads(reply.body)]
        return replace(reply, body=json.dumps(rows).encode())


async def test_on_other_studios_a_manual_run_is_still_listed_after_an_edit(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    task = studio.submit("print(1)", query_name="nightly.py", cron_expression=YEARLY)
    proxy = FaultProxy.in_front_of(studio.url)
    proxy.plan = OtherStudio()
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        table = await open_schedules(pilot)
        await pilot.press("t")
        await until_shown(pilot, "Run this once now?", "The schedule itself does not change.")
        await pilot.press("y")
        await until_notified(pilot, "Created: nightly.py")
        await until_shown(pilot, "(✓)", "by hand")
        await edit_time(pilot, "", "@daily")
        await until_notified(pilot, "and canceled nightly.py")
        (new,) = tasks(studio)
        await until(pilot, lambda: list(table.keys) == [new["id"]])
        await until_shown(pilot, "(✓)", "by hand")
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        await open_schedules(pilot)
        await until_shown(pilot, "(✓)", "by hand")
    (job,) = [job for job in studio.jobs() if job["status"] == "COMPLETE"]
    assert (job["name"], job["schedule"], job["scheduled_by"]) == ("nightly.py", None, None)
    assert studio.job(task["id"])["status"] == "CANCELED"


async def test_a_manual_run_or_an_edit_whose_answer_was_lost_happens_once(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    task = studio.submit("print(1)", query_name="nightly.py", cron_expression=YEARLY)
    proxy = FaultProxy.in_front_of(studio.url)
    proxy.plan = lost = LoseOneAnswer("/run")
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        await open_schedules(pilot)
        await pilot.press("t")
        await until_shown(pilot, "Run this once now?")
        await pilot.press("y")
        await until_notified(pilot, "Created: nightly.py")
        assert lost.count == 1
        proxy.plan = lost = LoseOneAnswer("/change")
        await edit_time(pilot, YEARLY, "@daily")
        await until_notified(pilot, "Changed ")
        assert lost.count == 1
    schedule = studio.job(task["id"])["schedule"]
    assert (schedule["runs"], schedule["cron_expression"]) == (1, "@daily")


async def test_a_schedule_is_edited_suspended_and_resumed_in_place(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    year = datetime.now(UTC).year
    for name in ("before.py", "nightly.py", "after.py"):
        studio.submit(
            "print(1)",
            query_name=name,
            cron_expression=YEARLY,
            start_after=f"{year + 2}-06-01T00:00:00Z",
        )
    (task,) = [job for job in tasks(studio) if job["name"] == "nightly.py"]
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "4 Schedules 3")
        table = await open_schedules(pilot)
        await pilot.press("down")
        assert table.cursor == task["id"]
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskTime))
        await until_shown(pilot, f"1 Jan {year + 3} ", f"1 Jan {year + 7} ")
        await replace_time(pilot, YEARLY, "30 2 1 1 *")
        await pilot.press("enter")
        await until_shown(
            pilot, "Change this schedule?", YEARLY, "30 2 1 1 *", "Its past runs stay"
        )
        await pilot.press("y")
        await until_notified(pilot, "Changed nightly.py")
        await until_shown(pilot, "30 2 1 1 *")
        assert table.cursor == task["id"]
        new = studio.job(task["id"])
        assert (new["status"], new["schedule"]["cron_expression"]) == ("TASK", "30 2 1 1 *")
        assert len(studio.jobs()) == 3
        await pilot.press("p")
        await until_notified(pilot, "Suspended nightly.py")
        await until_shown(pilot, "suspended ", "none until p resumes it")
        await pilot.press("e")
        await replace_time(pilot, "30 2 1 1 *", "45 2 1 1 *")
        await pilot.press("enter")
        await until_shown(pilot, "Change this schedule?", "It stays suspended until p resumes it.")
        await pilot.press("y")
        await until_notified(pilot, "45 2 1 1 *\nIt stays suspended until p resumes it.")
        await pilot.press("slash", *"suspended", "enter")
        await until(pilot, lambda: list(table.keys) == [task["id"]])
        await pilot.press("p")
        await until_notified(pilot, "Resumed nightly.py")
        await until_shown(pilot, "next run ")
        await pilot.press("escape")
        await until(pilot, lambda: len(table.keys) == 3)
        assert table.cursor == task["id"]
    assert all(job["schedule"]["suspended_at"] is None for job in tasks(studio))


async def test_on_other_studios_an_edit_replaces_the_schedule_and_other_commands_say_why_not(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("before.py", "nightly.py", "after.py"):
        studio.submit(
            "print(1)",
            query_name=name,
            cron_expression=YEARLY,
            time_zone="Europe/Berlin",
            workers=1,
        )
    (task,) = [job for job in tasks(studio) if job["name"] == "nightly.py"]
    proxy = FaultProxy.in_front_of(studio.url)
    proxy.plan = WithoutInstanceHeader()
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        await until_shown(pilot, "4 Schedules 3")
        table = await open_schedules(pilot)
        await pilot.press("down", "p")
        await until_notified(pilot, "Only the local Studio can suspend a schedule. Here e can")
        assert studio.job(task["id"])["schedule"]["suspended_at"] is None
        await pilot.press("P")
        await until_notified(
            pilot, "Only the local Studio can trigger a pipeline on a schedule. Here n"
        )
        await pilot.press("e")
        await replace_time(pilot, YEARLY, "0 99 * * *")
        await until_shown(pilot, "Hour: 99 is not 0 to 23.")
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, AskTime)
        await replace_time(pilot, "0 99 * * *", "30 2 1 1 *")
        await until_shown(pilot, "at 02:30 Europe/Berlin on the 1st of January")
        await pilot.press("enter")
        await until_shown(
            pilot, "Change this schedule?", YEARLY, "30 2 1 1 *", "both exist", "that is at 02:30"
        )
        await pilot.press("y")
        await until_notified(pilot, "and canceled nightly.py")
        (new,) = [job for job in tasks(studio) if job["name"] == "nightly.py"]
        await until(pilot, lambda: table.cursor == new["id"] and len(table.keys) == 3)
    assert studio.job(task["id"])["status"] == "CANCELED"
    assert (new["query"], new["workers"]) == ("print(1)", 1)
    assert new["schedule"]["cron_expression"] == "30 2 1 1 *"
    assert new["schedule"]["time_zone"] == "Europe/Berlin"


async def test_on_other_studios_marks_move_to_the_schedules_that_replace_edited_ones(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("before.py", "nightly.py", "after.py"):
        studio.submit("print(1)", query_name=name, cron_expression=YEARLY)
    proxy = FaultProxy.in_front_of(studio.url)
    proxy.plan = WithoutInstanceHeader()
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        await until_shown(pilot, "4 Schedules 3")
        table = await open_schedules(pilot)
        await pilot.press("space", "space", "up")
        other_id = table.keys[0]
        for old_time, typed in ((YEARLY, "30 2 1 1 *"), ("30 2 1 1 *", "45 2 1 1 *")):
            old_id = str(table.cursor)
            await edit_time(pilot, old_time, typed)
            await until_notified(pilot, f"and canceled nightly.py ({old_id[:8]})")
            (new,) = [job for job in tasks(studio) if job["name"] == "nightly.py"]
            await until(pilot, lambda old_id=old_id: old_id not in table.keys)  # type: ignore[misc]
            await until(pilot, lambda: len(table.keys) == 3)
            assert table.cursor == new["id"]
            assert table.marked == {other_id, new["id"]}
        await pilot.press("x")
        await until_shown(pilot, "Cancel 2 marked schedules?", "45 2 1 1 *")


class LoseOneAnswer:
    """Drops the answer to the first request to a path, and passes everything else."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.count = 0

    def fault(self, seen: ReceivedRequest) -> Fault | None:
        if seen.path.endswith(self._path) and not self.count:
            self.count += 1
            return drop_response
        return None


class RefuseCancels(WithoutInstanceHeader):
    """Looks like another Studio, and refuses requests to cancel."""

    def fault(self, seen: ReceivedRequest) -> Fault | None:
        if seen.path.endswith("/cancel"):
            return answer_json({"message": "Not while it is full moon."}, "409 Conflict")
        return super().fault(seen)


class RefuseJobs(RefuseCancels):
    """Also refuses to create jobs."""

    def fault(self, seen: ReceivedRequest) -> Fault | None:
        if seen.method == "POST" and seen.path.endswith("/jobs/"):
            return answer_json({"message": "There is no room."}, "400 Bad Request")
        return super().fault(seen)


async def test_a_refused_edit_keeps_the_schedule_and_a_refused_cancel_keeps_both_schedules(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    task = studio.submit("print(1)", query_name="nightly.py", cron_expression=YEARLY)
    proxy = FaultProxy.in_front_of(studio.url)
    proxy.plan = RefuseJobs()
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        table = await open_schedules(pilot)
        await edit_time(pilot, YEARLY, "@daily")
        await until_notified(pilot, "There is no room.")
        await until_notified(pilot, f"({task['id'][:8]}) has not changed.")
        assert [job["id"] for job in tasks(studio)] == [task["id"]]
        proxy.plan = RefuseCancels()
        await edit_time(pilot, YEARLY, "@daily")
        await until_notified(
            pilot, "was not canceled: Not while it is full moon. Now there are two"
        )
        await until_shown(pilot, "Schedules 2")
        assert {job["schedule"]["cron_expression"] for job in tasks(studio)} == {YEARLY, "@daily"}
        # The cursor can be on either of the two.
        await until(pilot, lambda: len(table.keys) == 2 and table.cursor != task["id"])
        await pilot.press("end" if table.keys[-1] == task["id"] else "home")
        assert table.cursor == task["id"]
        studio.submit("print(1)", query_name="other.py", cron_expression=YEARLY)
        await until(pilot, lambda: len(table.keys) == 3)
        assert table.cursor == task["id"]


async def test_an_abandoned_or_empty_edit_sends_nothing(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    task = studio.submit("print(1)", cron_expression=YEARLY)
    async with dashboard(studio, tmp_path) as pilot:
        await open_schedules(pilot)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskTime))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, SchedulesScreen))
        await pilot.press("e", "enter")
        await until_shown(pilot, "The schedule has not changed.")
        assert not isinstance(pilot.app.screen, Confirm)
        await pilot.press("e")
        await replace_time(pilot, YEARLY, "")
        await pilot.press("enter")
        await until_shown(pilot, "It is empty: type five fields, minute, hour")
        await replace_time(pilot, "", "0 99 * * *")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, SchedulesScreen))
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskTime))
        assert pilot.app.screen.query_one(Input).value == YEARLY
        with step("a schedule that has ended meanwhile is not changed"):
            await replace_time(pilot, YEARLY, "@hourly")
            await pilot.press("enter")
            await until_shown(pilot, "Change this schedule?")
            await asyncio.to_thread(studio.cancel, task["id"])
            page = pilot.app.screen_stack[-2]
            assert isinstance(page, SchedulesScreen)
            await until(pilot, lambda: not page.session.schedules.snapshot.value)
            await pilot.press("y")
            await until_shown(pilot, "has ended meanwhile.")
    assert [job["id"] for job in studio.jobs()] == [task["id"]]


async def test_a_key_that_is_pressed_twice_asks_once(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.submit("print(1)", query_name="nightly.py", cron_expression=YEARLY)
    is_pressed_twice = asyncio.Event()

    async def submitted_slowly(jobs: Iterable[Job], session: StudioSession) -> dict[str, Submitted]:
        await is_pressed_twice.wait()
        return await submitted_of(jobs, session)

    for module in (bulk, editing):
        monkeypatch.setattr(module, "submitted_of", submitted_slowly)
    async with dashboard(studio, tmp_path) as pilot:
        await open_schedules(pilot)
        schedules = pilot.app.screen
        for key, dialog in (("e", AskTime), ("x", Confirm)):
            is_pressed_twice.clear()
            pilot.app.post_message(events.Key(key, key))
            await pilot.pause()
            pilot.app.post_message(events.Key(key, key))
            for _ in range(50):
                await asyncio.sleep(0)  # `pause` would wait until the held key is handled
            is_pressed_twice.set()
            await until(pilot, lambda: isinstance(pilot.app.screen, dialog))  # noqa: B023
            await pilot.pause()
            assert pilot.app.screen_stack[-2] is schedules, key
            await pilot.press("escape")
            await until(pilot, lambda: pilot.app.screen is schedules)


async def test_a_start_time_is_edited_with_its_seconds(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    start = (datetime.now(UTC) + timedelta(minutes=10)).replace(second=59, microsecond=0)
    task = studio.submit("print(1)", start_after=start.isoformat())
    async with dashboard(studio, tmp_path) as pilot:
        await open_schedules(pilot)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskTime))
        await until_shown(pilot, ":59")
        assert not pilot.app.screen.has_class("-problem")
        await replace_time(pilot, "2026-03-04 15:00:59", "yesterday 10:00")
        await until_shown(pilot, "ago; type `tomorrow 10:00`")
        await replace_time(pilot, "yesterday 10:00", "in 3 days")
        await until_shown(pilot, "in 3 d")
        await pilot.press("enter")
        await until_shown(pilot, "Change this schedule?")
        await pilot.press("y")
        await until_notified(pilot, "Changed ")
    (new,) = tasks(studio)
    assert new["id"] == task["id"]
    assert new["schedule"]["cron_expression"] is None
    next_run = datetime.fromisoformat(new["schedule"]["next_run_at"])
    assert timedelta(days=2) < next_run - datetime.now(UTC) <= timedelta(days=3)


async def test_a_read_only_dashboard_changes_no_schedule_and_says_why(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    task = studio.submit("print(1)", cron_expression=YEARLY)
    async with dashboard(studio, tmp_path, read_only=True) as pilot:
        await open_schedules(pilot)
        for key in ("x", "t", "e", "n", "p", "P"):
            await pilot.press(key)
            await until_shown(pilot, "Nothing can be changed")
            assert isinstance(pilot.app.screen, SchedulesScreen)
            pilot.app.clear_notifications()
    assert [(job["id"], job["status"]) for job in studio.jobs()] == [(task["id"], "TASK")]


@pytest.mark.parametrize("size", at_length([(160, 40)], [(80, 24), (160, 40)]))
async def test_hostile_names_are_shown_literally_and_have_no_effect(
    studio: ThreadStudio, tmp_path: Path, size: tuple[int, int]
) -> None:
    studio.submit("print(1)", query_name=HOSTILE, cron_expression=YEARLY)
    async with dashboard(studio, tmp_path, size=size) as pilot:
        await open_schedules(pilot)
        await until_shown(pilot, YEARLY)
        for key, words in (("e", "enter continues"), ("x", "Leave it"), ("t", "Run it now")):
            await pilot.press(key)
            await until_shown(pilot, words, "a[/]b [@click")
            assert not control_characters_of_lines(screen_text(pilot))
            await pilot.press("escape")


async def test_marked_schedules_are_suspended_resumed_and_canceled_together(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("nightly.py", "weekly.py", "yearly.py"):
        studio.submit("print(1)", query_name=name, cron_expression=YEARLY)
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "4 Schedules 3")
        table = await open_schedules(pilot)
        await pilot.press("p")
        await until_notified(pilot, "Suspended ")
        # The list shows it some time after the answer to the command.
        await until(pilot, lambda: screen_text(pilot).count("  suspended  ") == 1)
        await pilot.press("a", "p")
        await until_shown(pilot, "Suspend 2 schedules?", YEARLY)
        await pilot.press("enter")  # for the default No
        await until(pilot, lambda: isinstance(pilot.app.screen, SchedulesScreen))
        await pilot.press("p", "y")
        await until_notified(pilot, "2 schedules suspended")
        await until(pilot, lambda: screen_text(pilot).count("  suspended  ") == 3)
        await pilot.press("a", "p")
        await until_shown(pilot, "Resume 3 schedules?", "nightly.py", "weekly.py", "yearly.py")
        await pilot.press("enter")
        await until_notified(pilot, "3 schedules resumed")
        assert all(job["schedule"]["suspended_at"] is None for job in tasks(studio))
        await pilot.press("a", "space")
        assert len(table.marked) == 2
        await until_shown(pilot, "l runs", "x cancel", "u unmark all")
        await pilot.press("x")
        await until_shown(pilot, "Cancel 2 marked schedules?", YEARLY)
        await pilot.press("y")
        await until_notified(pilot, "Cancellation requested for 2 of 2 schedules")
        await until_shown(pilot, "4 Schedules 1")
        assert not table.marked
    assert len(tasks(studio)) == 1


MAKE_DATASET = """
import json, os
with open(os.environ["STUDIO_LINEAGE"], "a") as lineage:
    lineage.write(json.dumps({"dataset": "thumbs", "version": None, "from": []}) + "\\n")
"""


async def test_a_pipeline_schedule_is_created_run_manually_opened_and_canceled(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The jobs that made the datasets may be older than those that are requested.
    monkeypatch.setattr(dataset_catalog, "REQUESTED_JOBS", 0)
    studio.wait_for_end(studio.submit(MAKE_DATASET, query_name="make.py")["id"])
    studio.submit("print(1)", query_name="nightly.py", cron_expression=YEARLY)
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "4 Schedules 1")
        table = await open_schedules(pilot)
        await pilot.press("P")
        await until_shown(pilot, "Rebuild datasets", "known: thumbs")
        await pilot.press(*"thum", "tab", "tab", "tab", *keys_of("0 99 * * *"))
        await pilot.press("f9")
        await until_shown(pilot, "Hour: 99 is not 0 to 23.")
        await pilot.press(*["backspace"] * 10, "@", *"yearly", "f9")
        await until_notified(pilot, "Scheduled: pipeline of thumbs")
        assert "4 shows" not in "".join(notices(pilot))
        (task,) = [job for job in tasks(studio) if job["schedule"]["datasets"]]
        await until(pilot, lambda: table.cursor == task["id"])
        await until_shown(pilot, "pipeline of thumbs", "rebuilds", "@yearly")
        await pilot.press("t")
        await until_shown(pilot, "Run this once now?")
        await pilot.press("y")
        await until_notified(pilot, "Triggered ")
        await until_shown(pilot, "(✓)", "COMPLETED", "by hand")
        await pilot.press("enter")
        await until_shown(pilot, "── Pipelines 1", "thumbs")
        await pilot.press("P")
        await until_shown(pilot, "Datasets     thumbs", "Empty: now.", "f9  Trigger")
        await pilot.press(*"@daily")
        await until_shown(pilot, "A schedule starts it without a review.", "f9  Schedule")
        # Typing replaces the proposed name.
        form = pilot.app.screen
        assert isinstance(form, RebuildForm)
        await pilot.press("shift+tab")
        await until(pilot, lambda: form.line.selected_text == "thumbs")
        await pilot.press("x")
        await until(pilot, lambda: form.line.value == "x")
        await pilot.press("escape", "q")
        await until_shown(pilot, "── Schedules 2")
        await pilot.press("P")
        await until_shown(pilot, "Rebuild datasets", "known: thumbs")
        await pilot.press("escape")
        await until_shown(pilot, "── Schedules 2")
        assert table.cursor == task["id"]
        await pilot.press("x")
        await until_shown(pilot, "Cancel this schedule?", "pipeline of thumbs", "no more pipelines")
        await pilot.press("y")
        await until_shown(pilot, "── Schedules 1")
        await pilot.press("1", "down", "r")
        await until_notified(pilot, "triggers a pipeline and runs no query")


async def test_a_schedule_created_from_the_list_gets_the_cursor(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    script = tmp_path / "each.py"
    script.write_text("print(1)", "utf-8")
    studio.submit("print(1)", query_name="nightly.py", cron_expression=YEARLY)
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "4 Schedules 1")
        table = await open_schedules(pilot)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
        await pilot.press(*"@daily")
        screen = pilot.app.screen
        assert isinstance(screen, SubmitScreen)
        screen.form.go_to("query_file")
        await pilot.press(*str(script))
        await until_shown(pilot, "each.py")
        await pilot.press("f9")
        await until(pilot, lambda: isinstance(pilot.app.screen, SchedulesScreen))
        (task,) = [job for job in tasks(studio) if job["name"] == "each.py"]
        await until(pilot, lambda: table.cursor == task["id"])
        await until_notified(pilot, "Scheduled: each.py")
        assert "4 shows" not in "".join(notices(pilot))
