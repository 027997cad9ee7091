"""Notices and badges when something submitted, opened or marked here has ended."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from textual import events

from studio_tui.tui.app import StudioApp
from studio_tui.tui.logs.log_screen import LogScreen
from studio_tui.tui.messages import OpenJob
from studio_tui.tui.pipelines.graph.screen import PipelineScreen
from tests.jobs import NOON, job
from tests.local.http.test_pipeline_routes import make, trigger
from tests.pipelines import pipeline
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, jobs_screen, screen_text, until, until_shown

WAIT = "import os, time\nwhile not os.path.exists({gate!r}): time.sleep(0.01)\n"


@pytest.fixture
def bell() -> Iterator[mock.Mock]:
    """Note each ringing of the bell; nobody hears it in a test."""
    with mock.patch.object(StudioApp, "bell") as ringing:
        yield ringing


async def submit(studio: ThreadStudio, gate: Path, name: str, then: str = "") -> str:
    """Have a job made that waits for a file."""
    query = WAIT.format(gate=str(gate)) + then
    return str((await asyncio.to_thread(studio.submit, query, query_name=name))["id"])


def said(pilot: Dashboard) -> list[str]:
    return [note.message for note in pilot.app._notifications]


async def until_said(pilot: Dashboard, words: str) -> None:
    await until(pilot, lambda: any(words in each for each in said(pilot)))


async def test_a_marked_job_that_fails_is_reported_and_keeps_its_badge_until_viewed(
    studio: ThreadStudio, tmp_path: Path, bell: mock.Mock
) -> None:
    gate = tmp_path / "gate"
    await submit(studio, gate, "fails.py", "raise RuntimeError('corrupt tile 17')")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "fails.py", "● RUNNING")
        await pilot.press("space", "3")
        await until_shown(pilot, "── Clusters ")
        gate.touch()
        await until_said(pilot, "✗ fails.py failed after")
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
        await until_said(pilot, "12 jobs ended: ✓ 9 complete, ✗ 3 failed\nfailed: job_0.py, job_1")
        assert len(said(pilot)) == bell.call_count == 1
        await until_shown(pilot, "1 Jobs 0 ✗3")
        pilot.app.post_message(events.AppFocus())
        await until(pilot, lambda: "✗3" not in screen_text(pilot))


async def test_a_job_that_was_opened_gets_a_notice_when_it_ends_unless_that_is_in_sight(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    gates = {name: tmp_path / f"gate of {name}" for name in ("others", "opened", "read", "seen")}
    for name, gate in gates.items():
        await submit(studio, gate, f"{name}.py")
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "others.py", "● RUNNING")
        home = pilot.app.screen
        gates["others"].touch()  # nobody here cares for it
        await until_shown(pilot, "✓ COMPLETE")
        await pilot.press("end")
        for name, key in (("opened", "enter"), ("read", "l")):
            await pilot.press("k", key)
            await until_shown(pilot, f"› {name}.py")
            assert pilot.app.screen is not home
            await pilot.press("q")
            await until(pilot, lambda: pilot.app.screen is home)
            gates[name].touch()
            await until_said(pilot, f"✓ {name}.py is done")
            assert not any("others.py" in each or "2 jobs" in each for each in said(pilot))
        await pilot.press("k", "l")
        await until_shown(pilot, "› seen.py", "● RUNNING")
        gates["seen"].touch()
        await until_shown(pilot, "✓ COMPLETE", "whole log")
        # Whatever ends later is reported later.
        assert isinstance(pilot.app.screen, LogScreen)
        endings = pilot.app.screen.session.endings
        endings.watch([job(7, "RUNNING")])
        endings.check_jobs([job(7, "COMPLETE")])
        await until_said(pilot, "job_7.py is done")
        assert not any("seen.py" in each for each in said(pilot))


async def test_a_job_that_is_canceled_here_gets_one_notice_and_so_does_its_run_again(
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
        # Whatever ends later is reported later.
        endings.watch([job(7, "RUNNING")])
        endings.check_jobs([job(7, "COMPLETE")])
        await until_said(pilot, "job_7.py is done")
        requested, ended = said(pilot)
        assert requested.startswith("Cancellation requested for canceled.py")
        assert ended.startswith("✓ job_7.py is done")
        pilot.app.clear_notifications()
        await pilot.press("r")
        await until_shown(pilot, "Run this job again as it was?")
        gate.touch()
        await pilot.press("y")
        await until_said(pilot, "✓ canceled.py is done")


async def test_where_it_is_to_be_quiet_the_tab_alone_says_it(
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
        assert said(pilot) == []
        bell.assert_not_called()


async def test_a_job_whose_page_is_in_sight_leaves_no_badge_elsewhere_and_others_do(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    own = studio.submit("print(1)", query_name="own.py")["id"]
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "own.py")
        endings = (await jobs_screen(pilot)).session.endings
        endings.watch([job(7, "RUNNING")])
        await pilot.press("4")
        await until_shown(pilot, "› Schedules")
        pilot.app.post_message(OpenJob(own))
        await until_shown(pilot, "› own.py")
        endings.check_jobs([job(1, id=own)])
        assert not endings.snapshot.value
        endings.check_jobs([job(1, id=own), job(7)])
        await until_shown(pilot, "1 Jobs 1 ✓1")
        await until_said(pilot, "job_7.py is done")
        assert not any("own.py" in words for words in said(pilot))


async def test_a_pipeline_whose_graph_is_in_sight_leaves_no_badge_and_others_do(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    make(studio, "first")
    trigger(studio, "first", review=True)
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("2")
        await until_shown(pilot, "‖ PAUSED")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
        screen = pilot.app.screen
        assert isinstance(screen, PipelineScreen)
        endings, own = screen.session.endings, screen.state.pipeline_id
        endings.watch_pipelines([pipeline(1), pipeline(2)])
        ended: dict[str, Any] = {"status": "FAILED", "updated_at": NOON.isoformat()}
        shown = [pipeline(3, pipeline_id=own, **ended)]
        endings.check_pipelines(shown)
        assert not endings.snapshot.value
        endings.check_pipelines([*shown, pipeline(1, **ended), pipeline(2, **ended)])
        await until_shown(pilot, "2 Pipelines 1 ✗2")
