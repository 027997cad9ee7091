"""Writing text to a new file that the user has named: the whole text, or nothing at all.

Only the owner can read the file, as a log may contain secrets.
"""

import asyncio
import os
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, NamedTuple

from studio_tui.errors import SpoolError, StudioError
from studio_tui.presentation.form.typed_paths import as_path
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.text import safe_line

Pieces = AsyncGenerator[bytes, None]
"""Bytes to write; of a log, each piece has at most a few megabytes."""

LINES_AT_ONCE = 256
"""Lines formatted before the event loop runs again, in a few milliseconds."""

_SLICE = 4 * 1024 * 1024
"""Bytes of a log that are read at a time."""

_NAME_BYTES = 120
"""Maximum length of each part of a default file name; file systems limit a name to 255 bytes."""

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class CannotSaveError(StudioError):
    """A file cannot be written; the message says why."""


class Saved(NamedTuple):
    """A file that was written."""

    path: Path
    lines: int
    size: int


def file_name(job_name: str, short_id: str) -> str:
    """Return the default file name of a job's log, such as `train.py-7f3a.log`."""
    name = _valid_word(job_name).encode()[:_NAME_BYTES].decode(errors="ignore")
    short = _valid_word(short_id)[:_NAME_BYTES]
    return "-".join(filter(None, (name or "job", short))) + ".log"


def _valid_word(text: str) -> str:
    return "".join(c if c.isalnum() or c in "._" else "-" for c in text).strip("-.")


def free_name(typed: str) -> str:
    """Return `typed` if no file has this name, else the first free one of `x-2.log`, `x-3.log`, …

    Call it in a thread.
    """
    suffix = Path(typed).suffix
    stem = typed.removesuffix(suffix)
    candidate, number = typed, 1
    while _exists(candidate):
        number += 1
        candidate = f"{stem}-{number}{suffix}"
    return candidate


def _exists(typed: str) -> bool:
    try:
        return os.path.lexists(path_of(typed))
    except CannotSaveError:
        # The path is invalid, which is reported when the user saves to it.
        return os.path.lexists(as_path(typed))


def path_of(typed: str) -> Path:
    """Return the absolute path for a typed one; raise `CannotSaveError` if no file can have it."""
    if not typed.strip():
        raise CannotSaveError("Type where to save it.")
    path = Path(as_path(typed).strip())
    if "\0" in typed or not _is_encodable(typed):
        raise CannotSaveError("That is not a valid file name; type another.")
    try:
        path = path.expanduser().absolute()
        is_folder = typed.rstrip().endswith(os.sep) or path.is_dir()
    except RuntimeError as error:
        raise CannotSaveError("There is no such user; type a path without ~.") from error
    except OSError as error:
        raise _cannot_save(error, path) from error
    if is_folder:
        raise CannotSaveError(f"{safe_line(str(path))} is a folder; add a name for the file.")
    return path


def _is_encodable(typed: str) -> bool:
    try:
        os.fsencode(typed)
    except UnicodeEncodeError:
        return False
    return True


async def log_pieces(store: LogStore) -> Pieces:
    """Yield the bytes that a log has now.

    Raises:
        SpoolError: they cannot be read, or have changed.
    """
    size, version = store.size, store.version
    for offset in range(0, size, _SLICE):
        yield await store.read_in_thread(offset, min(_SLICE, size - offset), bytes)
        if store.changed_since(version) < size:
            raise SpoolError("The log changed while it was being saved; save it again.")


async def line_pieces(starts: AsyncIterator[int], text_at: Callable[[int], str]) -> Pieces:
    """Yield lines as shown on the screen, encoded; `starts` has the byte offset of each."""
    lines: list[str] = []
    async for start in starts:
        lines.append(text_at(start) + "\n")
        if len(lines) == LINES_AT_ONCE:
            yield "".join(lines).encode()
            lines.clear()
    yield "".join(lines).encode()


async def text_pieces(text: str) -> Pieces:
    """Yield a text, encoded for a file."""
    yield text.encode("utf-8", "replace")


async def save(
    pieces: Pieces, path: Path, *, on_progress: Callable[[int], None] | None = None
) -> Saved:
    """Write `pieces` to a new file; if that fails or is canceled, no file is left behind.

    `on_progress` is called with the number of bytes written so far.

    Raises:
        CannotSaveError: the file cannot be written, or its name is in use.
        SpoolError: the log cannot be read back, or has changed meanwhile.
    """
    lines = size = 0
    last = b""
    with _new_file(path) as file:
        async with aclosing(pieces):
            async for piece in pieces:
                lines += await asyncio.to_thread(_write, file, piece)
                size += len(piece)
                last = piece or last
                if on_progress is not None:
                    on_progress(size)
    ends_within_line = last[-1:] not in {b"", b"\n"}
    return Saved(path, lines + ends_within_line, size)


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Create a file, and delete it if the block fails."""
    try:
        file = os.fdopen(os.open(path, _NEW, 0o600), "wb")
        try:
            with file:
                yield file
        except BaseException:
            with suppress(OSError):
                path.unlink()
            raise
    except OSError as error:
        raise _cannot_save(error, path) from error


def _write(file: BinaryIO, piece: bytes) -> int:
    file.write(piece)
    return piece.count(b"\n")


def _cannot_save(error: OSError, path: Path) -> CannotSaveError:
    name = safe_line(path.name)
    if isinstance(error, FileExistsError):
        return CannotSaveError(f"{name} exists already.")
    if isinstance(error, FileNotFoundError):
        return CannotSaveError(f"There is no folder {safe_line(str(path.parent))}.")
    return CannotSaveError(f"{name} cannot be written: {error.strerror}.")
