"""Generates logs for benchmarks: lines of 108 bytes, numbered or timestamped.

`python -m tests.bench.big_log FILE RATE` appends RATE lines per second to a file until it is
terminated.
"""

import sys
import time
from collections.abc import Iterator
from pathlib import Path

LINE_BYTES = 108

RARE = b"Needle-in-the-log"
"""A word that occurs once in a log, near its start."""

BATCHES_PER_SECOND = 100
"""How often lines are appended to a growing log."""

_WORDS = (
    b"step loss=0.0123 lr=0.0003 images/s=1742 epoch=3 batch of words that fill a line as jobs do"
)
_BLOCK = 10_000


def write(path: Path, lines: int) -> None:
    """Write a log with `lines` lines, at least a hundred."""
    rare_number = lines // 100
    with path.open("wb") as file:
        for first in range(0, lines, _BLOCK):
            numbers = range(first, min(first + _BLOCK, lines))
            text = b"".join([b"seq=%010d %s\n" % (number, _filled(14)) for number in numbers])
            if rare_number in numbers:
                start = text.index(b"seq=%010d" % rare_number) + 15
                text = text[:start] + RARE + text[start + len(RARE) :]
            file.write(text)


def sequence(number: int) -> str:
    """Return the prefix of a numbered line."""
    return f"seq={number:010d}"


def batch(lines: int) -> bytes:
    """Return a batch of lines, the last of which has a timestamp (`time.perf_counter`)."""
    line = b"seq=%010d %s\n" % (0, _filled(14))
    stamp = b"t=%015.6f" % time.perf_counter()
    return line * (lines - 1) + stamp + b" %s\n" % _filled(len(stamp))


def batches(rate: int) -> Iterator[tuple[float, bytes]]:
    """Yield without end the seconds to wait and the bytes to append, at `rate` lines per second."""
    begin, appended = time.perf_counter(), 0
    while True:
        due = begin + (appended + rate / BATCHES_PER_SECOND) / rate
        yield max(0.0, due - time.perf_counter()), b""
        lines = max(1, int((time.perf_counter() - begin) * rate) - appended)
        appended += lines
        yield 0.0, batch(lines)


def _filled(before: int) -> bytes:
    """Return the words that complete a line after a prefix of `before` bytes and a blank."""
    return _WORDS.ljust(LINE_BYTES, b".")[: LINE_BYTES - before - 2]


def _grow(path: Path, rate: int) -> None:
    with path.open("ab", buffering=0) as file:
        for seconds, text in batches(rate):
            time.sleep(seconds)
            file.write(text)


if __name__ == "__main__":
    _grow(Path(sys.argv[1]), int(sys.argv[2]))
