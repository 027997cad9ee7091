"""Rerunning jobs with settings that Studio does not send, on a real local Studio."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from studio_tui.api.models import Job, JobInput, QueryType
from studio_tui.api.schedules import JobSchedule
from studio_tui.service.commands.create_job import Created
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.submitted import SentFile, Submitted
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.jobs.rerun import known_parts, with_schedule
from studio_tui.tui.logs.log_screen import LogScreen
from studio_tui.tui.logs.merged_screen import MergedScreen
from studio_tui.tui.schedules.list_screen import SchedulesScreen
from tests.changed_answers import Documented
from tests.fault_proxy import FaultProxy
from tests.jobs import NOON, job
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, jobs_screen, screen_text, until, until_shown

KNOWN = ("As submitted from this dashboard:", "priority: 1", "uploaded files: notes.txt (5 B)")
KEPT = ("uploaded files: notes.txt (5 B), as submitted from here", "priority: 1, as submitted")


async def submit(pilot: Dashboard, folder: Path, **fields: Any) -> Job:
    """Have the dashboard create a job with a file, at another priority than the default."""
    notes = folder / "notes.txt"
    notes.write_text("hello")
    request = JobInput(
        **{
            "query": "cat notes.txt",
            "query_type": QueryType.SHELL,
            "query_name": "read.sh",
            "team_name": "local",
            "priority": 1,
            **fields,
        }
    )
    outcome = await (await jobs_screen(pilot)).session.commands.job_creator.create(request, [notes])
    assert isinstance(outcome, Created)
    return outcome.job


def asked(proxy: FaultProxy) -> list[dict[str, Any]]:
    """Return the jobs that were asked for, in their order."""
    bodies = [seen.body for seen in proxy.seen if seen.path.endswith("/jobs/") if seen.body]
    return [json.loads(body) for body in bodies]


async def on_job(pilot: Dashboard, job_id: str) -> None:
    """Put the cursor of the list on a job."""
    screen = await jobs_screen(pilot)
    await until(pilot, lambda: job_id in screen.table.keys)
    screen.table.move_to(job_id)
    await pilot.pause()


async def test_a_rerun_and_its_rerun_keep_settings_that_studio_does_not_send_across_restarts(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with FaultProxy.before(studio.url) as proxy:
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            first = await submit(pilot, tmp_path)
            await asyncio.to_thread(studio.end, first.id)
            await on_job(pilot, first.id)
            await pilot.press("r")
            await until_shown(pilot, "Run this job again as it was?", *KNOWN)
            await until_shown(pilot, "server default, as before: credentials")
            await pilot.press("y")
            await until_shown(pilot, "Created: read.sh")
            second = studio.jobs()[0]["id"]
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await on_job(pilot, second)
            await pilot.press("R")
            await until_shown(pilot, "Run this job again from its checkpoints?", *KNOWN)
            await pilot.press("y")
            await until_shown(pilot, "Created: read.sh")
        original, again, resumed = asked(proxy)
    assert original["files"]
    for repeat in (again, resumed):
        assert (repeat["files"], repeat["priority"]) == (original["files"], 1)
    assert again.get("rerun_from_job_id") is None
    assert resumed["rerun_from_job_id"] == second
    for made in studio.jobs():
        studio.end(made["id"])
        assert studio.log(made["id"]) == "hello"


async def test_an_edit_shows_what_it_keeps_and_what_it_changes_of_what_was_submitted(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with (
        FaultProxy.before(studio.url) as proxy,
        dashboard(studio, tmp_path, url=proxy.url, size=(120, 60)) as pilot,
    ):
        first = await submit(pilot, tmp_path)
        await on_job(pilot, first.id)
        await pilot.press("e")
        await until_shown(pilot, "Edit read.sh", "There is no terminal here", "is notes.txt (5 B)")
        await pilot.press("f9")
        await until_shown(pilot, "Run the changed job?", "Nothing is changed.", *KEPT)
        assert "Studio does not say" not in screen_text(pilot)
        await pilot.press("escape")
        form = pilot.app.screen
        assert isinstance(form, SubmitScreen)
        form.form.set_text("priority", "2")
        form.form.set_text("uploads", "")
        await pilot.press("f9")
        await until_shown(pilot, "priority: 1 → 2", "uploaded files: - notes.txt (5 B)")
        assert "as submitted" not in screen_text(pilot)
        await pilot.press("f")
        await until_shown(pilot, "Created: read.sh")
        assert (asked(proxy)[-1].get("files"), asked(proxy)[-1]["priority"]) == (None, 2)


@pytest.mark.starts_processes
async def test_uploads_that_studio_has_no_more_are_refused_in_words(
    three_ended: ThreadStudio, tmp_path: Path
) -> None:
    studio = three_ended
    made = studio.jobs()[0]
    gone = Submitted(files=(SentFile(id="4711", label="gone.txt"),))
    async with dashboard(studio, tmp_path) as pilot:
        history = (await jobs_screen(pilot)).session.records.history
        await asyncio.to_thread(history.note_submitted, made["id"], gone)
        await pilot.press("r")
        await until_shown(pilot, "uploaded files: gone.txt", "If Studio has deleted an upload")
        await pilot.press("y")
        await until_shown(pilot, "4711")
    assert len(studio.jobs()) == 3


async def test_elsewhere_a_schedule_that_is_run_or_changed_has_its_files_and_priority(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with FaultProxy.before(studio.url) as proxy:
        proxy.plan = Documented()
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await submit(pilot, tmp_path, cron_expression="0 3 1 1 *")
            await pilot.press("4")
            await until(pilot, lambda: isinstance(pilot.app.screen, SchedulesScreen))
            await until_shown(pilot, "read.sh")
            await pilot.press("t")
            await until_shown(pilot, "Run this once now?", *KNOWN)
            await pilot.press("y")
            await until_shown(pilot, "Created: read.sh")
            pilot.app.clear_notifications()
            await pilot.press("e")
            await until_shown(pilot, "When should read.sh")
            await pilot.press("end", *["backspace"] * 9, *"@daily", "enter")
            await until_shown(pilot, "Change this schedule?", *KNOWN)
            await pilot.press("y")
            await until_shown(pilot, "and canceled")
        original, once, daily = asked(proxy)
    assert (once["files"], once["priority"]) == (original["files"], 1)
    assert once.get("cron_expression") is None
    assert (daily["files"], daily["cron_expression"]) == (original["files"], "@daily")


async def test_a_job_is_edited_from_its_log_and_from_a_merged_one(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("one.py", "two.py"):
        studio.end(studio.submit("print('a line')", query_name=name)["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "one.py", "two.py")
        await pilot.press("l")
        await until_shown(pilot, "a line")
        await pilot.press("ctrl+e")
        await until_shown(pilot, "Edit two.py")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        await pilot.press("question_mark", *"settings")
        await until_shown(pilot, "Change query and settings", "^e")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))
        await pilot.press("a", "L")
        await until(pilot, lambda: isinstance(pilot.app.screen, MergedScreen))
        await until_shown(pilot, "2 jobs", "a line")
        await pilot.press("tab")
        merged = pilot.app.screen
        assert isinstance(merged, MergedScreen)
        chosen = merged.choice.job_at_hand()
        assert chosen is not None
        await pilot.press("ctrl+e")
        await until_shown(pilot, f"Edit {chosen.name}")


# Each of these is small.


def test_the_run_of_a_schedule_has_the_parts_of_the_schedule_but_its_times(tmp_path: Path) -> None:
    history = JobHistory(RecorderFile(tmp_path, "a place"))
    history.note_submitted("task", Submitted(priority=1, cron_expression="@daily"))
    history.note_submitted("own", Submitted(priority=3, cron_expression="@hourly"))
    jobs = [job(1, id="run", scheduled_by="task"), job(2, id="own"), job(3, id="other")]
    assert history.own_or_inherited_submissions(jobs) == {
        "run": Submitted(priority=1),
        "own": Submitted(priority=3, cron_expression="@hourly"),
    }


def test_the_run_of_a_pipeline_has_the_parts_of_the_nearest_job_it_repeats(tmp_path: Path) -> None:
    history = JobHistory(RecorderFile(tmp_path, "a place"))
    history.note_submitted("first", Submitted(priority=4, cron_expression="@daily"))
    originals = {"again": ("once", "first"), "once": ("first",), "other": ("unknown",)}
    jobs = [job(1, id="again"), job(2, id="once"), job(3, id="other")]
    sent = Submitted(priority=4)
    assert history.own_or_inherited_submissions(jobs, originals) == {"again": sent, "once": sent}


def test_a_cluster_sent_by_studio_is_not_listed_as_submitted_from_here() -> None:
    sent = Submitted(
        compute_cluster_name="gpu", credentials_name="a\x1b[1m", files=(SentFile(id="7"),)
    )
    parts = {"uploaded files": "7", "credentials": "a␛[1m"}
    assert known_parts(job(1, compute_cluster_name="gpu"), sent) == parts
    assert known_parts(job(1), sent) == {**parts, "cluster": "gpu"}
    assert known_parts(job(1), Submitted(compute_cluster_id=3)) == {"cluster": "id 3"}


@pytest.mark.parametrize(
    ("submitted", "told"),
    [
        (None, None),
        (Submitted(priority=1), None),
        (
            Submitted(cron_expression="@daily", time_zone="Europe/Berlin"),
            JobSchedule(cron_expression="@daily", time_zone="Europe/Berlin"),
        ),
        (Submitted(start_after=NOON), JobSchedule(start_after=NOON)),
    ],
)
def test_a_schedule_has_the_submitted_times_if_studio_sends_none(
    submitted: Submitted | None, told: JobSchedule | None
) -> None:
    task = job(1, "TASK")
    assert with_schedule(task, submitted).schedule == told
    own = job(1, "TASK", schedule={"cron_expression": "@hourly"})
    assert with_schedule(own, submitted) is own


async def test_continued_jobs_are_linked_both_ways_and_a_fixed_failure_is_less_prominent(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    query = f"import os\nassert os.path.exists({str(gate)!r}), 'corrupt tile 17'"
    old = studio.end(studio.submit(query, query_name="mended.py")["id"])["id"]
    gate.touch()
    async with dashboard(studio, tmp_path, size=(160, 40)) as pilot:
        await until_shown(pilot, "mended.py", "✗ FAILED", "corrupt tile 17")
        await pilot.press("R")
        await until_shown(pilot, "Run this job again from its checkpoints?")
        await pilot.press("y")
        await until_shown(pilot, "✓ COMPLETE", "fixed by ", "✗0")
        new = next(job["id"] for job in studio.jobs() if job["id"] != old)
        await pilot.press("g")
        await until_shown(pilot, "▏ continues ", f"{old[:8]}… ✗ mended.py")
        await pilot.press("down")
        await until_shown(pilot, "▏ continued ", f"by {new[:8]}… ✓ mended.py")
        await pilot.press("r")
        await until_shown(pilot, "Run this job again", "A later run has fixed this failure.")
        await pilot.press("n", "a", "r")
        await until_shown(
            pilot, "Run 2 marked jobs", "1 of these failures was fixed by a later run."
        )
        await pilot.press("n")
    async with dashboard(studio, tmp_path, size=(160, 40)) as pilot:
        await until_shown(pilot, f"fixed by {new[:2]}")
