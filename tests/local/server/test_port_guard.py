"""The token of a local Studio is not sent to another program that listens on its port."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.errors import NO_ANSWER, NotSent
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.server import endpoint
from studio_tui.local.server.port_guard import PortGuard
from tests.studios import ProcessStudio, ThreadStudio
from tests.waiting import await_with_limit, eventually


class Stranger:
    """Another program on the port of a server: it responds like the server, and keeps its input."""

    def __init__(self, instance: str) -> None:
        self.received: list[bytes] = []
        self._instance = instance

    @asynccontextmanager
    async def listen(self, url: str) -> AsyncIterator[None]:
        """Listen on the port of `url`."""
        port = int(url.rpartition(":")[2])
        server = await asyncio.start_server(self._answer, "127.0.0.1", port)
        async with server:
            yield

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65536):
            self.received.append(data)
            writer.write(
                b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n"
                b"studio-instance: %s\r\n\r\n[]" % self._instance.encode()
            )
            await writer.drain()
        writer.close()
        await writer.wait_closed()


def client_of(studio: ThreadStudio | ProcessStudio) -> StudioClient:
    return StudioClient(studio.settings(), guard=PortGuard(studio.data_dir))


@asynccontextmanager
async def server_killed(studio: ProcessStudio) -> AsyncIterator[None]:
    """Kill a server, and start it again at the end of the context."""
    await asyncio.to_thread(studio.kill)
    try:
        yield
    finally:
        await asyncio.to_thread(studio.restart)


async def test_requests_and_logs_of_a_running_server_pass_the_guard(studio: ThreadStudio) -> None:
    job_id = studio.submit("print('here')")["id"]
    await asyncio.to_thread(studio.wait_for_end, job_id)
    async with client_of(studio) as client:
        assert [job.id for job in (await client.jobs()).items] == [job_id]
        frames = [frame async for frame in client.follow_log(job_id)]
        assert "here" in repr(frames)


async def test_a_program_on_the_port_of_a_killed_server_receives_no_token(
    studio_process: ProcessStudio,
) -> None:
    studio = studio_process
    instance = DataDir(studio.data_dir).state.read_text().split('"instance": "')[1][:16]
    stranger = Stranger(instance)
    async with client_of(studio) as client:
        await client.jobs()
        async with server_killed(studio), stranger.listen(studio.url):
            for _ in range(3):
                with pytest.raises(NotSent, match="The local Studio is not running"):
                    await client.jobs()
                with pytest.raises(NotSent, match="The local Studio is not running"):
                    await anext(client.follow_log("a"))
    assert stranger.received, "the guard connected, to learn which instance listens"
    assert studio.token.encode() not in b"".join(stranger.received)
    assert b"authorization" not in b"".join(stranger.received).lower()


async def test_a_program_on_the_old_port_of_a_restarted_server_receives_no_token(
    studio_process: ProcessStudio,
) -> None:
    studio, old = studio_process, studio_process.url
    stranger = Stranger("")
    async with client_of(studio) as client:
        await client.jobs()
        await asyncio.to_thread(studio.kill)
        async with stranger.listen(old):
            await asyncio.to_thread(studio.restart)
            assert studio.url != old
            with pytest.raises(NotSent):
                await client.jobs()
    assert b"authorization" not in b"".join(stranger.received).lower()


async def test_the_guard_notices_the_end_of_a_server_and_whether_it_was_stopped(
    studio_process: ProcessStudio,
) -> None:
    guard = PortGuard(studio_process.data_dir)
    for was_stopped in (False, True):
        watching = asyncio.create_task(guard.until_gone())
        await asyncio.sleep(0)
        assert guard.runs
        await asyncio.to_thread(studio_process.stop if was_stopped else studio_process.kill)
        await await_with_limit(watching, "the end of the server")
        assert not guard.runs
        assert guard.was_stopped is was_stopped
        await asyncio.to_thread(studio_process.restart)


def test_a_server_that_does_not_answer_is_not_said_to_have_stopped(
    studio_process: ProcessStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    guard, pid = (
        PortGuard(studio_process.data_dir),
        endpoint.pid_of(DataDir(studio_process.data_dir)),
    )
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        with monkeypatch.context() as limits:
            limits.setattr(endpoint, "_PROBE_SECONDS", 0.1)
            with pytest.raises(NotSent, match=f"does not answer.*`kill -9 {pid}`") as caught:
                guard.verify(studio_process.url)
        assert caught.value.brief == NO_ANSWER
    finally:
        os.kill(pid, signal.SIGCONT)
    assert guard.verify(studio_process.url)


def test_the_state_file_exists_only_while_the_server_runs(studio: ThreadStudio) -> None:
    state = DataDir(studio.data_dir).state
    assert state.exists()
    studio.stop()
    assert not state.exists()
    studio.restart()
    assert eventually(state.exists)


def test_a_guard_without_a_server_refuses_requests_at_once(tmp_path: Path) -> None:
    guard = PortGuard(tmp_path)
    asyncio.run(guard.until_gone())
    with pytest.raises(NotSent):
        guard.verify("http://127.0.0.1:1")
