"""`LogTail` follows a log through all kinds of broken connections, in virtual time."""

import asyncio
import os
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.connection_states import FollowPhase, TailState
from studio_tui.api.log_body import LogBody
from studio_tui.api.log_stream import (
    Blobs,
    Closed,
    LogFrame,
    LogMessage,
    LogMessages,
    Ping,
    RawText,
    ServerMessage,
    StatusFrame,
    Unreadable,
)
from studio_tui.api.models import Job
from studio_tui.api.pages import ResultPage
from studio_tui.errors import (
    InvalidRequest,
    NotFound,
    NotSent,
    PermissionDenied,
    RateLimited,
    ServerError,
    StudioError,
    TransportError,
)
from studio_tui.service.logs.assembler import DIFFERS, NEW_EPOCH, UNREADABLE
from studio_tui.service.logs.connection import LINGER, SILENCE
from studio_tui.service.logs.doubts import NO_REPLAY
from studio_tui.service.logs.rest_log import OUTAGE_INTERVAL
from studio_tui.service.logs.retries import BACKOFF_CAP
from studio_tui.service.logs.state import UNCHECKED, UNCONFIRMED
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.spool import Spool
from studio_tui.service.logs.tail import LogTail
from tests import needs
from tests.jobs import NOON
from tests.service.logs.log_chaos import connection, messages, truth
from tests.service.logs.stored import stored_bytes
from tests.service.polling.virtual_time import run
from tests.soak import SOAK, seeds

pytestmark = pytest.mark.usefixtures("longest_rests")

START = NOON
Step = LogFrame | StudioError | float
"""A frame, an error that ends the connection, or seconds of silence."""

REGRESSION_SEEDS = () if SOAK else (1348, 1591, 1741, 1876, 2972, 2987)
"""Seeds that once produced a repeated line, or a mark where nothing was missing."""

FINISHED = StatusFrame("COMPLETE")
NORMAL_CLOSE = Closed(1000, "")


class Studio(StudioClient):
    """Studio in memory: scripted websocket connections, and a log that REST serves."""

    def __init__(self, *connections: list[Step], log: bytes | None = None) -> None:
        self.connections = list(connections)
        self.later_connections: list[Step] = [20.0, TransportError("Studio is away.")]
        """The steps of each connection after the scripted ones."""
        self.log = log
        self.blobs: dict[str, list[bytes | StudioError]] = {}
        """The parts of the archive at each address; an error among them is raised once."""
        self.status = "RUNNING"
        self.is_exact = False
        """Whether REST declares that its answers have exactly the bytes of the log."""
        self.doubled_answers = 0
        """Number of the next answers of REST that contain the whole log twice."""
        self.rest_errors: list[StudioError] = []
        self.connection_times: list[float] = []
        """When each websocket connection was opened."""
        self.rest_requests: list[tuple[float, int]] = []
        """The time and the offset of each request for the log."""

    async def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:
        assert job_id == "7"
        self.connection_times.append(asyncio.get_running_loop().time())
        for step in self.connections.pop(0) if self.connections else self.later_connections:
            match step:
                case float(seconds):
                    await asyncio.sleep(seconds)
                case StudioError() as error:
                    raise error
                case frame:
                    await asyncio.sleep(0)
                    yield frame

    async def job_logs(self, job_id: str, *, offset: int = 0, etag: str | None = None) -> LogBody:
        assert job_id == "7"
        self.rest_requests.append((asyncio.get_running_loop().time(), offset))
        await asyncio.sleep(0.01)
        if self.rest_errors:
            raise self.rest_errors.pop(0)
        if self.log is None:
            raise NotFound(404, "There is no log.")
        if etag == str(len(self.log)):
            return LogBody(b"", offset, None, etag, unchanged=True)
        log = self.log
        if self.doubled_answers:
            self.doubled_answers -= 1
            log += log
        data = log[offset : offset + 1000]
        more = offset + len(data) < len(log)
        return LogBody(
            data, offset, len(log), str(len(self.log)), more=more, is_exact=self.is_exact
        )

    async def log_blob(self, url: str) -> AsyncGenerator[bytes, None]:
        for part in tuple(self.blobs[url]):
            if isinstance(part, StudioError):
                self.blobs[url].remove(part)
                raise part
            yield part

    async def jobs(
        self, *, limit: int = 100, job_id: str | None = None, **_: object
    ) -> ResultPage[Job]:
        assert (limit, job_id) == (1, "7")
        return ResultPage((Job(id="7", status=self.status),))


class Follower:
    """A tail, its store and the states that it published."""

    def __init__(self, studio: Studio, folder: Path) -> None:
        self.studio = studio
        self.store = LogStore.create(folder)
        self.states: list[TailState] = []
        self.asked_hosts: list[str] = []
        """The hosts of archives that the user was asked about."""
        self.allows_hosts = True
        """Whether the user allows them."""

    def follow(self, during: Callable[[LogTail], Awaitable[None]] | None = None) -> TailState:
        """Run the tail until it completes or stops, or until `during` returns if it is given."""
        return run(self._follow(during))

    async def _follow(self, during: Callable[[LogTail], Awaitable[None]] | None) -> TailState:
        loop = asyncio.get_running_loop()
        tail = LogTail(
            self.studio,
            "7",
            self.store,
            may_fetch=self._may_fetch,
        )
        tail.subscribe(self.states.append)
        running = asyncio.ensure_future(tail.run())
        if during is None:
            over = asyncio.Event()
            tail.subscribe(lambda state: over.set() if state.is_over else None)
            waiting = asyncio.ensure_future(over.wait())
            await asyncio.wait([running, waiting], return_when=asyncio.FIRST_COMPLETED)
        else:
            await during(tail)
        self.ended = loop.time()
        if tail.state.phase is FollowPhase.COMPLETE:
            await running
        running.cancel()
        await asyncio.wait([running])
        tail.close()
        if not running.cancelled():
            running.result()
        return tail.state

    async def _may_fetch(self, host: str) -> bool:
        self.asked_hosts.append(host)
        return self.allows_hosts

    @property
    def raw(self) -> bytes:
        return stored_bytes(self.store)

    @property
    def marks(self) -> list[str]:
        return [mark.text for mark in self.store.marks]

    @property
    def phases(self) -> list[FollowPhase]:
        """The published phases without repetitions."""
        phases = [state.phase for state in self.states]
        return phases[:1] + [new for old, new in pairwise(phases) if new is not old]


