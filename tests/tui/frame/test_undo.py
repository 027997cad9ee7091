"""Commands that are held back before they are sent, so that they can be undone."""

from pathlib import Path
from types import SimpleNamespace

import pytest

from studio_tui.tui.frame.bulk import BulkCommand, run_bulk
from studio_tui.tui.frame.page import Page
from studio_tui.tui.jobs.naming import title
from tests.jobs import job
from tests.local.http.test_pipeline_routes import request_action, status, trigger
from tests.soak import at_length
from tests.steps import step
from tests.studios import ThreadStudio
from tests.tui.dashboards import (
    Dashboard,
    dashboard,
    jobs_screen,
    screen_text,
    until,
    until_shown,
)
from tests.tui.jobs.test_controller import Screen
from tests.tui.pipelines.test_list_screen import make_two_datasets

SLEEP = "import time; time.sleep(600)"


def submit_running_jobs(studio: ThreadStudio, count: int) -> list[str]:
    return [studio.submit(SLEEP, query_name=f"sleep_{n}.py")["id"] for n in range(count)]


@pytest.mark.parametrize("quit_keys", at_length(["q q"], ["q q", "ctrl+q"]))
async def test_a_held_bulk_cancel_is_undone_or_lost_on_quitting_or_sent_after_the_delay(
    studio: ThreadStudio, tmp_path: Path, quit_keys: str
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="ended.py")["id"])
    jobs = submit_running_jobs(studio, 2)
    async with dashboard(studio, tmp_path, undo_seconds=600.0) as pilot:
        await until_shown(pilot, "sleep_0.py", "sleep_1.py", "ended.py")
        screen = await jobs_screen(pilot)
        await pilot.press("z")
        await until_shown(pilot, "There is nothing to undo")
        await pilot.press("a", "x", "y")
        await until_shown(pilot, "z undo canceling 2 jobs (")
        await pilot.press("2")
        await until_shown(pilot, "› Pipelines", "z undo canceling 2 jobs (")
        with step("no key is shown that would be typed into a field"):
            await pilot.press("slash")
            await until(pilot, lambda: "z undo" not in screen_text(pilot))
            await until_shown(pilot, "undo canceling 2 jobs (")
            await pilot.press("escape")
        await pilot.press("z")
        await until_shown(pilot, "Undone: canceling 2 jobs. It was not sent")
        await until(pilot, lambda: "undo canceling" not in screen_text(pilot))
        assert len(screen.view.marks) == 3, "the job that had ended stays marked"
        assert not any(call.changes for call in screen.session.records.recorder.recent_calls(999))
        await pilot.press("1", "x", "y")
        await until_shown(pilot, "z undo canceling 2 jobs (")
        with step("its targets are recorded"):
            words = (
                "SELECT count(*) FROM held WHERE words LIKE 'canceling 2 jobs: sleep_%, sleep_%'"
            )
            await until(pilot, lambda: screen.session.records.database.rows(words) == [(2,)])
        with step("the same command is not sent a second time"):
            await pilot.press("x", "y")
            await until_shown(pilot, "Not sent a second time: canceling 2 jobs waits already")
        holds = "SELECT count(*) FROM held WHERE state = 'held'"
        await until(pilot, lambda: screen.session.records.database.rows(holds) == [(1,)])
        await pilot.press(*quit_keys.split())
    assert all(studio.job(job)["status"] not in {"CANCELING", "CANCELED"} for job in jobs)
    async with dashboard(studio, tmp_path, undo_seconds=0.05) as pilot:
        await until_shown(pilot, "Not sent, as the dashboard", "canceling 2", "3 marked")
        assert all(studio.job(job)["status"] not in {"CANCELING", "CANCELED"} for job in jobs)
        await pilot.press("x", "y")
        await until(pilot, lambda: all(studio.job(job)["status"] == "CANCELED" for job in jobs))


