"""Reads, replaces and locks whole files, and raises only `OSError` and `ValueError`.

A folder, a pipe or a device raises `OSError`, like a missing file. Content that is not text, JSON
or TOML, or is nested too deeply, raises `ValueError`.
"""

import errno
import fcntl
import logging
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from studio_tui.paths import create_private_dir

logger = logging.getLogger(__name__)

T = TypeVar("T")

READ_LIMIT = 64 * 1024 * 1024
_SYSTEM_ERRORS = frozenset(
    {errno.EIO, errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.ESTALE}
)


def read_bytes(path: Path) -> bytes:
    """Return the contents of a regular file of at most `READ_LIMIT` bytes."""
    # Without O_NONBLOCK, opening a pipe would block.
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        mode = os.fstat(descriptor).st_mode
        if not stat.S_ISREG(mode):
            what = "it is a folder" if stat.S_ISDIR(mode) else "it is not a regular file"
            raise OSError(errno.EINVAL, what, str(path))
        with os.fdopen(os.dup(descriptor), "rb") as file:
            data = file.read(READ_LIMIT + 1)
    finally:
        os.close(descriptor)
    if len(data) > READ_LIMIT:
        raise OSError(errno.EFBIG, "it is too long", str(path))
    return data


def is_system_error(error: OSError) -> bool:
    """Whether an error was caused by the system, not by the file, so that it may be temporary."""
    return error.errno in _SYSTEM_ERRORS


def file_version(path: Path | None) -> object:
    """Return a value that changes with each change of a file, also of its permissions.

    `None` without a file.
    """
    if path is None:
        return None
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_ino, status.st_mtime_ns, status.st_size, status.st_ctime_ns


def read_text(path: Path) -> str:
    return read_bytes(path).decode("utf-8")


def read_json(path: Path) -> Any:
    text = read_text(path)
    # Imported after the file was read: without a file, the import need not delay the first paint.
    import json  # noqa: PLC0415

    return _parse(text, json.loads)


def read_toml(path: Path) -> dict[str, Any]:
    text = read_text(path)
    import tomllib  # noqa: PLC0415 (not before it is needed)

    return _parse(text, tomllib.loads)


def write_private(path: Path, text: str, *, syncs: bool = True) -> None:
    """Write a 0600 file atomically: a reader gets the old text or the new text, never a part.

    Without `syncs`, the text may be lost if the machine crashes within the next seconds.
    """
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            if syncs:
                file.flush()
                os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


@contextmanager
def exclusive_lock(path: Path) -> Iterator[None]:
    """Hold a lock on a file, which is created if it is missing; wait while another holder has it.

    Raises:
        OSError: the file cannot be created or locked.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = os.open(path, flags, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def store_if_possible(path: Path, text: str) -> bool:
    """Replace a state file whose loss is harmless, and return whether it was written.

    An error is only logged.
    """
    try:
        create_private_dir(path.parent)
        write_private(path, text, syncs=False)
    except (OSError, ValueError) as error:
        logger.warning("%s could not be stored: %s", path.name, error)
        return False
    return True


def _parse(text: str, parse: Callable[[str], T]) -> T:
    try:
        return parse(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
