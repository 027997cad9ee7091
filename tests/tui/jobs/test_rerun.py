"""Running jobs again with settings that were submitted from here and that Studio does not send."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest

from studio_tui.api.models import Job, JobInput, JobSchedule, QueryType
from studio_tui.service.commands.create_job import Created
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.submitted import SentFile, Submitted
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.jobs.rerun import submitted_settings, with_schedule
from studio_tui.tui.logs.log_screen import LogScreen
from studio_tui.tui.logs.merged_screen import MergedScreen
from studio_tui.tui.schedules.list_screen import SchedulesScreen
from tests.changed_answers import WithoutInstanceHeader
from tests.fault_proxy import FaultProxy
from tests.jobs import NOON, job
from tests.steps import step
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, jobs_screen, screen_text, until, until_shown

SUBMITTED_SETTINGS = (
    "As submitted from this dashboard:",
    "priority: 1",
    "uploaded files: notes.txt (5 B)",
)


async def submit_with_upload(pilot: Dashboard, folder: Path, **fields: Any) -> Job:
    """Let the dashboard create a job with an uploaded file and a priority of its own."""
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


def create_requests(proxy: FaultProxy) -> list[dict[str, Any]]:
    """Return the bodies of the requests to create a job, in their order."""
    bodies = [seen.body for seen in proxy.requests if seen.path.endswith("/jobs/") if seen.body]
    return [json.loads(body) for body in bodies]


async def move_to_job(pilot: Dashboard, job_id: str) -> None:
    """Move the cursor of the list to a job."""
    screen = await jobs_screen(pilot)
    await until(pilot, lambda: job_id in screen.table.keys)
    screen.table.move_to(job_id)
    await pilot.pause()


async def test_reruns_keep_settings_that_studio_does_not_send_even_after_a_restart(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with FaultProxy.in_front_of(studio.url) as proxy:
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            first = await submit_with_upload(pilot, tmp_path)
            await asyncio.to_thread(studio.wait_for_end, first.id)
            await move_to_job(pilot, first.id)
            await pilot.press("r")
            await until_shown(pilot, "Run this job again unchanged?", *SUBMITTED_SETTINGS)
            await until_shown(pilot, "server default, as before: credentials")
            await pilot.press("y")
            await until_shown(pilot, "created as read.sh")
            second = studio.jobs()[0]["id"]
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await move_to_job(pilot, second)
            await pilot.press("R")
            await until_shown(pilot, "Run this job again from checkpoints?", *SUBMITTED_SETTINGS)
            await pilot.press("y")
            await until_shown(pilot, "created as read.sh")
        original, repeated, continued = create_requests(proxy)
    assert original["files"]
    for rerun in (repeated, continued):
        assert (rerun["files"], rerun["priority"]) == (original["files"], 1)
    assert repeated.get("rerun_from_job_id") is None
    assert continued["rerun_from_job_id"] == second
    for created in studio.jobs():
        studio.wait_for_end(created["id"])
        assert studio.log(created["id"]) == "hello"


async def test_the_question_before_an_edit_names_the_submitted_settings_it_keeps_and_changes(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with (
        FaultProxy.in_front_of(studio.url) as proxy,
        dashboard(studio, tmp_path, url=proxy.url, size=(120, 60)) as pilot,
    ):
        first = await submit_with_upload(pilot, tmp_path)
        await move_to_job(pilot, first.id)
        await pilot.press("e")
        await until_shown(pilot, "Edit read.sh", "There is no terminal here", "is notes.txt (5 B)")
        await pilot.press("f9")
        await until_shown(pilot, "Run the job again?", "Nothing is changed.", *SUBMITTED_SETTINGS)
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
        edited = create_requests(proxy)[-1]
        assert (edited.get("files"), edited["priority"]) == (None, 2)


@pytest.mark.starts_processes
async def test_a_rerun_whose_uploads_studio_has_deleted_reports_the_refusal(
    studio_with_three_jobs: ThreadStudio, tmp_path: Path
) -> None:
    studio = studio_with_three_jobs
    newest = studio.jobs()[0]
    submitted = Submitted(files=(SentFile(id="4711", label="gone.txt"),))
    async with dashboard(studio, tmp_path) as pilot:
        history = (await jobs_screen(pilot)).session.records.history
        await asyncio.to_thread(history.note_submitted, newest["id"], submitted)
        await pilot.press("r")
        await until_shown(pilot, "uploaded files: gone.txt", "it probably refuses the job")
        await pilot.press("y")
        await until_shown(pilot, "4711")
    assert len(studio.jobs()) == 3


async def test_running_or_changing_a_schedule_of_another_studio_keeps_its_files_and_priority(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    async with FaultProxy.in_front_of(studio.url) as proxy:
        proxy.plan = WithoutInstanceHeader()
        async with dashboard(studio, tmp_path, url=proxy.url) as pilot:
            await submit_with_upload(pilot, tmp_path, cron_expression="0 3 1 1 *")
            await pilot.press("4")
            await until(pilot, lambda: isinstance(pilot.app.screen, SchedulesScreen))
            await until_shown(pilot, "read.sh")
            await pilot.press("t")
            await until_shown(pilot, "Run this once now?", *SUBMITTED_SETTINGS)
            await pilot.press("y")
            await until_shown(pilot, "Created: read.sh")
            pilot.app.clear_notifications()
            await pilot.press("e")
            await until_shown(pilot, "When should read.sh")
            await pilot.press("end", *["backspace"] * 9, *"@daily", "enter")
            await until_shown(pilot, "Change this schedule?", *SUBMITTED_SETTINGS)
            await pilot.press("y")
            await until_shown(pilot, "and canceled")
        original, once, daily = create_requests(proxy)
    assert (once["files"], once["priority"]) == (original["files"], 1)
    assert once.get("cron_expression") is None
    assert (daily["files"], daily["cron_expression"]) == (original["files"], "@daily")


async def test_a_job_can_be_edited_from_its_log_and_from_a_merged_log(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for name in ("one.py", "two.py"):
        studio.wait_for_end(studio.submit("print('a line')", query_name=name)["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "one.py", "two.py")
        await pilot.press("l")
        await until_shown(pilot, "a line")
        await pilot.press("ctrl+e")
        await until_shown(pilot, "Edit two.py")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
        await pilot.press("question_mark", *"settings")
        await until_shown(pilot, "Change the query in $EDITOR", "^e")
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
        current_job = merged.choice.job_at_hand()
        assert current_job is not None
        await pilot.press("ctrl+e")
        await until_shown(pilot, f"Edit {current_job.name}")
        with step("the form leads back to the log, and a key from there to the log of the new job"):
            await pilot.press("f9")
            await until_shown(pilot, "Run the job again?")
            await pilot.press("f")
            await until(pilot, lambda: pilot.app.screen is merged)
            await until_shown(pilot, f"Created: {current_job.name}")
            assert "> goes to it" not in screen_text(pilot)
            await pilot.press("enter")
            await until_shown(pilot, f"{current_job.name} ({current_job.id[:8]}) › Log")
            await pilot.press("ctrl+e")
            await until_shown(pilot, f"Edit {current_job.name}")
            await pilot.press("f9")
            await until_shown(pilot, "Run the job again?")
            await pilot.press("r")
            await until_shown(pilot, "> goes to it", f"({current_job.id[:8]}) › Log")
            newest_id = studio.jobs()[0]["id"]
            await pilot.press("greater_than_sign")
            await until_shown(pilot, f"({newest_id[:8]}) › Log", "a line", "✓ whole log")
            await pilot.press("less_than_sign")
            await until_shown(pilot, f"({current_job.id[:8]}) › Log")
            await pilot.press("q")
            await until(pilot, lambda: pilot.app.screen is merged)


def test_the_run_of_a_schedule_inherits_the_submitted_settings_except_the_times(
    tmp_path: Path,
) -> None:
    history = JobHistory(RecorderFile(tmp_path, "a place"))
    history.note_submitted("task", Submitted(priority=1, cron_expression="@daily"))
    history.note_submitted("own", Submitted(priority=3, cron_expression="@hourly"))
    jobs = [job(1, id="run", scheduled_by="task"), job(2, id="own"), job(3, id="other")]
    assert history.own_or_inherited_submissions(jobs) == {
        "run": Submitted(priority=1),
        "own": Submitted(priority=3, cron_expression="@hourly"),
    }


def test_a_repeated_job_inherits_the_submitted_settings_of_the_nearest_known_original(
    tmp_path: Path,
) -> None:
    history = JobHistory(RecorderFile(tmp_path, "a place"))
    history.note_submitted("first", Submitted(priority=4, cron_expression="@daily"))
    originals = {"again": ("once", "first"), "once": ("first",), "other": ("unknown",)}
    jobs = [job(1, id="again"), job(2, id="once"), job(3, id="other")]
    inherited = Submitted(priority=4)
    assert history.own_or_inherited_submissions(jobs, originals) == {
        "again": inherited,
        "once": inherited,
    }


def test_a_cluster_sent_by_studio_is_not_listed_as_submitted_from_here() -> None:
    submitted = Submitted(
        compute_cluster_name="gpu", credentials_name="a\x1b[1m", files=(SentFile(id="7"),)
    )
    parts = {"uploaded files": "7", "credentials": "a␛[1m"}
    assert submitted_settings(job(1, compute_cluster_name="gpu"), submitted) == parts
    assert submitted_settings(job(1), submitted) == {**parts, "cluster": "gpu"}
    assert submitted_settings(job(1), Submitted(compute_cluster_id=3)) == {"cluster": "id 3"}


@pytest.mark.parametrize(
    ("submitted", "schedule"),
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
def test_a_schedule_without_times_from_studio_gets_the_submitted_times(
    submitted: Submitted | None, schedule: JobSchedule | None
) -> None:
    task = job(1, "TASK")
    assert with_schedule(task, submitted).schedule == schedule
    sent_with_schedule = job(1, "TASK", schedule={"cron_expression": "@hourly"})
    assert with_schedule(sent_with_schedule, submitted) is sent_with_schedule


async def test_a_continued_job_and_its_origin_name_each_other_and_the_fixed_failure_is_not_counted(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    query = f"import os\nassert os.path.exists({str(gate)!r}), 'corrupt tile 17'"
    old_id = studio.wait_for_end(studio.submit(query, query_name="mended.py")["id"])["id"]
    gate.touch()
    async with dashboard(studio, tmp_path, size=(160, 40)) as pilot:
        await until_shown(pilot, "mended.py", "✗ FAILED", "corrupt tile 17")
        await pilot.press("R")
        await until_shown(pilot, "Run this job again from checkpoints?")
        await pilot.press("y")
        await until_shown(pilot, "✓ COMPLETE", "fixed by ", "✗0")
        await pilot.press("/", *"is:failed", "enter")
        await until_shown(pilot, "Jobs 1 of 2 · filter is:failed · 1 with a newer attempt ")
        await pilot.press("escape")
        new_id = next(job["id"] for job in studio.jobs() if job["id"] != old_id)
        await pilot.press("g")
        await until_shown(pilot, "▏ continues ", f"{old_id[:8]}… ✗ mended.py")
        await pilot.press("down")
        await until_shown(pilot, "▏ fixed ", f"by {new_id[:8]}… ✓ mended.py")
        await pilot.press("r")
        await until_shown(pilot, "Run this job again", "This failure is fixed by")
        await pilot.press("n", "a", "r")
        await until_shown(pilot, "Run 2 marked jobs", "Failures with a newer attempt: 1 fixed.")
        await pilot.press("n")
    async with dashboard(studio, tmp_path, size=(160, 40)) as pilot:
        await until_shown(pilot, f"fixed by {new_id[:2]}")
        await pilot.press("u", "l")
        await until_shown(pilot, "› Log", f"> fixed by {new_id[:8]}")
        await pilot.press("greater_than_sign")
        await until_shown(pilot, "› Log", "✓ COMPLETE")
        assert "> fixed by" not in screen_text(pilot)