@pytest.fixture
def follower_of(tmp_path: Path) -> Iterator[Callable[..., Follower]]:
    """Make a follower of a Studio; its store is closed after the test."""
    followers: list[Follower] = []

    def make(studio: Studio) -> Follower:
        followers.append(Follower(studio, tmp_path))
        return followers[-1]

    yield make
    for follower in followers:
        follower.store.close()


Make = Callable[..., Follower]


def test_the_log_of_an_ended_job_is_complete_when_two_rest_answers_agree(follower_of: Make) -> None:
    studio = Studio(
        [
            StatusFrame("RUNNING"),
            messages((1, "one\n")),
            Ping(),
            messages((2, "two\n")),
            FINISHED,
            NORMAL_CLOSE,
        ],
        log=b"one\ntwo\n",
    )
    follower = follower_of(studio)
    state = follower.follow()
    assert follower.raw == b"one\ntwo\n"
    assert (state.phase, state.status, state.lines, state.size) == (
        FollowPhase.COMPLETE,
        "COMPLETE",
        2,
        8,
    )
    assert follower.phases == [FollowPhase.FOLLOWING, FollowPhase.COMPLETE]
    assert len(studio.rest_requests) == 2
    assert studio.rest_requests[1][0] - studio.rest_requests[0][0] >= 0.5


def test_rest_adds_the_lines_that_the_websocket_did_not_send(follower_of: Make) -> None:
    complete_log = b"".join(b"line %d\n" % number for number in range(5000))
    studio = Studio([messages((1, "line 0\nline")), FINISHED, NORMAL_CLOSE], log=complete_log)
    follower = follower_of(studio)
    follower.follow()
    assert follower.raw == complete_log
    assert follower.marks == []


def test_rest_is_requested_again_until_two_answers_agree(follower_of: Make) -> None:
    studio = Studio([messages((1, "one\n")), FINISHED, NORMAL_CLOSE], log=b"one\n")
    follower = follower_of(studio)

    async def grow(tail: LogTail) -> None:
        await asyncio.sleep(0.2)
        assert len(studio.rest_requests) == 1
        studio.log = b"one\ntwo\n"
        await asyncio.sleep(3)
        assert tail.state.is_over

    follower.follow(grow)
    assert follower.raw == b"one\ntwo\n"
    assert len(studio.rest_requests) == 3


def test_a_websocket_left_open_after_the_jobs_end_is_closed_after_five_seconds(
    follower_of: Make,
) -> None:
    pings: list[Step] = [1.0, Ping()] * 20
    studio = Studio([messages((1, "one\n")), FINISHED, 1.0, messages((2, "two\n")), *pings])
    follower = follower_of(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\ntwo\n"
    assert 1 + LINGER < follower.ended < 1 + LINGER + 1


def test_a_long_replay_after_the_final_status_is_read_to_its_end(follower_of: Make) -> None:
    replay: list[Step] = []
    for number in range(1, 11):
        replay += [3.0, messages((number, f"line {number}\n"))]
    studio = Studio([FINISHED, *replay, NORMAL_CLOSE], log=None)
    follower = follower_of(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.store.lines == 10
    assert len(studio.connection_times) == 1


def test_an_unknown_status_does_not_end_the_log(follower_of: Make) -> None:
    studio = Studio(
        [
            messages((1, "one\n")),
            StatusFrame("RESTING"),
            30.0,
            messages((2, "two\n")),
            FINISHED,
            NORMAL_CLOSE,
        ],
        log=b"one\ntwo\n",
    )
    follower = follower_of(studio)
    follower.follow()
    assert follower.raw == b"one\ntwo\n"
    assert len(studio.connection_times) == 1


def test_a_connection_that_is_silent_for_45_seconds_is_replaced(follower_of: Make) -> None:
    studio = Studio(
        [messages((1, "one\n")), 44.0, Ping(), 44.0, Ping(), 1000.0],
        [messages((1, "one\n"), (2, "two\n")), FINISHED, NORMAL_CLOSE],
        log=b"one\ntwo\n",
    )
    follower = follower_of(studio)
    follower.follow()
    assert follower.raw == b"one\ntwo\n"
    assert studio.connection_times[1] == pytest.approx(88 + SILENCE + 0.5)
    assert follower.phases == [
        FollowPhase.FOLLOWING,
        FollowPhase.RECONNECTING,
        FollowPhase.FOLLOWING,
        FollowPhase.COMPLETE,
    ]


@pytest.mark.parametrize("code", [1001, 1005, 1006, 1011, 1012, 1014, 4999])
def test_a_broken_connection_is_replaced_at_the_time_that_the_state_has(
    follower_of: Make, code: int
) -> None:
    studio = Studio(
        [messages((1, "one\n"), (2, "tw")), Closed(code, "")],
        [messages((1, "one\n"), (2, "tw"), (3, "o\n")), FINISHED, NORMAL_CLOSE],
        log=b"one\ntwo\n",
    )
    follower = follower_of(studio)
    follower.follow()
    assert follower.raw == b"one\ntwo\n"
    reconnecting = next(
        state for state in follower.states if state.phase is FollowPhase.RECONNECTING
    )
    assert reconnecting.next_try == START + timedelta(seconds=0.5)
    assert str(code) in reconnecting.reason
    assert follower.marks == []


def test_the_websocket_of_a_running_job_is_reopened_after_a_normal_close(follower_of: Make) -> None:
    studio = Studio(
        [messages((1, "one\n")), NORMAL_CLOSE],
        [messages((1, "one\n"), (2, "two\n")), FINISHED, NORMAL_CLOSE],
    )
    follower = follower_of(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\ntwo\n"


def test_a_normal_close_completes_the_log_if_rest_says_the_job_has_ended(follower_of: Make) -> None:
    studio = Studio([messages((1, "one\n")), NORMAL_CLOSE], log=b"one\n")
    studio.status = "FAILED"
    follower = follower_of(studio)
    state = follower.follow()
    assert (state.phase, state.status) == (FollowPhase.COMPLETE, "FAILED")


@pytest.mark.parametrize("code", [1008, 4401, 4403, 4404])
def test_a_refusal_stops_the_tail_with_studios_reason(follower_of: Make, code: int) -> None:
    follower = follower_of(Studio([Closed(code, "Not for you.")]))
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.STOPPED, "Not for you.")


def test_a_message_from_studio_before_a_normal_close_stops_the_tail(follower_of: Make) -> None:
    follower = follower_of(
        Studio([ServerMessage("Job ID is incorrect or not found"), NORMAL_CLOSE])
    )
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.STOPPED, "Job ID is incorrect or not found")


def test_a_forbidden_connection_stops_the_tail(follower_of: Make) -> None:
    follower = follower_of(Studio([PermissionDenied(403, "Not your team.")]))
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.STOPPED, "Not your team.")


