"""Runs a command on many items, a few at a time.

After an authentication error, or if the command could not be sent for several items in a row, it
is not sent for the remaining ones.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Generic, TypeVar

from studio_tui.errors import AuthenticationError, NotSent, OutcomeUnknown, StudioError
from studio_tui.service.polling.snapshot import Snapshot, SnapshotPublisher

T = TypeVar("T")
R = TypeVar("R")

AT_ONCE = 4

_UNSENT_LIMIT = 2 * AT_ONCE


class Outcome(Enum):
    """How a command on one item ended."""

    DONE = auto()
    FAILED = auto()
    """It was refused, or not sent."""
    UNKNOWN = auto()


@dataclass(frozen=True, slots=True)
class ItemOutcome(Generic[T, R]):
    item: T
    result: R | None = None
    error: StudioError | None = None
    """Why the command failed, or why its outcome is unknown; `None` if it was done."""

    @property
    def outcome(self) -> Outcome:
        """The kind of outcome, derived from `error`."""
        if self.error is None:
            return Outcome.DONE
        return Outcome.UNKNOWN if isinstance(self.error, OutcomeUnknown) else Outcome.FAILED


@dataclass(frozen=True, slots=True)
class BatchProgress:
    doing: str
    """What the command does to the items, such as `Canceling`."""
    total: int
    ended: int = 0
    failed: int = 0
    """Number of items whose outcome is FAILED or UNKNOWN."""


class Batches(SnapshotPublisher[tuple[BatchProgress, ...]]):
    """The progress of all running batches; can be subscribed to like a poller."""

    def __init__(self) -> None:
        super().__init__("batches", Snapshot(()))
        self.last_report: object = None
        """The report of the batch that ended last, set by the caller of `run`; `None` at first."""
        self._running: dict[object, BatchProgress] = {}

    @property
    def remaining(self) -> int:
        """Number of items without an outcome yet, in all batches."""
        return sum(each.total - each.ended for each in self._running.values())

    async def run(
        self,
        doing: str,
        items: Sequence[T],
        command: Callable[[T], Awaitable[R]],
        *,
        on_outcome: Callable[[ItemOutcome[T, R]], object] = lambda _: None,
    ) -> tuple[ItemOutcome[T, R], ...]:
        """Run a command, which raises only `StudioError`, on each item; return all outcomes."""
        key = object()
        self._set_progress(key, BatchProgress(doing, len(items)))
        outcomes: dict[int, ItemOutcome[T, R]] = {}
        # All workers take their next item from the same iterator.
        remaining = iter(enumerate(items))
        unsent_in_a_row = 0
        why_no_more: StudioError | None = None

        async def send(item: T) -> ItemOutcome[T, R]:
            nonlocal unsent_in_a_row, why_no_more
            if why_no_more is not None:
                return ItemOutcome(item, error=why_no_more)
            try:
                result = await command(item)
            except StudioError as error:
                unsent_in_a_row = unsent_in_a_row + 1 if isinstance(error, NotSent) else 0
                if isinstance(error, AuthenticationError) or unsent_in_a_row >= _UNSENT_LIMIT:
                    why_no_more = NotSent(f"Not sent, because of an earlier failure: {error}")
                return ItemOutcome(item, error=error)
            unsent_in_a_row = 0
            return ItemOutcome(item, result)

        async def work() -> None:
            for index, item in remaining:
                outcomes[index] = outcome = await send(item)
                before = self._running[key]
                failed = before.failed + (outcome.error is not None)
                self._set_progress(key, replace(before, ended=before.ended + 1, failed=failed))
                on_outcome(outcome)
                if why_no_more:
                    # Nothing is awaited from here on: yield, so that the user's input is handled.
                    await asyncio.sleep(0)

        try:
            async with asyncio.TaskGroup() as workers:
                for _ in range(min(AT_ONCE, len(items))):
                    workers.create_task(work(), name=f"batch: {doing}")
        finally:
            del self._running[key]
            self._publish_all()
        return tuple(outcomes[index] for index in range(len(items)))

    def _set_progress(self, key: object, progress: BatchProgress) -> None:
        self._running[key] = progress
        self._publish_all()

    def _publish_all(self) -> None:
        self._publish(Snapshot(tuple(self._running.values())))
