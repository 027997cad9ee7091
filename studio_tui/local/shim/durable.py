"""Writes and copies files; a new file is never created through a link.

A file that is written durably is complete or as before, even after a crash.
"""

import os
from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK_BYTES = 256 * 1024


def write_new(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read.

    Raises:
        FileExistsError: The name is taken, even if by a dangling link.
    """
    with os.fdopen(os.open(path, _NEW, 0o600), "wb") as file:
        file.write(data)


def write_durably(path: Path, data: bytes) -> None:
    """Write `data` to `path`, replacing an existing file, and sync it to the disk."""
    draft = path.with_name(f".{path.name}.tmp")
    draft.unlink(missing_ok=True)
    write_new(draft, data)
    _sync(draft)
    draft.rename(path)
    _sync(path.parent)


def write_into_reserve(reserve: Path, path: Path, data: bytes) -> None:
    """Write `data` over the beginning of the file `reserve`, and rename the file to `path`.

    `reserve` must be at least as long as `data`; its other bytes stay. This works on a full disk.
    """
    with reserve.open("r+b") as file:
        file.write(data)
    _sync(reserve)
    reserve.rename(path)
    _sync(path.parent)


def copy_new(source: Path, path: Path) -> None:
    """Copy `source` to `path`, replacing a file or link with that name.

    Raises:
        OSError: A file cannot be read or written, or `path` is a folder.
    """
    path.unlink(missing_ok=True)
    with source.open("rb") as file, os.fdopen(os.open(path, _NEW, 0o600), "wb") as copy:
        while block := file.read(_BLOCK_BYTES):
            copy.write(block)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
