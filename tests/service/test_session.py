import asyncio
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from studio_tui.api.client import StudioClient
from studio_tui.service.session import SessionOptions, StudioSession
from studio_tui.settings import Settings
from tests.jobs import NOON
from tests.waiting import HANG

if TYPE_CHECKING:
    from tests.studios import ThreadStudio


async def until(condition: Callable[[], object]) -> None:
    for _ in range(1000):
        if await asyncio.to_thread(condition):
            return
        await asyncio.sleep(0.02)
    raise AssertionError("never came true")


async def test_jobs_that_end_are_noted_in_the_ledger_and_are_there_after_a_restart(
    studio: "ThreadStudio", tmp_path: Path
) -> None:
    first = await asyncio.to_thread(studio.submit, "print(1)", query_name="a.py")
    await asyncio.to_thread(studio.end, first["id"])
    settings = Settings(url=studio.url, team=studio.team, token=SecretStr(studio.token))

    def session() -> StudioSession:
        return StudioSession(
            StudioClient(settings), studio.team, tmp_path / "logs", SessionOptions(is_local=True)
        )

    looked = session()
    running = asyncio.create_task(looked.run())
    leave = looked.jobs.subscribe(lambda _: None)
    await until(lambda: looked.records.history.durations(["a.py"]))
    second = await asyncio.to_thread(studio.submit, "print(1)", query_name="a.py")
    await asyncio.to_thread(studio.end, second["id"])
    await until(lambda: len(looked.records.history.durations(["a.py"])["a.py"]) == 2)
    leave()
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    await looked.client.aclose()
    later = session()
    assert len(later.records.history.durations(["a.py"])["a.py"]) == 2
    await later.client.aclose()


async def test_the_lists_of_an_earlier_run_are_there_with_their_age_until_studio_answers(
    studio: "ThreadStudio", tmp_path: Path
) -> None:
    made = await asyncio.to_thread(studio.submit, "print(1)", query_name="a.py")

    def session(url: str) -> StudioSession:
        settings = Settings(url=url, team=studio.team, token=SecretStr(studio.token))
        return StudioSession(
            StudioClient(settings), studio.team, tmp_path / "logs", SessionOptions(is_local=True)
        )

    async with listened(session(studio.url)) as earlier:
        await asyncio.gather(*(poller.first_answer() for poller in earlier.pollers))
    async with listened(session("http://127.0.0.1:9")) as later:
        for poller in later.pollers:
            await poller.first_value()
            assert poller.snapshot.is_recalled
        assert [job.id for job in (await later.jobs.first_value()).jobs] == [made["id"]]
        recalled = later.jobs.snapshot
        assert recalled.moment(NOON) == recalled.fetched_at
    async with listened(session(studio.url)) as back:
        await back.jobs.first_answer()
        assert not back.jobs.snapshot.is_recalled
        assert "/datachain/jobs" in " ".join(
            call.path for call in back.records.recorder.recent_calls(99)
        )


async def test_a_late_write_leaves_no_thread_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(url="http://127.0.0.1:9", team="local", token=SecretStr("secret"))
    session = StudioSession(
        StudioClient(settings), "local", tmp_path / "logs", SessionOptions(is_local=True)
    )
    written: list[bool] = []

    async def writes_at_its_end() -> None:
        try:
            await asyncio.sleep(HANG)
        finally:
            await asyncio.sleep(0)  # the recorder has closed the file meanwhile
            written.append(
                session.records.database.write(lambda connection: connection.execute("SELECT 1"))
            )

    monkeypatch.setattr(session.records.activity, "run", writes_at_its_end)
    before = set(threading.enumerate())
    async with listened(session):
        await asyncio.sleep(0)
        await asyncio.sleep(0)
    assert written == [True]
    late = set(threading.enumerate()) - before
    assert not [each for each in late if each.name.startswith("recorder")]


@asynccontextmanager
async def listened(session: StudioSession) -> AsyncIterator[StudioSession]:
    """Run a session with somebody who listens to all of its lists."""
    running = asyncio.create_task(session.run())
    leave = [poller.subscribe(lambda _: None) for poller in session.pollers]
    try:
        yield session
    finally:
        for each in leave:
            each()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await session.client.aclose()
