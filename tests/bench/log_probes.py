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

from studio_tui.api.client import StudioClient
from studio_tui.api.connection_states import FollowPhase
from studio_tui.local.server import endpoint
from studio_tui.presentation.logs.search import SearchPattern
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.service.logs.tail import LogTail
from studio_tui.tui.first_steps import COLLECTION_THRESHOLD
from tests import needs
from tests.bench import processes
from tests.bench.probes import IN_TURN, Program, started
from tests.bench.programs.receiving import messages
from tests.bench.terminal import Terminal
from tests.service.logs.allowed_hosts import allow_every_host
from tests.studios import ProcessStudio

_PAGE_BYTES = 200
"""Minimum number of bytes that draw a page; to redraw a clock or a counter takes fewer."""

_IMPORT_SECONDS = 0.5
"""Seconds in which a started program imports the modules of screens that are opened often."""

_TIMESTAMP = re.compile(rb"t=(\d{8}\.\d{6})")


class Followed(NamedTuple):
    """How a program keeps up with a growing log."""

    cpu: float
    """Percent of one core."""
    ages: list[float]
    """Milliseconds from writing a line to showing it; empty if unknown."""


def key_to_text(program: Program, key: str, text: str) -> float:
    """Return the ms from a key to the frame that draws `text`, even if it was visible before."""
    with started(program) as terminal:
        terminal.pump(_IMPORT_SECONDS)
        before = len(terminal.output)
        sent = terminal.press(key)
        return (terminal.wait_for_text(text, program.patience, since=before) - sent) * 1000


def key_to_page(
    program: Program, keys: Iterable[str], *, patience: float = 0.5, opening: str | None = None
) -> list[float]:
    """Return the ms from each key to the page that it draws; keys that draw none are omitted.

    `opening` is a key that is pressed before, to open a log; then the first lines are waited for.
    """
    with started(program) as terminal:
        if opening is not None:
            terminal.press(opening)
            terminal.wait_for_text(r"seq=\d+", program.patience)
        return _pages(terminal, keys, patience)


def pages_side_by_side(
    programs: Mapping[str, tuple[Program, Sequence[str]]], rounds: int, *, empty: str
) -> dict[str, list[float]]:
    """Return the ms from key to page by the name of the program.

    All programs run at the same time, and get a few keys each in turn. In the one named `empty`,
    any output counts as a page.
    """
    times: dict[str, list[float]] = {name: [] for name in programs}
    with ExitStack() as stack:
        terminals = {
            name: (stack.enter_context(started(program)), keys)
            for name, (program, keys) in programs.items()
        }
        for first in range(0, rounds * max(len(keys) for _, keys in programs.values()), IN_TURN):
            for name, (terminal, keys) in terminals.items():
                begin = first % len(keys)
                min_bytes = 1 if name == empty else _PAGE_BYTES
                times[name] += _pages(terminal, keys[begin : begin + IN_TURN], 0.5, min_bytes)
    return times


def follow(program: Program, seconds: float) -> Followed:
    """Measure a program that shows a log that grows by `big_log.batches`."""
    with started(program) as terminal:
        frames_before = len(terminal.frames)
        offset = sum(frame.size for frame in terminal.frames)
        before = processes.cpu_seconds(terminal.pid)
        terminal.pump(seconds)
        spent = processes.cpu_seconds(terminal.pid) - before
        ages = []
        for frame in terminal.frames[frames_before:]:
            stamps = _TIMESTAMP.findall(terminal.output[offset : offset + frame.size])
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

    async def receive() -> float:
        store = LogStore.create(folder)
        settings = studio.settings()
        async with StudioClient(settings) as client:
            tail = LogTail(client, job_id, store, may_fetch=allow_every_host)
            begin = time.perf_counter()
            last_append = begin

            def note_append() -> None:
                nonlocal last_append
                last_append = time.perf_counter()

            store.watch(note_append)
            await tail.run()
            lines = store.lines
            store.close()
            if tail.state.phase is not FollowPhase.COMPLETE:
                raise RuntimeError(f"The log is incomplete: {tail.state}")
            return lines / (last_append - begin)

    gc.freeze()
    thresholds = gc.get_threshold()
    gc.set_threshold(COLLECTION_THRESHOLD, *thresholds[1:])
    try:
        return asyncio.run(receive())
    finally:
        gc.set_threshold(*thresholds)


def seconds_to_receive(dashboard: Program, job_id: str) -> float:
    """Return the seconds in which a client that drops everything receives a job's log."""

    async def receive() -> float:
        begin = time.perf_counter()
        last_message = begin
        async for _ in messages(job_id):
            last_message = time.perf_counter()
        return last_message - begin

    with mock.patch.dict(os.environ, dashboard.environment):
        return asyncio.run(receive())


def cli_lines_a_second(studio: ProcessStudio, job_id: str, folder: Path) -> float:
    """Return the rate in lines per second at which the published client writes a job's log."""
    server = endpoint.find(studio.data_dir)
    if server is None:
        raise RuntimeError("The local Studio is not running.")
    environment = {**os.environ, **server.environment(), "DATACHAIN_NO_ANALYTICS": "1"}
    client = subprocess.Popen(
        [needs.PUBLISHED_CLI, "job", "logs", job_id],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
        cwd=folder,
    )
    with client:
        output = client.stdout
        assert output is not None
        lines, first_read, last_read = 0, 0.0, 0.0
        while text := os.read(output.fileno(), 1 << 20):
            last_read = time.perf_counter()
            first_read = first_read or last_read
            lines += text.count(b"\n")
    return lines / (last_read - first_read)


def search(path: Path, word: bytes, *, ignore_case: bool) -> float:
    """Return the seconds for counting the lines with a word in the whole log of a file."""
    pattern = SearchPattern(word.decode().lower() if ignore_case else word.decode())

    async def count() -> float:
        store = LogStore.open(path)
        matches = LineMatches(store, pattern.starts)
        begin = time.perf_counter()
        await matches.search(store.size)
        seconds = time.perf_counter() - begin
        store.close()
        if not matches.total:
            raise RuntimeError(f"{word!r} was not found.")
        return seconds

    return asyncio.run(count())


def grep(path: Path, word: bytes, options: Sequence[str]) -> float:
    """Return the seconds that `grep -c` takes to count the lines with a word in a file."""
    begin = time.perf_counter()
    subprocess.run(
        ["grep", "-c", *options, word.decode(), str(path)],
        check=True,
        capture_output=True,
        env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
    )
    return time.perf_counter() - begin


def _pages(
    terminal: Terminal, keys: Iterable[str], patience: float, min_bytes: int = _PAGE_BYTES
) -> list[float]:
    """Return the ms from each key to the page that it draws; keys that draw none are omitted."""
    times = []
    for key in keys:
        terminal.settle(0.03, patience=0.3)
        sent = terminal.press(key)
        drawn = _page_time(terminal, len(terminal.frames), patience, min_bytes)
        if drawn is not None:
            times.append((drawn - sent) * 1000)
    return times


def _page_time(
    terminal: Terminal, frames_before: int, patience: float, min_bytes: int
) -> float | None:
    """Return when the frames after the first `frames_before` had `min_bytes` bytes, or `None`."""

    def new_bytes() -> int:
        return sum(frame.size for frame in terminal.frames[frames_before:])

    terminal.pump(patience, lambda: new_bytes() >= min_bytes)
    written = 0
    for frame in terminal.frames[frames_before:]:
        written += frame.size
        if written >= min_bytes:
            return frame.at
    return None
