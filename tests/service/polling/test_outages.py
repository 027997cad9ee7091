"""Ten minutes of each kind of outage: which requests are sent, and whether the screen is right.

Time is virtual, and Studio is an object in memory that records each request.
"""

import asyncio
import re
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from itertools import cycle, pairwise, product
from pathlib import Path
from typing import NamedTuple, cast

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.connection_states import FollowPhase
from studio_tui.api.log_body import LogBody
from studio_tui.api.log_stream import (
    Closed,
    LogFrame,
    LogMessage,
    LogMessages,
    RawText,
    StatusFrame,
)
from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.api.pages import ResultPage
from studio_tui.errors import (
    AuthenticationError,
    NotSent,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    RequestTimedOut,
    ServerError,
    StudioError,
    TransportError,
)
from studio_tui.presentation.format import clock_time
from studio_tui.presentation.jobs.log_header import describe_connection
from studio_tui.service.pacing import CLUSTERS_INTERVAL, IDLE_INTERVAL, SCHEDULES_INTERVAL
from studio_tui.service.session import SessionOptions, StudioSession
from studio_tui.tui.frame.page_bars import freshness
from tests.jobs import NOON, job
from tests.pipelines import pipeline
from tests.service.logs.allowed_hosts import allow_every_host
from tests.service.polling.virtual_time import run
from tests.soak import at_length

TEN_MINUTES = 600.0
STEP = at_length(1.7, 0.25)
"""Seconds between two readings of the texts that are shown."""
SLACK = 0.02
"""Tolerance in seconds: the duration of two requests."""
RUNNING = [f"run-1-{number}" for number in range(12)]
"""Ids of running jobs: more than `LogEnds` follows over websockets."""


@dataclass(frozen=True)
class FailureKind:
    """How each request fails."""

    error: StudioError
    seconds: float = 0.01
    """Seconds until a request has failed."""
    words: str = "offline"
    """What the screen shows about it."""


OUTAGES = {
    "stopped": FailureKind(NotSent("studio refuses connections: is Studio running there?")),
    "unknown-host": FailureKind(
        NotSent("The host studio does not exist, or its name cannot be resolved."), 0.2
    ),
    "unreachable": FailureKind(NotSent("studio did not answer in time."), 10.0),
    "no-answer": FailureKind(RequestTimedOut("studio did not answer in time."), 30.0, "no answer"),
    "connection-cut": FailureKind(
        TransportError("studio closed the connection before its answer was complete.")
    ),
    "429": FailureKind(RateLimited(429, "slow down"), words="too many requests"),
    "429-retry-after": FailureKind(RateLimited(429, "slow down", 45.0), words="too many requests"),
    "500": FailureKind(ServerError(500, "broken"), words="server error 500"),
    "502": FailureKind(ServerError(502, "a web page"), words="server error 502"),
    "503-retry-after": FailureKind(ServerError(503, "in repair", 45.0), words="server error 503"),
    "web-page": FailureKind(ProtocolError("a web page"), words="unreadable answer"),
}
PERMISSION_DENIED = FailureKind(PermissionDenied(403, "not your team"), words="not allowed")
TOKEN_REJECTED = FailureKind(AuthenticationError(401, "expired"), words="token refused")


class Request(NamedTuple):
    """A request, with its times in seconds of the virtual clock."""

    began: float
    ended: float
    name: str
    has_succeeded: bool


