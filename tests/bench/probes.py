"""Measurements of a program from outside, through its terminal."""

import random
import sys
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import NamedTuple

from tests.bench import processes
from tests.bench.terminal import SIZE, Terminal

_READING_TURN = 0.05
"""Seconds for which the output of one of several programs is read before that of the next."""

IN_TURN = 5
"""Number of keys that are pressed in one of several programs before the next program's turn."""

_QUIET_AFTER_KEYS = 0.1
"""Seconds without a frame after which a program has also done what it delays while keys come."""

_QUIET_AFTER_START = 0.3
"""Seconds without a frame after which a program is considered started."""


@dataclass(frozen=True)
class Program:
    """A program, and how to detect that it is ready."""

    command: Sequence[str]
    ready: str
    """Regular expression of its output when it is ready."""
    environment: Mapping[str, str] = field(default_factory=dict)
    setup: Sequence[str] = ()
    """Keys that bring it to the state to be measured."""
    patience: float = 20.0
    """Timeout in seconds until it is ready."""
    is_still: bool = True
    """Whether it draws only in response to keys, once it is ready."""

    @classmethod
    def ours(cls, name: str, *arguments: str, ready: str) -> "Program":
        """Return one of the programs in `tests.bench.programs`."""
        return cls((sys.executable, "-m", f"tests.bench.programs.{name}", *arguments), ready)

    def run(self, size: tuple[int, int] = SIZE) -> Terminal:
        """Start it in a terminal of `size` columns and rows, as a context manager."""
        return Terminal(self.command, environment=self.environment, size=size)


class Keys(NamedTuple):
    """Cost of some keys."""

    paints: list[float]
    """Milliseconds from a key to its frame."""
    cpu: float
    """CPU time of a key in ms, on which other programs have little influence."""


class Storm(NamedTuple):
    """How a program handles keys that are sent faster than a person can press them."""

    frames: float
    """Frames per second while keys came."""
    drained: float
    """Milliseconds from the last key to the last frame."""
    cpu: float
    """Percent of one core."""


def start(program: Program) -> float:
    """Return the ms from the start of a program until it is ready."""
    with program.run() as terminal:
        return (terminal.wait_for_text(program.ready, program.patience) - terminal.started) * 1000


def measure_keys(terminal: Terminal, keys: Sequence[str]) -> Keys:
    """Measure the time to the frame of half of the keys, then the CPU time of the others."""
    half = len(keys) // 2
    paints = _paints(terminal, keys[:half])
    terminal.settle(_QUIET_AFTER_KEYS)
    return Keys(paints, _cpu_per_key(terminal, keys[half:]))


def side_by_side(
    programs: Mapping[str, Program], keys: Sequence[str], rounds: int
) -> dict[str, list[float]]:
    """Return the ms from key to frame by program.

    All programs run at the same time and get a few keys each in turn, so that a burst of the
    machine's other work affects all of them.
    """
    times: dict[str, list[float]] = {name: [] for name in programs}
    with ExitStack() as stack:
        terminals = {
            name: stack.enter_context(started(program)) for name, program in programs.items()
        }
        for _ in range(rounds):
            for first in range(0, len(keys), IN_TURN):
                for name, terminal in terminals.items():
                    times[name] += _paints(terminal, keys[first : first + IN_TURN])
                    terminal.settle(_QUIET_AFTER_KEYS)
    return times


def opened_and_changed(
    program: Program, opening: str, text: str, changing: str
) -> tuple[float, float, float | None]:
    """Return three times in ms.

    From the key `opening` to the first frame and to `text`, and from the key `changing` to the
    next frame; `None` if there was none.
    """
    with started(program) as terminal:
        first, whole = _opened(terminal, opening, text, program.patience)
        terminal.settle(_QUIET_AFTER_START)
        sent = terminal.press(changing)
        frame = terminal.next_frame(1.0)
        return first, whole, (frame.at - sent) * 1000 if frame is not None else None


