"""Reading a log in the user's own pager, without any of its control codes reaching the terminal.

`less` makes them visible itself and reads the log where it lies. What other programs would do with
them nobody knows, so those get a copy without. Bidirectional marks pass through `less`: a log that
holds any is copied for it too.
"""

import asyncio
import os
import re
import shlex
import signal
import sys
import tempfile
import termios
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from studio_tui.presentation.format import size
from studio_tui.presentation.logs.lines import plain
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.text import BLOCK_LIMIT, safe_block, safe_line, unfinished

COPY_LIMIT = 32 * 1024 * 1024
"""Bytes of a log that are copied."""

_SLICE = BLOCK_LIMIT // 4
"""Bytes that are cleaned at once; a tab becomes four characters."""

_SCAN = 4 * 1024 * 1024
_REORDERING = re.compile(rb"\xd8\x9c|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]")
"""The marks of the Unicode Bidirectional Algorithm (UAX 9), in UTF-8."""

_LESS_FLAGS = ("-fiML", "-+r", "-+R", "-+F")
"""Any file, searching ignores case, a long prompt, no LESSOPEN; raw output and leaving at once are
taken back, as a lesskey file may have asked for them behind the environment's back."""


class PagerError(Exception):
    """No pager can be run; the sentence says why."""


class Place(NamedTuple):
    """Where the reader is."""

    line: int | None
    """From 0; `None` while lines are not counted."""
    offset: int
    """Byte at which the line begins."""


class PagerInput(NamedTuple):
    """A file to be read in a pager."""

    path: Path
    place: Place


def pager_words(environ: Mapping[str, str], which: Callable[[str], str | None]) -> list[str]:
    """Return the words of $PAGER, else `less`.

    Raises:
        PagerError: they are no command, or its program is not installed.
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
    """Whether a command runs `less`."""
    return Path(words[0]).name == "less"


def command(words: Sequence[str], page: PagerInput) -> list[str]:
    """Return what to run for a file; the user's own flags of `less` are left out, as -R is one."""
    if not is_less(words):
        return [*words, str(page.path)]
    line, offset = page.place
    start = f"+{offset}P" if line is None else f"+{line + 1}g"
    return [words[0], *_LESS_FLAGS, start, "--", str(page.path)]


def environment(words: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment of a pager; `less` gets none of what changes how it shows a file."""
    if not is_less(words):
        return dict(environ)
    kept = {name: value for name, value in environ.items() if not name.startswith("LESS")}
    return kept | {"LESS": "", "LESSSECURE": "1", "LESSCHARSET": "utf-8"}


# --- what is read --------------------------------------------------------------------------------


@contextmanager
def private_file() -> Iterator[tuple[Path, BinaryIO]]:
    """Make a file that only its owner can read, and that is gone afterwards."""
    descriptor, name = tempfile.mkstemp(".log")
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield Path(name), file
    finally:
        Path(name).unlink(missing_ok=True)


async def is_reordered(store: LogStore) -> bool:
    """Whether a log holds marks that reorder what a terminal shows.

    Raises:
        SpoolError: the log cannot be read back.
    """
    for begin in range(0, store.size, _SCAN):
        # Two bytes more, as a mark may begin where a slice ends.
        if await store.examine(begin, _SCAN + 2, _REORDERING.search):
            return True
    return False


async def clean_copy(store: LogStore, start: int, file: BinaryIO) -> Place:
    """Write a log's safe text, of what is around the line at `start`; return where that is in it.

    Raises:
        SpoolError: the log cannot be read back.
        OSError: the copy cannot be written.
    """
    latest = max(0, store.size - COPY_LIMIT)
    wanted = min(max(0, start - COPY_LIMIT // 2), latest)
    begin = max(store.line_start(wanted), wanted - _SLICE)
    end = store.size if wanted == latest else wanted + COPY_LIMIT
    lines = 0
    place = Place(0, 0)

    def write(data: bytes) -> tuple[int, int]:
        """Write whole lines of `data`; return how many bytes, and lines, that was."""
        taken = data.rfind(b"\n") + 1 or len(data) - (unfinished(data) if len(data) > 3 else 0)
        file.write(safe_block(plain(data[:taken]).decode("utf-8", "replace")).encode())
        return taken, data.count(b"\n", 0, taken)

    if begin:
        file.write(_cut(f"{size(begin)} before this are left out"))
        lines = 1
    at = begin
    while at < end:
        # The slice ends at the reader's line, so that the lines before it are counted.
        stop = start if at < start < at + _SLICE else at + _SLICE
        if at == start:
            place = Place(lines, file.tell())
        taken, ended = await store.examine(at, min(stop, end) - at, write)
        at += taken
        lines += ended
    if end < store.size:
        file.write(b"\n" + _cut(f"{size(store.size - end)} after this are left out"))
    file.flush()
    return place


def _cut(words: str) -> bytes:
    return f"┅┅ studio-tui: {words}; the whole log can be saved ┅┅\n".encode()


# --- running it ----------------------------------------------------------------------------------


async def run(argv: Sequence[str], environ: Mapping[str, str]) -> str:
    """Run a pager on the terminal; return in words what went wrong, empty for nothing."""
    name = safe_line(argv[0])
    # What is typed at the pager is for it: ctrl+c goes to the whole group, ours too.
    before = {number: signal.signal(number, _ignore) for number in (signal.SIGINT, signal.SIGQUIT)}
    try:
        process = await asyncio.create_subprocess_exec(*argv, env=dict(environ))
        try:
            status = await process.wait()
        finally:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    process.kill()
    except OSError as error:
        return f"{name} cannot be run: {error.strerror}."
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
    return f"{name} ended with an error, status {status}." if status else ""


def discard_typed() -> None:
    """Forget what was typed at a pager that did not read it: it was not meant for us."""
    with suppress(OSError, ValueError, termios.error):
        if sys.__stdin__ is not None:
            termios.tcflush(sys.__stdin__.fileno(), termios.TCIFLUSH)


def _ignore(*_: object) -> None:
    """Do nothing; unlike SIG_IGN, this is not handed on to the pager."""
