"""A log is followed through everything that can happen to a connection, in virtual time."""

import asyncio
import os
import random
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from studio_tui.api.client import StudioClient
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
from studio_tui.service.logs.connection_time import LINGER, SILENCE
from studio_tui.service.logs.doubts import NO_REPLAY
from studio_tui.service.logs.rest_log import OUTAGE_REST
from studio_tui.service.logs.retries import BACKOFF_CAP
from studio_tui.service.logs.state import UNCHECKED, UNCONFIRMED, FollowPhase, TailState
from studio_tui.service.logs.store.log_file import LogFile
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.spool import Spool
from studio_tui.service.logs.tail import LogTail
from tests import needs
from tests.service.logs.log_chaos import connection, truth
from tests.service.polling.virtual_time import run
from tests.soak import SOAK, seeds

START = datetime(2026, 1, 1, tzinfo=UTC)
Step = LogFrame | StudioError | float
"""A frame, an error that ends the connection, or seconds of silence."""

ODD_SEEDS = () if SOAK else (1348, 1591, 1741, 1876, 2972, 2987)
"""Seeds by which something was once shown twice, or a mark stayed that was none."""

FINISHED = StatusFrame("COMPLETE")
END = Closed(1000, "")


def logs(*pieces: tuple[int, str]) -> LogMessages:
    return LogMessages(tuple(LogMessage(number, RawText(text)) for number, text in pieces))


