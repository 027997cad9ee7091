"""Measurements of programs that show a log, and of loading and searching a log."""

import asyncio
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from pydantic import SecretStr

from studio_tui.api.client import StudioClient
from studio_tui.presentation.logs.search import SearchPattern
from studio_tui.service.logs.state import FollowPhase
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.service.logs.tail import LogTail
from studio_tui.settings import Settings
from tests.bench import processes
from tests.bench.probes import Program, started
from tests.bench.terminal import Terminal
from tests.studios import ProcessStudio

_PAGE_BYTES = 200
"""Minimum number of bytes that draw a page; a clock or a counter takes fewer."""

_STAMP = re.compile(rb"t=(\d{8}\.\d{6})")


class Followed(NamedTuple):
    """How a program keeps up with a growing log."""

    cpu: float
    """Percent of one core."""
    ages: list[float]
    """Milliseconds from writing a line to showing it; empty if unknown."""


def key_to_text(program: Program, key: str, text: str) -> float:
    """Return the ms from a key to the frame that draws `text`, which may have been visible."""
    with started(program) as terminal:
        before = len(terminal.output)
        sent = terminal.press(key)
        return (terminal.wait_for_text(text, program.patience, since=before) - sent) * 1000


def key_to_page(
    program: Program, keys: Iterable[str], *, patience: float = 0.5, opening: str | None = None
) -> list[float]:
    """Return the ms from each key to the page it led to; keys without one are omitted.

    `opening` is a key that opens a log, of which only the first lines are waited for.
    """
    taken = []
    with started(program) as terminal:
        if opening is not None:
            terminal.press(opening)
            terminal.wait_for_text(r"seq=\d+", program.patience)
        for key in keys:
            terminal.settle(0.03, patience=0.3)
            sent = terminal.press(key)
            at = _page(terminal, len(terminal.frames), patience)
            if at is not None:
                taken.append((at - sent) * 1000)
    return taken


def follow(program: Program, seconds: float) -> Followed:
    """Measure a program that shows a log growing by `big_log.beats`."""
    with started(program) as terminal:
        seen, offset = len(terminal.frames), sum(frame.size for frame in terminal.frames)
        before = processes.cpu_seconds(terminal.pid)
        terminal.pump(seconds)
        spent = processes.cpu_seconds(terminal.pid) - before
        ages = []
        for frame in terminal.frames[seen:]:
            stamps = _STAMP.findall(terminal.output[offset : offset + frame.size])
            offset += frame.size
            if stamps:
                ages.append((frame.at - max(map(float, stamps))) * 1000)
        return Followed(spent / seconds * 100, ages)


@contextmanager
def growing(path: Path, rate: int) -> Iterator[None]:
    """Append `rate` lines per second to a file."""
    path.touch()
    feeder = subprocess.Popen([sys.executable, "-m", "tests.bench.big_log", str(path), str(rate)])
    try:
        yield
    finally:
        feeder.kill()
        feeder.wait()
        path.unlink()


def lines_a_second(studio: ProcessStudio, job_id: str, folder: Path) -> float:
    """Return the rate in lines per second from a job's websocket to a store on disk."""

    async def take() -> float:
        store = LogStore.create(folder)
        settings = Settings(url=studio.url, team=studio.team, token=SecretStr(studio.token))
        async with StudioClient(settings) as client:
            tail = LogTail(client, job_id, store)
            begun = time.perf_counter()
            filled = begun

            def filling() -> None:
                nonlocal filled
                filled = time.perf_counter()

            store.watch(filling)
            await tail.run()
            lines = store.lines
            store.close()
            if tail.state.phase is not FollowPhase.COMPLETE:
                raise RuntimeError(f"The log did not come whole: {tail.state}")
            return lines / (filled - begun)

    return asyncio.run(take())


def search(path: Path, word: bytes, *, ignore_case: bool) -> float:
    """Return the seconds for counting the lines with a word in the whole log of a file."""
    wanted = SearchPattern(word.decode().lower() if ignore_case else word.decode())

    async def count() -> float:
        store = LogStore.open(path)
        hits = LineMatches(store, wanted.starts)
        begun = time.perf_counter()
        await hits.search(store.size)
        taken = time.perf_counter() - begun
        store.close()
        if not hits.total:
            raise RuntimeError(f"{word!r} was not found.")
        return taken

    return asyncio.run(count())


def grep(path: Path, word: bytes, options: Sequence[str]) -> float:
    """Return the seconds that `grep -c` takes for the same."""
    begun = time.perf_counter()
    subprocess.run(
        ["grep", "-c", *options, word.decode(), str(path)],
        check=True,
        capture_output=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    return time.perf_counter() - begun


def _page(terminal: Terminal, seen: int, patience: float) -> float | None:
    """Return when a page was drawn by the frames after the first `seen`; `None` if it was not."""
    terminal.pump(
        patience, lambda: sum(frame.size for frame in terminal.frames[seen:]) >= _PAGE_BYTES
    )
    written = 0
    for frame in terminal.frames[seen:]:
        written += frame.size
        if written >= _PAGE_BYTES:
            return frame.at
    return None