def storm(program: Program, key: str, seconds: float, rate: float = 100.0) -> Storm:
    """Send `rate` keys per second, regardless of the response."""
    with started(program) as terminal:
        frames, cpu = len(terminal.frames), processes.cpu_seconds(terminal.pid)
        begun, sent = _hold(terminal, key, seconds, rate)
        painted = len(terminal.frames) - frames
        spent = processes.cpu_seconds(terminal.pid) - cpu
        terminal.settle(0.1)
        drained = max(0.0, terminal.frames[-1].at - sent)
        return Storm(painted / (sent - begun), drained * 1000, spent / (sent - begun) * 100)


def held(terminal: Terminal, key: str, seconds: float, rate: float) -> list[float]:
    """Return the `time.perf_counter` of each frame while `rate` keys per second are sent."""
    begun, sent = _hold(terminal, key, seconds, rate)
    return [frame.at for frame in terminal.frames if begun <= frame.at <= sent]


def _hold(terminal: Terminal, key: str, seconds: float, rate: float) -> tuple[float, float]:
    """Send `rate` keys per second; return the times of the first and of the last."""
    begun = sent = terminal.press(key)
    for number in range(1, int(seconds * rate)):
        terminal.pump(begun + number / rate - sent)
        sent = terminal.press(key)
    return begun, sent


def idle(programs: Sequence[Program], settling: float, seconds: float) -> list[float]:
    """Return the percent of one core that each program uses while idle, all at the same time.

    The measurement begins `settling` seconds after their start.
    """
    with ExitStack() as stack:
        terminals = [stack.enter_context(started(program)) for program in programs]
        _rest(terminals, settling)
        before = [processes.cpu_seconds(terminal.pid) for terminal in terminals]
        _rest(terminals, seconds)
        after = [processes.cpu_seconds(terminal.pid) for terminal in terminals]
        return [(end - begin) / seconds * 100 for begin, end in zip(before, after, strict=True)]


def _rest(terminals: Sequence[Terminal], seconds: float) -> None:
    """Read what programs draw for some seconds, without pressing a key."""
    end = time.perf_counter() + seconds
    while (remaining := end - time.perf_counter()) > 0:
        for terminal in terminals:
            terminal.pump(min(remaining, _READING_TURN))


def memory(program: Program) -> tuple[float, float]:
    """Return current and peak memory in MB once the program is ready and set up."""
    with started(program) as terminal:
        return processes.memory(terminal.pid)


def started(program: Program) -> Terminal:
    """Start the program and bring it to the state to be measured, as a context manager."""
    terminal = program.run()
    try:
        terminal.wait_for_text(program.ready, program.patience)
        if program.is_still:
            terminal.settle(_QUIET_AFTER_START)
        for key in program.setup:
            terminal.press(key)
            terminal.settle(_QUIET_AFTER_START)
    except BaseException:
        terminal.close()
        raise
    return terminal


def _paints(terminal: Terminal, keys: Iterable[str]) -> list[float]:
    """Return the ms from each key to the frame it led to; keys without one are omitted.

    Keys come at irregular intervals, so that they do not synchronize with the program's frames.
    """
    times = []
    for key in keys:
        terminal.pump(random.uniform(0.02, 0.06))
        sent = terminal.press(key)
        frame = terminal.next_frame(0.25)
        if frame is not None:
            times.append((frame.at - sent) * 1000)
    return times


def _cpu_per_key(terminal: Terminal, keys: Sequence[str]) -> float:
    """Return the CPU time of a program in ms, per key."""
    before = processes.cpu_seconds(terminal.pid)
    for key in keys:
        terminal.press(key)
        terminal.next_frame(0.25)
        terminal.pump(0.02)
    terminal.settle(0.1)
    return (processes.cpu_seconds(terminal.pid) - before) * 1000 / len(keys)


def _opened(terminal: Terminal, key: str, text: str, patience: float) -> tuple[float, float]:
    """Return the ms from a key to the first frame and to a text."""
    sent = terminal.press(key)
    frame = terminal.next_frame(patience)
    whole = terminal.wait_for_text(text, patience)
    first = frame.at if frame is not None else whole
    return (first - sent) * 1000, (whole - sent) * 1000
