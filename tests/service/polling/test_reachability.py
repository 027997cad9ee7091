"""When failed requests count as an outage, and how an outage ends."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.errors import (
    AnswerTooLarge,
    AuthenticationError,
    ConfigError,
    NoFreeConnection,
    NotFound,
    NotSent,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    RequestTimedOut,
    ServerError,
    StudioError,
    TransportError,
)
from studio_tui.files import file_version
from studio_tui.local.config.data_dir import DataDir
from studio_tui.service.polling.poller import Poller
from studio_tui.service.polling.reachability import (
    LONGEST_PAUSE,
    SHORTEST_PAUSE,
    SIGN_CHECK_INTERVAL,
    Reachability,
)
from tests.jobs import NOON
from tests.service.polling.virtual_time import run

if TYPE_CHECKING:
    from tests.studios import ThreadStudio

pytestmark = pytest.mark.usefixtures("longest_rests")

CONNECTION_REFUSED = NotSent("studio refuses connections")


class Probes:
    """Sends the probes of a `Reachability`, with outcomes that a test sets."""

    def __init__(self) -> None:
        self.error: StudioError | None = None
        """The error of each probe; `None` if probes succeed."""
        self.seconds = 0.0
        """Duration of a probe."""
        self.times: list[float] = []
        """When the probes were sent."""
        self.sign: object = None
        """The sign that Studio may be back; see `Reachability`."""
        self.rejections: list[AuthenticationError] = []
        """The rejections of the token that were reported."""

    async def probe(self) -> None:
        self.times.append(asyncio.get_running_loop().time())
        await asyncio.sleep(self.seconds)
        if self.error is not None:
            raise self.error

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Reachability]:
        reachability = Reachability(
            self.probe,
            on_refused=self.rejections.append,
            read_sign=lambda: self.sign,
        )
        task = asyncio.create_task(reachability.run())
        try:
            yield reachability
        finally:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)


INTERVALS = {"jobs": 10.0, "pipelines": 10.0, "clusters": 30.0, "schedules": 30.0}
"""Seconds between two polls of each list."""


class Lists:
    """Polls all lists of a Studio that answers each probe."""

    def __init__(self, slowness: int = 1) -> None:
        """Initialize; `slowness` stretches the rests between polls."""
        self.errors: dict[str, StudioError] = {}
        """The errors of lists that fail, by name."""
        self.outages = 0
        """Number of outages that have ended."""
        self._slowness = slowness

    def _poller(self, name: str, reachability: Reachability) -> Poller[str]:
        async def fetch() -> str:
            await asyncio.sleep(0.1)
            if name in self.errors:
                raise self.errors[name]
            return name

        def rest(_: str) -> float:
            return INTERVALS[name] * self._slowness

        return Poller(name, fetch, rest, reachability=reachability)

    def _count(self, reachability: Reachability) -> None:
        self.outages += reachability.outage is None

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Lists"]:
        """Poll until the test has ended; yield once each list has been received."""
        async with Probes().running() as reachability:
            reachability.subscribe(lambda: self._count(reachability))
            self.pollers = [self._poller(name, reachability) for name in INTERVALS]
            for poller in self.pollers:
                poller.subscribe(lambda _: None)
            tasks = [asyncio.create_task(poller.run()) for poller in self.pollers]
            await asyncio.sleep(1)
            yield self
            for task in tasks:
                task.cancel()


def fail(reachability: Reachability, error: StudioError, *, counts: bool = True) -> None:
    """Let a request fail: if it `counts`, for a list that had not failed before."""
    with suppress(StudioError), reachability.asking(counts=counts):
        raise error


@pytest.mark.parametrize("error", [CONNECTION_REFUSED, RateLimited(429, "slow down")])
def test_a_refused_connection_or_a_rate_limit_is_an_outage_at_the_first_failure(
    error: StudioError,
) -> None:
    async def scenario() -> None:
        async with Probes().running() as reachability:
            fail(reachability, error)
            assert reachability.outage is not None
            assert reachability.outage.error is error
            assert reachability.outage.since == NOON
            assert reachability.outage.next_try_at == NOON + timedelta(seconds=SHORTEST_PAUSE)

    run(scenario())


@pytest.mark.parametrize(
    "error",
    [
        ServerError(500, "broken"),
        ServerError(502, "a web page"),
        RequestTimedOut("no answer in time"),
        TransportError("closed the connection"),
        ProtocolError("a web page instead of data"),
    ],
)
def test_failures_of_two_lists_with_no_success_in_between_are_an_outage(
    error: StudioError,
) -> None:
    async def scenario() -> None:
        async with Probes().running() as reachability:
            fail(reachability, error)
            fail(reachability, error, counts=False)
            assert reachability.outage is None
            await asyncio.sleep(2)
            fail(reachability, error)
            assert reachability.outage is not None
            assert reachability.outage.since == NOON

    run(scenario())


@pytest.mark.parametrize("failing", INTERVALS)
@pytest.mark.parametrize("slowness", [1, 5])
@pytest.mark.parametrize(
    "error",
    [ServerError(500, "broken"), PermissionDenied(403, "no"), RequestTimedOut("no answer in time")],
)
def test_a_list_that_always_fails_while_others_succeed_says_so_and_is_no_outage(
    error: StudioError, slowness: int, failing: str
) -> None:
    async def scenario() -> None:
        async with Lists(slowness).running() as lists:
            lists.errors[failing] = error
            await asyncio.sleep(3600)
            assert lists.outages == 0
            errors = {poller.name: poller.snapshot.error for poller in lists.pollers}
            assert errors == dict.fromkeys(INTERVALS) | {failing: error}

    run(scenario())


def test_a_rate_limit_of_one_list_is_a_single_outage_and_that_of_a_log_is_no_outage() -> None:
    async def scenario() -> None:
        async with Lists().running() as lists:
            lists.errors["clusters"] = RateLimited(429, "slow down", 30.0)
            await asyncio.sleep(3600)
            assert lists.outages == 1
        async with Probes().running() as reachability:
            fail(reachability, RateLimited(429, "slow down"), counts=False)
            assert reachability.outage is None

    run(scenario())


def test_lists_that_always_fail_while_others_succeed_are_at_most_one_outage() -> None:
    async def scenario() -> None:
        async with Lists().running() as lists:
            for name in ("clusters", "schedules", "pipelines"):
                lists.errors[name] = ServerError(500, "broken")
            await asyncio.sleep(3600)
            assert lists.outages <= 1

    run(scenario())


def test_a_success_of_a_request_sent_before_a_failure_does_not_clear_the_failure() -> None:
    async def scenario() -> None:
        async with Probes().running() as reachability:
            with reachability.asking():
                fail(reachability, ServerError(500, "broken"))
            fail(reachability, ServerError(500, "broken"))
            assert reachability.outage is not None

    run(scenario())


def test_lists_that_fail_again_right_after_an_outage_are_another_outage() -> None:
    async def scenario() -> None:
        async with Lists().running() as lists:
            lists.errors = dict.fromkeys(INTERVALS, ServerError(500, "broken"))
            await asyncio.sleep(60)
            assert lists.outages == 2

    run(scenario())


@pytest.mark.parametrize(
    "error",
    [PermissionDenied(403, "no"), NotFound(404, "no team"), AnswerTooLarge("over 32 MiB")],
)
def test_an_error_about_one_list_shows_that_studio_is_reachable(error: StudioError) -> None:
    async def scenario() -> None:
        async with Probes().running() as reachability:
            fail(reachability, ServerError(500, "broken"))
            fail(reachability, error)
            fail(reachability, ServerError(500, "broken"))
            assert reachability.outage is None

    run(scenario())


def test_a_request_that_gets_no_connection_is_no_sign_of_an_outage_and_ends_none() -> None:
    async def scenario() -> None:
        probes, error = Probes(), NoFreeConnection("all connections are in use")
        async with probes.running() as reachability:
            fail(reachability, error)
            fail(reachability, error)
            assert reachability.outage is None
            probes.error = error
            fail(reachability, CONNECTION_REFUSED)
            await asyncio.sleep(SHORTEST_PAUSE + 1)
            assert probes.times
            assert reachability.outage is not None

    run(scenario())


@pytest.mark.parametrize("is_jitter_low", [True, False])
def test_probes_are_sent_after_five_seconds_and_then_ever_later_up_to_a_minute(
    is_jitter_low: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if is_jitter_low:
        monkeypatch.setattr(random, "uniform", lambda least, _: least)

    async def scenario() -> None:
        probes = Probes()
        probes.error, probes.seconds = CONNECTION_REFUSED, 3.0
        async with probes.running() as reachability:
            fail(reachability, CONNECTION_REFUSED)
            await asyncio.sleep(600)
        ends = [0.0, *(time + probes.seconds for time in probes.times)]
        rests = [time - end for end, time in zip(ends, probes.times, strict=False)]
        if is_jitter_low:
            assert len(rests) > 60
            assert rests == pytest.approx([SHORTEST_PAUSE] * len(rests), abs=SIGN_CHECK_INTERVAL)
        else:
            assert rests[:4] == pytest.approx([5, 10, 20, 40], abs=0.01)
            assert rests[4:] == pytest.approx([LONGEST_PAUSE] * len(rests[4:]), abs=0.01)

    run(scenario())


def test_an_outage_whose_kind_of_error_changes_begins_with_the_new_error() -> None:
    async def scenario() -> None:
        probes = Probes()
        probes.error = ServerError(502, "a web page")
        async with probes.running() as reachability:
            fail(reachability, CONNECTION_REFUSED)
            await asyncio.sleep(7)
            assert reachability.outage is not None
            assert reachability.outage.error is probes.error
            assert reachability.outage.since == NOON + timedelta(seconds=5)
            await asyncio.sleep(30)
            assert reachability.outage.since == NOON + timedelta(seconds=5)

    run(scenario())


@pytest.mark.parametrize(
    "error", [RateLimited(429, "slow down", 120), ServerError(503, "in repair", 120)]
)
def test_the_next_probe_is_sent_after_the_delay_that_studio_requests(error: StudioError) -> None:
    async def scenario() -> None:
        probes = Probes()
        probes.error = error
        async with probes.running() as reachability:
            fail(reachability, error)
            fail(reachability, error)
            await asyncio.sleep(300)
        assert probes.times == pytest.approx([120, 240], abs=0.01)

    run(scenario())


def test_a_late_answer_that_requests_a_delay_postpones_the_probe() -> None:
    async def scenario() -> None:
        probes = Probes()
        async with probes.running() as reachability:
            fail(reachability, RateLimited(429, "slow down"))
            fail(reachability, RateLimited(429, "slow down", 30))
            assert reachability.outage is not None
            assert reachability.outage.next_try_at == NOON + timedelta(seconds=30)
            await asyncio.sleep(60)
        assert probes.times == pytest.approx([30], abs=0.01)

    run(scenario())


@pytest.mark.parametrize("error", [None, PermissionDenied(403, "no"), NotFound(404, "no")])
def test_all_waiting_requests_continue_as_soon_as_the_probe_is_answered(
    error: StudioError | None,
) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        probes = Probes()
        probes.error = error
        async with probes.running() as reachability:
            fail(reachability, CONNECTION_REFUSED)
            await asyncio.gather(*(reachability.wait() for _ in range(50)))
            assert loop.time() == pytest.approx(SHORTEST_PAUSE, abs=0.01)
            assert len(probes.times) == 1
            assert reachability.outage is None
            await asyncio.sleep(300)
            assert len(probes.times) == 1

    run(scenario())


def test_repeated_refreshes_by_the_user_send_one_probe_at_once() -> None:
    async def scenario() -> None:
        probes = Probes()
        probes.error, probes.seconds = CONNECTION_REFUSED, 3.0
        async with probes.running() as reachability:
            fail(reachability, RateLimited(429, "slow down", 300))
            await asyncio.sleep(1)
            for _ in range(20):
                reachability.hurry()
                await asyncio.sleep(0.1)
            assert probes.times == pytest.approx([1], abs=0.01)
            assert reachability.outage is not None
            assert reachability.outage.next_try_at == NOON + timedelta(seconds=1)
            await asyncio.sleep(4)
            assert len(probes.times) == 1

    run(scenario())


def test_a_new_sign_that_studio_is_back_sends_a_probe_at_once() -> None:
    async def scenario() -> None:
        probes = Probes()
        probes.sign, probes.error = "first", CONNECTION_REFUSED
        async with probes.running() as reachability:
            fail(reachability, CONNECTION_REFUSED)
            await asyncio.sleep(1)
            probes.sign = None
            await asyncio.sleep(1)
            assert not probes.times
            probes.sign, probes.error = "second", None
            await asyncio.sleep(SIGN_CHECK_INTERVAL + 0.01)
            assert len(probes.times) == 1
            assert reachability.outage is None
            fail(reachability, CONNECTION_REFUSED)
            await asyncio.sleep(SHORTEST_PAUSE - 0.1)
            assert len(probes.times) == 1

    run(scenario())


def test_a_sign_from_before_the_first_failure_sends_a_probe_at_once() -> None:
    async def scenario() -> None:
        probes = Probes()
        probes.sign = "first"
        async with probes.running() as reachability:
            probes.sign = "second"
            fail(reachability, CONNECTION_REFUSED)
            await asyncio.sleep(0.01)
            assert len(probes.times) == 1

    run(scenario())


async def test_a_restarted_local_studio_is_detected_by_its_state_file_alone(
    studio: "ThreadStudio", monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(random, "uniform", lambda _least, _most: 3600.0)
    settings = studio.settings()
    state_file = DataDir(studio.data_dir).state
    async with StudioClient(settings) as client:
        reachability = Reachability(
            lambda: client.jobs(limit=1), read_sign=lambda: file_version(state_file)
        )
        task = asyncio.create_task(reachability.run())
        for _ in range(3):
            await asyncio.to_thread(studio.kill)
            with suppress(StudioError), reachability.asking():
                await client.jobs()
            assert reachability.outage is not None
            await asyncio.to_thread(studio.restart)
            async with asyncio.timeout(15):
                await reachability.wait()
            with reachability.asking():
                await client.jobs()
        task.cancel()


def test_a_machine_that_slept_past_the_announced_time_sends_the_probe_at_once() -> None:
    async def scenario() -> None:
        probes = Probes()
        reachability = Reachability(probes.probe)
        task = asyncio.create_task(reachability.run())
        fail(reachability, RateLimited(429, "slow down", 300))
        await asyncio.sleep(1)
        woken_at = clock.now() + timedelta(hours=1)
        clock.set_time_source(lambda: woken_at)
        await asyncio.sleep(SIGN_CHECK_INTERVAL)
        assert len(probes.times) == 1
        task.cancel()

    run(scenario())


def test_a_token_rejected_by_a_probe_stops_all_requests_until_the_user_refreshes() -> None:
    async def scenario() -> None:
        probes = Probes()
        rejection = AuthenticationError(401, "token expired")
        probes.error = rejection
        async with probes.running() as reachability:
            fail(reachability, CONNECTION_REFUSED)
            await reachability.wait()
            assert probes.rejections == [rejection]
            with pytest.raises(AuthenticationError), reachability.asking():
                raise AssertionError("A request was sent.")
            await asyncio.sleep(600)
            assert len(probes.times) == 1
            for _ in range(20):
                reachability.hurry()
            await reachability.wait()
            assert len(probes.times) == 2
            assert probes.rejections == [rejection, rejection]
            probes.error = None
            reachability.hurry()
            await reachability.wait()
            assert len(probes.times) == 3
            with reachability.asking():
                pass

    run(scenario())


def test_a_success_of_a_request_sent_before_the_outage_does_not_end_the_outage() -> None:
    async def scenario() -> None:
        async with Probes().running() as reachability:
            fail(reachability, RateLimited(429, "slow down", 60))
            reachability.note_success()
            assert reachability.outage is not None

    run(scenario())


def test_all_lists_are_requested_once_the_first_cannot_be_sent_from_this_machine() -> None:
    async def scenario() -> None:
        async with Probes().running() as reachability:
            reachability.begin_with("jobs")
            fail(reachability, NoFreeConnection("all connections are in use"))
            assert not reachability.may_request("clusters")
            fail(reachability, ConfigError("the CA file cannot be read"))
            assert reachability.may_request("clusters")

    run(scenario())


def test_without_a_probe_there_is_no_outage() -> None:
    async def scenario() -> None:
        reachability = Reachability()
        fail(reachability, CONNECTION_REFUSED)
        assert reachability.outage is None
        await reachability.wait()

    run(scenario())
