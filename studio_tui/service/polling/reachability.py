"""Whether Studio can be reached at all: one answer for everything that keeps asking.

It is a circuit breaker. While Studio is away nobody asks but one probe, and when that is answered
everybody asks at once. A question that fails while others are answered is its asker's own business.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from studio_tui import clock
from studio_tui.errors import (
    AnswerTooLarge,
    AuthenticationError,
    NotSent,
    ProtocolError,
    RateLimited,
    ServerError,
    StatusError,
    StudioError,
    TransportError,
)
from studio_tui.service.listeners import Listeners
from studio_tui.service.polling.backoff import Backoff, Jitter

SHORTEST_REST = 5.0
"""Seconds between two probes, at the least."""
LONGEST_REST = 60.0
"""Seconds between two probes, at the most, unless Studio asks for more."""
SIGN_REST = 0.25
"""Seconds between two looks for a sign that Studio is back."""
LOG_STREAM = "log stream"
"""The question that every websocket of a log is."""

_AWAY = (TransportError, RateLimited, ServerError, ProtocolError)
"""Errors that say nothing about the one thing that was asked for."""
_ENOUGH = 2
"""Questions that fail with none answered in between, after which Studio counts as away."""

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Outage:
    """Studio is away."""

    error: StudioError
    """Why the last request failed."""
    since: datetime
    """When the first one failed in this way."""
    next_try_at: datetime
    """When the next one is sent; in the past while it is under way."""


def state_of(file: Path) -> object:
    """Return what changes whenever a file is written anew; `None` while there is none."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns


