"""A command on many things: a few at the same time, each with an outcome of its own.

A batch never ends early because of one item. Where nothing more can come of it, as the token was
refused or Studio is away, the rest is not sent, and each item of it says so.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Generic, TypeVar

from studio_tui.errors import AuthenticationError, NotSent, OutcomeUnknown, StudioError
from studio_tui.service.listeners import Listeners
from studio_tui.service.polling.snapshot import Snapshot

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 4
"""Commands of one batch that are under way at the same time."""

_IN_A_ROW = 2 * AT_ONCE
"""Commands, one after the other, that could not be sent before the rest is given up."""


class Outcome(Enum):
    """How a command on one item of a batch has ended."""

    DONE = auto()
    REFUSED = auto()
    """It had no effect."""
    UNKNOWN = auto()
    """It was sent, and nobody can say whether it had one."""


@dataclass(frozen=True, slots=True)
class ItemOutcome(Generic[T, R]):
    """What came of a command on one item."""

    item: T
    result: R | None = None
    """What the command returned, where it was done."""
    error: StudioError | None = None
    """Why it is not known to be done; `None` where it was."""

    @property
    def outcome(self) -> Outcome:
        """How it ended."""
        if self.error is None:
            return Outcome.DONE
        return Outcome.UNKNOWN if isinstance(self.error, OutcomeUnknown) else Outcome.REFUSED


@dataclass(frozen=True, slots=True)
class BatchProgress:
    """How far a batch is that is under way."""

    doing: str
    """What is being done, such as `Cancelling`."""
    total: int
    ended: int = 0
    """Items whose outcome is there."""
    failed: int = 0
    """Those of them that are not known to be done."""


@dataclass(frozen=True, slots=True)
class BatchReport:
    """What came of a batch, in words that are safe to draw."""

    heading: str
    lines: tuple[tuple[Outcome, str], ...]
    """Of each item its outcome, its name and what there is to say."""
    standing: Callable[[], tuple[str, ...]]
    """Returns in which state each item is by now; empty words where there is none to tell."""


class Batches:
    """All batches that are under way; it can be listened to as a poller can."""

    name = "batches"

    def __init__(self) -> None:
        self.last: BatchReport | None = None
        """What came of the batch that ended last; `None` before there was one."""
        self.snapshot: Snapshot[tuple[BatchProgress, ...]] = Snapshot(())
        self._under_way: dict[object, BatchProgress] = {}
        self._listeners = Listeners[[Snapshot[tuple[BatchProgress, ...]]]]()

    def subscribe(
        self, listener: Callable[[Snapshot[tuple[BatchProgress, ...]]], None]
    ) -> Callable[[], None]:
        """Tell `listener` of each change from now on; return a function that ends it."""
        return self._listeners.add(listener)

    @property
    def left(self) -> int:
        """Items whose outcome is not there yet, of all batches."""
        return sum(each.total - each.ended for each in self._under_way.values())

    def keep(self, report: BatchReport) -> None:
        """Keep what came of a batch, for whoever wants to look at it later."""
        self.last = report

    async def run(
        self,
        doing: str,
        items: Sequence[T],
        command: Callable[[T], Awaitable[R]],
        *,
        ended: Callable[[ItemOutcome[T, R]], object] = lambda _: None,
    ) -> tuple[ItemOutcome[T, R], ...]:
        """Run a command, which raises only `StudioError`, on each item; return all outcomes.

        `ended` is told each outcome as it comes. The outcomes are in the order of the items.
        """
        key, sending = object(), _Sending()
        self._note(key, BatchProgress(doing, len(items)))
        outcomes: dict[int, ItemOutcome[T, R]] = {}
        left = iter(enumerate(items))

        async def work() -> None:
            for place, item in left:
                outcomes[place] = outcome = await sending.one(item, command)
                before = self._under_way[key]
                failed = before.failed + (outcome.error is not None)
                self._note(key, replace(before, ended=before.ended + 1, failed=failed))
                ended(outcome)
                if sending.why_no_more:
                    # Nothing is waited for then, and keys shall not wait for all the rest.
                    await asyncio.sleep(0)

        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(AT_ONCE, len(items))):
                    workers.create_task(work(), name=f"batch: {doing}")
        finally:
            del self._under_way[key]
            self._publish()
        return tuple(outcomes[place] for place in range(len(items)))

    def _note(self, key: object, progress: BatchProgress) -> None:
        self._under_way[key] = progress
        self._publish()

    def _publish(self) -> None:
        self.snapshot = Snapshot(tuple(self._under_way.values()))
        self._listeners.tell(self.snapshot)


class _Sending:
    """Sends the commands of one batch for as long as anything can come of it."""

    def __init__(self) -> None:
        self.why_no_more: StudioError | None = None
        self._unsent = 0
        """Commands in a row that could not be sent."""

    async def one(self, item: T, command: Callable[[T], Awaitable[R]]) -> ItemOutcome[T, R]:
        """Run the command on one item, or say why it is not sent."""
        if self.why_no_more is not None:
            return ItemOutcome(item, error=self.why_no_more)
        try:
            result = await command(item)
        except StudioError as error:
            self._note(error)
            return ItemOutcome(item, error=error)
        self._unsent = 0
        return ItemOutcome(item, result)

    def _note(self, error: StudioError) -> None:
        self._unsent = self._unsent + 1 if isinstance(error, NotSent) else 0
        if isinstance(error, AuthenticationError) or self._unsent >= _IN_A_ROW:
            self.why_no_more = NotSent(f"Not sent, because those before it failed: {error}")
