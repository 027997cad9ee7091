import asyncio
import contextlib
import json
import shutil
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn
import websockets
from fastapi import FastAPI
from websockets.asyncio.client import ClientConnection, connect

from studio_tui.api.models import QueryType
from studio_tui.local.http import errors
from studio_tui.local.http.log_routes import FRAME_BYTES, log_frames, logs_router
from studio_tui.local.http.pieces import OutputPieces
from studio_tui.local.run.local_runner import LocalRunner, RunLimits
from studio_tui.local.run.runner import JobPhase, RunSpec
from studio_tui.local.shim.output import OutputWriter
from tests.waiting import HANG, eventually, until


class Desk:
    """The routes of logs on a socket, over the output of jobs that the test writes or runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.statuses: dict[str, str] = {}
        self.runner = LocalRunner(
            folder / "jobs", folder / "cache", limits=RunLimits(grace_seconds=1.0)
        )
        app = FastAPI()
        errors.install_error_handlers(app)
        app.include_router(logs_router(self.runner, self._status), prefix="/api")
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        config = uvicorn.Config(
            app,
            # uvicorn's own configuration would outlive the server, for all tests after it.
            log_config=None,
            ws_per_message_deflate=False,
            timeout_graceful_shutdown=3,
        )
        self.server = uvicorn.Server(config)
        self.thread = threading.Thread(
            target=self.server.run, kwargs={"sockets": [self.socket]}, daemon=True
        )

    async def _status(self, job_id: str) -> str | None:
        return self.statuses.get(job_id)

    def write(self, job_id: str = "job", status: str = "RUNNING", **limits: int) -> OutputWriter:
        folder = self.folder / "jobs" / job_id
        folder.mkdir(parents=True)
        self.statuses[job_id] = status
        return OutputWriter(folder / "output", **limits)

    def follow(self, job_id: str = "job", more: str = "", **options: Any) -> connect:
        url = f"ws://127.0.0.1:{self.port}/api/logs/follow/?job_id={job_id}&team_name=t{more}"
        return connect(url, proxy=None, **options)

    def clear(self) -> None:
        """Forget all jobs."""
        self.statuses.clear()
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
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    desk = Desk(tmp_path_factory.mktemp("desk"))
    with desk.open():
        yield desk


@pytest.fixture
def desk(office: Desk) -> Desk:
    """The desk of all tests here, with no jobs yet."""
    office.clear()
    return office


@pytest.fixture
async def http(desk: Desk) -> AsyncIterator[httpx.AsyncClient]:
    url = f"http://127.0.0.1:{desk.port}/api/datachain/jobs/"
    async with httpx.AsyncClient(
        base_url=url,
        trust_env=False,
        verify=False,  # noqa: S501 (plain HTTP: loading certificates takes 28 ms of CPU)
    ) as client:
        yield client


class Frames:
    """What came over one connection."""

    def __init__(self) -> None:
        self.order: list[str] = []
        self.messages: list[tuple[int, str]] = []
        self.statuses: list[str] = []
        self.errors: list[str] = []
        self.largest = 0

    def take(self, frame: str | bytes) -> None:
        assert isinstance(frame, str)
        self.largest = max(self.largest, len(frame.encode()))
        content = json.loads(frame)
        (kind,) = content
        self.order.append(kind)
        if kind == "logs":
            self.messages += [(entry["id"], entry["message"]) for entry in content["logs"]]
        elif kind == "job":
            self.statuses.append(content["job"]["status"])
        elif kind == "message":
            self.errors.append(content["message"])

    @property
    def text(self) -> str:
        return "".join(text for _, text in self.messages)


async def receive_all(connection: ClientConnection) -> Frames:
    frames = Frames()
    with contextlib.suppress(websockets.ConnectionClosedOK):
        async with asyncio.timeout(HANG):
            while True:
                frames.take(await connection.recv())
    return frames


async def test_a_finished_job_is_replayed_and_its_status_comes_last(desk: Desk) -> None:
    desk.write(status="COMPLETE").write(b"one\ntwo")
    async with desk.follow() as connection:
        frames = await receive_all(connection)
    assert frames.messages == [(1, "one\n"), (9, "two")]
    assert frames.order == ["logs", "job"]
    assert frames.statuses == ["COMPLETE"]
    assert connection.close_code == 1000


async def test_a_job_without_output_gives_its_status_alone(desk: Desk) -> None:
    desk.statuses["job"] = "CANCELED"
    async with desk.follow() as connection:
        frames = await receive_all(connection)
    assert (frames.order, frames.statuses) == (["job"], ["CANCELED"])


@pytest.mark.parametrize("job_id", ["unknown", "", "..%2F..", "a%00b"])
async def test_an_unknown_job_is_reported_in_a_message_and_closed_with_4404(
    desk: Desk, job_id: str
) -> None:
    async with desk.follow(job_id) as connection:
        frame = json.loads(await connection.recv())
        with pytest.raises(websockets.ConnectionClosed):
            await connection.recv()
    assert frame == {"message": "Job ID is incorrect or not found"}
    assert connection.close_code == 4404


async def test_lines_come_one_by_one_as_they_are_written(desk: Desk) -> None:
    writer = desk.write()
    async with desk.follow() as connection:
        assert json.loads(await connection.recv()) == {"job": {"status": "RUNNING"}}
        for number in range(10):
            writer.write(b"line %d\n" % number)
            frame = json.loads(await connection.recv())
            assert [entry["message"] for entry in frame["logs"]] == [f"line {number}\n"]


async def test_each_change_of_status_is_sent_and_the_final_one_after_the_log(desk: Desk) -> None:
    writer = desk.write(status="INIT")
    async with desk.follow() as connection:
        assert json.loads(await connection.recv()) == {"job": {"status": "INIT"}}
        desk.statuses["job"] = "RUNNING"
        assert json.loads(await connection.recv()) == {"job": {"status": "RUNNING"}}
        writer.write(b"last words")
        desk.statuses["job"] = "FAILED"
        frames = await receive_all(connection)
    assert frames.order == ["logs", "job"]
    assert frames.text == "last words"
    assert frames.statuses == ["FAILED"]


async def test_no_follow_sends_what_is_there_and_closes(desk: Desk) -> None:
    writer = desk.write()
    writer.write(b"so far\nand")
    async with desk.follow(more="&no_follow=true") as connection:
        frames = await receive_all(connection)
    assert frames.statuses == ["RUNNING"]
    assert frames.text == "so far\n"
    assert connection.close_code == 1000


async def test_a_replay_gives_the_same_ids_for_the_same_texts(desk: Desk) -> None:
    writer = desk.write()
    live = Frames()
    async with desk.follow() as connection:
        live.take(await connection.recv())
        for number in range(30):
            writer.write(b"\r%d%% of ' \xff\xf0\x9f\x9a" % number)
            writer.record_cut()
            live.take(await connection.recv())
        desk.statuses["job"] = "COMPLETE"
        for frame in [await connection.recv(), await connection.recv()]:
            live.take(frame)
    async with desk.follow() as connection:
        replay = await receive_all(connection)
    assert replay.messages == live.messages
    ids = [number for number, _ in replay.messages]
    assert ids == sorted(set(ids))
    assert min(ids) >= 1


async def test_a_flood_comes_whole_in_frames_below_the_limit(desk: Desk) -> None:
    writer = desk.write(status="COMPLETE")
    writer.write(b"".join(b"seq=%06d\n" % number for number in range(50_000)))
    async with desk.follow(max_size=2**20) as connection:
        frames = await receive_all(connection)
    assert frames.text == "".join(f"seq={number:06}\n" for number in range(50_000))
    assert frames.largest <= 200_000
    assert len(frames.order) < 100


async def test_the_flood_of_a_job_that_runs_on_comes_at_once(desk: Desk) -> None:
    writer = desk.write()
    lines = [f"seq={number:06}\n" for number in range(100_000)]
    writer.write("".join(lines).encode())
    frames = Frames()
    async with desk.follow() as connection, asyncio.timeout(HANG):
        while len(frames.messages) < len(lines):
            frames.take(await connection.recv())
    assert [text for _, text in frames.messages] == lines


async def test_the_worst_text_for_json_stays_below_the_limit(desk: Desk) -> None:
    writer = desk.write(status="COMPLETE")
    writer.write(b"\x00" * 500_000 + b"\xff" * 500_000 + '🚀\\"'.encode() * 50_000)
    async with desk.follow(max_size=2**20) as connection:
        frames = await receive_all(connection)
    assert frames.largest <= 200_000
    assert frames.text.count("\x00") == 500_000
    assert frames.text.endswith('🚀\\"')


async def test_dropped_output_is_marked_on_the_websocket_and_over_http(
    desk: Desk, http: httpx.AsyncClient
) -> None:
    writer = desk.write(status="COMPLETE", segment_bytes=1000, cap_bytes=4000)
    for number in range(2000):
        writer.write(b"line %05d\n" % number)
    async with desk.follow() as connection:
        frames = await receive_all(connection)
    assert frames.text.count("bytes of output are left out") == 1
    answer = await http.get("job/logs")
    assert answer.text == frames.text


async def test_a_slow_reader_holds_up_neither_the_writer_nor_other_readers(desk: Desk) -> None:
    writer = desk.write()
    words = b"a line that is filled up with some words " * 20
    block = b"".join(b"%s%d\n" % (words, n) for n in range(1_200))
    for _ in range(15):
        writer.write(block)
    size = 15 * len(block)
    async with desk.follow(max_queue=1) as slow:
        await slow.recv()
        writer.write(b"the end\n")
        desk.statuses["job"] = "COMPLETE"
        async with desk.follow() as quick:
            assert len((await receive_all(quick)).text) == size + len("the end\n")
        held = [
            connection.transport.get_write_buffer_size()
            for connection in desk.server.server_state.connections
        ]
        assert 0 < sum(held) < 2 * FRAME_BYTES
        assert len((await receive_all(slow)).text) == size + len("the end\n")


async def test_many_readers_of_a_flood_get_all_of_it_while_others_hardly_read(desk: Desk) -> None:
    writer = desk.write()
    lines = [f"seq={number:06} {'words ' * 150}\n" for number in range(6_600)]
    size = sum(map(len, lines))
    async with contextlib.AsyncExitStack() as stack:
        slow = [await stack.enter_async_context(desk.follow(max_queue=1)) for _ in range(5)]
        quick = [await stack.enter_async_context(desk.follow()) for _ in range(5)]
        hearing = [asyncio.create_task(receive_all(connection)) for connection in quick]
        most = 0
        for start in range(0, len(lines), 100):
            writer.write("".join(lines[start : start + 100]).encode())
            await asyncio.sleep(0)
            most = max(most, *map(waiting_bytes, desk.server.server_state.connections))
        desk.statuses["job"] = "COMPLETE"
        for frames in await asyncio.gather(*hearing):
            assert [text for _, text in frames.messages] == lines
        assert most < 2 * FRAME_BYTES
        assert all(
            waiting_bytes(connection) < 2 * FRAME_BYTES < size
            for connection in desk.server.server_state.connections
        )
        for connection in slow:
            assert len((await receive_all(connection)).text) == size


def waiting_bytes(connection: Any) -> int:
    """Return how much of what the server has sent is still in its own memory."""
    return int(connection.transport.get_write_buffer_size())


async def test_a_reader_that_goes_away_is_forgotten(desk: Desk) -> None:
    desk.write()
    for _ in range(3):
        async with desk.follow() as connection:
            await connection.recv()
    state = desk.server.server_state
    await until(lambda: not state.connections and not state.tasks)


async def test_a_server_that_stops_closes_the_websocket_with_1012(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    with desk.open():
        desk.write()
        async with desk.follow() as connection:
            await connection.recv()
            desk.server.should_exit = True
            with pytest.raises(websockets.ConnectionClosed):
                await connection.recv()
        assert connection.close_code == 1012
        await asyncio.to_thread(desk.thread.join, HANG)
        assert not desk.thread.is_alive()


@pytest.mark.starts_processes
async def test_the_log_of_a_real_job_is_followed_to_its_end(desk: Desk) -> None:
    query = "import time\nfor n in range(50): print(n, end=' ', flush=True); time.sleep(0.005)"
    desk.statuses["job"] = "RUNNING"
    await desk.runner.start(RunSpec("job", "job", query, QueryType.PYTHON, {}))
    async with desk.follow() as connection:
        hearing = asyncio.create_task(receive_all(connection))
        phases: list[JobPhase] = []

        async def look(seconds: float) -> None:
            await asyncio.sleep(seconds)
            phases.append((await desk.runner.report("job")).phase)

        await until(lambda: phases[-1:] == [JobPhase.FINISHED], rest=look)
        desk.statuses["job"] = "COMPLETE"
        frames = await hearing
    assert frames.text == "".join(f"{n} " for n in range(50))
    assert frames.order[-1] == "job"
    await desk.runner.aclose()


def test_frames_hold_as_much_as_fits() -> None:
    pieces = OutputPieces([2 * n + 1 for n in range(10_000)], ["x" * 100] * 10_000)
    frames = list(log_frames(pieces))
    assert max(map(len, frames)) <= FRAME_BYTES
    assert min(map(len, frames[:-1])) > FRAME_BYTES - 200
    ids = [entry["id"] for frame in frames for entry in json.loads(frame)["logs"]]
    assert ids == pieces.ids


async def test_the_log_over_http_is_plain_text_of_all_there_is(
    desk: Desk, http: httpx.AsyncClient
) -> None:
    desk.write().write("grüße\nunfinished".encode())
    answer = await http.get("job/logs")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.text == "grüße\nunfinished"
    assert answer.headers["accept-ranges"] == "bytes"


async def test_an_unknown_job_over_http_is_404_with_a_message(http: httpx.AsyncClient) -> None:
    answer = await http.get("nobody/logs")
    assert answer.status_code == 404
    assert answer.json()["message"] == "There is no job nobody."


async def test_a_job_without_output_is_an_empty_text(desk: Desk, http: httpx.AsyncClient) -> None:
    desk.statuses["job"] = "QUEUED"
    answer = await http.get("job/logs")
    assert (answer.status_code, answer.content) == (200, b"")
    assert (await http.get("job/logs", headers={"Range": "bytes=0-"})).status_code == 416


@pytest.mark.parametrize(
    ("wanted", "status", "content"),
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
async def test_a_range_gives_the_part(
    desk: Desk, http: httpx.AsyncClient, wanted: str, status: int, content: bytes
) -> None:
    desk.write().write(b"0123456789")
    answer = await http.get("job/logs", headers={"Range": wanted})
    assert (answer.status_code, answer.content) == (status, content)
    if status == 206:
        begin = b"0123456789".index(content)
        whole = f"bytes {begin}-{begin + len(content) - 1}/10"
        assert answer.headers["content-range"] == whole
    if status == 416:
        assert answer.headers["content-range"] == "bytes */10"


async def test_a_known_log_is_not_sent_again_until_it_grows(
    desk: Desk, http: httpx.AsyncClient
) -> None:
    writer = desk.write()
    writer.write(b"one\n")
    etag = (await http.get("job/logs")).headers["etag"]
    assert not etag.startswith("W/")
    for known in [etag, f"W/{etag}", f'"other", {etag}', "*"]:
        answer = await http.get("job/logs", headers={"If-None-Match": known})
        assert (answer.status_code, answer.headers["etag"]) == (304, etag)
    writer.write(b"two\n")
    assert (await http.get("job/logs", headers={"If-None-Match": etag})).text == "one\ntwo\n"


async def test_a_poller_that_held_the_beginning_gets_only_the_rest(
    desk: Desk, http: httpx.AsyncClient
) -> None:
    writer = desk.write()
    writer.write(b"one\n")
    first = await http.get("job/logs")
    writer.write(b"two\n")
    headers = {"Range": "bytes=4-", "If-Range": first.headers["etag"]}
    rest = await http.get("job/logs", headers=headers)
    assert (rest.status_code, rest.text) == (206, "two\n")
    for other in ['"999"', 'W/"4"', "Mon, 23 Nov 2026 19:00:00 GMT", '"nonsense"']:
        answer = await http.get("job/logs", headers=headers | {"If-Range": other})
        assert (answer.status_code, answer.text) == (200, "one\ntwo\n")


async def test_a_poller_is_given_the_whole_log_again_once_more_of_it_was_dropped(
    desk: Desk, http: httpx.AsyncClient
) -> None:
    writer = desk.write(segment_bytes=1000, cap_bytes=4000)
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


async def test_a_download_stays_whole_when_the_cap_drops_parts_of_it_meanwhile(
    desk: Desk, http: httpx.AsyncClient
) -> None:
    writer = desk.write(segment_bytes=1_000_000, cap_bytes=8_000_000)
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
