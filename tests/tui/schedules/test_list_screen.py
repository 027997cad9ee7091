"""The schedules of a real local Studio, driven by keys."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from studio_tui.api.routes import INSTANCE_HEADER
from studio_tui.service.polling import dataset_catalog
from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.pipelines.kept_drafts import RESTORED
from studio_tui.tui.pipelines.schedule_dialog import ScheduleDialog
from studio_tui.tui.schedules.editing import RESTORED_TIME, AskTime
from studio_tui.tui.schedules.list_screen import SchedulesScreen
from studio_tui.tui.widgets.big_table import BigTable
from tests.changed_answers import Documented
from tests.fault_proxy import Exchange, Fault, FaultProxy, Reply, Seen
from tests.faults import answer_json, drop_answer
from tests.hostile import HOSTILE, controls_of_lines
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown

YEARLY = "0 3 1 1 *"


def tasks(studio: ThreadStudio) -> list[dict[str, Any]]:
    return studio.jobs(status="task")


async def show(pilot: Dashboard) -> BigTable:
    """Go to the schedules, and wait until they are known."""
    await pilot.press("4")
    await until(pilot, lambda: isinstance(pilot.app.screen, SchedulesScreen))
    table = pilot.app.screen.query_one(BigTable)
    await until(pilot, lambda: table.keys or "No schedules" in table.notice)
    return table


async def until_said(pilot: Dashboard, words: str) -> None:
    """Wait for a toast; its lines break where they must."""
    await until(pilot, lambda: any(words in note.message for note in pilot.app._notifications))


def keys(text: str) -> list[str]:
    """Return the keys that type a text."""
    return ["space" if sign == " " else sign for sign in text]


async def type_over(pilot: Dashboard, before: str, text: str) -> None:
    await until(pilot, lambda: isinstance(pilot.app.screen, AskTime))
    await pilot.press("end", *["backspace"] * len(before))
    await pilot.press(*keys(text))


async def change(pilot: Dashboard, before: str, typed: str) -> None:
    """Change the time of the schedule under the cursor, and say yes."""
    await pilot.press("e")
    await type_over(pilot, before, typed)
    await pilot.press("enter")
    await until_shown(pilot, "Change this schedule?")
    await pilot.press("y")


async def test_a_schedule_is_described_in_words_with_its_next_runs_and_leads_to_its_own(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print(1)", query_name="stranger.py")["id"])
    studio.submit("print(1)", query_name="nightly.py", cron_expression=YEARLY)
    async with dashboard(studio, tmp_path, size=(140, 40)) as pilot:
        await until_shown(pilot, "4 Schedules 1", "stranger.py")
        table = await show(pilot)
        await until_shown(pilot, "nightly.py", YEARLY, "at 03:00 UTC on the 1st of January")
        year = datetime.now(UTC).year
        for later in range(1, 6):
            await until_shown(pilot, f"{year + later} ")
        await until_shown(pilot, "none yet", "LOCAL TIME")
        await pilot.press("U")
        await until_shown(pilot, "UTC", "1 Jan 03:00")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        assert table.cursor is not None
        await until_shown(pilot, f"task={table.cursor[:8]}")
        assert table.cursor not in screen_text(pilot)
        assert "stranger.py" not in screen_text(pilot)
        # A schedule has no log, so the key shows its runs everywhere.
        jobs = pilot.app.screen
        await pilot.press("q")
        await show(pilot)
        for keys in (["l"], ["L"], ["space", "L"], ["enter", "l"]):
            await pilot.press("1", "slash", *"status=task", "enter")
            await until_shown(pilot, "/ status=task", "nightly.py", "l runs")
            await pilot.press(*keys)
            await until_shown(pilot, f"task={table.cursor[:8]}")
            assert pilot.app.screen is jobs
            await pilot.press("escape", "u")


async def test_without_schedules_it_says_how_to_make_one_and_keeps_what_is_typed_of_a_pipeline(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio, tmp_path) as pilot:
        await show(pilot)
        await until_shown(pilot, "No schedules.", "n creates one", "n new")
        await pilot.press("x", "t", "e", "l", "enter")
        assert isinstance(pilot.app.screen, SchedulesScreen)
        await pilot.press("P")
        await until_shown(pilot, "Rebuild datasets on a schedule")
        await pilot.press(*"nothing", "tab", *"@daily", "f9")
        await until_shown(pilot, "No dataset nothing is known to this local Studio.")
        await pilot.press("escape", "P")
        await until_shown(pilot, "Rebuild datasets on a schedule", "nothing", "@daily", RESTORED)
        await pilot.press("f3")
        await until(pilot, lambda: RESTORED not in screen_text(pilot))
        assert "@daily" not in screen_text(pilot)
        await pilot.press("escape", "P")
        await until_shown(pilot, "Rebuild datasets on a schedule")
        assert RESTORED not in screen_text(pilot)
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, SchedulesScreen))
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
        await pilot.press(*"@daily")
        await until_shown(pilot, "@daily", "Every day at 00:00 UTC.")
    assert studio.jobs() == []


async def test_a_schedule_made_elsewhere_comes_by_itself_and_its_run_is_found(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(studio, tmp_path) as pilot:
        await show(pilot)
        await until_shown(pilot, "No schedules.")
        await asyncio.to_thread(studio.submit, "print(1)", cron_expression=YEARLY)
        soon = (datetime.now(UTC) + timedelta(seconds=2)).isoformat()
        task = await asyncio.to_thread(
            studio.submit, "print(1)", query_name="soon.py", start_after=soon
        )
        await until_shown(pilot, "soon.py", "once", "Schedules 2")
        # It runs once, so then it is a schedule no more.
        await until_shown(pilot, "Schedules 1")
    (run,) = [job for job in studio.jobs() if job["scheduled_by"] == task["id"]]
    assert studio.end(run["id"])["status"] == "COMPLETE"


async def test_a_run_started_now_is_among_the_runs_and_cancel_names_the_schedule_and_ends_it(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    task = studio.submit(
        "import os; print(os.environ['A'])",
        query_name="nightly.py",
        cron_expression=YEARLY,
        environment="A=b c",
    )
    async with dashboard(studio, tmp_path) as pilot:
        await show(pilot)
        await pilot.press("t")
        await until_shown(pilot, "Run this once now?", "the schedule does not change.")
        await pilot.press("y")
        await until_said(pilot, "Created: nightly.py")
        await until_shown(pilot, "(✓)", "✓) COMPLETE", "by hand")
        await pilot.press("enter")
        await until_shown(pilot, "Jobs 1", "nightly.py")
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


class Hosted(Documented):
    """Tells of schedules and their runs no more than what is in the document."""

    async def _unname(self, exchange: Exchange) -> None:
        reply = await exchange.forward()
        headers = {name: value for name, value in reply.headers.items() if name != INSTANCE_HEADER}
        body = reply.body
        if exchange.seen.method == "GET" and exchange.seen.path.endswith("/jobs/"):
            jobs = json.loads(body)
            for job in jobs:
                job |= {"schedule": None, "scheduled_by": None, "scheduled_for": None}
            body = json.dumps(jobs).encode()
        await exchange.send(Reply(reply.status, headers, body).encoded())


async def test_on_other_studios_a_manual_run_is_among_the_runs_after_an_edit_too(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    task = studio.submit("print(1)", query_name="nightly.py", cron_expression=YEARLY)
    proxy = FaultProxy.before(studio.url)
    proxy.plan = Hosted()
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        table = await show(pilot)
        await pilot.press("t")
        await until_shown(pilot, "Run this once now?", "The schedule itself does not change.")
        await pilot.press("y")
        await until_said(pilot, "Created: nightly.py")
        await until_shown(pilot, "(✓)", "by hand")
        await change(pilot, "", "@daily")
        await until_said(pilot, "and canceled nightly.py")
        (new,) = tasks(studio)
        await until(pilot, lambda: list(table.keys) == [new["id"]])
        await until_shown(pilot, "(✓)", "by hand")
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        await show(pilot)
        await until_shown(pilot, "(✓)", "by hand")
    (job,) = [job for job in studio.jobs() if job["status"] == "COMPLETE"]
    assert (job["name"], job["schedule"], job["scheduled_by"]) == ("nightly.py", None, None)
    assert studio.job(task["id"])["status"] == "CANCELED"


async def test_a_run_by_hand_or_an_edit_whose_answer_was_lost_is_made_once(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    task = studio.submit("print(1)", query_name="nightly.py", cron_expression=YEARLY)
    proxy = FaultProxy.before(studio.url)
    proxy.plan = lost = LoseOne("/run")
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        await show(pilot)
        await pilot.press("t")
        await until_shown(pilot, "Run this once now?")
        await pilot.press("y")
        await until_said(pilot, "Created: nightly.py")
        assert lost.count == 1
        proxy.plan = lost = LoseOne("/change")
        await change(pilot, YEARLY, "@daily")
        await until_said(pilot, "Changed ")
        assert lost.count == 1
    schedule = studio.job(task["id"])["schedule"]
    assert (schedule["runs"], schedule["cron_expression"]) == (1, "@daily")


async def test_a_schedule_is_edited_suspended_and_resumed_in_place(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("before.py", "nightly.py", "after.py"):
        studio.submit("print(1)", query_name=name, cron_expression=YEARLY, workers=1)
    (task,) = [job for job in tasks(studio) if job["name"] == "nightly.py"]
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "4 Schedules 3")
        table = await show(pilot)
        await pilot.press("down")
        assert table.cursor == task["id"]
        for typed, before in (("0 99 * * *", YEARLY), ("30 2 1 1 *", "0 99 * * *")):
            await pilot.press("e")
            await type_over(pilot, before, typed)
            await pilot.press("enter" if "99" not in typed else "escape")
        await until_shown(
            pilot, "Change this schedule?", YEARLY, "30 2 1 1 *", "Its past runs stay"
        )
        await pilot.press("y")
        await until_said(pilot, "Changed nightly.py")
        await until_shown(pilot, "30 2 1 1 *")
        assert table.cursor == task["id"]
        new = studio.job(task["id"])
        assert (new["status"], new["schedule"]["cron_expression"]) == ("TASK", "30 2 1 1 *")
        assert len(studio.jobs()) == 3
        await pilot.press("p")
        await until_said(pilot, "Suspended nightly.py")
        await until_shown(pilot, "suspended ", "none until p resumes it")
        await pilot.press("slash", *"suspended", "enter")
        await until(pilot, lambda: list(table.keys) == [task["id"]])
        await pilot.press("p")
        await until_said(pilot, "Resumed nightly.py")
        await until_shown(pilot, "next run ")
        await pilot.press("escape")
        await until(pilot, lambda: len(table.keys) == 3)
        assert table.cursor == task["id"]
    assert all(job["schedule"]["suspended_at"] is None for job in tasks(studio))


async def test_elsewhere_an_edit_creates_then_cancels_and_what_cannot_be_done_is_said(
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
    proxy = FaultProxy.before(studio.url)
    proxy.plan = Documented()
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        await until_shown(pilot, "4 Schedules 3")
        table = await show(pilot)
        await pilot.press("down", "p")
        await until_said(pilot, "Only the local Studio can suspend a schedule. Here e can")
        assert studio.job(task["id"])["schedule"]["suspended_at"] is None
        await pilot.press("P")
        await until_said(
            pilot, "Only the local Studio can trigger a pipeline on a schedule. Here n"
        )
        await pilot.press("e")
        await type_over(pilot, YEARLY, "0 99 * * *")
        await until_shown(pilot, "Hour: 99 is not 0 to 23.")
        await pilot.press("enter")
        assert isinstance(pilot.app.screen, AskTime)
        await type_over(pilot, "0 99 * * *", "30 2 1 1 *")
        await until_shown(pilot, "at 02:30 Europe/Berlin on the 1st of January")
        await pilot.press("enter")
        await until_shown(
            pilot, "Change this schedule?", YEARLY, "30 2 1 1 *", "both exist", "that is at 02:30"
        )
        await pilot.press("y")
        await until_said(pilot, "and canceled nightly.py")
        (new,) = [job for job in tasks(studio) if job["name"] == "nightly.py"]
        await until(pilot, lambda: table.cursor == new["id"] and len(table.keys) == 3)
    assert studio.job(task["id"])["status"] == "CANCELED"
    assert (new["query"], new["workers"]) == ("print(1)", 1)
    assert new["schedule"]["cron_expression"] == "30 2 1 1 *"
    assert new["schedule"]["time_zone"] == "Europe/Berlin"


async def test_elsewhere_marks_continue_to_what_is_made_in_the_place_of_schedules(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("before.py", "nightly.py", "after.py"):
        studio.submit("print(1)", query_name=name, cron_expression=YEARLY)
    proxy = FaultProxy.before(studio.url)
    proxy.plan = Documented()
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        await until_shown(pilot, "4 Schedules 3")
        table = await show(pilot)
        await pilot.press("space", "space", "up")
        other = table.keys[0]
        for before, typed in ((YEARLY, "30 2 1 1 *"), ("30 2 1 1 *", "45 2 1 1 *")):
            old = str(table.cursor)
            await change(pilot, before, typed)
            await until_said(pilot, f"and canceled nightly.py ({old[:8]})")
            (new,) = [job for job in tasks(studio) if job["name"] == "nightly.py"]
            await until(pilot, lambda old=old: old not in table.keys)  # type: ignore[misc]
            await until(pilot, lambda: len(table.keys) == 3)
            assert table.cursor == new["id"]
            assert table.marked == {other, new["id"]}


class LoseOne(Documented):
    """Loses the answer to one request, and lets everything else pass as it is."""

    def __init__(self, path: str) -> None:
        self._path = path
        self.count = 0

    def fault(self, seen: Seen) -> Fault | None:
        if seen.path.endswith(self._path) and not self.count:
            self.count += 1
            return drop_answer
        return None


class RefuseCancels(Documented):
    """Lets everything pass but cancels."""

    def fault(self, seen: Seen) -> Fault | None:
        if seen.path.endswith("/cancel"):
            return answer_json({"message": "Not while it is full moon."}, "409 Conflict")
        return super().fault(seen)


class RefuseJobs(RefuseCancels):
    """Lets no job be made either."""

    def fault(self, seen: Seen) -> Fault | None:
        if seen.method == "POST" and seen.path.endswith("/jobs/"):
            return answer_json({"message": "There is no room."}, "400 Bad Request")
        return super().fault(seen)


async def test_an_edit_that_is_refused_leaves_the_schedule_and_one_that_cannot_cancel_leaves_both(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    task = studio.submit("print(1)", query_name="nightly.py", cron_expression=YEARLY)
    proxy = FaultProxy.before(studio.url)
    proxy.plan = RefuseJobs()
    async with proxy, dashboard(studio, tmp_path, url=proxy.url) as pilot:
        table = await show(pilot)
        await change(pilot, YEARLY, "@daily")
        await until_said(pilot, "There is no room.")
        await until_said(pilot, f"({task['id'][:8]}) has not changed.")
        assert [job["id"] for job in tasks(studio)] == [task["id"]]
        proxy.plan = RefuseCancels()
        await change(pilot, YEARLY, "@daily")
        await until_said(pilot, "was not canceled: Not while it is full moon. Now there are two")
        await until_shown(pilot, "Schedules 2")
        assert {job["schedule"]["cron_expression"] for job in tasks(studio)} == {YEARLY, "@daily"}
        # Both can have the cursor.
        await until(pilot, lambda: len(table.keys) == 2 and table.cursor != task["id"])
        await pilot.press("end" if table.keys[-1] == task["id"] else "home")
        assert table.cursor == task["id"]
        studio.submit("print(1)", query_name="other.py", cron_expression=YEARLY)
        await until(pilot, lambda: len(table.keys) == 3)
        assert table.cursor == task["id"]


async def test_an_edit_that_is_given_up_or_changes_nothing_does_nothing_and_is_kept(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    task = studio.submit("print(1)", cron_expression=YEARLY)
    async with dashboard(studio, tmp_path) as pilot:
        await show(pilot)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskTime))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, SchedulesScreen))
        await pilot.press("e", "enter")
        await until_shown(pilot, "The schedule has not changed.")
        assert not isinstance(pilot.app.screen, Confirm)
        await pilot.press("e")
        await type_over(pilot, YEARLY, "0 99 * * *")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, SchedulesScreen))
        await pilot.press("e")
        await until_shown(pilot, "0 99 * * *", "Hour: 99 is not 0 to 23.", RESTORED_TIME)
        await pilot.press("f3")
        await until(pilot, lambda: "Hour: 99" not in screen_text(pilot))
        await until(pilot, lambda: RESTORED_TIME not in screen_text(pilot))
        assert screen_text(pilot).count(YEARLY) >= 2, "in the list and in the input"
    assert [job["id"] for job in studio.jobs()] == [task["id"]]


async def test_a_start_is_edited_as_a_time_with_its_seconds(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    start = (datetime.now(UTC) + timedelta(minutes=10)).replace(second=59, microsecond=0)
    task = studio.submit("print(1)", start_after=start.isoformat())
    async with dashboard(studio, tmp_path) as pilot:
        await show(pilot)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, AskTime))
        await until_shown(pilot, ":59")
        assert not pilot.app.screen.has_class("-problem")
        await type_over(pilot, "2026-03-04 15:00:59", "yesterday 10:00")
        await until_shown(pilot, "close this and press t to run it now")
        assert "empty" not in screen_text(pilot)
        await type_over(pilot, "yesterday 10:00", "in 3 days")
        await until_shown(pilot, "in 3 d")
        await pilot.press("enter")
        await until_shown(pilot, "Change this schedule?")
        await pilot.press("y")
        await until_said(pilot, "Changed ")
    (new,) = tasks(studio)
    assert new["id"] == task["id"]
    assert new["schedule"]["cron_expression"] is None
    next_run = datetime.fromisoformat(new["schedule"]["next_run_at"])
    assert timedelta(days=2) < next_run - datetime.now(UTC) <= timedelta(days=3)


async def test_read_only_changes_nothing_and_says_so(studio: ThreadStudio, tmp_path: Path) -> None:
    task = studio.submit("print(1)", cron_expression=YEARLY)
    async with dashboard(studio, tmp_path, read_only=True) as pilot:
        await show(pilot)
        for key in ("x", "t", "e", "n", "p", "P"):
            await pilot.press(key)
            await until_shown(pilot, "Nothing can be changed")
            assert isinstance(pilot.app.screen, SchedulesScreen)
            pilot.app.clear_notifications()
    assert [(job["id"], job["status"]) for job in studio.jobs()] == [(task["id"], "TASK")]


@pytest.mark.parametrize("size", at_length([(160, 40)], [(80, 24), (160, 40)]))
async def test_hostile_names_are_shown_as_they_are_and_do_nothing(
    studio: ThreadStudio, tmp_path: Path, size: tuple[int, int]
) -> None:
    studio.submit("print(1)", query_name=HOSTILE, cron_expression=YEARLY)
    async with dashboard(studio, tmp_path, size=size) as pilot:
        await show(pilot)
        await until_shown(pilot, YEARLY)
        for key, words in (("e", "enter continues"), ("x", "Keep it"), ("t", "Run it now")):
            await pilot.press(key)
            await until_shown(pilot, words, "a[/]b [@click")
            assert not controls_of_lines(screen_text(pilot))
            await pilot.press("escape")


async def test_marked_schedules_are_suspended_resumed_and_ended_after_one_question(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("nightly.py", "weekly.py", "yearly.py"):
        studio.submit("print(1)", query_name=name, cron_expression=YEARLY)
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "4 Schedules 3")
        table = await show(pilot)
        await pilot.press("p")
        await until_said(pilot, "Suspended ")
        # The list says so after the answer to the command.
        await until(pilot, lambda: screen_text(pilot).count("  suspended  ") == 1)
        await pilot.press("a", "p")
        await until_said(pilot, "2 schedules suspended")
        await until(pilot, lambda: screen_text(pilot).count("  suspended  ") == 3)
        await pilot.press("a", "p")
        await until_said(pilot, "3 schedules resumed")
        assert all(job["schedule"]["suspended_at"] is None for job in tasks(studio))
        await pilot.press("a", "space")
        assert len(table.marked) == 2
        await until_shown(pilot, "l runs", "x cancel", "u unmark all")
        await pilot.press("x")
        await until_shown(pilot, "Cancel 2 marked schedules?", YEARLY)
        await pilot.press("y")
        await until_said(pilot, "Cancellation requested for 2 of 2 schedules")
        await until_shown(pilot, "4 Schedules 1")
        assert not table.marked
    assert len(tasks(studio)) == 1


MAKE = """
import json, os
with open(os.environ["STUDIO_LINEAGE"], "a") as lineage:
    lineage.write(json.dumps({"dataset": "thumbs", "version": None, "from": []}) + "\\n")