class Studio:
    """Stands for the client and for Studio: it records requests, and fails as a test requires."""

    def __init__(self) -> None:
        self.failure: FailureKind | None = None
        """How requests fail; `None` while Studio works."""
        self.failing_names: set[str] | None = None
        """Names of the requests that fail; `None` for all."""
        self.requests: list[Request] = []
        """Requests that have ended, in the order of their ends."""
        self.pending: dict[object, tuple[float, str]] = {}
        """Requests that have not ended: when they began, and their names."""
        self._websockets_broken = asyncio.Event()
        """Set when all open websockets break."""

    def fail(self, kind: FailureKind) -> None:
        """Break all websockets, and let requests fail from now on."""
        self.failure = kind
        self._websockets_broken.set()
        self._websockets_broken = asyncio.Event()

    async def jobs(self, *, limit: int = 100, status: str | None = None) -> ResultPage[Job]:
        await self._answer("probe jobs" if limit == 1 else f"jobs {status}")
        if status == "TASK":
            return ResultPage(())
        return ResultPage(tuple(job(1, "RUNNING", id=job_id) for job_id in RUNNING))

    async def job(self, job_id: str) -> Job:
        await self._answer(f"job {job_id}")
        return job(1, "RUNNING", id=job_id)

    async def clusters(self) -> ResultPage[Cluster]:
        await self._answer("clusters")
        return ResultPage(())

    async def pipelines(self, *, limit: int = 100) -> ResultPage[Pipeline]:
        await self._answer("probe pipelines" if limit == 1 else "pipelines")
        return ResultPage((self._pipeline(),))

    async def pipeline(self, **_named: str | None) -> Pipeline:
        await self._answer("pipeline")
        return self._pipeline()

    async def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:
        await self._answer(f"stream {job_id}")
        broken = self._websockets_broken
        yield StatusFrame("RUNNING")
        yield LogMessages((LogMessage(1, RawText("one\n")),))
        await broken.wait()
        yield Closed(1006, "")

    async def job_logs(self, job_id: str, *, offset: int = 0, etag: str | None = None) -> LogBody:
        await self._answer(f"log {job_id}")
        return LogBody(b"one\n"[offset:], offset, 4, etag)

    async def job_log_end(self, job_id: str, length: int, *, etag: str | None = None) -> LogBody:
        await self._answer(f"end {job_id}")
        return LogBody(b"one\n"[-length:], 0, 4, etag)

    def _pipeline(self) -> Pipeline:
        runs = dict.fromkeys(map(str, range(12)), "RUNNING") | {"x": "COMPLETE", "y": "COMPLETE"}
        return pipeline(1, "RUNNING", runs)

    async def _answer(self, name: str) -> None:
        """Record a request with its outcome, which is decided when it begins."""
        now, key = asyncio.get_running_loop().time, object()
        began, failure = now(), self.failure
        self.pending[key] = began, name
        has_succeeded = False
        try:
            await asyncio.sleep(failure.seconds if failure is not None else 0.01)
            if failure is not None and (self.failing_names is None or name in self.failing_names):
                raise failure.error
            has_succeeded = True
        finally:
            del self.pending[key]
            self.requests.append(Request(began, now(), name, has_succeeded))


class ShownText(NamedTuple):
    """What the dashboard shows about one poller, or about the log, at one time."""

    at: float
    poller: str
    """The name of the poller, or `the log`."""
    text: str
    is_requesting: bool
    """Whether any request was pending at that time."""


REQUEST_NAMES = {
    "jobs": "jobs None",
    "clusters": "clusters",
    "schedules": "jobs TASK",
    "pipelines": "pipelines",
    "the pipeline": "pipeline",
}
"""The names of the requests that each poller sends."""