class Studio(StudioClient):
    """The other side, in memory: scripted connections, and a log that REST serves."""

    def __init__(self, *connections: list[Step], log: bytes | None = None) -> None:
        self.connections = list(connections)
        self.last: list[Step] = [20.0, TransportError("Studio is away.")]
        """What every connection after the scripted ones does."""
        self.log = log
        self.blobs: dict[str, list[bytes | StudioError]] = {}
        """What lies at addresses; an error is raised once."""
        self.status = "RUNNING"
        self.is_exact = False
        """Whether REST says which bytes its answers hold."""
        self.doubled = 0
        """Answers of REST yet to come that are sent twice, as if that were the log."""
        self.rest_errors: list[StudioError] = []
        self.opened: list[float] = []
        self.asked: list[tuple[float, int]] = []

    async def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:
        assert job_id == "7"
        self.opened.append(asyncio.get_running_loop().time())
        for step in self.connections.pop(0) if self.connections else self.last:
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
        self.asked.append((asyncio.get_running_loop().time(), offset))
        await asyncio.sleep(0.01)
        if self.rest_errors:
            raise self.rest_errors.pop(0)
        if self.log is None:
            raise NotFound(404, "There is no log.")
        if etag == str(len(self.log)):
            return LogBody(b"", offset, None, etag, unchanged=True)
        log = self.log
        if self.doubled:
            self.doubled -= 1
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
    """A tail with what it published."""

    def __init__(self, studio: Studio, folder: Path) -> None:
        self.studio = studio
        self.store = LogStore.create(folder)
        self.states: list[TailState] = []
        self.hosts: list[str] = []
        self.allows = True

    def follow(self, during: Callable[[LogTail], Awaitable[None]] | None = None) -> TailState:
        """Run the tail until it is over, or until `during` returns."""
        return run(self._follow(during))

    async def _follow(self, during: Callable[[LogTail], Awaitable[None]] | None) -> TailState:
        loop = asyncio.get_running_loop()
        tail = LogTail(
            self.studio,
            "7",
            self.store,
            may_fetch=self._may_fetch,
            now=lambda: START + timedelta(seconds=loop.time()),
            jitter=lambda _, longest: longest,
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
        self.hosts.append(host)
        return self.allows

    @property
    def raw(self) -> bytes:
        return self.store.path.read_bytes()

    @property
    def marks(self) -> list[str]:
        return [mark.text for mark in self.store.marks]

    @property
    def phases(self) -> list[FollowPhase]:
        phases = [state.phase for state in self.states]
        return phases[:1] + [new for old, new in pairwise(phases) if new is not old]


@pytest.fixture
def followed(tmp_path: Path) -> Iterator[Callable[..., Follower]]:
    made: list[Follower] = []

    def make(studio: Studio) -> Follower:
        made.append(Follower(studio, tmp_path))
        return made[-1]

    yield make
    for follower in made:
        follower.store.close()


Make = Callable[..., Follower]


def test_a_job_that_runs_to_its_end_is_complete_when_rest_says_so_twice(followed: Make) -> None:
    studio = Studio(
        [StatusFrame("RUNNING"), logs((1, "one\n")), Ping(), logs((2, "two\n")), FINISHED, END],
        log=b"one\ntwo\n",
    )
    follower = followed(studio)
    state = follower.follow()
    assert follower.raw == b"one\ntwo\n"
    assert (state.phase, state.status, state.lines, state.size) == (
        FollowPhase.COMPLETE,
        "COMPLETE",
        2,
        8,
    )
    assert follower.phases == [FollowPhase.FOLLOWING, FollowPhase.COMPLETE]
    assert len(studio.asked) == 2
    assert studio.asked[1][0] - studio.asked[0][0] >= 0.5


def test_what_the_socket_did_not_bring_comes_from_rest_at_the_end(followed: Make) -> None:
    whole = b"".join(b"line %d\n" % number for number in range(5000))
    studio = Studio([logs((1, "line 0\nline")), FINISHED, END], log=whole)
    follower = followed(studio)
    follower.follow()
    assert follower.raw == whole
    assert follower.marks == []


def test_an_answer_that_lags_is_asked_again_until_two_agree(followed: Make) -> None:
    studio = Studio([logs((1, "one\n")), FINISHED, END], log=b"one\n")
    follower = followed(studio)

    async def grow(tail: LogTail) -> None:
        await asyncio.sleep(0.2)
        assert len(studio.asked) == 1
        studio.log = b"one\ntwo\n"
        await asyncio.sleep(3)
        assert tail.state.is_over

    follower.follow(grow)
    assert follower.raw == b"one\ntwo\n"
    assert len(studio.asked) == 3


def test_a_socket_left_open_after_the_end_is_waited_for_five_seconds(followed: Make) -> None:
    pings: list[Step] = [1.0, Ping()] * 20
    studio = Studio([logs((1, "one\n")), FINISHED, 1.0, logs((2, "two\n")), *pings])
    follower = followed(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\ntwo\n"
    assert 1 + LINGER < follower.ended < 1 + LINGER + 1


def test_a_long_replay_after_the_status_is_read_to_its_end(followed: Make) -> None:
    replay: list[Step] = []
    for number in range(1, 11):
        replay += [3.0, logs((number, f"line {number}\n"))]
    studio = Studio([FINISHED, *replay, END], log=None)
    follower = followed(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.store.lines == 10
    assert len(studio.opened) == 1


def test_an_unknown_status_is_not_the_end(followed: Make) -> None:
    studio = Studio(
        [logs((1, "one\n")), StatusFrame("RESTING"), 30.0, logs((2, "two\n")), FINISHED, END],
        log=b"one\ntwo\n",
    )
    follower = followed(studio)
    follower.follow()
    assert follower.raw == b"one\ntwo\n"
    assert len(studio.opened) == 1


def test_a_silent_connection_is_dead_after_45_seconds(followed: Make) -> None:
    studio = Studio(
        [logs((1, "one\n")), 44.0, Ping(), 44.0, Ping(), 1000.0],
        [logs((1, "one\n"), (2, "two\n")), FINISHED, END],
        log=b"one\ntwo\n",
    )
    follower = followed(studio)
    follower.follow()
    assert follower.raw == b"one\ntwo\n"
    assert studio.opened[1] == pytest.approx(88 + SILENCE + 0.5)
    assert follower.phases == [
        FollowPhase.FOLLOWING,
        FollowPhase.RECONNECTING,
        FollowPhase.FOLLOWING,
        FollowPhase.COMPLETE,
    ]


@pytest.mark.parametrize("code", [1001, 1005, 1006, 1011, 1012, 1014, 4999])
def test_a_broken_connection_is_made_again_and_says_when(followed: Make, code: int) -> None:
    studio = Studio(
        [logs((1, "one\n"), (2, "tw")), Closed(code, "")],
        [logs((1, "one\n"), (2, "tw"), (3, "o\n")), FINISHED, END],
        log=b"one\ntwo\n",
    )
    follower = followed(studio)
    follower.follow()
    assert follower.raw == b"one\ntwo\n"
    waiting = next(state for state in follower.states if state.phase is FollowPhase.RECONNECTING)
    assert waiting.next_try == START + timedelta(seconds=0.5)
    assert str(code) in waiting.reason
    assert follower.marks == []


def test_a_normal_close_of_a_running_job_is_made_again(followed: Make) -> None:
    studio = Studio([logs((1, "one\n")), END], [logs((1, "one\n"), (2, "two\n")), FINISHED, END])
    follower = followed(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\ntwo\n"


def test_a_normal_close_of_a_job_that_rest_calls_finished_is_the_end(followed: Make) -> None:
    studio = Studio([logs((1, "one\n")), END], log=b"one\n")
    studio.status = "FAILED"
    follower = followed(studio)
    state = follower.follow()
    assert (state.phase, state.status) == (FollowPhase.COMPLETE, "FAILED")


@pytest.mark.parametrize("code", [1008, 4401, 4403, 4404])
def test_a_refusal_stops_and_says_why(followed: Make, code: int) -> None:
    follower = followed(Studio([Closed(code, "Not for you.")]))
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.STOPPED, "Not for you.")


def test_studio_saying_that_it_cannot_continue_stops(followed: Make) -> None:
    follower = followed(Studio([ServerMessage("Job ID is incorrect or not found"), END]))
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.STOPPED, "Job ID is incorrect or not found")


def test_a_forbidden_connection_stops(followed: Make) -> None:
    follower = followed(Studio([PermissionDenied(403, "Not your team.")]))
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.STOPPED, "Not your team.")


def test_a_forbidden_log_says_when_it_is_requested_again_and_is_after_five_minutes(
    followed: Make,
) -> None:
    studio = Studio([PermissionDenied(403, "Not your team.")], [NotFound(404, "No such path.")])
    studio.rest_errors = [PermissionDenied(403, "Not yours.")]
    studio.last = [logs((1, "one\n")), FINISHED, END]
    studio.log = b"one\n"
    follower = followed(studio)

    async def wait(tail: LogTail) -> None:
        await asyncio.sleep(299)
        assert tail.state.phase is FollowPhase.STOPPED
        assert tail.state.next_try == START + timedelta(seconds=300)
        assert len(studio.opened) == 1
        await asyncio.sleep(299)
        assert (tail.state.phase, tail.state.reason) == (FollowPhase.STOPPED, "Not yours.")
        assert len(studio.opened) == 2
        await asyncio.sleep(20)

    assert follower.follow(wait).phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\n"
    assert len(studio.opened) == 3


def test_a_host_that_the_reader_does_not_allow_is_not_asked_about_again_by_itself(
    followed: Make,
) -> None:
    studio = Studio([Blobs(("https://archive.example/1",)), END])
    follower = followed(studio)
    follower.allows = False

    async def wait(_tail: LogTail) -> None:
        await asyncio.sleep(1000)

    assert follower.follow(wait).phase is FollowPhase.STOPPED
    assert follower.hosts == ["archive.example"]


@pytest.mark.parametrize("first", [Closed(1009, ""), NotFound(404, "No such path.")])
def test_without_a_usable_socket_the_log_is_polled_to_its_end(followed: Make, first: Step) -> None:
    studio = Studio([first], log=b"one\n")
    follower = followed(studio)

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
    assert len(studio.opened) == 1


def test_an_outage_is_retried_for_ever_with_rests_that_grow_to_20_seconds(followed: Make) -> None:
    studio = Studio()
    studio.last = [NotSent("Nobody is there.")]
    studio.rest_errors = [NotSent("Nobody is there.")] * 10_000
    follower = followed(studio)

    async def hours(tail: LogTail) -> None:
        await asyncio.sleep(7200)
        assert tail.state.phase is FollowPhase.RECONNECTING
        assert tail.state.since == START
        assert tail.state.reason == "Nobody is there."

    follower.follow(hours)
    rests = [later - earlier for earlier, later in pairwise(studio.opened)]
    assert rests[:6] == pytest.approx([0.5, 1, 2, 4, 8, 16])
    assert set(rests[6:]) == {BACKOFF_CAP}


def test_a_poke_tries_again_at_once(followed: Make) -> None:
    studio = Studio()
    studio.last = [NotSent("Nobody is there.")]
    follower = followed(studio)

    async def poke(tail: LogTail) -> None:
        await asyncio.sleep(100)
        before = len(studio.opened)
        tail.poke()
        await asyncio.sleep(0.1)
        assert len(studio.opened) == before + 1

    follower.follow(poke)


def test_a_busy_studio_is_left_alone_as_long_as_it_asks(followed: Make) -> None:
    studio = Studio(
        [RateLimited(429, "Too many requests.", 17.0)],
        [ServerError(503, "Down.", 40.0)],
        [logs((1, "one\n")), FINISHED, END],
        log=b"one\n",
    )
    follower = followed(studio)
    follower.follow()
    assert studio.opened == pytest.approx([0, 17, 57])


def test_rest_is_left_alone_as_long_as_it_asks_at_the_end(followed: Make) -> None:
    studio = Studio([logs((1, "one\n")), FINISHED, END], log=b"one\n")
    studio.rest_errors = [RateLimited(429, "Too many.", 120.0), ServerError(503, "Down.", 60.0)]
    follower = followed(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    first, second, third, *_ = (moment for moment, _ in studio.asked)
    assert second - first >= 120
    assert third - second >= 60


def test_rest_is_left_alone_as_long_as_it_asks_beside_the_socket(followed: Make) -> None:
    studio = Studio(log=b"one\n")
    studio.last = [TransportError("It broke.")]
    studio.rest_errors = [RateLimited(429, "Too many.", 120.0)]
    follower = followed(studio)

    async def wait(_tail: LogTail) -> None:
        await asyncio.sleep(200)

    follower.follow(wait)
    first, second, third, *_ = (moment for moment, _ in studio.asked)
    assert second - first >= 120
    assert third - second < OUTAGE_REST + 1


def test_a_socket_that_asks_to_be_left_alone_is_not_replaced_by_rest(followed: Make) -> None:
    studio = Studio(log=b"one\n")
    studio.last = [ServerError(503, "Down.", 30.0)]
    follower = followed(studio)

    async def wait(_tail: LogTail) -> None:
        await asyncio.sleep(1000)

    follower.follow(wait)
    assert studio.asked == []


def test_rest_failing_at_the_end_is_asked_by_nobody_beside(followed: Make) -> None:
    studio = Studio([logs((1, "one\n")), FINISHED, END], log=b"one\n")
    studio.rest_errors = [ServerError(503, "Down.", 50.0) for _ in range(5)]
    follower = followed(studio)
    follower.follow()
    moments = [moment for moment, _ in studio.asked[:6]]
    assert min(later - earlier for earlier, later in pairwise(moments)) >= 50


def test_a_quiet_job_whose_socket_is_back_is_not_polled(followed: Make) -> None:
    studio = Studio(log=b"")
    studio.last = [TransportError("It broke.")]
    follower = followed(studio)

    async def watch(_tail: LogTail) -> None:
        await asyncio.sleep(10)
        assert studio.asked
        pings: list[Step] = [20.0, Ping()] * 10
        studio.last = [*pings, Closed(1011, "")]
        await asyncio.sleep(50)
        asked = len(studio.asked)
        await asyncio.sleep(140)
        assert len(studio.asked) == asked
        await asyncio.sleep(40)

    follower.follow(watch)
    closed = [state for state in follower.states if state.phase is FollowPhase.RECONNECTING][-1]
    assert closed.next_try is not None
    assert closed.next_try - closed.since == timedelta(seconds=0.5)


def test_a_socket_that_ends_after_its_first_frame_is_retried_ever_more_slowly(
    followed: Make,
) -> None:
    studio = Studio(log=b"")
    studio.last = [StatusFrame("RUNNING"), Closed(1011, "")]
    follower = followed(studio)

    async def wait(_tail: LogTail) -> None:
        await asyncio.sleep(1000)

    follower.follow(wait)
    assert studio.opened[-1] - studio.opened[-2] == BACKOFF_CAP


@pytest.mark.parametrize(
    "refusal",
    [
        [Closed(4401, "Log in.")],
        [NotFound(404, "No such path.")],
    ],
)
def test_after_a_refusal_a_poke_asks_again(followed: Make, refusal: list[Step]) -> None:
    studio = Studio(refusal, refusal, log=None)
    studio.last = [logs((1, "one\n")), FINISHED, END]
    follower = followed(studio)

    async def poke(tail: LogTail) -> None:
        tail.poke()
        await asyncio.sleep(1000)
        assert tail.state.phase is FollowPhase.STOPPED
        assert len(studio.opened) == 1
        tail.poke()
        await asyncio.sleep(1000)
        assert tail.state.phase is FollowPhase.STOPPED
        assert len(studio.opened) == 2
        tail.poke()
        await asyncio.sleep(10)

    assert follower.follow(poke).phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\n"
    stopped = [state.since for state in follower.states if state.phase is FollowPhase.STOPPED]
    assert len(set(stopped)) == 2


def test_from_the_third_failure_rest_is_asked_beside_the_socket(followed: Make) -> None:
    studio = Studio(log=b"one\n")
    studio.last = [TransportError("It broke.")]
    follower = followed(studio)

    async def watch(tail: LogTail) -> None:
        await asyncio.sleep(1.4)
        assert studio.asked == []
        await asyncio.sleep(0.6)
        assert follower.raw == b"one\n"
        studio.log = b"one\ntwo\n"
        await asyncio.sleep(OUTAGE_REST + 0.1)
        assert follower.raw == b"one\ntwo\n"
        waiting = tail.state
        assert waiting.size == 8
        assert waiting.phase is FollowPhase.RECONNECTING
        studio.connections = [[logs((1, "one\n"), (2, "two\n"), (3, "three\n")), 40.0]]
        await asyncio.sleep(BACKOFF_CAP)
        assert follower.raw == b"one\ntwo\nthree\n"
        assert follower.phases[-1] is FollowPhase.FOLLOWING
        asked = len(studio.asked)
        await asyncio.sleep(2 * OUTAGE_REST)
        assert len(studio.asked) == asked

    follower.follow(watch)
    assert follower.marks == []
    gaps = [later - earlier for (earlier, _), (later, _) in pairwise(studio.asked)]
    assert min(gaps) >= OUTAGE_REST


def test_an_unreadable_frame_is_read_again_over_a_new_connection(followed: Make) -> None:
    studio = Studio(
        [logs((1, "one\n")), Unreadable(1), logs((3, "three\n")), FINISHED, END],
        [logs((1, "one\n"), (2, "two\n"), (3, "three\n")), FINISHED, END],
        log=b"",
    )
    follower = followed(studio)
    follower.follow()
    assert follower.raw == b"one\ntwo\nthree\n"
    assert follower.marks == []


def test_an_unreadable_part_of_a_replay_that_hid_new_lines_is_read_again(followed: Make) -> None:
    studio = Studio(
        [logs((1, "one\n")), Closed(1012, "")],
        [Unreadable(1), logs((3, "three\n")), FINISHED, END],
        [logs((1, "one\n"), (2, "two\n"), (3, "three\n")), FINISHED, END],
    )
    follower = followed(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\ntwo\nthree\n"
    assert follower.marks == []


def test_a_part_of_every_replay_that_stays_unreadable_leaves_a_mark(followed: Make) -> None:
    studio = Studio([logs((1, "one\n")), Closed(1012, "")])
    studio.last = [Unreadable(1), logs((3, "three\n")), logs((4, "four\n")), FINISHED, END]
    follower = followed(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\nthree\nfour\n"
    assert [(mark.offset, mark.text) for mark in follower.store.marks] == [(4, NO_REPLAY)]
    assert len(studio.opened) == 5


def test_a_spoiled_character_is_fixed_from_rest_at_the_end(followed: Make) -> None:
    line = "a line of the log\n"
    spoiled = LogMessages((LogMessage(1, RawText("caf\ufffd\n")),), has_invalid_utf8=True)
    studio = Studio(
        [spoiled, logs(*((number, line) for number in range(2, 600))), FINISHED, END],
        log=("café\n" + line * 598).encode(),
    )
    follower = followed(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == studio.log


def test_what_stays_unreadable_is_marked_and_passed(followed: Make) -> None:
    studio = Studio()
    studio.last = [logs((1, "one\n")), Unreadable(1), logs((3, "three\n")), FINISHED, END]
    follower = followed(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\nthree\n"
    assert [(mark.offset, mark.text) for mark in follower.store.marks] == [(4, UNREADABLE)]


def test_an_archived_log_is_fetched_from_where_it_lies(followed: Make) -> None:
    studio = Studio([Blobs(("https://a", "https://b")), FINISHED, END])
    studio.blobs = {"https://a": [b"one\ntw"], "https://b": [b"o\nthr", b"ee\n"]}
    follower = followed(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\ntwo\nthree\n"


def test_an_archive_is_not_asked_when_the_reader_says_no(followed: Make) -> None:
    studio = Studio([Blobs(("https://a.example.com/1",)), FINISHED, END])
    follower = followed(studio)
    follower.allows = False
    state = follower.follow()
    assert state.phase is FollowPhase.STOPPED
    assert "a.example.com, which may not be contacted" in state.reason
    assert follower.hosts == ["a.example.com"]
    assert follower.raw == b""


@pytest.mark.parametrize("url", ["https://[::1", "https://a:99999/", "https://a\\@b/"])
def test_an_archive_at_an_invalid_address_is_reported_without_a_request(
    followed: Make, url: str
) -> None:
    follower = followed(Studio([Blobs((url,)), FINISHED, END]))
    state = follower.follow()
    assert state.phase is FollowPhase.STOPPED
    assert state.reason == "Studio sent an address for the archived log that is not allowed."
    assert follower.hosts == []


def test_an_archive_that_breaks_off_is_fetched_again(followed: Make) -> None:
    studio = Studio()
    studio.last = [Blobs(("https://a",)), FINISHED, END]
    studio.blobs = {"https://a": [b"one\ntwo", TransportError("It broke."), b"\nthree\n"]}
    follower = followed(studio)
    follower.follow()
    assert follower.raw == b"one\ntwo\nthree\n"
    assert len(studio.opened) == 2


def test_a_shorter_log_of_something_else_leaves_what_is_here_under_a_mark(followed: Make) -> None:
    studio = Studio([logs((1, "one\n")), FINISHED, END], log=b"two")
    follower = followed(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\n"
    assert follower.marks == [DIFFERS]


def test_a_log_that_rest_keeps_shorter_is_complete_all_the_same(followed: Make) -> None:
    studio = Studio([logs((1, "one\n")), FINISHED, END], log=b"")
    follower = followed(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\n"
    assert follower.marks == []


def test_a_gap_is_filled_from_rest_at_the_end_and_its_mark_is_gone(followed: Make) -> None:
    line = "a line of the log\n"
    studio = Studio(
        [logs(*((number, line) for number in range(1, 400))), Closed(1011, "")],
        [logs((500, "the last\n")), 1.0, FINISHED, END],
        log=(line * 499 + "the last\n").encode(),
    )
    follower = followed(studio)

    async def look(tail: LogTail) -> None:
        await asyncio.sleep(0.6)
        assert follower.marks == [NO_REPLAY]
        await asyncio.sleep(2)
        assert tail.state.is_over

    follower.follow(look)
    assert follower.raw == studio.log
    assert follower.marks == []


def test_a_gap_is_not_filled_from_the_log_of_another_epoch(followed: Make) -> None:
    studio = Studio(
        [logs((1, "one\n"), (2, "two\n")), Closed(1012, "")],
        [logs((1, "uno\n"), (3, "tre\n")), FINISHED, END],
        log=b"uno\ndue\ntre\nquattro\ncinque\n",
    )
    follower = followed(studio)
    follower.follow()
    assert follower.raw == b"one\ntwo\nuno\ntre\n"
    assert follower.marks == [NEW_EPOCH]


def test_a_job_begun_again_shows_both_logs_with_a_mark_between(followed: Make) -> None:
    studio = Studio(
        [logs((1, "one\n"), (2, "two\n")), Closed(1012, "restart")],
        [logs((1, "uno\n"), (2, "due\n")), FINISHED, END],
        log=b"uno\ndue\n",
    )
    follower = followed(studio)
    follower.follow()
    assert follower.raw == b"one\ntwo\nuno\ndue\n"
    assert follower.marks == [NEW_EPOCH]


def test_rest_failing_at_the_end_is_asked_until_it_answers(followed: Make) -> None:
    studio = Studio([logs((1, "one\n")), FINISHED, END], log=b"one\ntwo\n")
    studio.rest_errors = [ServerError(503, "Down.") for _ in range(5)]
    follower = followed(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\ntwo\n"


def test_a_studio_without_logs_over_rest_leaves_what_the_socket_brought(followed: Make) -> None:
    studio = Studio([logs((1, "one\n")), FINISHED, END], log=b"")
    studio.rest_errors = [InvalidRequest(405, "Method not allowed.")]
    follower = followed(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\n"


def test_an_end_that_nothing_repeats_up_to_is_marked(followed: Make) -> None:
    follower = followed(Studio([logs((1, "one\n")), Closed(1012, "")], [FINISHED, END]))
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert [(mark.offset, mark.text) for mark in follower.store.marks] == [(4, NO_REPLAY)]


def test_an_archive_repeats_the_log_up_to_its_end(followed: Make) -> None:
    studio = Studio([logs((1, "one\n")), Closed(1012, "")], [Blobs(("https://a",)), FINISHED, END])
    studio.blobs = {"https://a": [b"one\ntwo\n"]}
    follower = followed(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == b"one\ntwo\n"
    assert follower.marks == []


@needs.linux("only it has /dev/full")
def test_a_full_disk_stops_with_a_sentence(followed: Make, tmp_path: Path) -> None:
    full = Path("/dev/full")
    follower = followed(Studio([logs((1, "one\n")), 10.0]))
    follower.store.close()
    follower.store = LogStore(
        LogFile(Spool(tmp_path / "full.log", os.open(full, os.O_RDWR), size=0))
    )
    state = follower.follow()
    assert state.phase is FollowPhase.STOPPED
    assert "No space left" in state.reason


@needs.linux("only it has /dev/full")
def test_a_disk_that_is_full_for_rest_beside_the_socket_stops_too(
    followed: Make, tmp_path: Path
) -> None:
    full = Path("/dev/full")
    studio = Studio(log=b"one\n")
    studio.last = [TransportError("It broke.")]
    follower = followed(studio)
    follower.store.close()
    follower.store = LogStore(
        LogFile(Spool(tmp_path / "full.log", os.open(full, os.O_RDWR), size=0))
    )
    state = follower.follow()
    assert state.phase is FollowPhase.STOPPED
    assert "No space left" in state.reason


LINES = [(number, f"line {number}\n") for number in range(1, 300)]
LOG = "".join(text for _, text in LINES).encode()
FORGED = logs((999_999_999, "forged\n" * 100_000))


@pytest.mark.parametrize("at", [0, 1, 150, 299])
def test_rest_outranks_a_forged_piece_wherever_it_came(followed: Make, at: int) -> None:
    frames: list[Step] = [logs(line) for line in LINES]
    studio = Studio([*frames[:at], FORGED, *frames[at:], FINISHED, END], log=LOG)
    studio.is_exact = True
    follower = followed(studio)
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.COMPLETE, "")
    assert follower.raw == LOG
    assert follower.marks == []


def test_an_epoch_that_a_forged_piece_began_is_outranked_by_rest(followed: Make) -> None:
    frames: list[Step] = [logs(line) for line in LINES]
    studio = Studio([*frames[:9], logs((200, "no\n")), *frames[9:], FINISHED, END], log=LOG)
    studio.is_exact = True
    follower = followed(studio)
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.COMPLETE, "")
    assert follower.raw == LOG
    assert follower.marks == []


def test_a_shorter_log_of_which_studio_does_not_say_what_it_is_outranks_nothing(
    followed: Make,
) -> None:
    studio = Studio([logs(*LINES), FORGED, FINISHED, END], log=LOG)
    follower = followed(studio)
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.COMPLETE, UNCONFIRMED)
    assert follower.raw.startswith(LOG)
    assert b"forged" in follower.raw


def test_what_came_live_in_order_stays_though_rest_keeps_less(followed: Make) -> None:
    studio = Studio([logs(*LINES), FINISHED, END], log=LOG[:100] + LOG[-100:])
    studio.is_exact = True
    follower = followed(studio)
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.COMPLETE, UNCONFIRMED)
    assert follower.raw == LOG
    assert follower.marks == [DIFFERS]


def test_what_only_rest_had_brought_goes_when_rest_says_otherwise(followed: Make) -> None:
    studio = Studio([logs(*LINES), FINISHED, END], log=LOG)
    studio.doubled = 1 + len(LOG) * 2 // 1000
    follower = followed(studio)
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.COMPLETE, "")
    assert follower.raw == LOG


@pytest.mark.parametrize("pieces", [5, 0])
@pytest.mark.parametrize("is_exact", [False, True])
def test_bytes_that_are_no_utf_8_are_kept_as_they_came(
    followed: Make, pieces: int, is_exact: bool
) -> None:
    parts = [b"a\n", b"caf\xe9\n", b"\xff" * 900, b"b\n", "the end 漢".encode()[:-1]]
    live = [(number, part.decode("utf-8", "replace")) for number, part in enumerate(parts, 1)]
    first: list[Step] = [logs(*live[:pieces])] if pieces else [Closed(1009, "")]
    studio = Studio([*first, FINISHED, END], log=b"".join(parts))
    studio.status = "COMPLETE"
    studio.is_exact = is_exact
    follower = followed(studio)
    state = follower.follow()
    assert (state.phase, state.reason) == (FollowPhase.COMPLETE, "")
    assert follower.raw == studio.log
    assert follower.marks == []


def test_only_what_studio_confirmed_is_called_whole(followed: Make) -> None:
    unchecked = followed(Studio([logs((1, "one\n")), FINISHED, END]))
    assert unchecked.follow().reason == UNCHECKED
    archived = Studio([Blobs(("https://a",)), FINISHED, END])
    archived.blobs = {"https://a": [b"one\n\xff"]}
    follower = followed(archived)
    assert follower.follow().reason == ""
    assert follower.raw == b"one\n\xff"
    another = followed(Studio([logs((1, "one\n")), FINISHED, END], log=b"two"))
    assert another.follow().reason == UNCONFIRMED


@pytest.mark.parametrize("seed", [*seeds(10, 3000), *ODD_SEEDS])
def test_a_log_comes_whole_through_chaos(followed: Make, seed: int) -> None:
    chance = random.Random(seed)
    log = truth(chance, 200)
    connections: list[list[Step]] = []
    for _ in range(chance.randrange(1, 9)):
        steps: list[Step] = []
        for frame in connection(chance, log.messages):
            steps.append(LogMessages(frame))
            if chance.random() < 0.1:
                steps.append(chance.choice((Ping(), Unreadable(1), chance.uniform(0, 60))))
        ends: list[Step] = [
            Closed(1006, ""), Closed(1012, ""), END, ServerError(503, "Down."),
            TransportError("Cut."), 1000.0,
        ]  # fmt: skip
        connections.append([*steps, chance.choice(ends)])
    has_rest = chance.random() < 0.5
    last = connection(chance, log.messages, whole=not has_rest or chance.random() < 0.5)
    studio = Studio(*connections, log=log.raw if has_rest else None)
    studio.last = [*(LogMessages(frame) for frame in last), FINISHED, END]
    studio.rest_errors = [ServerError(502, "Bad gateway.") for _ in range(chance.randrange(5))]
    follower = followed(studio)
    assert follower.follow().phase is FollowPhase.COMPLETE
    assert follower.raw == log.raw
    assert follower.marks == []


def test_only_what_comes_after_the_replay_of_a_connection_has_a_time(followed: Make) -> None:
    studio = Studio(
        [1.0, logs((1, "1\n")), 0.1, logs((2, "2\n")), 40.0, logs((3, "3\n"), (4, "4\n")), 0.5,
         logs((5, "5\n")), Closed(1012, "")],
        [logs((1, "1\n"), (5, "5\n")), 0.1, logs((6, "6\n")), 30.0, logs((7, "7\n")), FINISHED,
         END],
        log=b"1\n2\n3\n4\n5\n6\n7\n8\n",
    )  # fmt: skip
    follower = followed(studio)
    follower.follow()
    came = [follower.store.arrivals.at(offset) for offset in range(0, 16, 2)]
    seconds = [moment and int((moment - START).total_seconds()) for moment in came]
    assert seconds == [None, None, 41, 41, 41, None, 72, None]


def test_the_first_words_of_a_job_have_a_time_when_they_were_long_in_coming(followed: Make) -> None:
    studio = Studio(
        [StatusFrame("RUNNING"), 3.0, Ping(), 8.0, logs((1, "1\n")), FINISHED, END], log=b"1\n"
    )
    follower = followed(studio)
    follower.follow()
    assert follower.store.arrivals.at(0) == START + timedelta(seconds=11)


SLOW = [logs(*((n, "x" * 1000 + "\n") for n in range(at, at + 100))) for at in range(1, 1000, 100)]
"""A replay of a megabyte."""


def with_breaks(frames: list[LogMessages], seconds: float) -> list[Step]:
    return [step for frame in frames for step in (frame, seconds)]


def times(follower: Follower) -> set[datetime | None]:
    """Return when the lines came."""
    store, at, found = follower.store, 0, set()
    while at < store.size:
        found.add(store.arrivals.at(at))
        at = store.line_end(at) + 1
    return found


@pytest.mark.parametrize("breaks", [0.0, 0.3, 1.9, 30.0])
def test_nothing_of_a_job_that_had_ended_is_taken_for_live(followed: Make, breaks: float) -> None:
    raw = "".join(piece.text for frame in SLOW for piece in frame.items).encode()
    studio = Studio([*with_breaks(SLOW, breaks), FINISHED, END], log=raw)
    follower = followed(studio)

    async def open_ended(tail: LogTail) -> None:
        tail.note_ended()
        await asyncio.sleep(600)

    follower.follow(open_ended)
    assert follower.raw == raw
    assert times(follower) == {None}


def test_what_follows_a_final_status_was_printed_before(followed: Make) -> None:
    studio = Studio([FINISHED, 1.0, logs((1, "1\n")), 3.0, logs((2, "2\n")), END], log=b"1\n2\n")
    follower = followed(studio)
    follower.follow()
    assert times(follower) == {None}


def test_a_job_that_ended_while_the_connection_was_lost_is_not_live_again(followed: Make) -> None:
    studio = Studio(
        [logs((1, "1\n")), 1.0, logs((2, "2\n")), FINISHED, Closed(1012, "")],
        [logs((1, "1\n"), (2, "2\n")), 1.0, logs((3, "3\n")), FINISHED, END],
        log=b"1\n2\n3\n",
    )
    follower = followed(studio)
    follower.follow()
    came = [follower.store.arrivals.at(offset) for offset in (0, 2, 4)]
    assert came == [None, START + timedelta(seconds=1), None]


def test_a_long_replay_may_have_breaks_and_is_over_after_a_longer_one(followed: Make) -> None:
    raw = "".join(piece.text for frame in SLOW for piece in frame.items).encode()
    studio = Studio(
        [*with_breaks(SLOW[:3], 0.1), *with_breaks(SLOW[3:], 1.5), 1.0, logs((5000, "new\n")),
         FINISHED, END],
        log=raw + b"new\n",
    )  # fmt: skip
    follower = followed(studio)
    follower.follow()
    assert [follower.store.arrivals.at(at) for at in (0, len(raw) - 1)] == [None, None]
    came = follower.store.arrivals.at(len(raw))
    assert came is not None
    assert came >= START + timedelta(seconds=11)
