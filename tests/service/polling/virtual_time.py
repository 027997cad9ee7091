"""An event loop whose clock jumps to the next timer, so that a test of hours takes no time."""

import asyncio
import selectors
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, TypeVar

from studio_tui import clock
from tests.jobs import NOON

T = TypeVar("T")

LONGEST_WAIT_FOR_THREAD = 5.0
"""Maximum seconds of real time to wait for a thread when there is nothing else to wait for."""


class VirtualLoop(asyncio.SelectorEventLoop):
    """Never sleeps: instead of waiting for a timer, it sets its clock to the time of the timer."""

    def __init__(self) -> None:
        self._now = 0.0
        self._real = selectors.DefaultSelector()
        super().__init__(self._real)
        self._real_select = self._real.select
        self._real.select = self._select  # type: ignore[method-assign] # the only place that waits

    def time(self) -> float:
        """Return the virtual time, in seconds."""
        return self._now

    def _select(self, timeout: float | None = None) -> Any:
        if timeout is None:
            # Only a thread can still wake the loop.
            if events := self._real_select(LONGEST_WAIT_FOR_THREAD):
                return events
            raise AssertionError("All tasks wait and no timer is set: a deadlock.")
        events = self._real_select(0)
        if not events:
            self._now += max(0.0, timeout)
        return events


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in virtual time, which begins at `NOON`.

    It must not communicate with another process.
    """
    with asyncio.Runner(loop_factory=VirtualLoop) as runner:
        loop = runner.get_loop()
        clock.set_time_source(lambda: NOON + timedelta(seconds=loop.time()))
        try:
            return runner.run(coroutine)
        finally:
            clock.set_time_source(None)