class Dashboard:
    """A session whose pollers all have a listener, and the texts it has shown over time."""

    def __init__(self, studio: Studio, session: StudioSession) -> None:
        self.studio = studio
        self.session = session
        self.shown: list[ShownText] = []
        self.log = session.logs.open(RUNNING[0], allow_every_host)
        watch = session.pipeline(pipeline(1, "RUNNING", {}).pipeline_id)
        self.pollers = {
            **{poller.name: poller for poller in session.pollers},
            "the pipeline": watch,
        }
        for poller in self.pollers.values():
            poller.subscribe(lambda _: None)
        session.log_ends.subscribe(lambda _job, _end: None)
        session.log_ends.watch(RUNNING[1:])

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def pass_time(self, seconds: float) -> None:
        """Let virtual time pass, and record the shown texts about every `STEP` seconds."""
        end = self.now + seconds
        while self.now < end:
            await asyncio.sleep(min(STEP, end - self.now) + 0.003)
            at = NOON + timedelta(seconds=self.now)
            is_requesting = bool(self.studio.pending)
            for name, poller in self.pollers.items():
                text = freshness(poller.snapshot, at).text
                self.shown.append(ShownText(self.now, name, text, is_requesting))
            state = self.log.tail.state
            text = describe_connection(state, job(1, "RUNNING"), at).text
            self.shown.append(ShownText(self.now, "the log", text, is_requesting))

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait for a condition, for at most an hour of virtual time."""
        async with asyncio.timeout(3600):
            while not condition():  # noqa: ASYNC110 (the time is virtual, and anything may change)
                await asyncio.sleep(0.01)

    @property
    def is_all_live(self) -> bool:
        """Whether the last request of each poller succeeded, and the log is followed."""
        snapshots = [poller.snapshot for poller in self.pollers.values()]
        return self.log.tail.state.phase is FollowPhase.FOLLOWING and all(
            snapshot.value is not None and snapshot.error is None for snapshot in snapshots
        )

    def check(self, began: float, kind: FailureKind) -> None:
        """Check the texts shown in an outage that began at `began` against the requests sent."""
        assert self.shown
        first_failures = self._first_failures(began)
        for shown in self.shown:
            self._check_next_try(shown, kind)
            if shown.poller != "the log":
                self._check_age(shown)
                self._check_error(shown, kind, first_failures)

    def _check_next_try(self, shown: ShownText, kind: FailureKind) -> None:
        """Check that a request was sent when the text announced the next one."""
        if "trying…" in shown.text:
            assert shown.is_requesting, shown
        if match := re.search(r"next try (\d+)([sm])", shown.text):
            unit = 60 if match[2] == "m" else 1
            latest = int(match[1]) * unit
            begins = [began for began in self._times_of_tries(shown, kind) if began > shown.at]
            # The announced request may come after the end of the recorded time.
            if begins or shown.at + latest < self.shown[-1].at:
                assert latest - unit - SLACK <= min(begins) - shown.at <= latest + SLACK, shown

    def _times_of_tries(self, shown: ShownText, kind: FailureKind) -> list[float]:
        """Return when the requests began that a text may have announced.

        In an outage, that may be any request; if the permission is missing, only the poller's own.
        """
        ended = [(request.began, request.name) for request in self.studio.requests]
        name = REQUEST_NAMES.get(shown.poller, f"stream {RUNNING[0]}")
        return [
            began
            for began, requested in [*ended, *self.studio.pending.values()]
            if kind is not PERMISSION_DENIED or requested == name
        ]

    def _check_age(self, shown: ShownText) -> None:
        """Check that the text has the age of the poller's data, or that the data is up to date."""
        successes = [
            request.ended
            for request in self.studio.requests
            if request.name == REQUEST_NAMES[shown.poller]
            and request.has_succeeded
            and request.ended <= shown.at
        ]
        age = shown.at - max(successes)
        if match := re.search(r"stale (\d+)([sm])|(\d+)([sm]) old", shown.text):
            number, unit = int(match[1] or match[3]), 60 if (match[2] or match[4]) == "m" else 1
            assert number * unit - SLACK <= age <= (number + 1) * unit + SLACK, shown
        else:
            # A list that is polled rarely is up to date until its next request is due.
            rests = {"clusters": CLUSTERS_INTERVAL, "schedules": SCHEDULES_INTERVAL}
            assert age < rests.get(shown.poller, IDLE_INTERVAL) + 3 + SLACK, shown

    def _check_error(
        self, shown: ShownText, kind: FailureKind, first_failures: Mapping[str, str]
    ) -> None:
        """Check that the text has the right error, and the time of the first failure."""
        if "✗" in shown.text:
            assert kind.words in shown.text, shown
        if match := re.search(r"since (\S+?),", shown.text):
            if kind is PERMISSION_DENIED:
                assert match[1] == first_failures[REQUEST_NAMES[shown.poller]], shown
            else:
                assert match[1] == min(first_failures.values()), shown

    def _first_failures(self, began: float) -> dict[str, str]:
        """Return when the requests of each name first failed since `began`, as a clock shows it."""
        at = NOON + timedelta(seconds=self.now)
        return {
            request.name: clock_time(NOON + timedelta(seconds=request.ended), at)
            for request in reversed(self.studio.requests)
            if request.began >= began and not request.has_succeeded
        }


