"""Whether Studio can be reached: a circuit breaker shared by everything that polls.

During an outage only a probe is sent, and when it succeeds, everything polls at once. A request
that fails while others succeed does not count as an outage; but before any has succeeded, one
failure suffices.
"""

import asyncio
import contextlib
import logging
import random
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from studio_tui import clock
from studio_tui.errors import (
    AnswerTooLarge,
    AuthenticationError,
    NotSent,
    PermissionDenied,
    ProtocolError,
    RateLimited,
    ServerError,
    StatusError,
    StudioError,
    TransportError,
)
from studio_tui.service.listeners import Listeners
from studio_tui.service.polling.backoff import Backoff, Jitter
from studio_tui.service.polling.first_requests import FirstRequests

SHORTEST_REST = 5.0
"""Minimum seconds between two probes."""
LONGEST_REST = 60.0
"""Maximum seconds between two probes, unless Studio asks for more."""
SIGN_REST = 0.25
"""Seconds between two checks for a sign that Studio is back."""
LOG_STREAM = "log stream"
"""The name under which all log websockets are counted."""

_AWAY = (TransportError, RateLimited, ServerError, ProtocolError)
"""Errors that say nothing about the requested thing itself."""
FIRST_PATIENCE = 60.0
"""Seconds after which nothing waits for a first answer any longer, if there is no outage either."""
_ENOUGH = 2
"""Failed requests, with no success in between, after which Studio counts as unreachable."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outage:
    """A period in which Studio cannot be reached."""

    error: StudioError
    """Why the last request failed."""
    since: datetime
    """When the first request failed in this way."""
    next_try_at: datetime
    """When the next probe is sent; in the past while one is under way."""


class _Failure(NamedTuple):
    """A request that failed."""

    at: datetime
    number: int
    """Its place among all failures, from 1."""


def state_of(file: Path) -> object:
    """Return a value that changes whenever a file is replaced; `None` if there is no file."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


