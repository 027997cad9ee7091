"""Waiting in tests: for a condition, never for time.

The limits are so long that only a hang exceeds them. The error then shows the condition, the values
in it, and the result of `shows`.
"""

import asyncio
import inspect
import os
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tests.soak import at_length

T = TypeVar("T")

HANG = 240.0
"""Seconds after which a wait is considered a hang, even on a very busy machine."""
_CALM_HANG = at_length(60.0, HANG)
"""The same for `eventually` and `until`, on a machine that is not busy."""
_BUSY = 2.0 * (os.cpu_count() or 1)
"""A machine is busy if at least as many threads run or wait for a processor."""

_PAUSE = 0.005
_LONGEST_PAUSE = 0.05
"""Pauses between two checks in seconds: the first and the longest."""


def eventually(
    condition: Callable[[], T | None],
    shows: Callable[[], object] | None = None,
    *,
    pause: float = _PAUSE,
) -> T:
    """Return the condition's value as soon as it is true; `pause` is the first pause in seconds.

    Raises:
        AssertionError: it hangs; the message includes the result of `shows`.
    """
    began = time.monotonic()
    while not (value := condition()):
        if _is_hang(began):
            raise AssertionError(_hang_message(condition, shows))
        time.sleep(pause)
        pause = min(pause * 1.5, _LONGEST_PAUSE)
    return value


async def until(
    condition: Callable[[], T | None],
    shows: Callable[[], object] | None = None,
    *,
    rest: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> T:
    """Like `eventually`, in a coroutine; `rest` is awaited with the seconds of each pause.

    With the `sleep` of a virtual clock as `rest`, only that clock advances; the limit is real time.

    Raises:
        AssertionError: it hangs; the message includes the result of `shows`.
    """
    began, seconds = time.monotonic(), _PAUSE
    while not (value := condition()):
        if _is_hang(began):
            raise AssertionError(_hang_message(condition, shows))
        await rest(seconds)
        seconds = min(seconds * 1.5, _LONGEST_PAUSE)
    return value


async def await_with_limit(awaited: Awaitable[T], what: str) -> T:
    """Await something that ends by itself; the error for a hang names it `what`.

    Raises:
        AssertionError: it hangs.
    """
    try:
        return await asyncio.wait_for(awaited, HANG)
    except TimeoutError:
        raise AssertionError(f"hung for {HANG:.0f} s: {what}") from None


@contextmanager
def no_hang(what: str) -> Iterator[None]:
    """Run a computation that must end soon, e.g. not in quadratic time; only in the main thread.

    Raises:
        AssertionError: it hangs.
    """

    def stop(_signal: int, _frame: object) -> None:
        raise AssertionError(f"hung for {HANG:.0f} s: {what}")

    old_handler = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, HANG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, old_handler)


def _is_hang(began: float) -> bool:
    waited = time.monotonic() - began
    return waited >= HANG or (waited >= _CALM_HANG and os.getloadavg()[0] < _BUSY)


def _hang_message(condition: Callable[[], object], shows: Callable[[], object] | None) -> str:
    """Return the source of the condition, the values it refers to, and the result of `shows`."""
    condition = inspect.unwrap(condition)
    try:
        source = inspect.getsource(condition).strip()
    except (OSError, TypeError):
        source = repr(condition)
    values = inspect.getclosurevars(condition).nonlocals if inspect.isfunction(condition) else {}
    lines = [f"hung waiting for: {source}"]
    lines += [f"  where {name} = {value!r:.500}" for name, value in values.items()]
    if shows is not None:
        lines.append(f"shown instead:\n{shows()}")
    return "\n".join(lines)
