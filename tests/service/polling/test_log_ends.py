"""The ends of visible logs are kept up to date with few requests, however Studio behaves."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.log_body import LogBody
from studio_tui.api.log_stream import (
    Closed,
    LogFrame,
    LogMessage,
    LogMessages,
    RawText,
    StatusFrame,
)
from studio_tui.errors import (
    AuthenticationError,
    NotFound,
    PermissionDenied,
    ProtocolError,
    ServerError,
    StudioError,
    TransportError,
)
from studio_tui.service.polling import log_ends
from studio_tui.service.polling.log_ends import (
    END_BYTES,
    MAX_FOLLOWED,
    REQUEST_PAUSE,
    SAME_LOG_PAUSE,
    LogEnd,
    LogEnds,
)
from studio_tui.service.polling.reachability import Reachability
from tests.jobs import job
from tests.service.polling.virtual_time import run
from tests.waiting import HANG

if TYPE_CHECKING:
    from tests.studios import ThreadStudio

pytestmark = pytest.mark.usefixtures("longest_rests")

IDS = [f"job{number}" for number in range(20)]


def messages(number: int, text: str) -> LogMessages:
    return LogMessages((LogMessage(number, RawText(text)),))


class Studio:
    """A Studio in memory, with websockets and the REST endpoint for the end of a log."""

    def __init__(self) -> None:
        self.scripts: dict[str, list[LogFrame | StudioError | float]] = {}
        """What each websocket of a job sends, raises or waits for (seconds); then it stays open."""
        self.open: Counter[str] = Counter()
        """Number of open websockets of each job."""
        self.most_open = 0
        self.opened: list[str] = []
        """Jobs whose websockets were opened, in order."""
        self.requests: list[tuple[float, str]] = []
        """Requests by REST for the end of a log: the time, and the id of the job."""
        self.ends: dict[str, bytes] = {}
        """The ends of the logs, as returned by REST."""
        self.errors: list[StudioError] = []
        """Errors of the next requests by REST."""
        self.seconds = 0.01
        """Duration of a request by REST."""

    async def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:
        self.opened.append(job_id)
        self.open[job_id] += 1
        self.most_open = max(self.most_open, self.open.total())
        try:
            for action in self.scripts.get(job_id, ()):
                match action:
                    case float(seconds):
                        await asyncio.sleep(seconds)
                    case StudioError():
                        raise action
                    case frame:
                        yield frame
                        if isinstance(frame, Closed):
                            return
            await asyncio.Event().wait()
        finally:
            try:
                await asyncio.sleep(0.5)  # a websocket takes its time to close
            finally:
                self.open[job_id] -= 1  # it is aborted if closing is canceled

    async def job_log_end(self, job_id: str, length: int, *, etag: str | None = None) -> LogBody:
        self.requests.append((asyncio.get_running_loop().time(), job_id))
        await asyncio.sleep(self.seconds)
        if self.errors:
            raise self.errors.pop(0)
        data = self.ends.get(job_id, b"")
        tag = str(hash(data))
        if etag == tag:
            return LogBody(b"", 0, None, tag, unchanged=True)
        return LogBody(data[-length:], max(0, len(data) - length), len(data), tag)


@asynccontextmanager
async def watching(
    studio: Studio, **options: object
) -> AsyncIterator[tuple[LogEnds, list[tuple[str, bytes]]]]:
    """Run a reader, and collect the ids of jobs and the new ends of logs that it publishes."""
    watch = LogEnds(studio, **options)  # type: ignore[arg-type]
    published: list[tuple[str, bytes]] = []

    def collect(job_id: str, end: LogEnd) -> None:
        if end.data and dict(published).get(job_id) != end.data:
            published.append((job_id, end.data))

    watch.subscribe(collect)
    running = asyncio.create_task(watch.run())
    await asyncio.sleep(0.01)
    try:
        yield watch, published
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert not studio.open.total(), "a websocket is left open"


def test_the_last_bytes_of_a_followed_log_are_published() -> None:
    async def scenario() -> None:
        studio = Studio()
        long = "x" * 90_000 + "é\ud800"
        studio.scripts["job0"] = [
            messages(1, "\r 10%"),
            5.0,
            messages(2, "\r 20%"),
            5.0,
            messages(3, long),
        ]
        async with watching(studio) as (watch, published):
            watch.watch(["job0"])
            await asyncio.sleep(20)
        assert published[:2] == [("job0", b"\r 10%"), ("job0", b"\r 10%\r 20%")]
        assert published[2:] == [("job0", ("x" * 90_000 + "é?").encode()[-END_BYTES:])]
        assert not studio.requests

    run(scenario())


def test_lines_resent_after_a_reconnect_are_not_repeated() -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.scripts["job0"] = [messages(1, "a"), messages(2, "b"), 1.0, Closed(1006, "")]
        async with watching(studio) as (watch, published):
            watch.watch(["job0"])
            await asyncio.sleep(2)
            studio.scripts["job0"] = [messages(1, "a"), messages(2, "b"), messages(3, "c")]
            await asyncio.sleep(30)
        assert studio.opened == ["job0", "job0"]
        assert published[-1] == ("job0", b"abc")

    run(scenario())


def test_notifications_of_many_updates_are_throttled() -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.scripts["job0"] = [
            action for n in range(1000) for action in (messages(n + 1, f"\r{n}"), 0.01)
        ]
        async with watching(studio) as (watch, published):
            watch.watch(["job0"])
            await asyncio.sleep(15)
        assert 30 < len(published) < 60
        assert published[-1][1].endswith(b"\r999")

    run(scenario())


def test_a_few_of_many_logs_are_followed_and_the_others_are_polled_in_turn() -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.ends = {job_id: job_id.encode() for job_id in IDS}
        async with watching(studio) as (watch, published):
            watch.watch(IDS)
            await asyncio.sleep(60)
        assert studio.most_open == MAX_FOLLOWED
        assert set(studio.opened) == set(IDS[:MAX_FOLLOWED])
        counts = Counter(job_id for _, job_id in studio.requests)
        assert set(counts) == set(IDS[MAX_FOLLOWED:])
        assert max(counts.values()) - min(counts.values()) <= 1
        assert len(studio.requests) <= 60 / REQUEST_PAUSE + 1
        assert sorted(published) == sorted(
            (job_id, job_id.encode()) for job_id in IDS[MAX_FOLLOWED:]
        )

    run(scenario())


def test_the_end_of_the_selected_log_is_polled_until_its_websocket_has_brought_all_of_the_log() -> (
    None
):
    async def scenario() -> None:
        studio = Studio()
        studio.scripts["job0"] = [messages(1, "a"), 10.0, messages(2, "b"), 10.0, messages(3, "c")]
        studio.ends["job0"] = b"ab"
        async with watching(studio) as (watch, published):
            watch.watch(["job0"])
            await asyncio.sleep(1)
            assert published == [("job0", b"a")]
            watch.select(job(1, "RUNNING", id="job0"))
            await asyncio.sleep(7)
            assert published[1:] == [("job0", b"ab")]
            assert len(studio.requests) == 4
            await asyncio.sleep(7)
            count = len(studio.requests)
            await asyncio.sleep(60)
            assert published[2:] == [("job0", b"abc")]
            assert len(studio.requests) == count
        assert studio.opened == ["job0"]

    run(scenario())


def test_a_part_from_before_the_end_is_never_published_as_the_end_of_the_selected_log() -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.scripts["job0"] = [action for n in range(99) for action in (messages(n, "x"), 0.1)]
        studio.ends["job0"] = b"x" * 99
        async with watching(studio) as (watch, published):
            watch.watch(["job0"])
            await asyncio.sleep(3.05)
            before = len(published)
            watch.select(job(1, "RUNNING", id="job0"))
            await asyncio.sleep(60)
            assert published[before:] == [("job0", studio.ends["job0"])]

    run(scenario())


def test_the_selected_job_does_not_wait_for_requests_for_others() -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.seconds = 20.0
        async with watching(studio) as (watch, _):
            watch.watch(IDS)
            await asyncio.sleep(5)
            assert [job_id for _, job_id in studio.requests] == ["job8"]
            for number, state in (("job15", "RUNNING"), ("other", "FAILED")):
                watch.select(job(1, state, id=number))
                await asyncio.sleep(0.01)
                assert studio.requests[-1][1] == number

    run(scenario())


def test_another_log_is_followed_in_place_of_a_log_that_is_no_longer_watched() -> None:
    async def scenario() -> None:
        studio = Studio()
        async with watching(studio) as (watch, _):
            watch.watch(IDS)
            await asyncio.sleep(1)
            watch.watch(IDS[4:])
            await asyncio.sleep(1)
            assert {job_id for job_id, count in studio.open.items() if count} == set(IDS[4:12])
            watch.watch(())
            await asyncio.sleep(1)
            assert not studio.open.total()
            count = len(studio.requests)
            await asyncio.sleep(60)
            assert len(studio.requests) == count
        assert studio.most_open == MAX_FOLLOWED

    run(scenario())


def test_the_selected_log_has_a_websocket_beyond_those_of_other_logs() -> None:
    async def scenario() -> None:
        studio = Studio()
        async with watching(studio) as (watch, _):
            watch.watch(IDS)
            await asyncio.sleep(1)
            watch.select(job(1, "RUNNING", id=IDS[-1]))
            await asyncio.sleep(1)
            assert {each for each, count in studio.open.items() if count} == {*IDS[:8], IDS[-1]}
            watch.select(job(1, "RUNNING", id=IDS[-2]))
            await asyncio.sleep(1)
            assert {each for each, count in studio.open.items() if count} == {*IDS[:8], IDS[-2]}

    run(scenario())


def test_logs_that_are_watched_on_and_off_have_no_more_websockets_than_allowed() -> None:
    async def scenario() -> None:
        studio = Studio()
        async with watching(studio) as (watch, _):
            for _ in range(30):
                watch.watch(IDS)
                await asyncio.sleep(0.1)
                watch.watch(())
                await asyncio.sleep(0)
        assert studio.most_open <= MAX_FOLLOWED

    run(scenario())


def test_a_log_too_long_for_a_websocket_is_polled() -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.scripts["job0"] = [messages(n + 1, "x" * 100_000) for n in range(100)]
        studio.ends["job0"] = b"the end"
        async with watching(studio) as (watch, published):
            watch.watch(["job0"])
            await asyncio.sleep(10)
        assert len(studio.opened) == 1
        assert 2 <= len(studio.requests) <= 10 / SAME_LOG_PAUSE + 1
        assert published[-1] == ("job0", b"the end")

    run(scenario())


@pytest.mark.parametrize(
    ("error", "connections"),
    [
        (TransportError("gone"), 3),
        (PermissionDenied(403, "no"), 1),
        (ProtocolError("no websocket"), 1),
    ],
)
def test_a_log_that_cannot_be_followed_is_polled(error: StudioError, connections: int) -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.scripts["job0"] = [error]
        studio.ends["job0"] = b"\r 37%"
        studio.errors = [NotFound(404, "no log yet"), ServerError(503, "", retry_after=30)]
        async with watching(studio) as (watch, published):
            watch.watch(["job0"])
            await asyncio.sleep(120)
        assert len(studio.opened) == connections
        assert studio.requests[2][0] - studio.requests[1][0] >= 30
        assert published == [("job0", b"\r 37%")]

    run(scenario())


def test_the_log_of_a_job_that_has_ended_is_neither_followed_again_nor_polled() -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.scripts["job0"] = [messages(1, "a"), StatusFrame("COMPLETE"), Closed(1000, "")]
        async with watching(studio) as (watch, published):
            watch.watch(["job0"])
            await asyncio.sleep(60)
        assert (len(studio.opened), studio.requests, published) == (1, [], [("job0", b"a")])

    run(scenario())


@pytest.mark.parametrize("by_websocket", [True, False])
def test_a_rejected_token_stops_all_requests_until_the_watch_is_restarted(
    by_websocket: bool,
) -> None:
    async def scenario() -> None:
        studio = Studio()
        rejections: list[AuthenticationError] = []
        error = AuthenticationError(401, "who are you?")
        if by_websocket:
            studio.scripts["job3"] = [1.0, error]
        else:
            studio.errors = [error]
        reachability = Reachability(on_refused=rejections.append)
        async with watching(studio, reachability=reachability) as (watch, published):
            watch.watch(IDS)
            await asyncio.sleep(5)
            assert rejections == [error]
            assert not studio.open.total()
            counts = len(studio.opened), len(studio.requests)
            await asyncio.sleep(60)
            assert (len(studio.opened), len(studio.requests)) == counts
            studio.scripts["job3"] = [messages(1, "back")]
            watch.restart()
            await asyncio.sleep(5)
            assert published[-1] == ("job3", b"back")

    run(scenario())


def test_logs_are_polled_less_often_when_rests_are_stretched() -> None:
    async def requests_in_100_seconds(factor: float) -> int:
        studio = Studio()
        async with watching(studio, stretch=lambda seconds: seconds * factor) as (watch, _):
            watch.watch(IDS)
            await asyncio.sleep(100)
        return len(studio.requests)

    assert run(requests_in_100_seconds(5)) * 4 < run(requests_in_100_seconds(1))


def test_only_the_last_bytes_of_a_long_log_are_kept() -> None:
    async def scenario() -> None:
        studio = Studio()
        studio.scripts["job0"] = [
            action for n in range(99) for action in (messages(n + 1, "y" * 9999), 1.0)
        ]
        async with watching(studio) as (watch, published):
            watch.watch(["job0"])
            await asyncio.sleep(120)
        assert max(len(end) for _, end in published) == len(published[-1][1]) == END_BYTES

    run(scenario())


PROGRESS_BAR = r"""
import sys, time, os
for n in range(1, 38):
    sys.stderr.write(f"\r{n:3}%|{'#' * (n // 10):10}| {n}/100 [00:{n:02}<00:20,  3.10it/s]")
    sys.stderr.flush()
    time.sleep(0.01)