def test_a_forbidden_log_is_requested_again_after_the_five_minutes_that_the_state_has(
    follower_of: Make,
) -> None:
    studio = Studio([PermissionDenied(403, "Not your team.")], [NotFound(404, "No such path.")])
    studio.rest_errors = [PermissionDenied(403, "Not yours.")]
    studio.later_connections = [messages((1, "one\n")), FINISHED, NORMAL_CLOSE]
    studio.log = b"one\n"
    follower = follower_of(studio)

    async def wait(tail: LogTail) -> None:
        await asyncio.sleep(299)
        assert tail.state.phase is FollowPhase.STOPPED
        assert tail.state.next_try == START + timedelta(seconds=300)
        assert len(studio.connection_times) == 1
        await asyncio.sleep(299)
        assert (tail.state.phase, tail.state.reason) == (FollowPhase.STOPPED, "Not yours.")
        assert len(studio.connection_times) == 2
        await asyncio.sleep(20)

    assert follower.follow(wait).phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\n"
    assert len(studio.connection_times) == 3


def test_a_user_who_refused_the_host_of_an_archive_is_not_asked_again(
    follower_of: Make,
) -> None:
    studio = Studio([Blobs(("https://archive.example/1",)), NORMAL_CLOSE])
    follower = follower_of(studio)
    follower.allows_hosts = False

    async def wait(_tail: LogTail) -> None:
        await asyncio.sleep(1000)

    assert follower.follow(wait).phase is FollowPhase.STOPPED
    assert follower.asked_hosts == ["archive.example"]


@pytest.mark.parametrize("first", [Closed(1009, ""), NotFound(404, "No such path.")])
def test_a_log_without_a_usable_websocket_is_polled_by_rest_to_its_end(
    follower_of: Make, first: Step
) -> None:
    studio = Studio([first], log=b"one\n")
    follower = follower_of(studio)

    async def finish(tail: LogTail) -> None:
        await asyncio.sleep(9)
        assert follower.raw == b"one\n"
        studio.log = b"one\ntwo\n"
        await asyncio.sleep(3)
        assert follower.raw == b"one\ntwo\n"
        studio.status = "COMPLETE"
        await asyncio.sleep(3)
        assert tail.state.is_over

    assert follower.follow(finish).phase is FollowPhase.COMPLETE
    assert len(studio.connection_times) == 1


def test_an_outage_is_retried_forever_with_delays_that_grow_to_20_seconds(
    follower_of: Make,
) -> None:
    studio = Studio()
    studio.later_connections = [NotSent("Nobody is there.")]
    studio.rest_errors = [NotSent("Nobody is there.")] * 10_000
    follower = follower_of(studio)

    async def wait_two_hours(tail: LogTail) -> None:
        await asyncio.sleep(7200)
        assert tail.state.phase is FollowPhase.RECONNECTING
        assert tail.state.since == START
        assert tail.state.reason == "Nobody is there."

    follower.follow(wait_two_hours)
    delays = [later - earlier for earlier, later in pairwise(studio.connection_times)]
    assert delays[:6] == pytest.approx([0.5, 1, 2, 4, 8, 16])
    assert set(delays[6:]) == {BACKOFF_CAP}


