"""`LogTail` follows jobs of a real local Studio, partly through a proxy that injects faults."""

import asyncio
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.connection_states import FollowPhase
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.tail import LogTail
from tests import faults
from tests.fault_proxy import FaultProxy, StreamFault
from tests.service.logs.allowed_hosts import allow_every_host
from tests.service.logs.stored import stored_bytes
from tests.waiting import HANG

if TYPE_CHECKING:
    from tests.studios import ThreadStudio

LINES = 3000
PROGRAM = f"""
import sys, time
for number in range({LINES}):
    sys.stdout.write("seq=%06d " % number)
    if number % 500 == 0:
        sys.stdout.flush()
        time.sleep(0.05)
    sys.stdout.write("\u6f22\U0001f600\\n")
"""
EXPECTED = "".join(f"seq={number:06d} 漢😀\n" for number in range(LINES)).encode()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.create(tmp_path / "spool")
    yield store
    store.close()


@pytest.fixture
async def proxy(shared_studio: "ThreadStudio") -> AsyncIterator[FaultProxy]:
    async with FaultProxy.in_front_of(shared_studio.url) as proxy:
        yield proxy


async def test_a_running_job_is_followed_to_its_end(
    shared_studio: "ThreadStudio", store: LogStore
) -> None:
    job = shared_studio.submit(PROGRAM)
    async with StudioClient(shared_studio.settings()) as client:
        tail = LogTail(client, job["id"], store, may_fetch=allow_every_host)
        with closing(tail):
            await tail.run()
    assert (tail.state.phase, tail.state.status) == (FollowPhase.COMPLETE, "COMPLETE")
    assert (tail.state.lines, stored_bytes(store)) == (LINES, EXPECTED)


@pytest.mark.parametrize(
    "stream_faults",
    [
        [faults.twice, faults.swapped],
        [faults.cut(0), faults.cut(1), faults.cut(2), faults.cut(3)],
        [faults.insert_after(1, faults.text_frame("{not json"))],
        [faults.insert_after(1, faults.text_frame(b'{"logs": "\xff\xfe"}'))],
        [
            faults.replace_after(1, faults.close_frame(1011)),
            faults.replace_after(2, faults.close_frame(1012)),
        ],
        [faults.replace_after(1, faults.close_frame(1009))],
        [faults.replace_after(1, faults.close_frame(1000))],
    ],
    ids=["twice-swapped", "cut", "no-json", "no-utf-8", "1011-1012", "1009", "1000"],
)
async def test_a_log_is_complete_despite_a_broken_connection(
    shared_studio: "ThreadStudio",
    proxy: FaultProxy,
    store: LogStore,
    stream_faults: list[StreamFault],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(random, "uniform", lambda _, longest: longest / 10)
    job = shared_studio.submit(PROGRAM)
    proxy.queue_stream(*stream_faults)
    async with StudioClient(shared_studio.settings(url=proxy.url)) as client:
        tail = LogTail(client, job["id"], store, may_fetch=allow_every_host)
        with closing(tail):
            await tail.run()
    assert tail.state.phase is FollowPhase.COMPLETE
    assert stored_bytes(store) == EXPECTED
    assert store.marks == ()


async def test_the_log_of_a_job_that_does_not_exist_stops_with_studios_reason(
    shared_studio: "ThreadStudio", store: LogStore
) -> None:
    async with StudioClient(shared_studio.settings()) as client:
        tail = LogTail(client, "0", store, may_fetch=allow_every_host)
        over = asyncio.Event()
        tail.subscribe(lambda state: over.set() if state.is_over else None)
        async with asyncio.timeout(HANG), asyncio.TaskGroup() as tasks:
            running = tasks.create_task(tail.run())
            await over.wait()
            running.cancel()
        tail.close()
    assert tail.state.phase is FollowPhase.STOPPED
    assert tail.state.reason == "Job ID is incorrect or not found"