@asynccontextmanager
async def running_dashboard(
    folder: Path,
    *,
    is_local: bool,
    state_file: Path | None = None,
    failure: FailureKind | None = None,
    failing_names: set[str] | None = None,
    tab: str = "jobs",
) -> AsyncIterator[Dashboard]:
    """Run a session that starts on `tab`, and yield it when all of its data is loaded.

    With `failure` the requests named `failing_names` fail from the start, by default all. Then the
    session is yielded at once.
    """
    studio = Studio()
    studio.failure, studio.failing_names = failure, failing_names
    session = StudioSession(
        cast(StudioClient, studio),
        "vision",
        folder,
        SessionOptions(is_local=is_local, state_file=state_file),
    )
    task = asyncio.create_task(session.run(tab))
    dashboard = Dashboard(studio, session)
    try:
        if failure is None:
            await dashboard.until(lambda: dashboard.is_all_live)
            await asyncio.sleep(20)
        yield dashboard
    finally:
        dashboard.log.close()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        dashboard.log.store.close()


@pytest.mark.parametrize(
    ("name", "is_local"),
    at_length(
        [*zip(OUTAGES, cycle([True, False]), strict=False)], [*product(OUTAGES, [True, False])]
    ),
)
def test_in_an_outage_at_most_one_request_is_sent_in_five_seconds_and_the_screen_shows_the_truth(
    tmp_path: Path, name: str, is_local: bool
) -> None:
    kind = OUTAGES[name]

    async def scenario() -> None:
        async with running_dashboard(tmp_path, is_local=is_local) as dashboard:
            studio, reachability = dashboard.studio, dashboard.session.reachability
            began = dashboard.now
            studio.fail(kind)
            await dashboard.until(lambda: reachability.outage is not None)
            detected = dashboard.now
            await dashboard.pass_time(TEN_MINUTES)
            # Until the outage is detected, each poller sends one request, and broken websockets
            # are reopened.
            names = [
                request.name for request in studio.requests if began <= request.began < detected
            ]
            assert all(names.count(name) <= 1 for name in REQUEST_NAMES.values())
            assert len(names) <= len(REQUEST_NAMES) + 2 * len(RUNNING)
            probes = [request for request in studio.requests if request.began > detected]
            assert {probe.name for probe in probes} == {"probe jobs", "probe pipelines"}
            shortest_rest = getattr(kind.error, "retry_after", None) or 5.0
            ends = [detected, *(probe.ended for probe in probes)]
            rests = [probe.began - end for end, probe in zip(ends, probes, strict=False)]
            assert min(rests) >= shortest_rest - SLACK
            assert max(rests) <= max(shortest_rest, 5.0 if is_local else 60.0) + SLACK
            dashboard.check(began, kind)
            studio.failure = None
            repaired = dashboard.now
            await dashboard.until(lambda: reachability.outage is None)
            await asyncio.sleep(2 * SLACK)
            assert dashboard.is_all_live
            probed = max(request.ended for request in studio.requests if "probe" in request.name)
            assert probed > repaired
            polled = {request.name for request in studio.requests if request.began >= probed}
            assert polled >= set(REQUEST_NAMES.values())

    run(scenario())


def test_a_local_studio_is_polled_as_soon_as_it_has_written_its_state_file(tmp_path: Path) -> None:
    file = tmp_path / "server.json"
    file.write_text("first")

    async def scenario() -> None:
        async with running_dashboard(
            tmp_path / "logs", is_local=True, state_file=file
        ) as dashboard:
            studio = dashboard.studio
            for number in range(20):
                studio.fail(OUTAGES["stopped"])
                file.unlink()
                await dashboard.until(lambda: dashboard.session.reachability.outage is not None)
                await asyncio.sleep(7 + number / 10)
                file.write_text("again")
                studio.failure = None
                restarted = dashboard.now
                await dashboard.until(lambda: dashboard.is_all_live)
                assert dashboard.now - restarted < 1.0

    run(scenario())


@pytest.mark.parametrize("is_local", [True, False])
def test_the_refresh_key_sends_one_request_at_once_in_an_outage(
    tmp_path: Path, is_local: bool
) -> None:
    async def scenario() -> None:
        async with running_dashboard(tmp_path, is_local=is_local) as dashboard:
            studio = dashboard.studio
            studio.fail(OUTAGES["429-retry-after"])
            await dashboard.until(lambda: dashboard.session.reachability.outage is not None)
            await asyncio.sleep(10)
            count = len(studio.requests)
            dashboard.session.refresh()
            await asyncio.sleep(SLACK)
            assert len(studio.requests) == count + 1
            studio.failure = None
            dashboard.session.refresh()
            await asyncio.sleep(3 * SLACK)
            assert dashboard.is_all_live

    run(scenario())


