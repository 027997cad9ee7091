"""Writes, copies and removes files; never writes to the target of a link.

A file that is written durably is complete or as before, even after a crash.
"""

import os
import stat
from contextlib import suppress
from pathlib import Path

_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
_EXISTING = os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK_BYTES = 256 * 1024


def write_new(path: Path, data: bytes) -> None:
    """Write a new file that only its owner can read; `FileExistsError` even for a dangling link."""
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
    """Write `data` and blanks into the existing file `reserve`, and rename the file to `path`.

    This works on a full disk.
    """
    with os.fdopen(os.open(reserve, _EXISTING), "wb") as file:
        file.write(data.ljust(os.fstat(file.fileno()).st_size))
        file.flush()
        os.fsync(file.fileno())
    reserve.rename(path)
    _sync(path.parent)


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
            _give_access(path)
            for folder, names, _files in os.walk(path):
                for name in names:
                    _give_access(Path(folder, name))
            shutil.rmtree(path, ignore_errors=True)


def _give_access(path: Path) -> None:
    """Let the owner change a folder, if that is possible; follow no link."""
    with suppress(OSError):
        if stat.S_ISDIR(path.lstat().st_mode):
            path.chmod(0o700)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
