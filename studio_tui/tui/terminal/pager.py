"""Reading a log in the user's pager, without any of its control codes reaching the terminal.

`less` makes them visible itself and opens the original file. Other programs may not, so they get a
copy without control codes. `less` passes bidirectional marks through: a log with such marks is
copied for it too.
"""

import asyncio
import os
import re
import shlex
import signal
import sys
import tempfile
import termios
from asyncio.subprocess import Process
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from studio_tui.presentation.format import size
from studio_tui.presentation.logs.lines import without_escapes
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.text import BLOCK_LIMIT, incomplete_bytes, safe_block, safe_line

COPY_LIMIT = 32 * 1024 * 1024
"""Largest part of a log, in bytes, that is copied."""

_ENDS_WITHIN = 1.0
"""Seconds for a program to end by itself once it is asked to."""

_SLICE = BLOCK_LIMIT // 4
"""Bytes cleaned at a time; a tab becomes four characters."""

_SCAN = 4 * 1024 * 1024
_REORDERING = re.compile(rb"\xd8\x9c|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]")
"""Matches marks of the Unicode Bidirectional Algorithm (UAX 9), in UTF-8."""

_LESS_FLAGS = ("-fiML", "-+r", "-+R", "-+F")
"""Any file, case-insensitive search, long prompt, no LESSOPEN; raw output and quitting at once are
reset, as a lesskey file may have set them regardless of the environment."""


class PagerError(Exception):
    """No pager can be run; the message says why."""


class ReaderPlace(NamedTuple):
    """The reader's position in a log."""

    line: int | None
    """Line number from 0; `None` while lines are not counted."""
    offset: int
    """Byte offset of the line."""


class PagerInput(NamedTuple):
    """A file to open in a pager."""

    path: Path
    place: ReaderPlace


def pager_words(environ: Mapping[str, str], which: Callable[[str], str | None]) -> list[str]:
    """Return the command in $PAGER as words, by default `less`.

    Raises:
        PagerError: the command is invalid, or its program is not installed.
    """
    typed = environ.get("PAGER", "").strip() or "less"
    try:
        words = shlex.split(typed)
    except ValueError as error:
        raise PagerError("PAGER has an unclosed quote; set it to a command.") from error
    if not words or which(words[0]) is None:
        name = safe_line(words[0]) if words else "PAGER"
        raise PagerError(f"{name} is not installed; set PAGER to a pager that is.")
    return words


def is_less(words: Sequence[str]) -> bool:
    """Return whether a command runs `less`."""
    return Path(words[0]).name == "less"


def command(words: Sequence[str], page: PagerInput) -> list[str]:
    """Return the command for a file, without the user's own flags of `less`, such as -R."""
    if not is_less(words):
        return [*words, str(page.path)]
    line, offset = page.place
    start = f"+{offset}P" if line is None else f"+{line + 1}g"
    return [words[0], *_LESS_FLAGS, start, "--", str(page.path)]


def environment(words: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the pager's environment; for `less`, without variables that change its output."""
    if not is_less(words):
        return dict(environ)
    kept = {name: value for name, value in environ.items() if not name.startswith("LESS")}
    return kept | {"LESS": "", "LESSSECURE": "1", "LESSCHARSET": "utf-8"}


# --- the input -----------------------------------------------------------------------------------


@contextmanager
def private_file() -> Iterator[tuple[Path, BinaryIO]]:
    """Create a temporary file that only its owner can read; it is deleted at the end."""
    descriptor, name = tempfile.mkstemp(".log")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield Path(name), file
    finally:
        Path(name).unlink(missing_ok=True)


async def is_reordered(store: LogStore) -> bool:
    """Return whether a log contains marks that reorder what a terminal shows.

    Raises:
        SpoolError: the log cannot be read back.
    """
    for begin in range(0, store.size, _SCAN):
        # Two bytes more, as a mark may begin at the end of a slice.
        if await store.examine(begin, _SCAN + 2, _REORDERING.search):
            return True
    return False


async def clean_copy(store: LogStore, start: int, file: BinaryIO) -> ReaderPlace:
    """Write the safe text of the log around the line at `start`; return the line's place in it.

    Raises:
        SpoolError: the log cannot be read back.
        OSError: the copy cannot be written.
    """
    latest = max(0, store.size - COPY_LIMIT)
    wanted = min(max(0, start - COPY_LIMIT // 2), latest)
    begin = max(store.line_start(wanted), wanted - _SLICE)
    end = store.size if wanted == latest else wanted + COPY_LIMIT
    lines = 0
    place = ReaderPlace(0, 0)

    def write(data: bytes) -> tuple[int, int]:
        """Write complete lines of `data`; return the number of bytes and lines written."""
        length = data.rfind(b"\n") + 1 or len(data) - (
            incomplete_bytes(data) if len(data) > 3 else 0
        )
        file.write(safe_block(without_escapes(data[:length]).decode("utf-8", "replace")).encode())
        return length, data.count(b"\n", 0, length)

    if begin:
        file.write(_cut(f"{size(begin)} before this are left out"))
        lines = 1
    at = begin
    while at < end:
        # The slice ends at the reader's line, so that the lines before it are counted.
        stop = start if at < start < at + _SLICE else at + _SLICE
        if at == start:
            place = ReaderPlace(lines, file.tell())
        length, ended = await store.examine(at, min(stop, end) - at, write)
        at += length
        lines += ended
    if end < store.size:
        file.write(b"\n" + _cut(f"{size(store.size - end)} after this are left out"))
    file.flush()
    return place


def _cut(words: str) -> bytes:
    return f"┅┅ studio-tui: {words}; the whole log can be saved ┅┅\n".encode()


# --- the process ---------------------------------------------------------------------------------


async def run(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    """Run a program on the terminal; return an error message, empty on success."""
    name = safe_line(argv[0])
    # Ctrl+c is for the pager, but the terminal signals the whole process group.
    before = {number: signal.signal(number, _ignore) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        process = await asyncio.create_subprocess_exec(*argv, env=dict(environ))
        try:
            status = await process.wait()
        finally:
            if process.returncode is None:
                await _end(process)
    except OSError as error:
        return f"{name} cannot be run: {error.strerror}."
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return f"{name} exited with status {status}." if status else ""


async def _end(process: Process) -> None:
    """End a program that is no longer wanted; by force if it does not restore the terminal soon."""
    with suppress(ProcessLookupError):
        process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _ENDS_WITHIN)
        except TimeoutError:
            process.kill()
            await process.wait()


def discard_typed() -> None:
    """Discard typed keys that the pager did not read, as they were not meant for us."""
    with suppress(OSError, ValueError, termios.error):
        if sys.__stdin__ is not None:
            termios.tcflush(sys.__stdin__.fileno(), termios.TCIFLUSH)


def _ignore(*_: object) -> None:
    """Do nothing; unlike SIG_IGN, the pager does not inherit this handler."""
