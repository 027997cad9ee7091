import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.label import add_label
from studio_tui.api.models import JobInput
from studio_tui.errors import NotFound
from studio_tui.service import pacing
from studio_tui.service.commands.journal import Intent, Journal
from studio_tui.service.polling import waking
from studio_tui.service.session import SessionOptions, StudioSession
from tests.jobs import NOON
from tests.waiting import until

if TYPE_CHECKING:
    from tests.studios import ThreadStudio


def new_session(studio: "ThreadStudio", folder: Path, url: str | None = None) -> StudioSession:
    """Return a session with data in a folder; `url` is used instead of that of the Studio."""
    settings = studio.settings(url=url or studio.url)
    return StudioSession(
        StudioClient(settings), studio.team, folder / "logs", SessionOptions(is_local=True)
    )


async def test_ended_jobs_are_recorded_in_the_history_and_kept_after_a_restart(
    studio: "ThreadStudio", tmp_path: Path
) -> None:
    first = await asyncio.to_thread(studio.submit, "print(1)", query_name="a.py")
    await asyncio.to_thread(studio.wait_for_end, first["id"])
    async with running(new_session(studio, tmp_path)) as session:
        history = session.records.history
        await until(lambda: history.durations(["a.py"]))
        second = await asyncio.to_thread(studio.submit, "print(1)", query_name="a.py")
        await asyncio.to_thread(studio.wait_for_end, second["id"])
        await until(lambda: len(history.durations(["a.py"])["a.py"]) == 2)
    later = new_session(studio, tmp_path)
    assert len(later.records.history.durations(["a.py"])["a.py"]) == 2
    await later.client.aclose()


async def test_the_lists_of_an_earlier_run_are_recalled_with_their_age_until_studio_answers(
    studio: "ThreadStudio", tmp_path: Path
) -> None:
    submitted = await asyncio.to_thread(studio.submit, "print(1)", query_name="a.py")
    async with running(new_session(studio, tmp_path)) as earlier:
        await asyncio.gather(*(poller.first_answer() for poller in earlier.pollers))
    unreachable = "http://127.0.0.1:9"
    async with running(new_session(studio, tmp_path, unreachable)) as later:
        for poller in later.pollers:
            await poller.first_value()
            assert poller.snapshot.is_recalled
        assert [job.id for job in (await later.jobs.first_value()).jobs] == [submitted["id"]]
        recalled = later.jobs.snapshot
        assert recalled.moment(NOON) == recalled.fetched_at
    async with running(new_session(studio, tmp_path)) as last:
        await last.jobs.first_answer()
        assert not last.jobs.snapshot.is_recalled
        paths = [call.path for call in last.records.recorder.recent_calls(99)]
        assert any("/datachain/jobs" in path for path in paths)


async def test_all_lists_are_polled_on_new_connections_after_the_machine_has_slept(
    studio: "ThreadStudio", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waking, "CHECK_INTERVAL", 0.01)
    slept = timedelta()
    settings = studio.settings()
    client = StudioClient(settings)
    closed: list[str] = []
    close = client.aclose

    async def note_close() -> None:
        closed.append("closed")
        await close()

    monkeypatch.setattr(client, "aclose", note_close)
    monkeypatch.setattr(clock, "now", lambda: datetime.now(UTC) + slept)
    session = StudioSession(client, studio.team, tmp_path / "logs")
    session.set_focus(focused=False)  # each rest is at least 50 s
    async with running(session):
        await asyncio.gather(*(poller.first_answer() for poller in session.pollers))
        slept = timedelta(hours=3)
        begin = datetime.now(UTC) + slept
        await until(lambda: closed)
        await until(
            lambda: all(
                poller.snapshot.fetched_at is not None and poller.snapshot.fetched_at >= begin
                for poller in session.pollers
            )
        )
        assert closed == ["closed"]


@pytest.mark.parametrize("is_refused", [False, True])
async def test_lists_are_polled_after_each_request_that_changes_something(
    studio: "ThreadStudio", tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, is_refused: bool
) -> None:
    monkeypatch.setattr(pacing, "SCHEDULES_INTERVAL", 3600.0)
    submitted = await asyncio.to_thread(studio.submit, "import time\ntime.sleep(600)")
    settings = studio.settings()
    session = StudioSession(StudioClient(settings), studio.team, tmp_path / "logs")
    async with running(session):
        await session.schedules.first_answer()
        before = session.schedules.snapshot.fetched_at
        with pytest.raises(NotFound) if is_refused else nullcontext():
            await session.commands.cancel_job("0" if is_refused else submitted["id"])
        await until(lambda: session.schedules.snapshot.fetched_at != before)


async def test_lists_are_polled_when_the_job_of_an_earlier_run_is_found(
    studio: "ThreadStudio", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "SCHEDULES_INTERVAL", 3600.0)
    request = JobInput(query="print(1)", team_name=studio.team)
    intent = Intent.of(request, clock.now(), is_labeled=True)
    Journal(tmp_path / "intents", "").begin(intent).close()
    label = add_label(None, intent.id)
    await asyncio.to_thread(studio.submit, request.query, environment=label)
    settings = studio.settings()
    session = StudioSession(StudioClient(settings), studio.team, tmp_path)
    async with running(session):
        await session.schedules.first_answer()
        before = session.schedules.snapshot.fetched_at
        assert await session.settle_open_intents() == ()
        await until(lambda: session.schedules.snapshot.fetched_at != before)


@asynccontextmanager
async def running(session: StudioSession) -> AsyncIterator[StudioSession]:
    """Run a session with a listener of each list."""
    task = asyncio.create_task(session.run())
    unsubscribers = [poller.subscribe(lambda _: None) for poller in session.pollers]
    try:
        yield session
    finally:
        for unsubscribe in unsubscribers:
            unsubscribe()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await session.client.aclose()
