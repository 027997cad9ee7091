"""Writes small files completely or not at all, and never through a link."""

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
    """Write `data` to `path`, replacing what is there, and sync it to the disk."""
    draft = path.with_name(f".{path.name}.tmp")
    draft.unlink(missing_ok=True)
    write_new(draft, data)
    _sync(draft)
    draft.rename(path)
    _sync(path.parent)


def write_into_reserve(reserve: Path, path: Path, data: bytes) -> None:
    """Write `data` into `reserve`, a file at least as long, and rename that to `path`.

    The rest of the reserve's bytes stay. This works on a full disk.
    """
    with reserve.open("r+b") as file:
        file.write(data)
    _sync(reserve)
    reserve.rename(path)
    _sync(path.parent)


def copy_new(source: Path, path: Path) -> None:
    """Copy `source` to `path`, replacing a file or link with that name.

    Raises:
        OSError: It cannot be read or written, or a folder has that name.
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
