"""Whether Studio can be reached: a circuit breaker shared by everything that polls.

During an outage only probes are sent. A request that fails while others succeed is no outage,
unless it could not be sent or Studio has received too many requests. Before any success, one
failure is an outage, unless only the token or its permissions are at fault.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from studio_tui import clock
from studio_tui.api.connection_states import Outage
from studio_tui.errors import (
    AnswerTooLarge,
    AuthenticationError,
    NoFreeConnection,
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
from studio_tui.service.polling.backoff import Backoff, wait_for
from studio_tui.service.polling.first_requests import FirstRequests

SHORTEST_PAUSE = 5.0
"""Minimum seconds between two probes, unless the user asks for haste or Studio may be back."""
LONGEST_PAUSE = 60.0
"""Maximum seconds between two probes, unless Studio asks for more."""
SIGN_CHECK_INTERVAL = 0.25
LOG_STREAM = "log stream"
"""The name under which all log websockets are counted."""

_OUTAGE_ERRORS = (TransportError, RateLimited, ServerError, ProtocolError)
"""Errors that hint at a failure of all requests, except `AnswerTooLarge`."""
FIRST_PATIENCE = 60.0
"""Maximum seconds that requests wait for the first answer or the first outage of a session."""
_FAILING_NAMES = 2
"""Requests of different names that must fail, with no success in between, to begin an outage."""

logger = logging.getLogger(__name__)


class _Failure(NamedTuple):
    at: datetime
    number: int
    """How many requests had failed then, including this one."""


class Reachability:
    """Tracks whether Studio is reachable; `run` probes Studio during an outage.

    All requests of one kind, such as the polls of one list, have the same name. Without a probe
    there are never outages.
    """

    def __init__(
        self,
        probe: Callable[[], Awaitable[object]] | None = None,
        *,
        on_refused: Callable[[AuthenticationError], None] = lambda _: None,
        first_requests: FirstRequests | None = None,
        longest_rest: float = LONGEST_PAUSE,
        read_sign: Callable[[], object] = lambda: None,
    ) -> None:
        """Initialize; `probe` sends the cheapest request.

        `read_sign` returns a value, such as the state of a file. If it changes to another than
        `None`, Studio may be back, and a probe is sent at once.
        """
        self.outage: Outage | None = None
        """`None` while Studio is reachable, as far as known."""
        self.refusal: AuthenticationError | None = None
        self._probe = probe
        self.on_refused = on_refused
        """Called by whoever gets the answer that the token is rejected."""
        self._read_sign = read_sign
        self._last_sign = read_sign()
        """The sign when Studio was last probed because of it, or became reachable."""
        self._suspects: dict[str, _Failure] = {}
        """The first failure of each request that has failed since the last success, by name."""
        self._failures = 0
        self._broken: set[str] = set()
        """Names of requests that failed while others succeeded; only `NotSent` of these counts."""
        self._succeeded: set[str] = set()
        self._backoff = Backoff(SHORTEST_PAUSE, longest_rest, SHORTEST_PAUSE)
        self._due = 0.0
        """When the next probe is sent, in the loop's time."""
        self._is_probing = False
        self._listeners = Listeners[[]]()
        self._no_outage = asyncio.Event()
        self._no_outage.set()
        self._has_outage = asyncio.Event()
        self._hurried = asyncio.Event()
        self.first_requests = first_requests or FirstRequests(is_over=True)
        self._first_outcome = asyncio.Event()
        """Set during the first outage, once all requests may be sent, and after a refusal."""
        if self.first_requests.is_over:
            self._first_outcome.set()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever the outage changes; return a function that unsubscribes it."""
        return self._listeners.add(listener)

    async def wait(self) -> None:
        """Wait for the first outcome, then for the end of an outage; a rejected token ends both."""
        await self.first_outcome()
        await self._no_outage.wait()

    async def first_outcome(self) -> None:
        """Wait for the first success or the first outage, for at most `FIRST_PATIENCE` seconds.

        After that time all requests are allowed. A token without permission for any list causes
        neither a success nor an outage, but it may have permission for a log.
        """
        await wait_for(self._first_outcome, FIRST_PATIENCE)
        if not self._first_outcome.is_set():
            self._allow_all_requests()

    def raise_if_refused(self) -> None:
        """Raise the `AuthenticationError` if Studio has rejected the token."""
        if self.refusal is not None:
            raise self.refusal.with_traceback(None)

    @contextlib.contextmanager
    def asking(self, name: str) -> Iterator[None]:
        """Count the outcome of the request in this context; raise if the token was rejected."""
        self.raise_if_refused()
        failures = self._failures
        try:
            yield
        except StudioError as error:
            self.note_failure(name, error)
            raise
        else:
            self.note_success(name, failures)

    def note_success(self, name: str, failures: int | None = None) -> None:
        """Count a successful request; the first success of a session also ends an outage.

        `failures` is how many requests had failed when this one was sent, by default all that have
        failed. They are no sign of an outage, as Studio answered a later request.
        """
        is_first = not self.first_requests.is_over
        self._allow_all_requests()
        self._suspects.pop(name, None)
        if is_first and self.outage is not None:
            self._end()
        if self.outage is None:
            self._clear_suspects(failures)
            self._broken.discard(name)
            self._succeeded.add(name)

    def note_failure(self, name: str, error: StudioError) -> None:
        """Count a failed request; begin an outage if the failure is a sign of one."""
        self._failures += 1
        if self.outage is not None:
            self._postpone(error.retry_after)
            return
        if isinstance(error, NoFreeConnection):
            return  # Studio was not asked; the requests that have the connections are counted
        if isinstance(error, AnswerTooLarge):
            self._allow_all_requests()
        if not self.first_requests.is_over and _is_outage_at_start(error):
            self._suspects.setdefault(name, _Failure(clock.now(), self._failures))
            self._begin(error, clock.now(), max(self._backoff.rest(), error.retry_after))
            return
        if not _may_be_outage(error):
            if isinstance(error, StatusError | AnswerTooLarge):
                self._clear_suspects()  # Studio did answer
            return
        if name in self._broken and not isinstance(error, NotSent):
            return
        self._suspects.setdefault(name, _Failure(clock.now(), self._failures))
        if isinstance(error, NotSent | RateLimited) or len(self._suspects) >= _FAILING_NAMES:
            rest = max(self._backoff.rest(), error.retry_after)
            self._begin(error, min(self._suspects.values()).at, rest)

    def refuse(self, error: AuthenticationError) -> None:
        """Stop all requests until `hurry`, as the token was rejected."""
        self.refusal = error
        self._end()
        self._first_outcome.set()

    def hurry(self) -> None:
        """Probe at once, as the user asked for it, even if the token was rejected."""
        refusal, self.refusal = self.refusal, None
        if refusal is not None:
            self._begin(refusal, clock.now(), 0.0)
        self.first_requests.hurry()
        self._hurried.set()

    async def run(self) -> None:
        """Probe Studio during outages, until canceled."""
        while True:
            await self._has_outage.wait()
            await self._until_due()
            await self._probe_once()

    async def _until_due(self) -> None:
        """Wait until the next probe is due, the user asks for it, or the sign changes.

        The time of day counts too, as the clock may be set and the machine may sleep.
        """
        loop = asyncio.get_running_loop()
        self._hurried.clear()
        while (outage := self.outage) is not None and not self._hurried.is_set():
            sign = self._read_sign()
            if sign is not None and sign != self._last_sign:
                self._last_sign = sign
                return
            seconds = min(
                self._due - loop.time(), (outage.next_try_at - clock.now()).total_seconds()
            )
            if seconds <= 0:
                return
            await wait_for(self._hurried, min(seconds, SIGN_CHECK_INTERVAL))

    async def _probe_once(self) -> None:
        if self._probe is None or self.outage is None:
            return
        self._is_probing = True
        self._publish_outage(self.outage.error, 0.0)
        self.first_requests.take_turn()
        try:
            await self._probe()
        except AuthenticationError as error:
            self.on_refused(error)
            self.refuse(error)
        except StudioError as error:
            is_outage = (
                _may_be_outage(error) if self.first_requests.is_over else _is_outage_at_start(error)
            )
            if not is_outage:
                self._end()
            elif self.outage is not None:
                self._schedule_probe(error, max(self._backoff.add_failure(), error.retry_after))
        else:
            self._allow_all_requests()
            self._end()
        finally:
            self._is_probing = False

    def _begin(self, error: StudioError, since: datetime, rest: float) -> None:
        if self._probe is None:
            return
        self.outage = Outage(error, since, clock.now())
        self._no_outage.clear()
        self._has_outage.set()
        self._first_outcome.set()
        self._schedule_probe(error, rest)

    def _schedule_probe(self, error: StudioError, seconds: float) -> None:
        logger.warning("Studio is unreachable, next try in %.1f s: %s", seconds, error)
        self._due = asyncio.get_running_loop().time() + seconds
        self._publish_outage(error, seconds)

    def _publish_outage(self, error: StudioError, seconds: float) -> None:
        if self.outage is not None:
            now, before = clock.now(), self.outage
            since = before.since if is_same_trouble(error, before.error) else now
            self.outage = Outage(error, since, now + timedelta(seconds=seconds))
            self._listeners.notify()

    def _postpone(self, seconds: float) -> None:
        """Send the next probe in `seconds` at the earliest, as Studio asked."""
        if self._is_probing:
            return  # the outcome of the probe decides
        if self.outage and self._due < asyncio.get_running_loop().time() + seconds:
            self._schedule_probe(self.outage.error, seconds)

    def _end(self) -> None:
        had_outage, self.outage = self.outage is not None, None
        self._backoff.reset()
        # A request that had succeeded before failed because of the outage: it is not broken.
        for name in self._succeeded & self._suspects.keys():
            del self._suspects[name]
        self._succeeded.clear()
        self._clear_suspects()
        self._last_sign = self._read_sign()
        if not self.first_requests.is_over:
            self._first_outcome.clear()
        self._has_outage.clear()
        self._no_outage.set()
        if had_outage:
            logger.warning("Studio is reachable again")
            self._listeners.notify()

    def _allow_all_requests(self) -> None:
        self.first_requests.end()
        self._first_outcome.set()

    def _clear_suspects(self, failures: int | None = None) -> None:
        """Mark suspects as broken: those among the first `failures`, by default all."""
        for name, failure in tuple(self._suspects.items()):
            if failures is None or failure.number <= failures:
                self._broken.add(name)
                del self._suspects[name]


def is_same_trouble(one: StudioError | None, other: StudioError | None) -> bool:
    """Whether two errors look the same to the user, so that both are one period of failure."""
    for kind in (TransportError, ServerError, ProtocolError):
        if isinstance(one, kind) or isinstance(other, kind):
            return isinstance(one, kind) and isinstance(other, kind)
    return type(one) is type(other)


def _may_be_outage(error: StudioError) -> bool:
    return isinstance(error, _OUTAGE_ERRORS) and not isinstance(error, AnswerTooLarge)


def _is_outage_at_start(error: StudioError) -> bool:
    """Whether an error begins an outage as long as no request has succeeded.

    A 403 does not, as permissions are per list. Nor does a 401, which ends all requests.
    """
    if isinstance(error, AuthenticationError | PermissionDenied):
        return False
    return _may_be_outage(error) or isinstance(error, StatusError)
