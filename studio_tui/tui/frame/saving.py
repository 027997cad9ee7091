"""Writing text to a file of the user's: all or nothing, readable by its owner only.

A log may contain secrets, so others must not read it. Files are never overwritten unasked.

It handles lines and bytes, and no widgets.
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
"""The bytes to write, in pieces of at most a few megabytes."""

LINES_AT_ONCE = 256
"""Lines formatted before control returns to the event loop; takes a few milliseconds."""

_SLICE = 4 * 1024 * 1024
_NAME_BYTES = 120
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC


class CannotSaveError(StudioError):
    """A file cannot be written; the message says why and what to type instead."""

    def __init__(self, words: str, *, why: str | None = None) -> None:
        super().__init__(words)
        self.why = why or words
        """The message without the advice to type something else."""


class AlreadyThereError(CannotSaveError):
    """The file exists already, and overwriting was not allowed."""


class Saved(NamedTuple):
    """A file that was written."""

    path: Path
    """Absolute."""
    lines: int
    size: int
    """Bytes."""


def file_name(job_name: str, short_id: str) -> str:
    """Return the default file name of a job's log, valid and short enough on every disk."""
    words = (
        "".join(c if c.isalnum() or c in "._" else "-" for c in s) for s in (job_name, short_id)
    )
    name, short = (word.strip("-.") for word in words)
    name = name.encode()[:_NAME_BYTES].decode(errors="ignore")
    return "-".join(filter(None, (name or "job", short[:_NAME_BYTES]))) + ".log"


def free_name(typed: str) -> str:
    """Return a path as it is typed where no file is yet: `./x.log`, or else `./x-2.log`.

    It looks at the disk, so call it in a thread.
    """
    suffix = Path(typed).suffix
    stem = typed.removesuffix(suffix)
    free, number = typed, 1
    while _is_there(free):
        number += 1
        free = f"{stem}-{number}{suffix}"
    return free


def _is_there(typed: str) -> bool:
    try:
        return os.path.lexists(path_of(typed))
    except CannotSaveError:
        # The problem is reported when it is to be saved.
        return os.path.lexists(as_path(typed))


def path_of(typed: str) -> Path:
    """Return the absolute path of a path as typed.

    Raises:
        CannotSaveError: it is not a valid path.
    """
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
        raise _explained(error, path) from error
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
    """Yield the bytes of a log up to its present size.

    Raises:
        SpoolError: the log cannot be read, or has changed since.
    """
    size, version = store.size, store.version
    for offset in range(0, size, _SLICE):
        yield await store.examine(offset, min(_SLICE, size - offset), bytes)
        if store.changed_since(version) < size:
            raise SpoolError("The log changed while it was being saved; save it again.")


async def line_pieces(starts: AsyncIterator[int], text_at: Callable[[int], str]) -> Pieces:
    """Yield the lines that begin at `starts`, as shown on screen."""
    lines: list[str] = []
    async for start in starts:
        lines.append(text_at(start) + "\n")
        if len(lines) == LINES_AT_ONCE:
            yield "".join(lines).encode()
            lines.clear()
    yield "".join(lines).encode()


async def text_pieces(written: str) -> Pieces:
    """Yield a text encoded for a file."""
    yield written.encode("utf-8", "replace")


async def save(
    pieces: Pieces, path: Path, *, replace: bool, wrote: Callable[[int], None] | None = None
) -> Saved:
    """Write to `path`; `wrote` is called after each piece with the bytes written so far.

    Nothing is left behind if it fails or is canceled.

    Raises:
        AlreadyThereError: the file exists, and `replace` is false.
        CannotSaveError: the file cannot be written.
        SpoolError: the log cannot be read back.
    """
    # In the same folder, as a rename is only atomic within one disk.
    draft = path.parent / f".studio-tui-{secrets.token_hex(8)}.part"
    lines = size = 0
    last = b""
    try:
        _check_existing(path, replace=replace)
        with os.fdopen(os.open(draft, _NEW, 0o600), "wb") as file:
            async with aclosing(pieces) as rest:
                async for piece in rest:
                    lines += await asyncio.to_thread(_write, file, piece)
                    size += len(piece)
                    last = piece or last
                    if wrote is not None:
                        wrote(size)
        await asyncio.to_thread(_put, draft, path, replace=replace)
    except OSError as error:
        raise _explained(error, path) from error
    finally:
        with suppress(OSError):  # never created, or already renamed
            draft.unlink()
    return Saved(path, lines + (last[-1:] not in {b"", b"\n"}), size)


def _check_existing(path: Path, *, replace: bool) -> None:
    """Check the existing file before spending hours on writing."""
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError:
        return
    if not stat.S_ISREG(mode):
        raise CannotSaveError(f"{_name(path)} is not a regular file; type another name.")
    if not replace:
        raise AlreadyThereError(f"{_name(path)} already exists.")


def _write(file: BinaryIO, piece: bytes) -> int:
    """Write, in a thread; return the number of line ends in the piece."""
    file.write(piece)
    return piece.count(b"\n")


def _put(draft: Path, path: Path, *, replace: bool) -> None:
    """Rename the draft; without `replace`, use a hard link, which never overwrites a file."""
    if not replace:
        try:
            path.hardlink_to(draft)
        except FileExistsError as error:
            raise AlreadyThereError(f"{_name(path)} already exists.") from error
        except OSError:  # the disk does not support links
            _check_existing(path, replace=False)
        else:
            return
    draft.replace(path)


def _explained(error: OSError, path: Path) -> CannotSaveError:
    folder = safe_line(str(path.parent))
    match error.errno:
        case errno.ENOENT if not path.is_absolute():
            why, do = "The current folder no longer exists", "type an absolute path"
        case errno.ENOENT if path.parent.is_dir():
            why, do = f"Nothing can be created in {folder}", "type another folder"
        case errno.ENOENT:
            why, do = f"There is no folder {folder}", "create it first, or type another"
        case errno.ENOTDIR:
            why, do = f"{folder} is not a folder", "type another"
        case errno.EACCES | errno.EPERM:
            why, do = f"You have no permission to write in {folder}", "type another folder"
        case errno.EROFS:
            why, do = f"{folder} is read-only", "type another folder"
        case errno.ENOSPC | errno.EDQUOT:
            why, do = f"The disk of {folder} is full", "free some space, or type another folder"
        case errno.EFBIG:
            why, do = f"The disk of {folder} does not allow files this large", "type another folder"
        case errno.ENAMETOOLONG:
            why, do = "That name is too long", "type a shorter one"
        case _:
            why = f"{_name(path)} cannot be written: {error.strerror}."
            return CannotSaveError(why)
    return CannotSaveError(f"{why}; {do}.", why=f"{why}.")


def _name(path: Path) -> str:
    return safe_line(path.name)
