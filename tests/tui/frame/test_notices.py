"""Notices and badges when a job or pipeline that the user is interested in has ended."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from textual import events
from textual.screen import ModalScreen

from studio_tui.tui.app import StudioApp
from studio_tui.tui.frame.review import OK, Review
from studio_tui.tui.logs.log_screen import LogScreen
from studio_tui.tui.messages import OpenJob, OpenPipeline
from studio_tui.tui.pipelines.graph.screen import PipelineScreen
from tests.jobs import NOON, job
from tests.local.http.test_pipeline_routes import make_dataset, trigger
from tests.pipelines import pipeline
from tests.steps import step
from tests.studios import ThreadStudio
from tests.tui.dashboards import (
    dashboard,
    jobs_screen,
    notices,
    screen_text,
    until,
    until_notified,
    until_shown,
)

WAIT_FOR_GATE = "import os, time\nwhile not os.path.exists({gate!r}): time.sleep(0.01)\n"


@pytest.fixture
def bell() -> Iterator[mock.Mock]:
    """Replace the terminal's bell by a mock that records each ring."""
    with mock.patch.object(StudioApp, "bell") as bell_mock:
        yield bell_mock


async def submit(studio: ThreadStudio, gate: Path, name: str, then: str = "") -> str:
    """Submit a job that waits until the file `gate` exists, and then runs the code `then`."""
    query = WAIT_FOR_GATE.format(gate=str(gate)) + then
    return str((await asyncio.to_thread(studio.submit, query, query_name=name))["id"])


async def test_a_marked_job_that_fails_has_a_notice_and_a_badge_until_it_is_viewed(
    studio: ThreadStudio, tmp_path: Path, bell: mock.Mock
) -> None:
    gate = tmp_path / "gate"
    await submit(studio, gate, "fails.py", "raise RuntimeError('corrupt tile 17')")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "fails.py", "● RUNNING")
        await pilot.press("space", "3")
        await until_shown(pilot, "── Clusters ")
        gate.touch()
        await until_notified(pilot, "✗ fails.py failed after")
        await until_shown(pilot, "1 Jobs 1 ✗1")
        bell.assert_not_called()
        await pilot.press("1")
        await until(pilot, lambda: "1 Jobs 1 ✗1" not in screen_text(pilot))


async def test_jobs_that_end_together_share_one_notice_and_one_bell(
    studio: ThreadStudio, tmp_path: Path, bell: mock.Mock
) -> None:
    async with dashboard(studio, tmp_path) as pilot:
        endings = (await jobs_screen(pilot)).session.endings
        endings.watch(job(number, "RUNNING") for number in range(12))
        pilot.app.post_message(events.AppBlur())
        await until(pilot, lambda: not pilot.app.app_focus)
        ended = [job(n, "FAILED" if n < 3 else "COMPLETE") for n in range(12)]
        endings.check_jobs(ended[:7])
        endings.check_jobs(ended)
        await until_notified(
            pilot, "12 jobs ended: ✓ 9 complete, ✗ 3 failed\nfailed: job_0.py, job_1"
        )
        assert len(notices(pilot)) == bell.call_count == 1
        await until_shown(pilot, "1 Jobs 0 ✗3")
        pilot.app.post_message(events.AppFocus())
        await until(pilot, lambda: "✗3" not in screen_text(pilot))


async def test_an_opened_job_that_ends_has_a_notice_unless_its_end_is_visible(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    gates = {
        name: tmp_path / f"gate of {name}" for name in ("unopened", "opened", "read", "watched")
    }
    for name, gate in gates.items():
        await submit(studio, gate, f"{name}.py")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "unopened.py", "● RUNNING")
        jobs_page = pilot.app.screen
        gates["unopened"].touch()  # no notice is expected
        await until_shown(pilot, "✓ COMPLETE")
        await pilot.press("end")
        for name, key in (("opened", "enter"), ("read", "l")):
            await pilot.press("k", key)
            await until_shown(pilot, f"› {name}.py")
            assert pilot.app.screen is not jobs_page
            await pilot.press("q")
            await until(pilot, lambda: pilot.app.screen is jobs_page)
            gates[name].touch()
            await until_notified(pilot, f"✓ {name}.py is done")
            assert not any("unopened.py" in each or "2 jobs" in each for each in notices(pilot))
        await pilot.press("k", "l")
        await until_shown(pilot, "› watched.py", "● RUNNING")
        gates["watched"].touch()
        await until_shown(pilot, "✓ COMPLETE", "whole log")
        # Notices come in the order of the ends, so an unwanted one would come before this one.
        assert isinstance(pilot.app.screen, LogScreen)
        endings = pilot.app.screen.session.endings
        endings.watch([job(7, "RUNNING")])
        endings.check_jobs([job(7, "COMPLETE")])
        await until_notified(pilot, "job_7.py is done")
        assert not any("watched.py" in each for each in notices(pilot))


async def test_a_job_canceled_here_has_one_notice_and_so_has_its_rerun(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    await submit(studio, gate, "canceled.py")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "canceled.py", "● RUNNING")
        endings = (await jobs_screen(pilot)).session.endings
        await pilot.press("enter")
        await until_shown(pilot, "› canceled.py")
        await pilot.press("x")
        await until_shown(pilot, "Cancel this job?")
        await pilot.press("y")
        await until_shown(pilot, "CANCELED")
        # Notices come in the order of the ends, so an unwanted one would come before this one.
        endings.watch([job(7, "RUNNING")])
        endings.check_jobs([job(7, "COMPLETE")])
        await until_notified(pilot, "job_7.py is done")
        first_notice, ended = notices(pilot)
        assert first_notice.startswith("canceled.py (")
        assert first_notice.endswith("): cancellation requested")
        assert ended.startswith("✓ job_7.py is done")
        pilot.app.clear_notifications()
        await pilot.press("r")
        await until_shown(pilot, "Run this job again unchanged?")
        gate.touch()
        await pilot.press("y")
        await until_notified(pilot, "✓ canceled.py is done")