def test_a_poke_reconnects_at_once(follower_of: Make) -> None:
    studio = Studio()
    studio.later_connections = [NotSent("Nobody is there.")]
    follower = follower_of(studio)

    async def poke(tail: LogTail) -> None:
        await asyncio.sleep(100)
        before = len(studio.connection_times)
        tail.poke()
        await asyncio.sleep(0.1)
        assert len(studio.connection_times) == before + 1

    follower.follow(poke)


def test_the_websocket_is_reopened_after_the_delay_that_studio_requests(follower_of: Make) -> None:
    studio = Studio(
        [RateLimited(429, "Too many requests.", 17.0)],
        [ServerError(503, "Down.", 40.0)],
        [messages((1, "one\n")), FINISHED, NORMAL_CLOSE],
        log=b"one\n",
    )
    follower = follower_of(studio)
    follower.follow()
    assert studio.connection_times == pytest.approx([0, 17, 57])


def test_final_rest_requests_keep_the_delays_that_studio_requests(follower_of: Make) -> None:
    studio = Studio([messages((1, "one\n")), FINISHED, NORMAL_CLOSE], log=b"one\n")
    studio.rest_errors = [RateLimited(429, "Too many.", 120.0), ServerError(503, "Down.", 60.0)]
    follower = follower_of(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    first, second, third, *_ = (moment for moment, _ in studio.rest_requests)
    assert second - first >= 120
    assert third - second >= 60


def test_rest_polls_during_a_websocket_outage_keep_the_delay_that_studio_requests(
    follower_of: Make,
) -> None:
    studio = Studio(log=b"one\n")
    studio.later_connections = [TransportError("It broke.")]
    studio.rest_errors = [RateLimited(429, "Too many.", 120.0)]
    follower = follower_of(studio)

    async def wait(_tail: LogTail) -> None:
        await asyncio.sleep(200)

    follower.follow(wait)
    first, second, third, *_ = (moment for moment, _ in studio.rest_requests)
    assert second - first >= 120
    assert third - second < OUTAGE_INTERVAL + 1


def test_rest_is_not_polled_if_studio_requests_a_delay_of_the_websocket(follower_of: Make) -> None:
    studio = Studio(log=b"one\n")
    studio.later_connections = [ServerError(503, "Down.", 30.0)]
    follower = follower_of(studio)

    async def wait(_tail: LogTail) -> None:
        await asyncio.sleep(1000)

    follower.follow(wait)
    assert studio.rest_requests == []


def test_only_one_poller_retries_rest_when_it_fails_at_the_end(follower_of: Make) -> None:
    studio = Studio([messages((1, "one\n")), FINISHED, NORMAL_CLOSE], log=b"one\n")
    studio.rest_errors = [ServerError(503, "Down.", 50.0) for _ in range(5)]
    follower = follower_of(studio)
    follower.follow()
    moments = [moment for moment, _ in studio.rest_requests[:6]]
    assert min(later - earlier for earlier, later in pairwise(moments)) >= 50


def test_rest_is_not_polled_for_a_quiet_job_whose_websocket_is_back(follower_of: Make) -> None:
    studio = Studio(log=b"")
    studio.later_connections = [TransportError("It broke.")]
    follower = follower_of(studio)

    async def watch(_tail: LogTail) -> None:
        await asyncio.sleep(10)
        assert studio.rest_requests
        pings: list[Step] = [20.0, Ping()] * 10
        studio.later_connections = [*pings, Closed(1011, "")]
        await asyncio.sleep(50)
        requests_before = len(studio.rest_requests)
        await asyncio.sleep(140)
        assert len(studio.rest_requests) == requests_before
        await asyncio.sleep(40)

    follower.follow(watch)
    reconnecting = [state for state in follower.states if state.phase is FollowPhase.RECONNECTING]
    last = reconnecting[-1]
    assert last.next_try is not None
    assert last.next_try - last.since == timedelta(seconds=0.5)


def test_delays_grow_if_the_websocket_closes_after_its_first_frame(
    follower_of: Make,
) -> None:
    studio = Studio(log=b"")
    studio.later_connections = [StatusFrame("RUNNING"), Closed(1011, "")]
    follower = follower_of(studio)

    async def wait(_tail: LogTail) -> None:
        await asyncio.sleep(1000)

    follower.follow(wait)
    assert studio.connection_times[-1] - studio.connection_times[-2] == BACKOFF_CAP


@pytest.mark.parametrize(
    "refusal",
    [
        [Closed(4401, "Log in.")],
        [NotFound(404, "No such path.")],
    ],
)
def test_a_poke_after_a_refusal_connects_again(follower_of: Make, refusal: list[Step]) -> None:
    studio = Studio(refusal, refusal, log=None)
    studio.later_connections = [messages((1, "one\n")), FINISHED, NORMAL_CLOSE]
    follower = follower_of(studio)

    async def poke(tail: LogTail) -> None:
        tail.poke()
        await asyncio.sleep(1000)
        assert tail.state.phase is FollowPhase.STOPPED
        assert len(studio.connection_times) == 1
        tail.poke()
        await asyncio.sleep(1000)
        assert tail.state.phase is FollowPhase.STOPPED
        assert len(studio.connection_times) == 2
        tail.poke()
        await asyncio.sleep(10)

    assert follower.follow(poke).phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\n"
    stopped = [state.since for state in follower.states if state.phase is FollowPhase.STOPPED]
    assert len(set(stopped)) == 2


def test_rest_is_polled_from_the_third_failure_of_the_websocket_on(follower_of: Make) -> None:
    studio = Studio(log=b"one\n")
    studio.later_connections = [TransportError("It broke.")]
    follower = follower_of(studio)

    async def watch(tail: LogTail) -> None:
        await asyncio.sleep(1.4)
        assert studio.rest_requests == []
        await asyncio.sleep(0.6)
        assert follower.raw == b"one\n"
        studio.log = b"one\ntwo\n"
        await asyncio.sleep(OUTAGE_INTERVAL + 0.1)
        assert follower.raw == b"one\ntwo\n"
        assert tail.state.size == 8
        assert tail.state.phase is FollowPhase.RECONNECTING
        studio.connections = [[messages((1, "one\n"), (2, "two\n"), (3, "three\n")), 40.0]]
        await asyncio.sleep(BACKOFF_CAP)
        assert follower.raw == b"one\ntwo\nthree\n"
        assert follower.phases[-1] is FollowPhase.FOLLOWING
        requests_before = len(studio.rest_requests)
        await asyncio.sleep(2 * OUTAGE_INTERVAL)
        assert len(studio.rest_requests) == requests_before

    follower.follow(watch)
    assert follower.marks == []
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(studio.rest_requests)]
    assert min(gaps) >= OUTAGE_INTERVAL