class Reachability:
    """Tracks whether Studio is reachable, and probes it if not; `run` owns the probing.

    Without a probe there are never outages, so that a single user needs no other rules.
    """

    def __init__(
        self,
        probe: Callable[[], Awaitable[object]] | None = None,
        *,
        refused: Callable[[AuthenticationError], None] = lambda _: None,
        first: FirstRequests | None = None,
        longest_rest: float = LONGEST_REST,
        sign: Callable[[], object] = lambda: None,
        now: Callable[[], datetime] = clock.now,
        jitter: Jitter = random.uniform,
    ) -> None:
        """Initialise; `probe` sends the cheapest request, `refused` is called on a rejected token.

        `first` has the order of the first requests; by default there is none.
        When `sign` returns a new value other than `None`, Studio may be back and is probed at once.
        """
        self.outage: Outage | None = None
        """`None` while Studio is reachable, as far as known."""
        self.refusal: AuthenticationError | None = None
        """The rejection of the token, which stops all requests until the user retries."""
        self._probe = probe
        self._refused = refused
        self._sign = sign
        self._seen = sign()
        """The sign of the Studio that was reachable last."""
        self._now = now
        self._suspects: dict[str, _Failure] = {}
        """First failures since the last success, by names of requests."""
        self._failures = 0
        """How many requests have failed."""
        self._broken: set[str] = set()
        """Names of requests that failed while others succeeded: they prove nothing."""
        self._worked: set[str] = set()
        """Names of requests that have succeeded since the last outage."""
        self._backoff = Backoff(SHORTEST_REST, longest_rest, SHORTEST_REST, jitter)
        self._due = 0.0
        """When the next probe is sent, in the loop's time."""
        self._is_probing = False
        self._listeners = Listeners[[]]()
        self._there = asyncio.Event()
        self._there.set()
        self._away = asyncio.Event()
        self._hurried = asyncio.Event()
        self.first = first or FirstRequests(is_over=True)
        """The order of the first requests."""
        self._is_tried = asyncio.Event()
        """Set while there is an outage, and once Studio has answered a request."""
        if self.first.is_over:
            self._is_tried.set()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever the outage changes; return a function that unsubscribes it."""
        return self._listeners.add(listener)

    async def wait(self) -> None:
        """Return once there is no outage; a rejected token also ends the wait.

        Before Studio has answered any request, it waits for that.
        """
        await self.first_outcome()
        await self._there.wait()

    async def first_outcome(self) -> None:
        """Wait for the first good answer or an outage, `FIRST_PATIENCE` at most.

        A token that may list nothing may still read a log.
        """
        try:
            async with asyncio.timeout(FIRST_PATIENCE):
                await self._is_tried.wait()
        except TimeoutError:
            self._has_answered()

    def check(self) -> None:
        """Raise if Studio has rejected the token.

        Raises:
            AuthenticationError: it has, so nothing may be sent with it.
        """
        if self.refusal is not None:
            raise self.refusal.with_traceback(None)

    @contextlib.contextmanager
    def asking(self, question: str) -> Iterator[None]:
        """Context manager for a request named `question`, whose outcome is counted.

        Raises:
            AuthenticationError: the token was rejected, so nothing may be sent with it.
        """
        self.check()
        failures = self._failures
        try:
            yield
        except StudioError as error:
            self.failed(question, error)
            raise
        else:
            self.answered(question, failures)

    def answered(self, question: str, failures: int | None = None) -> None:
        """Count a successful request; the very first one ends an outage from the start.

        Other requests failed by themselves only if it was sent after that, i.e. if they are among
        the first `failures`; by default all are.
        """
        is_first = not self.first.is_over
        self._has_answered()
        self._suspects.pop(question, None)
        if is_first and self.outage is not None:
            self._end()
        if self.outage is None:
            self._clear_suspects(failures)
            self._broken.discard(question)
            self._worked.add(question)

    def failed(self, question: str, error: StudioError) -> None:
        """Count a failed request."""
        self._failures += 1
        if self.outage is not None:
            self._postpone(error.asked_rest)
            return
        if isinstance(error, AnswerTooLarge):
            self._has_answered()
        if not self.first.is_over and _leaves_it_open(error):
            self._suspects.setdefault(question, _Failure(self._now(), self._failures))
            self._begin(error, self._now(), max(self._backoff.rest(), error.asked_rest))
            return
        if not _means_away(error):
            if isinstance(error, StatusError | AnswerTooLarge):
                self._clear_suspects()  # Studio did answer
            return
        if question in self._broken and not isinstance(error, NotSent):
            return
        self._suspects.setdefault(question, _Failure(self._now(), self._failures))
        if isinstance(error, NotSent | RateLimited) or len(self._suspects) >= _ENOUGH:
            rest = max(self._backoff.rest(), error.asked_rest)
            self._begin(error, min(self._suspects.values()).at, rest)

    def refuse(self, error: AuthenticationError) -> None:
        """Stop all requests until `hurry`, as the token was rejected."""
        self.refusal = error
        self._end()
        self._is_tried.set()

    def hurry(self) -> None:
        """Probe at once during an outage, unless a probe is under way; the user asked for it.

        After a rejected token a single probe checks whether it is still rejected.
        """
        refusal, self.refusal = self.refusal, None
        if refusal is not None:
            self._begin(refusal, self._now(), 0.0)
        self.first.hurry()
        self._hurried.set()

    async def run(self) -> None:
        """Probe Studio during outages, until canceled."""
        while True:
            await self._away.wait()
            await self._until_due()
            await self._probe_once()

    async def _until_due(self) -> None:
        """Wait for the next probe; ends early if the clock was set or the machine slept."""
        loop = asyncio.get_running_loop()
        self._hurried.clear()
        while (outage := self.outage) is not None and not self._hurried.is_set():
            sign = self._sign()
            if sign is not None and sign != self._seen:
                self._seen = sign
                return
            left = min(self._due - loop.time(), (outage.next_try_at - self._now()).total_seconds())
            if left <= 0:
                return
            try:
                async with asyncio.timeout(min(left, SIGN_REST)):
                    await self._hurried.wait()
            except TimeoutError:
                pass

    async def _probe_once(self) -> None:
        """Send one probe and handle its outcome."""
        if self._probe is None or self.outage is None:
            return
        self._is_probing = True
        self._show(self.outage.error, 0.0)
        self.first.take_turn()
        try:
            await self._probe()
        except AuthenticationError as error:
            self._refused(error)
            self.refuse(error)
        except StudioError as error:
            is_away = _means_away(error) if self.first.is_over else _leaves_it_open(error)
            if not is_away:
                self._end()
            elif self.outage is not None:
                self._put_off(error, max(self._backoff.failed(), error.asked_rest))
        else:
            self._has_answered()
            self._end()
        finally:
            self._is_probing = False

    def _begin(self, error: StudioError, since: datetime, rest: float) -> None:
        """Begin an outage, with the first probe after `rest` seconds."""
        if self._probe is None:
            return
        self.outage = Outage(error, since, self._now())
        self._there.clear()
        self._away.set()
        self._is_tried.set()
        self._put_off(error, rest)

    def _put_off(self, error: StudioError, seconds: float) -> None:
        """Schedule the next probe in `seconds`."""
        logger.warning("Studio is unreachable, next try in %.1f s: %s", seconds, error)
        self._due = asyncio.get_running_loop().time() + seconds
        self._show(error, seconds)

    def _show(self, error: StudioError, seconds: float) -> None:
        """Publish the outage's error and the time of the next probe."""
        if self.outage is not None:
            now, known = self._now(), self.outage
            since = known.since if is_same_trouble(error, known.error) else now
            self.outage = Outage(error, since, now + timedelta(seconds=seconds))
            self._listeners.notify()

    def _postpone(self, seconds: float) -> None:
        """Delay the next probe as Studio asked, unless it is later anyway."""
        if self._is_probing:
            return
        if self.outage and self._due < asyncio.get_running_loop().time() + seconds:
            self._put_off(self.outage.error, seconds)

    def _end(self) -> None:
        """End the outage."""
        was_away, self.outage = self.outage is not None, None
        self._backoff.succeeded()
        # What had worked failed because of the outage.
        for question in self._worked & self._suspects.keys():
            del self._suspects[question]
        self._worked.clear()
        self._clear_suspects()
        self._seen = self._sign()
        if not self.first.is_over:
            self._is_tried.clear()
        self._away.clear()
        self._there.set()
        if was_away:
            logger.warning("Studio is reachable again")
            self._listeners.notify()

    def _has_answered(self) -> None:
        """Let everything be requested, as Studio answers."""
        self.first.end()
        self._is_tried.set()

    def _clear_suspects(self, failures: int | None = None) -> None:
        """Mark the suspects among the first `failures` as failing by themselves, by default all."""
        for question, failure in tuple(self._suspects.items()):
            if failures is None or failure.number <= failures:
                self._broken.add(question)
                del self._suspects[question]


def is_same_trouble(one: StudioError | None, other: StudioError | None) -> bool:
    """Whether two errors look the same to the user, and so count as one period of failure."""
    for kind in (TransportError, ServerError, ProtocolError):
        if isinstance(one, kind) or isinstance(other, kind):
            return isinstance(one, kind) and isinstance(other, kind)
    return type(one) is type(other)


def _means_away(error: StudioError) -> bool:
    """Whether an error may mean that all of Studio is unreachable, not only one thing."""
    return isinstance(error, _AWAY) and not isinstance(error, AnswerTooLarge)


def _leaves_it_open(error: StudioError) -> bool:
    """Whether nothing is known after the very first request failed in this way.

    A permission is of one list, so that the next list is worth a request.
    """
    if isinstance(error, AuthenticationError | PermissionDenied):
        return False
    return _means_away(error) or isinstance(error, StatusError)
