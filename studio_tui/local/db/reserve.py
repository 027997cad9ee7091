"""Disk space reserved for writes that must succeed when the disk is full."""

import os
from pathlib import Path

RESERVE_BYTES = 256 * 1024
"""Enough for several urgent transactions of SQLite, which writes whole pages twice."""


class Reserve:
    """A file that is deleted when the disk is full, and created again once there is space."""

    def __init__(self, path: Path, size: int = RESERVE_BYTES) -> None:
        self._path = path
        self._size = size
        self._is_held = False

    def fill(self) -> None:
        """Reserve the space unless it is reserved; if the disk has too little, reserve nothing."""
        if self._is_held:
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
        try:
            descriptor = os.open(self._path, flags, 0o600)
            try:
                if os.fstat(descriptor).st_size < self._size:
                    # Random bytes, as a compressing file system would reserve no space for zeros.
                    os.truncate(descriptor, 0)
                    with os.fdopen(os.dup(descriptor), "wb") as file:
                        file.write(os.urandom(self._size))
            finally:
                os.close(descriptor)
        except OSError:
            self.release()
        else:
            self._is_held = True

    def release(self) -> bool:
        """Release the space; return whether it was reserved and the file could be deleted."""
        was_held, self._is_held = self._is_held, False
        try:
            self._path.unlink(missing_ok=True)
        except OSError:
            return False
        return was_held