while not os.path.exists("done"): time.sleep(0.05)
"""
LAST_LINE = b" 37%|###       | 37/100 [00:37<00:20,  3.10it/s]"


@pytest.mark.parametrize("limit", [log_ends.REPLAY_CHARACTERS, 0], ids=["followed", "polled"])
async def test_the_progress_bar_of_a_running_job_is_received_from_a_real_studio(
    studio: "ThreadStudio", limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_ends, "REPLAY_CHARACTERS", limit)
    monkeypatch.setattr(log_ends, "CHARACTERS_PER_SECOND", limit)
    job_id = studio.submit(PROGRESS_BAR)["id"]
    settings = studio.settings()
    reached = asyncio.Event()
    ends: list[bytes] = []

    def receive(received_id: str, end: LogEnd) -> None:
        assert received_id == job_id
        ends.append(end.data or b"")
        if ends[-1].endswith(LAST_LINE):
            reached.set()

    async with StudioClient(settings) as client, asyncio.TaskGroup() as tasks:
        watch = LogEnds(client)
        watch.subscribe(receive)
        running = tasks.create_task(watch.run())
        watch.watch([job_id])
        async with asyncio.timeout(HANG):
            await reached.wait()
        running.cancel()
    assert len(ends[-1]) <= END_BYTES
