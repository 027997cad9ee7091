"""Whether Studio can be reached: a circuit breaker shared by everything that polls.

During an outage only probes are sent. An outage begins when a request cannot be sent, when a list
meets the limit of requests, or when two lists fail with no success in between. Until the first
answer, only the list in sight is requested, and one failure is an outage.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Iterator
from datetime import datetime, timedelta

from studio_tui import clock
from studio_tui.api.connection_states import Outage
from studio_tui.errors import (
    AnswerTooLarge,
    AuthenticationError,
    NoFreeConnection,
    NotSent,
    ProtocolError,
    RateLimited,
    ServerError,
    StatusError,
    StudioError,
    TransportError,
)
from studio_tui.service.listeners import Listeners
from studio_tui.service.polling.backoff import Backoff, wait_for

SHORTEST_PAUSE = 5.0
"""Minimum seconds between two probes, unless the user asks for haste or Studio may be back."""
LONGEST_PAUSE = 60.0
"""Maximum seconds between two probes, unless Studio asks for more."""
SIGN_CHECK_INTERVAL = 0.25
FAILING_LISTS = 2
"""Failures of lists that begin an outage, with no success in between.

A failure counts unless the list had failed before it too: a list that always fails is no outage.
"""

_OUTAGE_ERRORS = (TransportError, RateLimited, ServerError, ProtocolError)
"""Errors that hint at a failure of all requests, except `AnswerTooLarge`."""

logger = logging.getLogger(__name__)


class Reachability:
    """Tracks whether Studio is reachable; `run` probes Studio during an outage.

    Without a probe there are never outages.
    """

    def __init__(
        self,
        probe: Callable[[], Awaitable[object]] | None = None,
        *,
        on_refused: Callable[[AuthenticationError], None] = lambda _: None,
        longest_rest: float = LONGEST_PAUSE,
        read_sign: Callable[[], object] = lambda: None,
    ) -> None:
        """Initialize; `probe` sends a cheap request.

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
        self._failures = 0
        """Lists that have failed since the last success."""
        self._failing_since: datetime | None = None
        """When the first request of any kind failed since the last success."""
        self._backoff = Backoff(SHORTEST_PAUSE, longest_rest, SHORTEST_PAUSE)
        self._due = 0.0
        """When the next probe is sent, in the loop's time."""
        self._is_probing = False
        self._listeners = Listeners[[]]()
        self._no_outage = asyncio.Event()
        self._no_outage.set()
        self._has_outage = asyncio.Event()
        self._hurried = asyncio.Event()
        self._first_name: str | None = None
        self._first_outcome = asyncio.Event()
        """Set since the first answer, outage or other error."""
        self._first_outcome.set()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever the outage changes; return a function that unsubscribes it."""
        return self._listeners.add(listener)

    def begin_with(self, name: str) -> None:
        """Let only this list be requested until its first answer, outage or other error."""
        self._first_name = name
        self._first_outcome.clear()

    def may_request(self, name: str) -> bool:
        """Whether the list with this name may be requested; if not, `wait`."""
        is_allowed = self._first_outcome.is_set() or name == self._first_name
        return is_allowed and self.outage is None

    async def wait(self) -> None:
        """Wait for the first outcome, then for the end of an outage; a rejected token ends both."""
        await self.first_outcome()
        await self._no_outage.wait()

    async def first_outcome(self) -> None:
        """Wait for the first answer, outage or other error."""
        await self._first_outcome.wait()

    def raise_if_refused(self) -> None:
        """Raise the `AuthenticationError` if Studio has rejected the token."""
        if self.refusal is not None:
            raise self.refusal.with_traceback(None)

    @contextlib.contextmanager
    def asking(self, *, counts: bool = False) -> Iterator[None]:
        """Count the outcome of the request in this context; raise if the token was rejected.

        With `counts`, the request is for a list that had not failed before, so a failure is a sign
        of an outage; see `FAILING_LISTS`.
        """
        self.raise_if_refused()
        failures = self._failures
        try:
            yield
        except StudioError as error:
            self.note_failure(error, counts=counts)
            raise
        else:
            if failures == self._failures:  # else Studio has failed to answer a later request
                self.note_success()

    def note_success(self) -> None:
        """Note that Studio has answered; only a probe ends an outage."""
        self._first_outcome.set()
        self._failures, self._failing_since = 0, None

    def note_failure(self, error: StudioError, *, counts: bool = False) -> None:
        """Note a failed request; begin an outage if the failure is a sign of one."""
        if self.outage is not None:
            self._postpone(error.retry_after)
        elif not _may_be_outage(error):
            self._first_outcome.set()  # also if no request can be sent, so that each says why
            if isinstance(error, StatusError | AnswerTooLarge):
                self.note_success()  # Studio did answer
        elif not isinstance(error, NoFreeConnection):  # else Studio was not asked
            self._failures += counts
            self._failing_since = self._failing_since or clock.now()
            is_certain = isinstance(error, NotSent) or (counts and isinstance(error, RateLimited))
            if is_certain or not self._first_outcome.is_set() or self._failures >= FAILING_LISTS:
                self._begin(
                    error, self._failing_since, max(self._backoff.rest(), error.retry_after)
                )

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
        try:
            await self._probe()
        except AuthenticationError as error:
            self.on_refused(error)
            self.refuse(error)
        except StudioError as error:
            if not _may_be_outage(error):
                self._end()
            elif self.outage is not None:
                self._schedule_probe(error, max(self._backoff.add_failure(), error.retry_after))
        else:
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
        self._failures, self._failing_since = 0, None
        self._last_sign = self._read_sign()
        self._has_outage.clear()
        self._no_outage.set()
        if had_outage:
            logger.warning("Studio is reachable again")
            self._listeners.notify()


def is_same_trouble(one: StudioError | None, other: StudioError | None) -> bool:
    """Whether two errors look the same to the user, so that both are one period of failure."""
    for kind in (TransportError, ServerError, ProtocolError):
        if isinstance(one, kind) or isinstance(other, kind):
            return isinstance(one, kind) and isinstance(other, kind)
    return type(one) is type(other)


def _may_be_outage(error: StudioError) -> bool:
    return isinstance(error, _OUTAGE_ERRORS) and not isinstance(error, AnswerTooLarge)