class Reachability:
    """Knows whether Studio is away, and probes it then; `run` owns the probing.

    Without a probe Studio never counts as away, so that an asker by itself needs no other rules.
    """

    def __init__(
        self,
        probe: Callable[[], Awaitable[object]] | None = None,
        *,
        refused: Callable[[AuthenticationError], None] = lambda _: None,
        longest_rest: float = LONGEST_REST,
        sign: Callable[[], object] = lambda: None,
        now: Callable[[], datetime] = clock.now,
        jitter: Jitter = random.uniform,
    ) -> None:
        """Take the cheapest question there is, and who hears of a token that is refused.

        When `sign` returns anything new but `None`, Studio may be back and is probed at once.
        """
        self.outage: Outage | None = None
        """`None` while Studio is there, as far as is known."""
        self.refusal: AuthenticationError | None = None
        """Why nothing at all is asked until the user wants it."""
        self._probe = probe
        self._refused = refused
        self._sign = sign
        self._seen = sign()
        """The sign of the Studio that was there last."""
        self._now = now
        self._suspects: dict[str, datetime] = {}
        """Questions that failed since any was answered, and when."""
        self._broken: set[str] = set()
        """Questions that failed though others were answered: they prove nothing."""
        self._backoff = Backoff(SHORTEST_REST, longest_rest, SHORTEST_REST, jitter)
        self._due = 0.0
        """When the next probe is sent, in the loop's time."""
        self._is_probing = False
        self._listeners = Listeners[[]]()
        self._there = asyncio.Event()
        self._there.set()
        self._away = asyncio.Event()
        self._hurried = asyncio.Event()

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        """Call `listener` whenever the outage has changed; return a function that ends it."""
        return self._listeners.add(listener)

    async def wait(self) -> None:
        """Return as soon as Studio may be asked, or will not be as it refused the token."""
        await self._there.wait()

    def check(self) -> None:
        """Return if Studio has not refused the token.

        Raises:
            AuthenticationError: it has, so nothing is asked with it.
        """
        if self.refusal is not None:
            raise self.refusal.with_traceback(None)

    @contextmanager
    def asking(self, question: str) -> Iterator[None]:
        """Learn from what comes of a question, which is put within.

        Raises:
            AuthenticationError: the token was refused, so nothing is asked with it.
        """
        self.check()
        try:
            yield
        except StudioError as error:
            self.failed(question, error)
            raise
        else:
            self.answered(question)

    def answered(self, question: str) -> None:
        """Note that a question was answered."""
        self._suspects.pop(question, None)
        if self.outage is None:
            self._clear_suspects()
            self._broken.discard(question)

    def failed(self, question: str, error: StudioError) -> None:
        """Note that a question failed, and for what reason."""
        if self.outage is not None:
            self._postpone(error.asked_rest)
            return
        if not _means_away(error):
            if isinstance(error, StatusError | AnswerTooLarge):
                self._clear_suspects()  # it is an answer all the same
            return
        if question in self._broken and not isinstance(error, NotSent):
            return
        self._suspects.setdefault(question, self._now())
        if isinstance(error, NotSent | RateLimited) or len(self._suspects) >= _ENOUGH:
            rest = max(self._backoff.rest(), error.asked_rest)
            self._begin(error, min(self._suspects.values()), rest)

    def refuse(self, error: AuthenticationError) -> None:
        """Let nobody ask until `hurry`: the token is refused."""
        self.refusal = error
        self._end()

    def hurry(self) -> None:
        """Probe at once if Studio is away, unless that is under way; the user wants it.

        After a refused token one probe finds out for all whether it is still refused.
        """
        refusal, self.refusal = self.refusal, None
        if refusal is not None:
            self._begin(refusal, self._now(), 0.0)
        self._hurried.set()

    async def run(self) -> None:
        """Probe Studio while it is away, until cancelled."""
        while True:
            await self._away.wait()
            await self._until_due()
            await self._ask()

    async def _until_due(self) -> None:
        """Wait for the next probe; a clock that was set or a machine that slept end it too."""
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

    async def _ask(self) -> None:
        """Send one probe and act on what comes."""
        if self._probe is None or self.outage is None:
            return
        self._is_probing = True
        self._show(self.outage.error, 0.0)
        try:
            await self._probe()
        except AuthenticationError as error:
            self._refused(error)
            self.refuse(error)
        except StudioError as error:
            if not _means_away(error):
                self._end()
            elif self.outage is not None:
                self._put_off(error, max(self._backoff.failed(), error.asked_rest))
        else:
            self._end()
        finally:
            self._is_probing = False

    def _begin(self, error: StudioError, since: datetime, rest: float) -> None:
        """Let nobody ask but the probe, after so many seconds."""
        if self._probe is None:
            return
        self.outage = Outage(error, since, self._now())
        self._there.clear()
        self._away.set()
        self._put_off(error, rest)

    def _put_off(self, error: StudioError, seconds: float) -> None:
        """Send the next probe in so many seconds."""
        logger.warning("Studio is away, next try in %.1f s: %s", seconds, error)
        self._due = asyncio.get_running_loop().time() + seconds
        self._show(error, seconds)

    def _show(self, error: StudioError, seconds: float) -> None:
        """Tell everybody why Studio is away, and in how many seconds it is tried again."""
        if self.outage is not None:
            now, known = self._now(), self.outage
            since = known.since if is_same_trouble(error, known.error) else now
            self.outage = Outage(error, since, now + timedelta(seconds=seconds))
            self._listeners.tell()

    def _postpone(self, seconds: float) -> None:
        """Give Studio the rest that it asked for, unless the next probe is later anyway."""
        if self._is_probing:
            return
        if self.outage and self._due < asyncio.get_running_loop().time() + seconds:
            self._put_off(self.outage.error, seconds)

    def _end(self) -> None:
        """Let everybody ask."""
        was_away, self.outage = self.outage is not None, None
        self._backoff.succeeded()
        self._clear_suspects()
        self._seen = self._sign()
        self._away.clear()
        self._there.set()
        if was_away:
            logger.warning("Studio is there again")
            self._listeners.tell()

    def _clear_suspects(self) -> None:
        """Know of those that failed that it was by themselves: Studio is there."""
        self._broken.update(self._suspects)
        self._suspects.clear()


def is_same_trouble(one: StudioError | None, other: StudioError | None) -> bool:
    """Whether what is said of two errors is the same, so that they count as one time of failing."""
    for kind in (TransportError, ServerError, ProtocolError):
        if isinstance(one, kind) or isinstance(other, kind):
            return isinstance(one, kind) and isinstance(other, kind)
    return type(one) is type(other)


def _means_away(error: StudioError) -> bool:
    """Whether an error may mean that the whole of Studio is away, and not one thing of it."""
    return isinstance(error, _AWAY) and not isinstance(error, AnswerTooLarge)