@pytest.mark.parametrize(
    ("count", "description"), [(1, f"canceling {title(job(0))}"), (3, "canceling 3 jobs")]
)
async def test_a_command_on_any_number_of_marked_jobs_can_be_undone(
    count: int, description: str
) -> None:
    screen, held_commands = Screen(), list[str]()

    async def record_and_undo(what: str, _targets: frozenset[str], _names: str) -> bool:
        held_commands.append(what)
        return False

    screen.session.held = SimpleNamespace(may_be_sent=record_and_undo)
    bulk = BulkCommand(
        doing="Canceling",
        done="cancellation requested",
        noun="job",
        items=[job(number) for number in range(count)],
        name=title,
        command=lambda each: screen.session.commands.cancel_job(each.id),
    )
    assert await run_bulk(screen, bulk) == ()
    assert (held_commands, screen.canceled) == ([description], [])


async def test_a_single_cancel_is_sent_at_once(studio: ThreadStudio, tmp_path: Path) -> None:
    (job,) = submit_running_jobs(studio, 1)
    async with dashboard(studio, tmp_path, undo_seconds=600.0) as pilot:
        await until_shown(pilot, "sleep_0.py")
        await pilot.press("x", "y")
        await until(pilot, lambda: studio.job(job)["status"] == "CANCELED")


async def test_stopping_a_pipeline_and_removing_its_job_are_undone_or_sent_after_the_delay(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    make_two_datasets(studio)
    (tmp_path / "hold").touch()
    pipeline = trigger(studio, "second", review=True, environment=f"HOLD={tmp_path / 'hold'}")

    def jobs() -> list[str]:
        return [run["name"] for run in status(studio, pipeline)["job_runs"]]

    async with dashboard(studio, tmp_path, undo_seconds=600.0) as pilot:
        await remove_second_job(pilot)
        await until_shown(pilot, "z undo removing second.py (")
        await pilot.press("z")
        await until_shown(pilot, "Undone: removing second.py. It was not sent")
        assert isinstance(pilot.app.screen, Page)
        assert not pilot.app.screen.session.held.snapshot.value
        assert jobs() == ["first.py", "second.py"]
        request_action(studio, "resume", pipeline)
        await pilot.press("q")
        await until_shown(pilot, pipeline["name"], "2: 1 running")
        await until(pilot, lambda: "PAUSED" not in screen_text(pilot))
        await pilot.press("X", "y")
        with step("the pipeline is paused at once, and only canceling its jobs can be undone"):
            await until_shown(pilot, f"z undo canceling jobs of {pipeline['name']} of second (")
            assert status(studio, pipeline)["status"] == "PAUSED"
            await pilot.press("z")
            await until_shown(pilot, f"Undone: canceling jobs of {pipeline['name']}")
            await until_shown(pilot, "stays paused; p resumes it")
            assert not pilot.app.screen.session.held.snapshot.value
            assert status(studio, pipeline)["job_runs"][0]["status"] == "RUNNING"
            await until_shown(pilot, "‖ PAUSED")
        with step("marked pipelines are paused at once, too"):
            request_action(studio, "resume", pipeline)
            await until(pilot, lambda: "PAUSED" not in screen_text(pilot))
            await pilot.press("space", "X", "y")
            await until_shown(pilot, "z undo canceling jobs of ")
            assert status(studio, pipeline)["status"] == "PAUSED"
            await pilot.press("z")
            await until_shown(pilot, "stays paused; p resumes it")
        request_action(studio, "resume", pipeline)
    running = status(studio, pipeline)
    assert (running["status"], running["job_runs"][0]["status"]) == ("RUNNING", "RUNNING")
    async with dashboard(studio, tmp_path / "again", undo_seconds=0.05) as pilot:
        await pilot.press("2")
        await until_shown(pilot, pipeline["name"], "2: 1 running")
        await pilot.press("X", "y")
        states = ["CANCELED", "PENDING"]
        await until(
            pilot,
            lambda: [run["status"] for run in status(studio, pipeline)["job_runs"]] == states,
        )
        assert status(studio, pipeline)["status"] == "PAUSED"
        await remove_second_job(pilot)
        await until(pilot, lambda: jobs() == ["first.py"])


async def remove_second_job(pilot: Dashboard) -> None:
    """Remove the second job of the only pipeline."""
    await pilot.press("2")
    await until_shown(pilot, "› Pipelines", "PAUSED")
    await pilot.press("enter")
    await until_shown(pilot, "first.py", "second.py")
    await pilot.press("g", "j", "D", "y")
