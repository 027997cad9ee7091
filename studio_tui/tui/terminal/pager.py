"""Reading a log in the user's pager: a copy without the log's control codes."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

from studio_tui.presentation.format import size
from studio_tui.presentation.logs.lines import without_escapes
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.text import BLOCK_LIMIT, incomplete_bytes, safe_block
from studio_tui.tui.terminal.lending import command_words

COPY_LIMIT = 32 * 1024 * 1024
"""Most bytes of a log that are copied for a pager."""

_SLICE = BLOCK_LIMIT // 4
"""Bytes sanitized at a time: within `BLOCK_LIMIT` even if four blanks replace each tab."""


def pager_words(environ: Mapping[str, str], which: Callable[[str], str | None]) -> list[str]:
    """Return the command of $PAGER or `less`; raise `ProgramError` if it cannot run."""
    command = environ.get("PAGER", "").strip() or "less"
    return command_words(command, "PAGER", "a pager", which)


def pager_command(words: Sequence[str], path: str, line: int) -> list[str]:
    """Return the command that opens a file: `less` at `line`, counted from 0, others at the top."""
    if Path(words[0]).name != "less":
        return [*words, path]
    # -+F: `less` stays open even if the whole file fits on the screen.
    return [*words, "-+F", f"+{line + 1}g", "--", path]


async def clean_copy(store: LogStore, start: int, file: IO[bytes]) -> int:
    """Write the sanitized text of a log to `file`; return the index there of the line at `start`.

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
    lines = line = 0

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
            line = lines
        bytes_written, lines_written = await store.read_in_thread(
            offset, min(stop, end) - offset, write
        )
        offset += bytes_written
        lines += lines_written
    if end < store.size:
        file.write(b"\n" + _omission(f"{size(store.size - end)} after this are left out"))
    file.flush()
    return line


def _omission(words: str) -> bytes:
    return f"┅┅ studio-tui: {words}; the whole log can be saved ┅┅\n".encode()