async def test_a_quiet_dashboard_shows_a_badge_but_no_notice_and_rings_no_bell(
    studio: ThreadStudio, tmp_path: Path, bell: mock.Mock
) -> None:
    gate = tmp_path / "gate"
    await submit(studio, gate, "quiet.py")
    async with dashboard(studio, tmp_path, quiet=True) as pilot:
        await until_shown(pilot, "quiet.py", "● RUNNING")
        await pilot.press("space", "3")
        pilot.app.post_message(events.AppBlur())
        gate.touch()
        await until_shown(pilot, "1 Jobs 1 ✓1")
        assert notices(pilot) == []
        bell.assert_not_called()


async def test_the_job_of_the_visible_page_gets_no_badge_and_another_job_does(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    own_id = studio.submit("print(1)", query_name="own.py")["id"]
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "own.py")
        endings = (await jobs_screen(pilot)).session.endings
        endings.watch([job(7, "RUNNING")])
        await pilot.press("4")
        await until_shown(pilot, "› Schedules")
        pilot.app.post_message(OpenJob(own_id))
        await until_shown(pilot, "› own.py")
        endings.check_jobs([job(1, id=own_id)])
        assert not endings.snapshot.value
        endings.check_jobs([job(1, id=own_id), job(7)])
        await until_shown(pilot, "1 Jobs 1 ✓1")
        await until_notified(pilot, "job_7.py is done")
        assert not any("own.py" in text for text in notices(pilot))


async def test_the_pipeline_of_the_visible_graph_gets_no_badge_and_others_do(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    make_dataset(studio, "first")
    trigger(studio, "first", review=True)
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "‖ PAUSED")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
        screen = pilot.app.screen
        assert isinstance(screen, PipelineScreen)
        endings, own_id = screen.session.endings, screen.state.pipeline_id
        endings.watch_pipelines([pipeline(1), pipeline(2)])
        ended: dict[str, Any] = {"status": "FAILED", "updated_at": NOON.isoformat()}
        shown = [pipeline(3, pipeline_id=own_id, **ended)]
        endings.check_pipelines(shown)
        assert not endings.snapshot.value
        endings.check_pipelines([*shown, pipeline(1, **ended), pipeline(2, **ended)])
        await until_shown(pilot, "2 Pipelines 1 ✗2")


async def test_a_failed_pipeline_leaves_the_badge_when_its_graph_is_viewed(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    make_dataset(studio, "first")
    own_id = trigger(studio, "first", review=True)["pipeline_id"]
    async with dashboard(studio, tmp_path) as pilot:
        endings = (await jobs_screen(pilot)).session.endings
        endings.watch_pipelines([pipeline(1, pipeline_id=own_id), pipeline(2)])
        ended: dict[str, Any] = {"status": "FAILED", "updated_at": NOON.isoformat()}
        endings.check_pipelines([pipeline(1, pipeline_id=own_id, **ended), pipeline(2, **ended)])
        await until_shown(pilot, "2 Pipelines 1 ✗2")
        pilot.app.post_message(OpenPipeline(own_id))
        await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
        await until_shown(pilot, "2 Pipelines 1 ✗1")


async def test_a_key_closes_the_notices(shared_studio: ThreadStudio, tmp_path: Path) -> None:
    async with dashboard(shared_studio, tmp_path, frames=True) as pilot:
        app = pilot.app
        with step("the footer has the key while a notice lasts, and the key closes the notices"):
            app.notify(f"Canceling b.py: not now{' or then' * 20}", severity="error", markup=False)
            app.notify("✓ c.py is done\n✗ Pipeline d failed", severity="error", markup=False)
            app.notify("[b]two[/] lines:\nthe second", title="Copied", markup=False)
            await until_notified(pilot, "the second")
            await until_shown(pilot, "^l close notices")
            await pilot.press("ctrl+l")
            assert not notices(pilot)
            await until(pilot, lambda: "^l close notices" not in screen_text(pilot))
        with step("with no notice open, the key opens nothing, even if one has just gone"):
            await pilot.press("ctrl+l")
            assert not notices(pilot)
            assert not isinstance(app.screen, ModalScreen)
        with step("over a dialog, it only closes notices"):
            dialog = Review("Done", (), (OK,))
            await app.push_screen(dialog)
            app.notify("three", markup=False)
            await until_notified(pilot, "three")
            await pilot.press("ctrl+l")
            assert not notices(pilot)
            assert app.screen is dialog
            await pilot.press("o")
            assert app.screen is dialog, "the letter would open a browser once the dialog is closed"
            await pilot.press("enter")
            assert app.screen is not dialog
        with step("where esc has nothing to clear, it closes the notices"):
            app.notify("four", markup=False)
            await until_notified(pilot, "four")
            await pilot.press("slash", *"x", "enter", "escape")
            assert notices(pilot) == ["four"]
            await pilot.press("escape")
            assert not notices(pilot)
