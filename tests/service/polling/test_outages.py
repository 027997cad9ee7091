"""Ten minutes of each kind of outage: how often Studio is asked, and whether what is shown is true.

Time is virtual, and Studio is in memory, so that each request is seen and the truth is known.
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

from studio_tui.api.calls import Call
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
from studio_tui.presentation.freshness import freshness
from studio_tui.presentation.jobs.log_header import describe_connection
from studio_tui.service.logs.archived_log import allow_every_host
from studio_tui.service.logs.state import FollowPhase
from studio_tui.service.pacing import CLUSTERS_REST, IDLE_REST, SCHEDULES_REST
from studio_tui.service.session import SessionOptions, StudioSession
from tests.jobs import NOON, job
from tests.pipelines import pipeline
from tests.service.polling.virtual_time import run
from tests.soak import at_length

TEN_MINUTES = 600.0
STEP = at_length(1.7, 0.25)
"""Seconds between two looks at what is said."""
SLACK = 0.02
"""Seconds that an answer takes, twice."""
RUNNING = [f"run-1-{number}" for number in range(12)]
"""Jobs, more than the websockets for their progress."""


@dataclass(frozen=True)
class Kind:
    """A manner of being away."""

    error: StudioError
    takes: float = 0.01
    """Seconds until a request has failed."""
    words: str = "offline"
    """What is said of it."""


KINDS = {
    "stopped": Kind(NotSent("studio refuses connections: is Studio running there?")),
    "no-name": Kind(
        NotSent("The host studio does not exist, or its name cannot be resolved."), 0.2
    ),
    "unreachable": Kind(NotSent("studio did not answer in time."), 10.0),
    "silent": Kind(RequestTimedOut("studio did not answer in time."), 30.0, "no answer"),
    "cut": Kind(TransportError("studio closed the connection before its answer was complete.")),
    "429": Kind(RateLimited(429, "slow down", None), words="too many requests"),
    "429-rest": Kind(RateLimited(429, "slow down", 45.0), words="too many requests"),
    "500": Kind(ServerError(500, "broken"), words="server error 500"),
    "502": Kind(ServerError(502, "a web page"), words="server error 502"),
    "503-rest": Kind(ServerError(503, "in repair", 45.0), words="server error 503"),
    "web-page": Kind(ProtocolError("a web page"), words="unreadable answer"),
}
DENIED = Kind(PermissionDenied(403, "not your team"), words="not allowed")
REFUSED = Kind(AuthenticationError(401, "expired"), words="token refused")


class Sent(NamedTuple):
    """A request."""

    began: float
    ended: float
    question: str
    is_answered: bool


class Studio:
    """The other side: it counts requests, and goes away in any manner."""

    def __init__(self) -> None:
        self.away: Kind | None = None
        self.sent: list[Sent] = []
        self.under_way: dict[object, tuple[float, str]] = {}
        self._broken = asyncio.Event()
        """Set when all websockets break."""

        self.only: set[str] | None = None
        """The questions that fail while it is away; `None` for all."""

    def observe(self, ended: Callable[[Call], None]) -> None:
        """Do nothing, as these requests are not recorded."""

    def leave(self, kind: Kind) -> None:
        self.away = kind
        self._broken.set()
        self._broken = asyncio.Event()

    async def jobs(self, *, limit: int = 100, status: str | None = None) -> ResultPage[Job]:
        await self._answer("probe" if limit == 1 else f"jobs {status}")
        if status == "TASK":
            return ResultPage(())
        return ResultPage(tuple(job(1, "RUNNING", id=one) for one in RUNNING))

    async def job(self, job_id: str) -> Job:
        await self._answer(f"job {job_id}")
        return job(1, "RUNNING", id=job_id)

    async def clusters(self) -> ResultPage[Cluster]:
        await self._answer("clusters")
        return ResultPage(())

    async def pipelines(self, *, limit: int = 100) -> ResultPage[Pipeline]:
        del limit
        await self._answer("pipelines")
        return ResultPage((self._pipeline(),))

    async def pipeline(self, **_named: str | None) -> Pipeline:
        await self._answer("pipeline")
        return self._pipeline()

    async def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:
        await self._answer(f"stream {job_id}")
        broken = self._broken
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

    async def _answer(self, question: str) -> None:
        now, request = asyncio.get_running_loop().time, object()
        began, away = now(), self.away
        self.under_way[request] = began, question
        is_answered = False
        try:
            await asyncio.sleep(away.takes if away is not None else 0.01)
            if away is not None and (self.only is None or question in self.only):
                raise away.error
            is_answered = True
        finally:
            del self.under_way[request]
            self.sent.append(Sent(began, now(), question, is_answered))


class Said(NamedTuple):
    """What the dashboard says at a moment."""

    at: float
    of: str
    text: str
    is_trying: bool
    """Whether a request is under way."""


QUESTIONS = {
    "jobs": "jobs None",
    "clusters": "clusters",
    "schedules": "jobs TASK",
    "pipelines": "pipelines",
    "the pipeline": "pipeline",
}
"""What the pollers ask."""


class Dashboard:
    """A session with everything listened to, and what is said of it over time."""

    def __init__(self, studio: Studio, session: StudioSession) -> None:
        self.studio = studio
        self.session = session
        self.said: list[Said] = []
        self.log = session.logs.open(RUNNING[0], allow_every_host)
        watch = session.pipeline(pipeline(1, "RUNNING", {}).pipeline_id)
        self.pollers = {
            **{poller.name: poller for poller in session.pollers},
            "the pipeline": watch,
        }
        for poller in self.pollers.values():
            poller.subscribe(lambda _: None)
        session.progress.subscribe(lambda _job, _end: None)
        session.progress.watch(RUNNING[1:])

    @property
    def now(self) -> float:
        return asyncio.get_running_loop().time()

    async def pass_time(self, seconds: float) -> None:
        """Look again and again at what is said, at odd moments."""
        until = self.now + seconds
        while self.now < until:
            await asyncio.sleep(min(STEP, until - self.now) + 0.003)
            at = NOON + timedelta(seconds=self.now)
            is_trying = bool(self.studio.under_way)
            for name, poller in self.pollers.items():
                text = freshness(poller.snapshot, at).text
                self.said.append(Said(self.now, name, text, is_trying))
            state = self.log.tail.state
            text = describe_connection(state, job(1, "RUNNING"), at).text
            self.said.append(Said(self.now, "the log", text, is_trying))

    async def until(self, holds: Callable[[], bool]) -> None:
        async with asyncio.timeout(3600):
            while not holds():  # noqa: ASYNC110 (the time is virtual, and anything may change)
                await asyncio.sleep(0.01)

    @property
    def is_all_live(self) -> bool:
        known = [poller.snapshot for poller in self.pollers.values()]
        return all(one.value is not None and one.error is None for one in known) and (
            self.log.tail.state.phase is FollowPhase.FOLLOWING
        )

    # --- what must hold --------------------------------------------------------------------------

    def check(self, began: float, kind: Kind) -> None:
        """Compare all that was said since an outage began with what was so."""
        assert self.said
        firsts = self._firsts(began)
        for said in self.said:
            self._check_next_try(said, kind)
            if said.of != "the log":
                self._check_age(said)
                self._check_beginning(said, kind, firsts)

    def _check_next_try(self, said: Said, kind: Kind) -> None:
        if "trying…" in said.text:
            assert said.is_trying, said
        if found := re.search(r"next try (\d+)([sm])", said.text):
            unit = 60 if found[2] == "m" else 1
            latest = int(found[1]) * unit
            begins = [sent.began for sent in self._sent_about(said, kind) if sent.began > said.at]
            # Nothing is known of what would have come after the last look.
            if begins or said.at + latest < self.said[-1].at:
                assert latest - unit - SLACK <= min(begins) - said.at <= latest + SLACK, said

    def _sent_about(self, said: Said, kind: Kind) -> list[Sent]:
        """Return the requests that a promised try may be: of everybody, or if denied its own."""
        all_sent = [*self.studio.sent, *(Sent(*one, False) for one in self._unfinished())]
        if kind is not DENIED:
            return all_sent
        question = QUESTIONS.get(said.of, f"stream {RUNNING[0]}")
        return [sent for sent in all_sent if sent.question == question]

    def _unfinished(self) -> list[tuple[float, float, str]]:
        return [(began, began, question) for began, question in self.studio.under_way.values()]

    def _check_age(self, said: Said) -> None:
        answers = [
            sent.ended
            for sent in self.studio.sent
            if sent.question == QUESTIONS[said.of] and sent.is_answered and sent.ended <= said.at
        ]
        age = said.at - max(answers)
        if found := re.search(r"stale (\d+)([sm])|(\d+)([sm]) old", said.text):
            number, unit = int(found[1] or found[3]), 60 if (found[2] or found[4]) == "m" else 1
            assert number * unit - SLACK <= age <= (number + 1) * unit + SLACK, said
        else:
            # Live is what is asked for no more often than that, and came when it was due.
            rests = {"clusters": CLUSTERS_REST, "schedules": SCHEDULES_REST}
            assert age < rests.get(said.of, IDLE_REST) + 3 + SLACK, said

    def _check_beginning(self, said: Said, kind: Kind, firsts: Mapping[str, str]) -> None:
        if "✗" in said.text:
            assert kind.words in said.text, said
        if found := re.search(r"since (\S+?),", said.text):
            first = firsts[QUESTIONS[said.of]] if kind is DENIED else min(firsts.values())
            assert found[1] == first, said

    def _firsts(self, began: float) -> dict[str, str]:
        """Return when each question failed first since an outage began, as a clock shows it."""
        at = NOON + timedelta(seconds=self.now)
        return {
            sent.question: clock_time(NOON + timedelta(seconds=sent.ended), at)
            for sent in reversed(self.studio.sent)
            if sent.began >= began and not sent.is_answered
        }


@asynccontextmanager
async def looking(
    folder: Path,
    *,
    is_local: bool,
    state_file: Path | None = None,
    away: Kind | None = None,
    only: set[str] | None = None,
    tab: str = "jobs",
) -> AsyncIterator[Dashboard]:
    """Run a session until all is known, or with a Studio that is `away` from the beginning.

    `only` are the questions that fail then; the start is on `tab`.
    """
    loop = asyncio.get_running_loop()
    studio = Studio()
    studio.away, studio.only = away, only
    session = StudioSession(
        cast(StudioClient, studio),
        "vision",
        folder,
        SessionOptions(is_local=is_local, state_file=state_file),
        now=lambda: NOON + timedelta(seconds=loop.time()),
    )
    task = asyncio.create_task(session.run(tab))
    dashboard = Dashboard(studio, session)
    try:
        if away is None:
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
    at_length([*zip(KINDS, cycle([True, False]), strict=False)], [*product(KINDS, [True, False])]),
)
def test_in_an_outage_one_request_in_five_seconds_is_sent_and_all_that_is_said_is_true(
    tmp_path: Path, name: str, is_local: bool
) -> None:
    kind = KINDS[name]

    async def scenario() -> None:
        async with looking(tmp_path, is_local=is_local) as dashboard:
            studio, reachability = dashboard.studio, dashboard.session.reachability
            began = dashboard.now
            studio.leave(kind)
            await dashboard.until(lambda: reachability.outage is not None)
            found = dashboard.now
            await dashboard.pass_time(TEN_MINUTES)
            # Until the outage is found each poller asks once; websockets that broke try again.
            sent = [one.question for one in studio.sent if began <= one.began < found]
            assert all(sent.count(question) <= 1 for question in QUESTIONS.values())
            assert len(sent) <= len(QUESTIONS) + 2 * len(RUNNING)
            probes = [one for one in studio.sent if one.began > found]
            assert {one.question for one in probes} == {"probe"}
            rest = getattr(kind.error, "retry_after", None) or 5.0
            ends = [found, *(one.ended for one in probes)]
            rests = [one.began - end for end, one in zip(ends, probes, strict=False)]
            assert min(rests) >= rest - SLACK
            assert max(rests) <= max(rest, 5.0 if is_local else 60.0) + SLACK
            dashboard.check(began, kind)
            studio.away = None
            back = dashboard.now
            await dashboard.until(lambda: reachability.outage is None)
            await asyncio.sleep(2 * SLACK)
            assert dashboard.is_all_live
            probe = max(one.ended for one in studio.sent if one.question == "probe")
            asked = {one.question for one in studio.sent if one.began >= probe > back}
            assert asked >= set(QUESTIONS.values())

    run(scenario())


def test_a_local_studio_is_asked_as_soon_as_it_has_written_its_state_file(tmp_path: Path) -> None:
    file = tmp_path / "server.json"
    file.write_text("first")

    async def scenario() -> None:
        async with looking(tmp_path / "logs", is_local=True, state_file=file) as dashboard:
            studio = dashboard.studio
            for number in range(20):
                studio.leave(KINDS["stopped"])
                file.unlink()
                await dashboard.until(lambda: dashboard.session.reachability.outage is not None)
                await asyncio.sleep(7 + number / 10)
                file.write_text("again")
                studio.away = None
                back = dashboard.now
                await dashboard.until(lambda: dashboard.is_all_live)
                assert dashboard.now - back < 1.0

    run(scenario())


@pytest.mark.parametrize("is_local", [True, False])
def test_a_key_asks_once_and_at_once_in_an_outage(tmp_path: Path, is_local: bool) -> None:
    async def scenario() -> None:
        async with looking(tmp_path, is_local=is_local) as dashboard:
            studio = dashboard.studio
            studio.leave(KINDS["429-rest"])
            await dashboard.until(lambda: dashboard.session.reachability.outage is not None)
            await asyncio.sleep(10)
            sent = len(studio.sent)
            dashboard.session.refresh()
            await asyncio.sleep(SLACK)
            assert len(studio.sent) == sent + 1
            studio.away = None
            dashboard.session.refresh()
            await asyncio.sleep(3 * SLACK)
            assert dashboard.is_all_live

    run(scenario())


def test_what_is_not_allowed_is_requested_every_five_minutes_and_says_so(tmp_path: Path) -> None:
    async def scenario() -> None:
        async with looking(tmp_path, is_local=True) as dashboard:
            studio = dashboard.studio
            began = dashboard.now
            studio.leave(DENIED)
            await dashboard.pass_time(TEN_MINUTES)
            dashboard.check(began, DENIED)
            sent = [one for one in studio.sent if one.began > began]
            assert len(sent) <= TEN_MINUTES / 5
            for question in {one.question for one in sent}:
                begins = [one.began for one in sent if one.question == question]
                rests = [later - sooner for sooner, later in pairwise(begins)]
                assert all(rest >= 300 - SLACK for rest in rests), question
            studio.away = None
            dashboard.session.refresh()
            dashboard.log.tail.poke()
            await asyncio.sleep(3 * SLACK)
            assert dashboard.is_all_live

    run(scenario())


def test_going_from_screen_to_screen_asks_no_sooner_for_what_is_not_allowed(
    tmp_path: Path,
) -> None:
    async def scenario() -> None:
        async with looking(tmp_path, is_local=True) as dashboard:
            studio, progress = dashboard.studio, dashboard.session.progress
            studio.leave(DENIED)
            await asyncio.sleep(30)
            sent = len(studio.sent)
            for _ in range(20):
                progress.watch([])
                await asyncio.sleep(5)
                progress.watch(RUNNING[1:])
                await asyncio.sleep(5)
            assert studio.sent[sent:] == []
            await asyncio.sleep(300)
            again = [one.question for one in studio.sent[sent:]]
            assert {f"end {job_id}" for job_id in RUNNING[1:]} <= set(again)
            studio.away = None
            sent = len(studio.sent)
            await asyncio.sleep(300)
            assert any(one.question == f"end {RUNNING[1]}" for one in studio.sent[sent:])

    run(scenario())


@pytest.mark.parametrize("name", KINDS)
def test_a_log_that_is_opened_in_an_outage_is_cut_off_since_that_began(
    tmp_path: Path, name: str
) -> None:
    async def scenario() -> None:
        async with looking(tmp_path, is_local=True) as dashboard:
            dashboard.studio.leave(KINDS[name])
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


@pytest.mark.parametrize("first", ["found by a poller", "found by the probe"])
def test_a_refused_token_is_not_tried_again_until_the_user_wants_it(
    tmp_path: Path, first: str
) -> None:
    async def scenario() -> None:
        async with looking(tmp_path, is_local=True) as dashboard:
            studio = dashboard.studio
            if first == "found by the probe":
                studio.leave(KINDS["stopped"])
                await dashboard.until(lambda: dashboard.session.reachability.outage is not None)
            began = dashboard.now
            studio.leave(REFUSED)
            await dashboard.until(lambda: dashboard.session.jobs.snapshot.stopped)
            await dashboard.pass_time(1.0)
            dashboard.said.clear()
            await dashboard.pass_time(TEN_MINUTES)
            dashboard.check(began, REFUSED)
            sent = [one for one in studio.sent if one.began > began]
            assert all(one.began < began + 7 for one in sent)
            assert len({one.question for one in sent}) == len(sent)
            assert all(poller.snapshot.stopped for poller in dashboard.pollers.values())
            sent = list(studio.sent)
            dashboard.session.refresh()
            dashboard.log.tail.poke()
            await asyncio.sleep(60)
            assert [one.question for one in studio.sent[len(sent) :]] == ["probe"]
            assert all(poller.snapshot.stopped for poller in dashboard.pollers.values())
            studio.away = None
            dashboard.session.refresh()
            dashboard.log.tail.poke()
            await asyncio.sleep(3 * SLACK)
            assert dashboard.is_all_live

    run(scenario())
