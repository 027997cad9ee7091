"""Reading a log in the user's pager, without the log's control codes reaching the terminal.

`less` shows control codes as visible text, so it opens the original file, unless that has marks
that reorder text. Otherwise a copy without control codes is opened.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO, NamedTuple

from studio_tui.presentation.format import size
from studio_tui.presentation.logs.lines import without_escapes
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.text import BLOCK_LIMIT, incomplete_bytes, safe_block
from studio_tui.tui.terminal.lending import command_words

COPY_LIMIT = 32 * 1024 * 1024
"""Bytes of a log that are copied for a pager."""

_SLICE = BLOCK_LIMIT // 4
"""Bytes sanitized at a time; `BLOCK_LIMIT` has room for four blanks instead of each tab."""

_SCAN = 4 * 1024 * 1024
"""Bytes searched at a time."""

_REORDERING = re.compile(rb"\xd8\x9c|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]")
"""Marks of the Unicode Bidirectional Algorithm (UAX 9), in UTF-8."""

_LESS_FLAGS = ("-fiML", "-+r", "-+R", "-+F")
"""Open any file, search without case, show a long prompt, and ignore LESSOPEN.

The others switch off what a lesskey file may have switched on: raw output, and quitting after a
short file.
"""


class ReaderPlace(NamedTuple):
    """The line of a log that the user is reading."""

    line: int | None
    """From 0; `None` while lines are not counted."""
    offset: int
    """Byte offset of the line in the file."""


class PagerInput(NamedTuple):
    """A file to open in a pager, and the line to show first."""

    path: Path
    place: ReaderPlace


def pager_words(environ: Mapping[str, str], which: Callable[[str], str | None]) -> list[str]:
    """Return the command of $PAGER or `less`; raise `ProgramError` if it cannot run."""
    typed = environ.get("PAGER", "").strip() or "less"
    return command_words(typed, "PAGER", "a pager", which)


def is_less(words: Sequence[str]) -> bool:
    """Return whether a command runs `less`."""
    return Path(words[0]).name == "less"


def pager_command(words: Sequence[str], page: PagerInput) -> list[str]:
    """Return the command that opens a file; only `less` can show a given line first.

    The user's own flags of `less`, such as -R, are left out.
    """
    if not is_less(words):
        return [*words, str(page.path)]
    line, offset = page.place
    start = f"+{offset}P" if line is None else f"+{line + 1}g"
    return [words[0], *_LESS_FLAGS, start, "--", str(page.path)]


def pager_environment(words: Sequence[str], environ: Mapping[str, str]) -> dict[str, str]:
    """Return the pager's environment; for `less`, without variables that change its output."""
    if not is_less(words):
        return dict(environ)
    others = {name: value for name, value in environ.items() if not name.startswith("LESS")}
    return others | {"LESS": "", "LESSSECURE": "1", "LESSCHARSET": "utf-8"}


async def is_reordered(store: LogStore) -> bool:
    """Return whether a log has marks that reorder text on a terminal; may raise `SpoolError`."""
    for begin in range(0, store.size, _SCAN):
        # Two bytes more, as a mark of three bytes may begin at the end of this part.
        if await store.read_in_thread(begin, _SCAN + 2, _REORDERING.search):
            return True
    return False


async def clean_copy(store: LogStore, start: int, file: IO[bytes]) -> ReaderPlace:
    """Write the sanitized text of a log to `file`; return where the line at `start` is in `file`.

    `start` is the byte offset of the line that the user is reading. Of a log larger than
    `COPY_LIMIT`, the part around this line is written.

    Raises:
        SpoolError: the log cannot be read back.
        OSError: the copy cannot be written.
    """
    last_begin = max(0, store.size - COPY_LIMIT)
    limited_begin = min(max(0, start - COPY_LIMIT // 2), last_begin)
    # Begin with a whole line, unless the line is extremely long.
    begin = max(store.line_start(limited_begin), limited_begin - _SLICE)
    end = store.size if limited_begin == last_begin else limited_begin + COPY_LIMIT
    lines = 0
    place = ReaderPlace(0, 0)

    def write(data: bytes) -> tuple[int, int]:
        """Write `data` up to its last line end; return how many bytes and lines.

        Without a line end, write all but an incomplete character at the end.
        """
        length = data.rfind(b"\n") + 1
        if not length:
            length = len(data) - (incomplete_bytes(data) if len(data) > 3 else 0)
        file.write(safe_block(without_escapes(data[:length]).decode("utf-8", "replace")).encode())
        return length, data.count(b"\n", 0, length)

    if begin:
        file.write(_omission(f"{size(begin)} before this are left out"))
        lines = 1
    offset = begin
    while offset < end:
        # A slice ends before the user's line, so that the lines before that line are counted.
        stop = start if offset < start < offset + _SLICE else offset + _SLICE
        if offset == start:
            place = ReaderPlace(lines, file.tell())
        bytes_written, lines_written = await store.read_in_thread(
            offset, min(stop, end) - offset, write
        )
        offset += bytes_written
        lines += lines_written
    if end < store.size:
        file.write(b"\n" + _omission(f"{size(store.size - end)} after this are left out"))
    file.flush()
    return place


def _omission(words: str) -> bytes:
    return f"┅┅ studio-tui: {words}; the whole log can be saved ┅┅\n".encode()
