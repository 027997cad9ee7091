"""Writes and copies files in folders whose content a job may have replaced; writes to no link.

A file that is written durably is complete or as before, even after a crash.
"""

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_EXISTING = os.O_WRONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_BLOCK_BYTES = 256 * 1024
_MAX_RESERVE_BYTES = 64 * 1024


def write_new(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read; `FileExistsError` even for a dangling link."""
    with os.fdopen(os.open(path, _NEW, 0o600), "wb") as file:
        file.write(data)


def write_durably(path: Path, data: bytes) -> None:
    """Write `data` to `path`, replacing what is there, and sync it to the disk."""
    draft = path.with_name(f".{path.name}.tmp")
    remove(draft)
    write_new(draft, data)
    _sync(draft)
    move(draft, path)
    _sync(path.parent)


def write_into_reserve(reserve: Path, path: Path, data: bytes) -> None:
    """Write `data` and blanks into the existing file `reserve`, and rename the file to `path`.

    This works on a full disk. If a job has replaced `reserve`, `write_durably` is used.
    """
    try:
        descriptor = os.open(reserve, _EXISTING)
    except OSError:
        write_durably(path, data)
        return
    with os.fdopen(descriptor, "wb") as file:
        status = os.fstat(descriptor)
        is_file = stat.S_ISREG(status.st_mode) and status.st_nlink == 1
        is_own = is_file and status.st_size <= _MAX_RESERVE_BYTES
        if is_own:
            file.write(data.ljust(status.st_size))
            file.flush()
            os.fsync(descriptor)
    if is_own:
        move(reserve, path)
        _sync(path.parent)
    else:
        write_durably(path, data)


def copy_file(source: Path, path: Path) -> None:
    """Copy `source` to `path`, replacing a file or link there, but no folder."""
    path.unlink(missing_ok=True)
    with source.open("rb") as file, os.fdopen(os.open(path, _NEW, 0o600), "wb") as copy:
        while block := file.read(_BLOCK_BYTES):
            copy.write(block)


def remove(path: Path) -> None:
    """Remove a file, a link or a whole folder, if that is possible."""
    try:
        if path.is_dir() and not path.is_symlink():
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
    except OSError:
        import shutil  # noqa: PLC0415 (costs every job 5 ms, and few need it)

        shutil.rmtree(path, ignore_errors=True)
        if os.path.lexists(path):
            give_access(path.parent)
            give_access(path)
            for folder, names, _files in os.walk(path):
                for name in names:
                    give_access(Path(folder, name))
            shutil.rmtree(path, ignore_errors=True)


def with_access(access: Callable[[], T], *paths: Path) -> T:
    """Return the result of `access`; after a `PermissionError`, give access to `paths` and retry.

    Each of `paths` is within the one before it. A job may have removed the permissions.
    """
    try:
        return access()
    except PermissionError:
        for path in paths:
            give_access(path)
        return access()


def give_access(path: Path) -> None:
    """Let the owner read and write a file or a folder, if that is possible; follow no link."""
    with suppress(OSError):
        mode = path.lstat().st_mode
        if stat.S_ISDIR(mode):
            path.chmod(mode | 0o700)
        elif stat.S_ISREG(mode):
            path.chmod(mode | 0o600)


def move(path: Path, target: Path) -> None:
    """Rename a file, replacing even a folder."""
    try:
        path.rename(target)
    except IsADirectoryError:
        remove(target)
        path.rename(target)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
