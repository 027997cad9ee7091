"""Locks on files: servers and shims hold one until they end, when the system releases it."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from studio_tui import clock
from studio_tui.files import is_system_error

_FLAGS = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_POLL_SECONDS = 0.005


@contextmanager
def hold(path: Path, seconds: float = 0.0) -> Iterator[int | None]:
    """Hold the lock at `path`, whose file is created if it is missing; yield its descriptor.

    Yield `None` if another process has the lock for more than `seconds`. Even a process that only
    checks the lock holds it for a moment.
    """
    descriptor = os.open(path, _FLAGS | os.O_CREAT, 0o600)
    try:
        yield descriptor if _try_lock(descriptor, seconds) else None
    finally:
        os.close(descriptor)


def _try_lock(descriptor: int, seconds: float) -> bool:
    deadline = clock.monotonic() + seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if clock.monotonic() >= deadline:
                return False
            time.sleep(_POLL_SECONDS)
        else:
            return True


def is_held(path: Path) -> bool:
    """Whether a process holds the lock at `path`; `OSError` if the system cannot tell."""
    try:
        descriptor = os.open(path, _FLAGS)
    except OSError as error:
        if is_system_error(error):
            raise
        return False
    try:
        # A shared lock, so that two concurrent checks do not take each other for the holder.
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False
