"""An event loop whose clock jumps to the next timer, so that hours pass in no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

THREADS_TAKE = 5.0
"""Seconds, of real time, that a thread may take while nothing else is left to wait for."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """Never waits: where it would sleep until a timer, its time is that of the timer."""

    def __init__(self) -> None:
        self._now = 0.0
        self._real = selectors.DefaultSelector()
        super().__init__(self._real)
        self._real_select = self._real.select
        self._real.select = self._select  # type: ignore[method-assign] # the one place that waits

    def time(self) -> float:
        """Return the virtual time, in seconds."""
        return self._now

    def _select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            # Only a thread can still have something to say.
            if events := self._real_select(THREADS_TAKE):
                return events
            raise AssertionError("Everything waits and no timer is set: a deadlock.")
        events = self._real_select(0)
        if not events:
            self._now += max(0.0, timeout)
        return events


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that talks to nothing outside the process."""
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        return runner.run(coroutine)
