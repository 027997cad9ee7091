"""Locks on files: servers and shims hold one until they end, when the system releases it."""

import fcntl
import os
import time
from pathlib import Path

from studio_tui import clock
from studio_tui.files import is_system_error
from studio_tui.local.shim.durable import with_access

_FLAGS = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
_POLL_SECONDS = 0.005


def open_lock(path: Path) -> int:
    """Open the file of a lock, created if it is missing; return its descriptor."""
    return os.open(path, _FLAGS | os.O_CREAT, 0o600)


def try_lock(descriptor: int, seconds: float = 0.0) -> bool:
    """Lock a file, waiting up to `seconds` for another process; return whether that succeeded.

    Even a process that only checks the lock holds it for a moment.
    """
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
        descriptor = with_access(lambda: os.open(path, _FLAGS), path.parent, path)
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
