"""Waiting in tests: for a condition, never for time.

The only limit is for hangs. It is so generous that a machine under any load stays within it; when
it is exceeded, the error has the condition and what was visible instead.
"""

import asyncio
import inspect
import signal
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

T = TypeVar("T")

HANG = 240.0
"""Seconds after which a wait is considered a hang."""

_REST = 0.005
_LONGEST_REST = 0.05
"""Seconds between two checks: initial and maximum."""


def eventually(
    condition: Callable[[], T | None],
    shows: Callable[[], object] | None = None,
    *,
    rest: float = _REST,
) -> T:
    """Return the condition's value as soon as it is true; `rest` are seconds after the first look.

    Raises:
        AssertionError: it hangs; the message includes the result of `shows`.
    """
    deadline = time.monotonic() + HANG
    while not (value := condition()):
        if time.monotonic() >= deadline:
            raise AssertionError(_hang(condition, shows))
        time.sleep(rest)
        rest = min(rest * 1.5, _LONGEST_REST)
    return value


async def until(
    condition: Callable[[], T | None],
    shows: Callable[[], object] | None = None,
    *,
    rest: Callable[[float], Awaitable[object]] = asyncio.sleep,
) -> T:
    """Wait in a coroutine as `eventually` does; `rest` is awaited between two looks.

    Under a virtual clock this passes that clock's time, and still ends by the machine's.

    Raises:
        AssertionError: it hangs; `shows` tells what there was to be seen instead.
    """
    deadline, seconds = time.monotonic() + HANG, _REST
    while not (value := condition()):
        if time.monotonic() >= deadline:
            raise AssertionError(_hang(condition, shows))
        await rest(seconds)
        seconds = min(seconds * 1.5, _LONGEST_REST)
    return value


async def within_reason(awaited: Awaitable[T], what: str) -> T:
    """Await something that ends by itself; `what` names it if it hangs.

    Raises:
        AssertionError: it hangs.
    """
    try:
        return await asyncio.wait_for(awaited, HANG)
    except TimeoutError:
        raise AssertionError(f"hung for {HANG:.0f} s: {what}") from None


@contextmanager
def no_hang(what: str) -> Iterator[None]:
    """Run a computation that must not take forever, e.g. due to quadratic time; main thread only.

    Raises:
        AssertionError: it hangs.
    """

    def stop(_signal: int, _frame: object) -> None:
        raise AssertionError(f"hung for {HANG:.0f} s: {what}")

    before = signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, HANG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def _hang(condition: Callable[[], object], shows: Callable[[], object] | None) -> str:
    """Describe the condition: its source and the values it refers to."""
    condition = inspect.unwrap(condition)
    try:
        source = inspect.getsource(condition).strip()
    except (OSError, TypeError):
        source = repr(condition)
    seen = inspect.getclosurevars(condition).nonlocals if inspect.isfunction(condition) else {}
    lines = [f"hung for {HANG:.0f} s waiting for: {source}"]
    lines += [f"  where {name} = {value!r:.500}" for name, value in seen.items()]
    if shows is not None:
        lines.append(f"what there was instead:\n{shows()}")
    return "\n".join(lines)
