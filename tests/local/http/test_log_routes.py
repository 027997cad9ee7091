import asyncio
import contextlib
import json
import os
import shutil
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
import uvicorn
import websockets
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect

from studio_tui.api.states import JobState
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.http import errors
from studio_tui.local.http.log_routes import FRAME_BYTES, log_frames, router
from studio_tui.local.http.pieces import OutputPieces
from studio_tui.local.http.transcript import Transcript
from studio_tui.local.run.local_runner import LocalRunner, RunLimits
from studio_tui.local.run.runner import JobPhase
from studio_tui.local.shim.output import OutputWriter
from tests.local.job_rows import job_row
from tests.waiting import HANG, eventually, until


class Statuses:
    """Takes the place of a database: its only content is the status of each job."""

    def __init__(self) -> None:
        self.by_job: dict[str, JobState] = {}
        self.revision = 0
        """Changes with each change of a status."""
        self.reads = 0

    async def read(self, _select: object, job_id: str) -> JobState | None:
        self.reads += 1
        return self.by_job.get(job_id)


class LogServer:
    """A server of the log routes alone; tests write the output of its jobs, or run them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.database = Statuses()
        self.runner = LocalRunner(DataDir(folder), limits=RunLimits(grace_seconds=1.0))
        app = FastAPI()
        errors.install_error_handlers(app)
        app.state.studio = SimpleNamespace(database=self.database, runner=self.runner)
        app.include_router(router, prefix="/api")
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            # uvicorn's own logging configuration would affect all later tests of the process.
            log_config=None,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=3,
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True
        )

    def set_status(self, status: str, job_id: str = "job") -> None:
        """Change the status of a job."""
        self.database.by_job[job_id] = JobState(status)
        self.database.revision += 1

    def write(self, job_id: str = "job", status: str = "RUNNING", **limits: int) -> OutputWriter:
        folder = self.folder / "jobs" / job_id
        folder.mkdir(parents=True)
        self.database.by_job[job_id] = JobState(status)
        return OutputWriter(folder / "output", **limits)

    def follow(self, job_id: str = "job", query: str = "", **options: Any) -> connect:
        url = f"ws://127.0.0.1:{self.port}/api/logs/follow/?job_id={job_id}&team_name=local{query}"
        return connect(url, proxy=None, **options)

    def clear(self) -> None:
        """Remove all jobs."""
        self.database.by_job.clear()
        self.database.reads = 0
        shutil.rmtree(self.folder / "jobs", ignore_errors=True)

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        self.thread.start()
        eventually(lambda: self.server.started)
        yield
        self.server.should_exit = True
        self.thread.join(HANG)
        self.socket.close()
        assert not self.thread.is_alive()


@pytest.fixture(scope="module")
def shared_log_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LogServer]:
    log_server = LogServer(tmp_path_factory.mktemp("log_server"))
    with log_server.open():
        yield log_server


@pytest.fixture
def log_server(shared_log_server: LogServer) -> LogServer:
    """The server that all tests of this module share, without jobs."""
    shared_log_server.clear()
    return shared_log_server


@pytest.fixture
async def http(log_server: LogServer) -> AsyncIterator[httpx.AsyncClient]:
    url = f"http://127.0.0.1:{log_server.port}/api/datachain/jobs/"
    async with httpx.AsyncClient(
        base_url=url,
        trust_env=False,
        verify=False,  # noqa: S501 (plain HTTP: loading certificates takes 28 ms of CPU)
    ) as client:
        yield client


class Frames:
    """The frames received over one connection."""

    def __init__(self) -> None:
        self.kinds: list[str] = []
        """`logs`, `job` or `message` for each frame, in the order of receipt."""
        self.messages: list[tuple[int, str]] = []
        """The id and text of each piece of the log."""
        self.statuses: list[str] = []
        self.largest = 0
        """The size of the largest frame, in bytes."""

    def add(self, frame: str | bytes) -> None:
        assert isinstance(frame, str)
        self.largest = max(self.largest, len(frame.encode()))
        content = json.loads(frame)
        (kind,) = content
        self.kinds.append(kind)
        if kind == "logs":
            self.messages += [(entry["id"], entry["message"]) for entry in content["logs"]]
        elif kind == "job":
            self.statuses.append(content["job"]["status"])

    @property
    def text(self) -> str:
        return "".join(text for _, text in self.messages)


async def receive_all(connection: ClientConnection) -> Frames:
    frames = Frames()
    with contextlib.suppress(websockets.ConnectionClosedOK):
        async with asyncio.timeout(HANG):
            while True:
                frames.add(await connection.recv())
    return frames


async def test_the_log_of_a_finished_job_is_sent_before_its_status(log_server: LogServer) -> None:
    log_server.write(status="COMPLETE").write(b"one\ntwo")
    async with log_server.follow() as connection:
        frames = await receive_all(connection)
    assert frames.messages == [(1, "one\n"), (9, "two")]
    assert frames.kinds == ["logs", "job"]
    assert frames.statuses == ["COMPLETE"]
    assert connection.close_code == 1000


async def test_only_the_status_of_a_job_without_output_is_sent(log_server: LogServer) -> None:
    log_server.set_status("CANCELED")
    async with log_server.follow() as connection:
        frames = await receive_all(connection)
    assert (frames.kinds, frames.statuses) == (["job"], ["CANCELED"])


@pytest.mark.parametrize("job_id", ["unknown", "", "..%2F..", "a%00b"])
async def test_an_unknown_job_is_reported_in_a_message_and_closed_with_4404(
    log_server: LogServer, job_id: str
) -> None:
    async with log_server.follow(job_id) as connection:
        frame = json.loads(await connection.recv())
        with pytest.raises(websockets.ConnectionClosed):
            await connection.recv()
    assert frame == {"message": "Job ID is incorrect or not found"}
    assert connection.close_code == 4404


async def test_lines_are_sent_one_by_one_as_they_are_written(log_server: LogServer) -> None:
    writer = log_server.write()
    async with log_server.follow() as connection:
        assert json.loads(await connection.recv()) == {"job": {"status": "RUNNING"}}
        for number in range(10):
            writer.write(b"line %d\n" % number)
            frame = json.loads(await connection.recv())
            assert [entry["message"] for entry in frame["logs"]] == [f"line {number}\n"]


async def test_each_change_of_status_is_sent_and_the_final_one_after_the_log(
    log_server: LogServer,
) -> None:
    writer = log_server.write(status="INIT")
    async with log_server.follow() as connection:
        assert json.loads(await connection.recv()) == {"job": {"status": "INIT"}}
        log_server.set_status("RUNNING")
        assert json.loads(await connection.recv()) == {"job": {"status": "RUNNING"}}
        writer.write(b"last words")
        log_server.set_status("FAILED")
        frames = await receive_all(connection)
    assert frames.kinds == ["logs", "job"]
    assert frames.text == "last words"
    assert frames.statuses == ["FAILED"]


async def test_a_status_is_asked_for_again_only_after_a_change(log_server: LogServer) -> None:
    writer = log_server.write()
    async with log_server.follow() as connection:
        assert json.loads(await connection.recv()) == {"job": {"status": "RUNNING"}}
        await until(lambda: log_server.database.reads == 2)
        for number in range(5):
            writer.write(b"%d\n" % number)
            await connection.recv()
            await asyncio.sleep(0.1)  # as long as between two questions
        assert log_server.database.reads == 2
        log_server.set_status("COMPLETE")
        await receive_all(connection)
    assert log_server.database.reads == 3


async def test_no_follow_sends_the_complete_lines_and_closes_the_connection(
    log_server: LogServer,
) -> None:
    writer = log_server.write()
    writer.write(b"so far\nand")
    async with log_server.follow(query="&no_follow=true") as connection:
        frames = await receive_all(connection)
    assert frames.statuses == ["RUNNING"]
    assert frames.text == "so far\n"
    assert connection.close_code == 1000


async def test_a_replay_has_the_same_ids_and_texts_as_live_frames(log_server: LogServer) -> None:
    writer = log_server.write()
    live = Frames()
    async with log_server.follow() as connection:
        live.add(await connection.recv())
        for number in range(30):
            writer.write(b"\r%d%% of ' \xff\xf0\x9f\x9a" % number)
            writer.record_cut()
            live.add(await connection.recv())
        log_server.set_status("COMPLETE")
        for frame in [await connection.recv(), await connection.recv()]:
            live.add(frame)
    async with log_server.follow() as connection:
        replay = await receive_all(connection)
    assert replay.messages == live.messages
    ids = [number for number, _ in replay.messages]
    assert ids == sorted(set(ids))
    assert min(ids) >= 1


async def test_fifty_thousand_lines_are_sent_whole_in_frames_below_the_limit(
    log_server: LogServer,
) -> None:
    writer = log_server.write(status="COMPLETE")
    writer.write(b"".join(b"seq=%06d\n" % number for number in range(50_000)))
    async with log_server.follow(max_size=2**20) as connection:
        frames = await receive_all(connection)
    assert frames.text == "".join(f"seq={number:06}\n" for number in range(50_000))
    assert frames.largest <= 200_000
    assert len(frames.kinds) < 100


async def test_all_lines_of_a_running_job_are_sent_without_waiting_for_its_end(
    log_server: LogServer,
) -> None:
    writer = log_server.write()
    lines = [f"seq={number:06}\n" for number in range(100_000)]
    writer.write("".join(lines).encode())
    frames = Frames()
    async with log_server.follow() as connection, asyncio.timeout(HANG):
        while len(frames.messages) < len(lines):
            frames.add(await connection.recv())
    assert [text for _, text in frames.messages] == lines


async def test_frames_of_text_that_json_escapes_stay_below_the_limit(log_server: LogServer) -> None:
    writer = log_server.write(status="COMPLETE")
    writer.write(b"\x00" * 500_000 + b"\xff" * 500_000 + '🚀\\"'.encode() * 50_000)
    async with log_server.follow(max_size=2**20) as connection:
        frames = await receive_all(connection)
    assert frames.largest <= 200_000
    assert frames.text.count("\x00") == 500_000
    assert frames.text.endswith('🚀\\"')


async def test_dropped_output_is_marked_on_the_websocket_and_over_http(
    log_server: LogServer, http: httpx.AsyncClient
) -> None:
    writer = log_server.write(status="COMPLETE", segment_bytes=1000, cap_bytes=4000)
    for number in range(2000):
        writer.write(b"line %05d\n" % number)
    async with log_server.follow() as connection:
        frames = await receive_all(connection)
    assert frames.text.count("bytes of output are left out") == 1
    answer = await http.get("job/logs")
    assert answer.text == frames.text


async def test_a_slow_reader_delays_neither_the_writer_nor_other_readers(
    log_server: LogServer,
) -> None:
    writer = log_server.write()
    line = b"a line that is filled up with some words " * 20
    block = b"".join(b"%s%d\n" % (line, number) for number in range(1_200))
    for _ in range(15):
        writer.write(block)
    size = 15 * len(block)
    async with log_server.follow(max_queue=1) as slow:
        await slow.recv()
        writer.write(b"the end\n")
        log_server.set_status("COMPLETE")
        async with log_server.follow() as fast:
            assert len((await receive_all(fast)).text) == size + len("the end\n")
        buffered = sum(map(waiting_bytes, log_server.server.server_state.connections))
        assert 0 < buffered < 2 * FRAME_BYTES
        assert len((await receive_all(slow)).text) == size + len("the end\n")


async def test_fast_readers_receive_all_lines_although_other_readers_are_slow(
    log_server: LogServer,
) -> None:
    writer = log_server.write()
    lines = [f"seq={number:06} {'words ' * 150}\n" for number in range(6_600)]
    size = sum(map(len, lines))
    async with contextlib.AsyncExitStack() as stack:
        slow = [await stack.enter_async_context(log_server.follow(max_queue=1)) for _ in range(5)]
        fast = [await stack.enter_async_context(log_server.follow()) for _ in range(5)]
        receiving = [asyncio.create_task(receive_all(connection)) for connection in fast]
        largest_buffer = 0
        for start in range(0, len(lines), 100):
            writer.write("".join(lines[start : start + 100]).encode())
            await asyncio.sleep(0)
            largest_buffer = max(
                largest_buffer, *map(waiting_bytes, log_server.server.server_state.connections)
            )
        log_server.set_status("COMPLETE")
        for frames in await asyncio.gather(*receiving):
            assert [text for _, text in frames.messages] == lines
        assert largest_buffer < 2 * FRAME_BYTES
        assert all(
            waiting_bytes(connection) < 2 * FRAME_BYTES < size
            for connection in log_server.server.server_state.connections
        )
        for connection in slow:
            assert len((await receive_all(connection)).text) == size


def waiting_bytes(connection: Any) -> int:
    """Return how many bytes the server has sent that are still in its own memory."""
    return int(connection.transport.get_write_buffer_size())


async def test_the_server_drops_the_connection_of_a_reader_that_disconnects(
    log_server: LogServer,
) -> None:
    log_server.write()
    for _ in range(3):
        async with log_server.follow() as connection:
            await connection.recv()
    state = log_server.server.server_state
    await until(lambda: not state.connections and not state.tasks)


async def test_a_server_that_stops_closes_the_websocket_with_1012(tmp_path: Path) -> None:
    log_server = LogServer(tmp_path)
    with log_server.open():
        log_server.write()
        async with log_server.follow() as connection:
            await connection.recv()
            log_server.server.should_exit = True
            with pytest.raises(websockets.ConnectionClosed):
                await connection.recv()
        assert connection.close_code == 1012
        await asyncio.to_thread(log_server.thread.join, HANG)
        assert not log_server.thread.is_alive()


@pytest.mark.starts_processes
async def test_the_log_of_a_real_job_is_followed_to_its_end(log_server: LogServer) -> None:
    query = "import time\nfor n in range(50): print(n, end=' ', flush=True); time.sleep(0.005)"
    log_server.set_status("RUNNING")
    await log_server.runner.start(job_row(query))
    async with log_server.follow() as connection:
        receiving = asyncio.create_task(receive_all(connection))
        phases: list[JobPhase] = []

        async def poll(seconds: float) -> None:
            await asyncio.sleep(seconds)
            phases.append((await log_server.runner.report("job")).phase)

        await until(lambda: phases[-1:] == [JobPhase.FINISHED], rest=poll)
        log_server.set_status("COMPLETE")
        frames = await receiving
    assert frames.text == "".join(f"{n} " for n in range(50))
    assert frames.kinds[-1] == "job"
    await log_server.runner.aclose()


def test_frames_are_filled_up_to_the_limit() -> None:
    pieces = OutputPieces([2 * n + 1 for n in range(10_000)], ["x" * 100] * 10_000)
    frames = list(log_frames(pieces))
    assert max(map(len, frames)) <= FRAME_BYTES
    assert min(map(len, frames[:-1])) > FRAME_BYTES - 200
    ids = [entry["id"] for frame in frames for entry in json.loads(frame)["logs"]]
    assert ids == pieces.ids


async def test_the_log_over_http_is_plain_text_with_the_unfinished_line(
    log_server: LogServer, http: httpx.AsyncClient
) -> None:
    log_server.write().write("grüße\nunfinished".encode())
    answer = await http.get("job/logs")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == "grüße\nunfinished"
    assert answer.headers["accept-ranges"] == "bytes"


async def test_an_unknown_job_over_http_is_404_with_a_message(http: httpx.AsyncClient) -> None:
    answer = await http.get("nobody/logs")
    assert answer.status_code == 404
    assert answer.json()["message"] == "There is no job nobody."


async def test_the_log_of_a_job_without_output_is_empty(
    log_server: LogServer, http: httpx.AsyncClient
) -> None:
    log_server.set_status("QUEUED")
    answer = await http.get("job/logs")
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await http.get("job/logs", headers={"Range": "bytes=0-"})).status_code == 416


@pytest.mark.parametrize(
    ("range_header", "status", "content"),
    [
        ("bytes=0-", 206, b"0123456789"),
        ("bytes=4-", 206, b"456789"),
        ("bytes=4-6", 206, b"456"),
        ("bytes=9-9", 206, b"9"),
        ("bytes=4-400", 206, b"456789"),
        ("bytes=-3", 206, b"789"),
        ("bytes=-300", 206, b"0123456789"),
        ("BYTES = 4 - 6", 206, b"456"),
        ("bytes=10-", 416, b""),
        ("bytes=-0", 416, b""),
        ("bytes=6-4", 200, b"0123456789"),
        ("bytes=-", 200, b"0123456789"),
        ("bytes=1-2,4-5", 200, b"0123456789"),
        ("lines=1-2", 200, b"0123456789"),
        ("bytes=" + "9" * 500 + "-", 200, b"0123456789"),
    ],
)
async def test_a_range_request_is_answered_with_the_part_or_with_the_whole_log(
    log_server: LogServer, http: httpx.AsyncClient, range_header: str, status: int, content: bytes
) -> None:
    log_server.write().write(b"0123456789")
    answer = await http.get("job/logs", headers={"Range": range_header})
    assert (answer.status_code, answer.content) == (status, content)
    if status == 206:
        begin = b"0123456789".index(content)
        content_range = f"bytes {begin}-{begin + len(content) - 1}/10"
        assert answer.headers["content-range"] == content_range
    if status == 416:
        assert answer.headers["content-range"] == "bytes */10"


async def test_a_log_with_the_same_etag_is_not_sent_again_until_it_grows(
    log_server: LogServer, http: httpx.AsyncClient
) -> None:
    writer = log_server.write()
    writer.write(b"one\n")
    etag = (await http.get("job/logs")).headers["etag"]
    assert not etag.startswith("W/")
    for tags in [etag, f"W/{etag}", f'"other", {etag}', "*"]:
        answer = await http.get("job/logs", headers={"If-None-Match": tags})
        assert (answer.status_code, answer.headers["etag"]) == (304, etag)
    writer.write(b"two\n")
    assert (await http.get("job/logs", headers={"If-None-Match": etag})).text == "one\ntwo\n"


async def test_a_range_with_a_matching_if_range_returns_only_the_rest(
    log_server: LogServer, http: httpx.AsyncClient
) -> None:
    writer = log_server.write()
    writer.write(b"one\n")
    first = await http.get("job/logs")
    writer.write(b"two\n")
    headers = {"Range": "bytes=4-", "If-Range": first.headers["etag"]}
    rest = await http.get("job/logs", headers=headers)
    assert (rest.status_code, rest.text) == (206, "two\n")
    for other in ['"999"', 'W/"4"', "Mon, 23 Nov 2026 19:00:00 GMT", '"nonsense"']:
        answer = await http.get("job/logs", headers=headers | {"If-Range": other})
        assert (answer.status_code, answer.text) == (200, "one\ntwo\n")


async def test_the_whole_log_is_sent_again_after_the_cap_dropped_more_of_it(
    log_server: LogServer, http: httpx.AsyncClient
) -> None:
    writer = log_server.write(segment_bytes=1000, cap_bytes=4000)
    for number in range(500):
        writer.write(b"line %05d\n" % number)
    first = await http.get("job/logs")
    headers = {"Range": f"bytes={len(first.content)}-", "If-Range": first.headers["etag"]}
    writer.write(b"more\n")
    assert (await http.get("job/logs", headers=headers)).text == "more\n"
    for number in range(500):
        writer.write(b"line %05d\n" % number)
    again = await http.get("job/logs", headers=headers)
    assert again.status_code == 200
    assert again.text.endswith("line 00499\n")


async def test_a_download_is_complete_although_the_cap_drops_parts_meanwhile(
    log_server: LogServer, http: httpx.AsyncClient
) -> None:
    writer = log_server.write(segment_bytes=1_000_000, cap_bytes=8_000_000)
    line = b"x" * 99 + b"\n"
    for _ in range(70_000):
        writer.write(line)
    async with http.stream("GET", "job/logs") as answer:
        received = 0
        async for chunk in answer.aiter_bytes():
            if not received:
                for _ in range(70_000):
                    writer.write(line)
            received += len(chunk)
    assert received == 7_000_000


async def test_a_download_breaks_off_if_the_job_cuts_its_log_meanwhile(
    log_server: LogServer,
    http: httpx.AsyncClient,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    writer = log_server.write(status="COMPLETE")
    writer.write(b"x" * 999 + b"\n")
    (segment,) = (log_server.folder / "jobs" / "job" / "output").glob("*.part")
    read = Transcript.read

    def cut_and_read(transcript: Transcript, offset: int, limit: int) -> bytes:
        os.truncate(segment, 10)
        return read(transcript, offset, limit)

    monkeypatch.setattr(Transcript, "read", cut_and_read)
    with pytest.raises(httpx.RemoteProtocolError):
        await http.get("job/logs")
    assert "Traceback" in caplog.text  # uvicorn logs each answer that is shorter than promised
    response = await http.get("job/logs")
    assert len(response.content) == 10