def test_a_request_without_permission_is_repeated_every_five_minutes_as_the_screen_announces(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with running_dashboard(tmp_path, is_local=True) as dashboard:
            studio = dashboard.studio
            began = dashboard.now
            studio.fail(PERMISSION_DENIED)
            await dashboard.pass_time(TEN_MINUTES)
            dashboard.check(began, PERMISSION_DENIED)
            requests = [request for request in studio.requests if request.began > began]
            assert len(requests) <= TEN_MINUTES / 5
            for name in {request.name for request in requests}:
                begins = [request.began for request in requests if request.name == name]
                rests = [later - earlier for earlier, later in pairwise(begins)]
                assert all(rest >= 300 - SLACK for rest in rests), name
            studio.failure = None
            dashboard.session.refresh()
            dashboard.log.tail.poke()
            await asyncio.sleep(3 * SLACK)
            assert dashboard.is_all_live

    run(scenario())


def test_switching_screens_does_not_repeat_a_request_without_permission_sooner(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with running_dashboard(tmp_path, is_local=True) as dashboard:
            studio, progress = dashboard.studio, dashboard.session.log_ends
            studio.fail(PERMISSION_DENIED)
            await asyncio.sleep(30)
            count = len(studio.requests)
            for _ in range(20):
                progress.watch([])
                await asyncio.sleep(5)
                progress.watch(RUNNING[1:])
                await asyncio.sleep(5)
            assert studio.requests[count:] == []
            await asyncio.sleep(300)
            repeated = {request.name for request in studio.requests[count:]}
            assert {f"end {job_id}" for job_id in RUNNING[1:]} <= repeated
            studio.failure = None
            count = len(studio.requests)
            await asyncio.sleep(300)
            assert f"end {RUNNING[1]}" in {request.name for request in studio.requests[count:]}

    run(scenario())


@pytest.mark.parametrize("name", OUTAGES)
def test_a_log_opened_in_an_outage_is_shown_as_cut_off_since_the_outage_began(
    tmp_path: Path, name: str
) -> None:
    async def scenario() -> None:
        async with running_dashboard(tmp_path, is_local=True) as dashboard:
            dashboard.studio.fail(OUTAGES[name])
            reachability = dashboard.session.reachability
            await dashboard.until(lambda: reachability.outage is not None)
            assert reachability.outage is not None
            began = reachability.outage.since
            await asyncio.sleep(TEN_MINUTES)
            log = dashboard.session.logs.open(RUNNING[1], allow_every_host)
            await dashboard.until(lambda: log.tail.state.phase is FollowPhase.RECONNECTING)
            assert log.tail.state.since == began
            log.close()

    run(scenario())


@pytest.mark.parametrize("sender", ["a poller", "the probe"])
def test_a_rejected_token_is_not_used_again_until_the_user_refreshes(
    tmp_path: Path, sender: str
) -> None:
    async def scenario() -> None:
        async with running_dashboard(tmp_path, is_local=True) as dashboard:
            studio = dashboard.studio
            if sender == "the probe":
                studio.fail(OUTAGES["stopped"])
                await dashboard.until(lambda: dashboard.session.reachability.outage is not None)
            began = dashboard.now
            studio.fail(TOKEN_REJECTED)
            await dashboard.until(lambda: dashboard.session.jobs.snapshot.stopped)
            await dashboard.pass_time(1.0)
            dashboard.shown.clear()
            await dashboard.pass_time(TEN_MINUTES)
            dashboard.check(began, TOKEN_REJECTED)
            requests = [request for request in studio.requests if request.began > began]
            assert all(request.began < began + 7 for request in requests)
            assert len({request.name for request in requests}) == len(requests)
            assert all(poller.snapshot.stopped for poller in dashboard.pollers.values())
            count = len(studio.requests)
            dashboard.session.refresh()
            dashboard.log.tail.poke()
            await asyncio.sleep(60)
            assert len(studio.requests) == count + 1
            assert "probe" in studio.requests[-1].name
            assert all(poller.snapshot.stopped for poller in dashboard.pollers.values())
            studio.failure = None
            dashboard.session.refresh()
            dashboard.log.tail.poke()
            await asyncio.sleep(3 * SLACK)
            assert dashboard.is_all_live

    run(scenario())