"""


@pytest.mark.starts_processes
async def test_a_pipeline_is_scheduled_run_by_hand_shown_and_ended(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The jobs that made the datasets may be older than those that are asked about.
    monkeypatch.setattr(dataset_catalog, "REQUESTED_JOBS", 0)
    studio.end(studio.submit(MAKE, query_name="make.py")["id"])
    studio.submit("print(1)", query_name="nightly.py", cron_expression=YEARLY)
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "4 Schedules 1")
        table = await show(pilot)
        await pilot.press("P")
        await until_shown(pilot, "Rebuild datasets on a schedule", "known: thumbs")
        await pilot.press(*"thums", "tab")
        await until_shown(pilot, "There is no dataset “thums”")
        await pilot.press("shift+tab", "end", "backspace", "tab", "tab", *keys("0 99 * * *"))
        await pilot.press("f9")
        await until_shown(pilot, "Hour: 99 is not 0 to 23.")
        await pilot.press(*["backspace"] * 10, "@", *"yearly", "f9")
        await until_said(pilot, "Scheduled: pipeline of thumbs")
        (task,) = [job for job in tasks(studio) if job["schedule"]["datasets"]]
        await until(pilot, lambda: table.cursor == task["id"])
        await until_shown(pilot, "pipeline of thumbs", "rebuilds", "@yearly")
        await pilot.press("t")
        await until_shown(pilot, "Run this once now?")
        await pilot.press("y")
        await until_said(pilot, "Triggered ")
        await until_shown(pilot, "(✓)", "COMPLETED", "by hand")
        await pilot.press("enter")
        await until_shown(pilot, "── Pipelines 1", "thumbs")
        # Typing replaces the proposed name; left as it is, it is not kept for another pipeline.
        await pilot.press("P")
        await until_shown(pilot, "Rebuild datasets on a schedule")
        form = pilot.app.screen
        assert isinstance(form, ScheduleDialog)
        assert form.line.selected_text == "thumbs"
        await pilot.press("x")
        await until(pilot, lambda: form.line.value == "x")
        await pilot.press("escape", "q")
        await until_shown(pilot, "── Schedules 2")
        await pilot.press("P")
        await until_shown(pilot, "Rebuild datasets on a schedule", "known: thumbs")
        await pilot.press("escape")
        await until_shown(pilot, "── Schedules 2")
        assert table.cursor == task["id"]
        await pilot.press("x")
        await until_shown(pilot, "Cancel this schedule?", "pipeline of thumbs", "no more pipelines")
        await pilot.press("y")
        await until_shown(pilot, "── Schedules 1")
        await pilot.press("1", "down", "r")
        await until_said(pilot, "triggers a pipeline and runs no query")


async def test_a_schedule_that_was_begun_here_is_found_here(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    script = tmp_path / "each.py"
    script.write_text("print(1)", "utf-8")
    studio.submit("print(1)", query_name="nightly.py", cron_expression=YEARLY)
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "4 Schedules 1")
        table = await show(pilot)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
        await pilot.press(*"@daily")
        form = pilot.app.screen
        assert isinstance(form, SubmitScreen)
        form.form.go_to("query_file")
        await pilot.press(*str(script))
        await until_shown(pilot, "each.py")
        await pilot.press("f9")
        await until(pilot, lambda: isinstance(pilot.app.screen, SchedulesScreen))
        (task,) = [job for job in tasks(studio) if job["name"] == "each.py"]
        await until(pilot, lambda: table.cursor == task["id"])