def test_an_unreadable_frame_is_received_again_over_a_new_connection(follower_of: Make) -> None:
    studio = Studio(
        [messages((1, "one\n")), Unreadable(1), messages((3, "three\n")), FINISHED, NORMAL_CLOSE],
        [messages((1, "one\n"), (2, "two\n"), (3, "three\n")), FINISHED, NORMAL_CLOSE],
        log=b"",
    )
    follower = follower_of(studio)
    follower.follow()
    assert follower.raw == b"one\ntwo\nthree\n"
    assert follower.marks == []


def test_an_unreadable_frame_of_a_replay_that_hid_new_lines_is_received_again(
    follower_of: Make,
) -> None:
    studio = Studio(
        [messages((1, "one\n")), Closed(1012, "")],
        [Unreadable(1), messages((3, "three\n")), FINISHED, NORMAL_CLOSE],
        [messages((1, "one\n"), (2, "two\n"), (3, "three\n")), FINISHED, NORMAL_CLOSE],
    )
    follower = follower_of(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\ntwo\nthree\n"
    assert follower.marks == []


def test_a_frame_that_is_unreadable_in_every_replay_leaves_a_mark(follower_of: Make) -> None:
    studio = Studio([messages((1, "one\n")), Closed(1012, "")])
    studio.later_connections = [
        Unreadable(1),
        messages((3, "three\n")),
        messages((4, "four\n")),
        FINISHED,
        NORMAL_CLOSE,
    ]
    follower = follower_of(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\nthree\nfour\n"
    assert [(mark.offset, mark.text) for mark in follower.store.marks] == [(4, NO_REPLAY)]
    assert len(studio.connection_times) == 5


def test_rest_fixes_an_invalid_character_at_the_end(follower_of: Make) -> None:
    line = "a line of the log\n"
    spoiled = LogMessages((LogMessage(1, RawText("caf\ufffd\n")),), has_invalid_utf8=True)
    studio = Studio(
        [spoiled, messages(*((number, line) for number in range(2, 600))), FINISHED, NORMAL_CLOSE],
        log=("café\n" + line * 598).encode(),
    )
    follower = follower_of(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == studio.log


def test_a_frame_that_stays_unreadable_is_skipped_with_a_mark(follower_of: Make) -> None:
    studio = Studio()
    studio.later_connections = [
        messages((1, "one\n")),
        Unreadable(1),
        messages((3, "three\n")),
        FINISHED,
        NORMAL_CLOSE,
    ]
    follower = follower_of(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\nthree\n"
    assert [(mark.offset, mark.text) for mark in follower.store.marks] == [(4, UNREADABLE)]


def test_an_archived_log_is_downloaded_from_its_addresses_in_order(follower_of: Make) -> None:
    studio = Studio([Blobs(("https://a", "https://b")), FINISHED, NORMAL_CLOSE])
    studio.blobs = {"https://a": [b"one\ntw"], "https://b": [b"o\nthr", b"ee\n"]}
    follower = follower_of(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\ntwo\nthree\n"


def test_an_archive_is_not_downloaded_if_the_user_refuses_its_host(follower_of: Make) -> None:
    studio = Studio([Blobs(("https://a.example.com/1",)), FINISHED, NORMAL_CLOSE])
    follower = follower_of(studio)
    follower.allows_hosts = False
    state = follower.follow()
    assert state.phase is FollowPhase.STOPPED
    assert "a.example.com, which may not be contacted" in state.reason
    assert follower.asked_hosts == ["a.example.com"]
    assert follower.raw == b""


@pytest.mark.parametrize("url", ["https://[::1", "https://a:99999/", "https://a\\@b/"])
def test_an_archive_at_an_invalid_address_is_reported_without_a_request(
    follower_of: Make, url: str
) -> None:
    follower = follower_of(Studio([Blobs((url,)), FINISHED, NORMAL_CLOSE]))
    state = follower.follow()
    assert state.phase is FollowPhase.STOPPED
    assert state.reason == "Studio sent an address for the archived log that is not allowed."
    assert follower.asked_hosts == []


def test_an_archive_download_that_breaks_off_is_repeated(follower_of: Make) -> None:
    studio = Studio()
    studio.later_connections = [Blobs(("https://a",)), FINISHED, NORMAL_CLOSE]
    studio.blobs = {"https://a": [b"one\ntwo", TransportError("It broke."), b"\nthree\n"]}
    follower = follower_of(studio)
    follower.follow()
    assert follower.raw == b"one\ntwo\nthree\n"
    assert len(studio.connection_times) == 2


def test_a_different_and_shorter_log_from_rest_adds_only_a_mark(follower_of: Make) -> None:
    studio = Studio([messages((1, "one\n")), FINISHED, NORMAL_CLOSE], log=b"two")
    follower = follower_of(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\n"
    assert follower.marks == [DIFFERS]


def test_a_log_is_complete_although_rest_has_less_of_it(follower_of: Make) -> None:
    studio = Studio([messages((1, "one\n")), FINISHED, NORMAL_CLOSE], log=b"")
    follower = follower_of(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\n"
    assert follower.marks == []


def test_rest_fills_a_gap_at_the_end_and_its_mark_disappears(follower_of: Make) -> None:
    line = "a line of the log\n"
    studio = Studio(
        [messages(*((number, line) for number in range(1, 400))), Closed(1011, "")],
        [messages((500, "the last\n")), 1.0, FINISHED, NORMAL_CLOSE],
        log=(line * 499 + "the last\n").encode(),
    )
    follower = follower_of(studio)

    async def look(tail: LogTail) -> None:
        await asyncio.sleep(0.6)
        assert follower.marks == [NO_REPLAY]
        await asyncio.sleep(2)
        assert tail.state.is_over

    follower.follow(look)
    assert follower.raw == studio.log
    assert follower.marks == []


def test_a_gap_is_not_filled_from_the_log_of_another_epoch(follower_of: Make) -> None:
    studio = Studio(
        [messages((1, "one\n"), (2, "two\n")), Closed(1012, "")],
        [messages((1, "uno\n"), (3, "tre\n")), FINISHED, NORMAL_CLOSE],
        log=b"uno\ndue\ntre\nquattro\ncinque\n",
    )
    follower = follower_of(studio)
    follower.follow()
    assert follower.raw == b"one\ntwo\nuno\ntre\n"
    assert follower.marks == [NEW_EPOCH]


def test_a_restarted_job_has_both_logs_with_a_mark_between(follower_of: Make) -> None:
    studio = Studio(
        [messages((1, "one\n"), (2, "two\n")), Closed(1012, "restart")],
        [messages((1, "uno\n"), (2, "due\n")), FINISHED, NORMAL_CLOSE],
        log=b"uno\ndue\n",
    )
    follower = follower_of(studio)
    follower.follow()
    assert follower.raw == b"one\ntwo\nuno\ndue\n"
    assert follower.marks == [NEW_EPOCH]


def test_rest_that_fails_at_the_end_is_retried_until_it_answers(follower_of: Make) -> None:
    studio = Studio([messages((1, "one\n")), FINISHED, NORMAL_CLOSE], log=b"one\ntwo\n")
    studio.rest_errors = [ServerError(503, "Down.") for _ in range(5)]
    follower = follower_of(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\ntwo\n"


def test_a_log_that_rest_does_not_serve_stays_as_the_websocket_sent_it(follower_of: Make) -> None:
    studio = Studio([messages((1, "one\n")), FINISHED, NORMAL_CLOSE], log=b"")
    studio.rest_errors = [InvalidRequest(405, "Method not allowed.")]
    follower = follower_of(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\n"


def test_the_end_of_a_log_is_marked_if_no_replay_reaches_it(follower_of: Make) -> None:
    follower = follower_of(
        Studio([messages((1, "one\n")), Closed(1012, "")], [FINISHED, NORMAL_CLOSE])
    )
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert [(mark.offset, mark.text) for mark in follower.store.marks] == [(4, NO_REPLAY)]


def test_an_archive_replays_the_log_to_its_end_so_that_no_mark_remains(follower_of: Make) -> None:
    studio = Studio(
        [messages((1, "one\n")), Closed(1012, "")], [Blobs(("https://a",)), FINISHED, NORMAL_CLOSE]
    )
    studio.blobs = {"https://a": [b"one\ntwo\n"]}
    follower = follower_of(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\ntwo\n"
    assert follower.marks == []


@needs.linux("only it has /dev/full")
def test_a_full_disk_stops_the_tail_with_its_reason(follower_of: Make, tmp_path: Path) -> None:
    full = Path("/dev/full")
    follower = follower_of(Studio([messages((1, "one\n")), 10.0]))
    follower.store.close()
    follower.store = LogStore(Spool(tmp_path, os.open(full, os.O_RDWR)))
    state = follower.follow()
    assert state.phase is FollowPhase.STOPPED
    assert "No space left" in state.reason


@needs.linux("only it has /dev/full")
def test_a_full_disk_stops_the_tail_while_rest_is_polled(follower_of: Make, tmp_path: Path) -> None:
    full = Path("/dev/full")
    studio = Studio(log=b"one\n")
    studio.later_connections = [TransportError("It broke.")]
    follower = follower_of(studio)
    follower.store.close()
    follower.store = LogStore(Spool(tmp_path, os.open(full, os.O_RDWR)))
    state = follower.follow()
    assert state.phase is FollowPhase.STOPPED
    assert "No space left" in state.reason


LINES = [(number, f"line {number}\n") for number in range(1, 300)]
LOG = "".join(text for _, text in LINES).encode()
FORGED = messages((999_999_999, "forged\n" * 100_000))


@pytest.mark.parametrize("position", [0, 1, 150, 299])
def test_rest_removes_a_forged_piece_wherever_it_arrived(follower_of: Make, position: int) -> None:
    frames: list[Step] = [messages(line) for line in LINES]
    frames.insert(position, FORGED)
    studio = Studio([*frames, FINISHED, NORMAL_CLOSE], log=LOG)
    studio.is_exact = True
    follower = follower_of(studio)
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.COMPLETE, "")
    assert follower.raw == LOG
    assert follower.marks == []


def test_rest_removes_an_epoch_that_a_forged_piece_began(follower_of: Make) -> None:
    frames: list[Step] = [messages(line) for line in LINES]
    studio = Studio(
        [*frames[:9], messages((200, "no\n")), *frames[9:], FINISHED, NORMAL_CLOSE], log=LOG
    )
    studio.is_exact = True
    follower = follower_of(studio)
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.COMPLETE, "")
    assert follower.raw == LOG
    assert follower.marks == []


def test_a_shorter_log_from_rest_removes_nothing_if_it_is_not_exact(
    follower_of: Make,
) -> None:
    studio = Studio([messages(*LINES), FORGED, FINISHED, NORMAL_CLOSE], log=LOG)
    follower = follower_of(studio)
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.COMPLETE, UNCONFIRMED)
    assert follower.raw.startswith(LOG)
    assert b"forged" in follower.raw


def test_lines_received_live_in_order_stay_although_rest_has_fewer(follower_of: Make) -> None:
    studio = Studio([messages(*LINES), FINISHED, NORMAL_CLOSE], log=LOG[:100] + LOG[-100:])
    studio.is_exact = True
    follower = follower_of(studio)
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.COMPLETE, UNCONFIRMED)
    assert follower.raw == LOG
    assert follower.marks == [DIFFERS]


def test_lines_that_only_rest_sent_are_removed_if_later_answers_lack_them(
    follower_of: Make,
) -> None:
    studio = Studio([messages(*LINES), FINISHED, NORMAL_CLOSE], log=LOG)
    studio.doubled_answers = 1 + len(LOG) * 2 // 1000
    follower = follower_of(studio)
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.COMPLETE, "")
    assert follower.raw == LOG


@pytest.mark.parametrize("pieces", [5, 0])
@pytest.mark.parametrize("is_exact", [False, True])
def test_bytes_that_are_not_utf_8_are_stored_unchanged(
    follower_of: Make, pieces: int, is_exact: bool
) -> None:
    parts = [b"a\n", b"caf\xe9\n", b"\xff" * 900, b"b\n", "the end 漢".encode()[:-1]]
    live = [(number, part.decode("utf-8", "replace")) for number, part in enumerate(parts, 1)]
    first: list[Step] = [messages(*live[:pieces])] if pieces else [Closed(1009, "")]
    studio = Studio([*first, FINISHED, NORMAL_CLOSE], log=b"".join(parts))
    studio.status = "COMPLETE"
    studio.is_exact = is_exact
    follower = follower_of(studio)
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.COMPLETE, "")
    assert follower.raw == studio.log
    assert follower.marks == []


def test_a_complete_log_has_a_reason_unless_studio_confirmed_it(follower_of: Make) -> None:
    without_rest = follower_of(Studio([messages((1, "one\n")), FINISHED, NORMAL_CLOSE]))
    assert without_rest.follow().reason == UNCHECKED
    studio = Studio([Blobs(("https://a",)), FINISHED, NORMAL_CLOSE])
    studio.blobs = {"https://a": [b"one\n\xff"]}
    archived = follower_of(studio)
    assert archived.follow().reason == ""
    assert archived.raw == b"one\n\xff"
    differing = follower_of(Studio([messages((1, "one\n")), FINISHED, NORMAL_CLOSE], log=b"two"))
    assert differing.follow().reason == UNCONFIRMED


@pytest.mark.parametrize("seed", [*seeds(10, 3000), *REGRESSION_SEEDS])
def test_a_log_is_received_completely_despite_random_faults(follower_of: Make, seed: int) -> None:
    chance = random.Random(seed)
    log = truth(chance, 200)
    connections: list[list[Step]] = []
    for _ in range(chance.randrange(1, 9)):
        steps: list[Step] = []
        for frame in connection(chance, log.pieces):
            steps.append(LogMessages(frame))
            if chance.random() < 0.1:
                steps.append(chance.choice((Ping(), Unreadable(1), chance.uniform(0, 60))))
        ends: list[Step] = [
            Closed(1006, ""), Closed(1012, ""), NORMAL_CLOSE, ServerError(503, "Down."),
            TransportError("Cut."), 1000.0,
        ]  # fmt: skip
        connections.append([*steps, chance.choice(ends)])
    has_rest = chance.random() < 0.5
    last = connection(chance, log.pieces, is_complete=not has_rest or chance.random() < 0.5)
    studio = Studio(*connections, log=log.raw if has_rest else None)
    studio.later_connections = [*(LogMessages(frame) for frame in last), FINISHED, NORMAL_CLOSE]
    studio.rest_errors = [ServerError(502, "Bad gateway.") for _ in range(chance.randrange(5))]
    follower = follower_of(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == log.raw
    assert follower.marks == []


def test_only_lines_after_the_replay_of_a_connection_have_an_arrival_time(
    follower_of: Make,
) -> None:
    studio = Studio(
        [
            1.0,
            messages((1, "1\n")),
            0.1,
            messages((2, "2\n")),
            40.0,
            messages((3, "3\n"), (4, "4\n")),
            0.5,
            messages((5, "5\n")),
            Closed(1012, ""),
        ],
        [
            messages((1, "1\n"), (5, "5\n")),
            0.1,
            messages((6, "6\n")),
            30.0,
            messages((7, "7\n")),
            FINISHED,
            NORMAL_CLOSE,
        ],
        log=b"1\n2\n3\n4\n5\n6\n7\n8\n",
    )
    follower = follower_of(studio)
    follower.follow()
    arrivals = [follower.store.arrivals.at(offset) for offset in range(0, 16, 2)]
    seconds = [moment and int((moment - START).total_seconds()) for moment in arrivals]
    assert seconds == [None, None, 41, 41, 41, None, 72, None]


def test_lines_that_a_job_prints_without_a_pause_soon_have_an_arrival_time(
    follower_of: Make,
) -> None:
    replay, live = LONG_REPLAY[:3], [messages((n, "step\n")) for n in range(1000, 1050)]
    studio = Studio(
        [*with_pauses(replay, 0.1), *with_pauses(live, 0.1), FINISHED, NORMAL_CLOSE],
        log="".join(piece.text for frame in (*replay, *live) for piece in frame.items).encode(),
    )
    follower = follower_of(studio)
    follower.follow()
    size = sum(len(piece.text) for frame in replay for piece in frame.items)
    lines = [follower.store.arrivals.at(size + number * len("step\n")) for number in range(50)]
    assert lines[:15] == [None] * 15
    assert lines[25:] == [
        START + timedelta(seconds=int(0.3 + number * 0.1 + 1e-9)) for number in range(25, 50)
    ]


def test_a_replay_that_comes_slowly_but_steadily_has_no_arrival_times(follower_of: Make) -> None:
    replay = [messages((n, "x" * 3999 + "\n")) for n in range(1, 60)]
    raw = "".join(piece.text for frame in replay for piece in frame.items).encode()
    studio = Studio([*with_pauses(replay, 0.19), FINISHED, NORMAL_CLOSE], log=raw)
    follower = follower_of(studio)
    follower.follow()
    assert arrival_times(follower) == {None}


def test_first_lines_that_arrive_long_after_connecting_have_an_arrival_time(
    follower_of: Make,
) -> None:
    studio = Studio(
        [StatusFrame("RUNNING"), 3.0, Ping(), 8.0, messages((1, "1\n")), FINISHED, NORMAL_CLOSE],
        log=b"1\n",
    )
    follower = follower_of(studio)
    follower.follow()
    assert follower.store.arrivals.at(0) == START + timedelta(seconds=11)


LONG_REPLAY = [
    messages(*((n, "x" * 1000 + "\n") for n in range(at, at + 100))) for at in range(1, 1000, 100)
]
"""A replay of a megabyte, in frames of a hundred lines."""


def with_pauses(frames: list[LogMessages], seconds: float) -> list[Step]:
    return [step for frame in frames for step in (frame, seconds)]


def arrival_times(follower: Follower) -> set[datetime | None]:
    """Return the distinct arrival times of the lines."""
    store, start, moments = follower.store, 0, set()
    while start < store.size:
        moments.add(store.arrivals.at(start))
        start = store.line_end(start) + 1
    return moments


@pytest.mark.parametrize("pause", [0.0, 0.3, 1.9, 30.0])
def test_lines_of_a_job_that_had_already_ended_have_no_arrival_time(
    follower_of: Make, pause: float
) -> None:
    raw = "".join(piece.text for frame in LONG_REPLAY for piece in frame.items).encode()
    studio = Studio([*with_pauses(LONG_REPLAY, pause), FINISHED, NORMAL_CLOSE], log=raw)
    follower = follower_of(studio)

    async def open_ended(tail: LogTail) -> None:
        tail.note_ended()
        await asyncio.sleep(600)

    follower.follow(open_ended)
    assert follower.raw == raw
    assert arrival_times(follower) == {None}


def test_lines_after_a_final_status_have_no_arrival_time(follower_of: Make) -> None:
    studio = Studio(
        [FINISHED, 1.0, messages((1, "1\n")), 3.0, messages((2, "2\n")), NORMAL_CLOSE],
        log=b"1\n2\n",
    )
    follower = follower_of(studio)
    follower.follow()
    assert arrival_times(follower) == {None}


def test_lines_received_after_reconnecting_to_an_ended_job_have_no_arrival_time(
    follower_of: Make,
) -> None:
    studio = Studio(
        [messages((1, "1\n")), 1.0, messages((2, "2\n")), FINISHED, Closed(1012, "")],
        [messages((1, "1\n"), (2, "2\n")), 1.0, messages((3, "3\n")), FINISHED, NORMAL_CLOSE],
        log=b"1\n2\n3\n",
    )
    follower = follower_of(studio)
    follower.follow()
    arrivals = [follower.store.arrivals.at(offset) for offset in (0, 2, 4)]
    assert arrivals == [None, START + timedelta(seconds=1), None]


def test_a_long_replay_may_pause_and_ends_with_a_longer_pause(follower_of: Make) -> None:
    raw = "".join(piece.text for frame in LONG_REPLAY for piece in frame.items).encode()
    studio = Studio(
        [
            *with_pauses(LONG_REPLAY[:3], 0.1),
            *with_pauses(LONG_REPLAY[3:], 1.5),
            1.0,
            messages((5000, "new\n")),
            FINISHED,
            NORMAL_CLOSE,
        ],
        log=raw + b"new\n",
    )
    follower = follower_of(studio)
    follower.follow()
    assert [follower.store.arrivals.at(offset) for offset in (0, len(raw) - 1)] == [None, None]
    arrival = follower.store.arrivals.at(len(raw))
    assert arrival is not None
    assert arrival >= START + timedelta(seconds=11)
