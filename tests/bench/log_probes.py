"""Measurements of programs that show a log, and of loading and searching a log."""

import asyncio
import gc
import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple
from unittest import mock

from pydantic import SecretStr

from studio_tui.api.client import StudioClient
from studio_tui.local.server import endpoint
from studio_tui.presentation.logs.search import SearchPattern
from studio_tui.service.logs.state import FollowPhase
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.service.logs.tail import LogTail
from studio_tui.settings import Settings
from studio_tui.tui.garbage import COLLECTION_THRESHOLD
from tests import needs
from tests.bench import processes
from tests.bench.probes import IN_TURN, Program, started
from tests.bench.programs.receiving import messages
from tests.bench.terminal import Terminal
from tests.studios import ProcessStudio

_PAGE_BYTES = 200
"""Minimum number of bytes that draw a page; a clock or a counter takes fewer."""

_REST = 0.5
"""Seconds in which a program that has started imports what is opened most."""

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
        terminal.pump(_REST)
        before = len(terminal.output)
        sent = terminal.press(key)
        return (terminal.wait_for_text(text, program.patience, since=before) - sent) * 1000


def key_to_page(
    program: Program, keys: Iterable[str], *, patience: float = 0.5, opening: str | None = None
) -> list[float]:
    """Return the ms from each key to the page it led to; keys without one are omitted.

    `opening` is a key that opens a log, of which only the first lines are waited for.
    """
    with started(program) as terminal:
        if opening is not None:
            terminal.press(opening)
            terminal.wait_for_text(r"seq=\d+", program.patience)
        return _pages(terminal, keys, patience)


def pages_side_by_side(
    programs: Mapping[str, tuple[Program, Sequence[str]]], rounds: int, *, empty: str
) -> dict[str, list[float]]:
    """Return the ms from key to page by name, all programs running, a few keys each in turn.

    The one named `empty` draws no page, but anything.
    """
    taken: dict[str, list[float]] = {name: [] for name in programs}
    with ExitStack() as stack:
        terminals = {
            name: (stack.enter_context(started(program)), keys)
            for name, (program, keys) in programs.items()
        }
        for first in range(0, rounds * max(len(keys) for _, keys in programs.values()), IN_TURN):
            for name, (terminal, keys) in terminals.items():
                begin = first % len(keys)
                least = 1 if name == empty else _PAGE_BYTES
                taken[name] += _pages(terminal, keys[begin : begin + IN_TURN], 0.5, least)
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
    """Return the rate in lines per second from a job's websocket to a store on disk.

    Garbage is collected as in the dashboard.
    """

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

    gc.freeze()
    before = gc.get_threshold()
    gc.set_threshold(COLLECTION_THRESHOLD, *before[1:])
    try:
        return asyncio.run(take())
    finally:
        gc.set_threshold(*before)


def seconds_dropped(dashboard: Program, job_id: str) -> float:
    """Return the seconds in which a client that drops everything receives a job's log."""

    async def take() -> float:
        begun = time.perf_counter()
        ended = begun
        async for _ in messages(job_id):
            ended = time.perf_counter()
        return ended - begun

    with mock.patch.dict(os.environ, dashboard.environment):
        return asyncio.run(take())


def cli_lines_a_second(studio: ProcessStudio, job_id: str, folder: Path) -> float:
    """Return the rate in lines per second at which the published client writes a job's log."""
    found = endpoint.find(studio.data_dir)
    if found is None:
        raise RuntimeError("The local Studio is not there.")
    environment = {**os.environ, **found.environment(), "DATACHAIN_NO_ANALYTICS": "1"}
    client = subprocess.Popen(
        [needs.PUBLISHED_CLI, "job", "logs", job_id],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=folder,
    )
    with client:
        out = client.stdout
        assert out is not None
        lines, begun, ended = 0, 0.0, 0.0
        while text := os.read(out.fileno(), 1 << 20):
            ended = time.perf_counter()
            begun = begun or ended
            lines += text.count(b"\n")
    return lines / (ended - begun)


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


def _pages(
    terminal: Terminal, keys: Iterable[str], patience: float, least: int = _PAGE_BYTES
) -> list[float]:
    taken = []
    for key in keys:
        terminal.settle(0.03, patience=0.3)
        sent = terminal.press(key)
        at = _page(terminal, len(terminal.frames), patience, least)
        if at is not None:
            taken.append((at - sent) * 1000)
    return taken


def _page(terminal: Terminal, seen: int, patience: float, least: int) -> float | None:
    """Return when `least` bytes were drawn by the frames after the first `seen`, if they were."""
    terminal.pump(patience, lambda: sum(frame.size for frame in terminal.frames[seen:]) >= least)
    written = 0
    for frame in terminal.frames[seen:]:
        written += frame.size
        if written >= least:
            return frame.at
    return None
