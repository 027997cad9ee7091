"""Writing text to a file that the user has named: the whole text, or nothing at all.

Only the owner can read the file, as a log may contain secrets.
"""

import asyncio
import errno
import os
import secrets
import stat
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import aclosing, suppress
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
    """A file cannot be written; the message says why, and usually what to type instead."""

    def __init__(self, words: str, *, why: str | None = None) -> None:
        super().__init__(words)
        self.why = why or words
        """The message without the advice to type something else."""


class AlreadyThereError(CannotSaveError):
    """The file exists already, and replacing it was not allowed."""


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
    """Yield a log up to its size now; raise `SpoolError` if that cannot be read or has changed."""
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
    pieces: Pieces, path: Path, *, replace: bool, on_progress: Callable[[int], None] | None = None
) -> Saved:
    """Write `pieces` to a file; `replace` allows an existing file to be replaced.

    `on_progress` is called with the number of bytes written so far. If saving fails or is canceled,
    no file is left behind and an existing file is unchanged.

    Raises:
        AlreadyThereError: the file exists, and `replace` is false.
        CannotSaveError: the file cannot be written.
        SpoolError: the log cannot be read back, or has changed meanwhile.
    """
    # In the folder of the file, as a rename is only atomic within one file system.
    draft = path.parent / f".studio-tui-{secrets.token_hex(8)}.part"
    lines = size = 0
    last = b""
    try:
        _check_existing(path, replace=replace)
        with os.fdopen(os.open(draft, _NEW, 0o600), "wb") as file:
            async with aclosing(pieces):
                async for piece in pieces:
                    lines += await asyncio.to_thread(_write, file, piece)
                    size += len(piece)
                    last = piece or last
                    if on_progress is not None:
                        on_progress(size)
        await asyncio.to_thread(_move_draft, draft, path, replace=replace)
    except OSError as error:
        raise _cannot_save(error, path) from error
    finally:
        with suppress(OSError):  # never created, or already renamed
            draft.unlink()
    ends_within_line = last[-1:] not in {b"", b"\n"}
    return Saved(path, lines + ends_within_line, size)


def _check_existing(path: Path, *, replace: bool) -> None:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise CannotSaveError(f"{_safe_name(path)} is not a regular file; type another name.")
    if not replace:
        raise AlreadyThereError(f"{_safe_name(path)} already exists.")


def _write(file: BinaryIO, piece: bytes) -> int:
    file.write(piece)
    return piece.count(b"\n")


def _move_draft(draft: Path, path: Path, *, replace: bool) -> None:
    """Without `replace`, make a hard link, which replaces no file.

    On a file system without hard links, check for an existing file and then rename the draft.
    """
    if not replace:
        try:
            path.hardlink_to(draft)
        except FileExistsError as error:
            raise AlreadyThereError(f"{_safe_name(path)} already exists.") from error
        except OSError:  # the file system does not support hard links
            _check_existing(path, replace=False)
        else:
            return
    draft.replace(path)


_REASONS = {
    errno.ENOENT: ("There is no folder {}", "create it first, or type another"),
    errno.ENOTDIR: ("{} is not a folder", "type another"),
    errno.EACCES: ("You have no permission to write in {}", "type another folder"),
    errno.EPERM: ("You have no permission to write in {}", "type another folder"),
    errno.EROFS: ("{} is read-only", "type another folder"),
    errno.ENOSPC: ("The disk of {} is full", "free some space, or type another folder"),
    errno.EDQUOT: ("The disk of {} is full", "free some space, or type another folder"),
    errno.ENAMETOOLONG: ("That name is too long", "type a shorter one"),
}
"""By error number: why a file cannot be saved in a folder, and what to do."""


def _cannot_save(error: OSError, path: Path) -> CannotSaveError:
    reason = _REASONS.get(error.errno or 0)
    if reason is None or (error.errno == errno.ENOENT and path.parent.is_dir()):
        return CannotSaveError(f"{_safe_name(path)} cannot be written: {error.strerror}.")
    why = reason[0].format(safe_line(str(path.parent)))
    return CannotSaveError(f"{why}; {reason[1]}.", why=f"{why}.")


def _safe_name(path: Path) -> str:
    return safe_line(path.name)
