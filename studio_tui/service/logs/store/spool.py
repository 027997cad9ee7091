"""A file that grows at its end, and is read in blocks, of which a few are cached in memory.

Every program that has the file open holds a shared lock on it; a file without a lock was left by a
program that has ended.
"""

import asyncio
import contextlib
import errno
import fcntl
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from enum import Enum, auto
from pathlib import Path
from typing import Self, TypeVar

from studio_tui.errors import SpoolError
from studio_tui.paths import create_private_dir
from studio_tui.service.logs.store.line_index import BLOCK

T = TypeVar("T")

SUFFIX = ".spool"
NOT_STORED = "The log cannot be stored on disk"
UNREADABLE = "The log cannot be read back"

_CACHED_BLOCKS = 16
_PART = 1024 * 1024
"""Maximum bytes that are copied or counted at once, which takes half a millisecond."""


@contextlib.contextmanager
def disk_errors(problem: str) -> Iterator[None]:
    """Raise a `SpoolError` for an `OSError`; its sentence is the problem, then the reason."""
    try:
        yield
    except OSError as error:
        raise SpoolError(f"{problem}: {error.strerror}.") from error


def delete_if_possible(path: Path) -> None:
    """Delete a file that is not needed any more; on a disk that became read-only, it stays."""
    with contextlib.suppress(OSError):
        path.unlink()


def remove_unused(path: Path) -> bool:
    """Delete a file that nobody has open, here or in another process; return whether it did so."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    except OSError:
        return False
    return True


def is_unused(path: Path) -> bool:
    """Whether a file is there that nobody has open, here or in another process."""
    try:
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def _create_locked(directory: Path, prefix: str) -> tuple[int, str]:
    while True:
        descriptor, path = tempfile.mkstemp(SUFFIX, prefix, create_private_dir(directory))
        _lock_as_used(descriptor)
        if os.fstat(descriptor).st_nlink:
            return descriptor, path
        # Another program has deleted the file, in the moment before it was locked.
        os.close(descriptor)


def _take_over(path: Path, new_path: Path) -> int:
    """Lock a file that nobody has open, rename it to `new_path`, and return its descriptor.

    The exclusive lock becomes a shared one, as opening the file for reading waits while there is an
    exclusive one. Changing the lock is not atomic: a program that locks the file in between may
    delete it.

    Raises:
        OSError: the file cannot be opened, is in use, or was taken over by another program.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _check_is_same_file(path, descriptor)
        path.rename(new_path)
        _lock_as_used(descriptor)
        _check_is_same_file(new_path, descriptor)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _check_is_same_file(path: Path, descriptor: int) -> None:
    if path.stat().st_ino != os.fstat(descriptor).st_ino:
        raise OSError(errno.ESTALE, os.strerror(errno.ESTALE), str(path))


def _lock_as_used(descriptor: int) -> None:
    """Take a shared lock, if the file system supports locks."""
    with contextlib.suppress(OSError):
        fcntl.flock(descriptor, fcntl.LOCK_SH)


class Fate(Enum):
    """What becomes of the file of a spool that is closed."""

    DELETED = auto()
    LEFT = auto()
    """It is left for the next run of the program, unless it is empty."""
    KEPT = auto()
    """Other programs may be reading it, so it is neither changed nor deleted."""


class Spool:
    """The bytes of a file; if the disk fails, all methods raise a `SpoolError` with a sentence."""

    def __init__(self, path: Path, descriptor: int, size: int, fate: Fate) -> None:
        self.path = path
        self.size = size
        self.fate = fate
        self.is_closed = False
        self._descriptor = descriptor
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._readers = 0
        """Threads that are reading; after `close`, the last one closes the descriptor."""

    @classmethod
    def create(cls, directory: Path, prefix: str = "") -> Self:
        """Create an empty file: `LEFT` if its name has a `prefix`, else `DELETED`; see `Fate`."""
        with disk_errors(f"No log can be stored in {directory}"):
            descriptor, path = _create_locked(directory, prefix)
        return cls(Path(path), descriptor, 0, Fate.LEFT if prefix else Fate.DELETED)

    @classmethod
    def adopt(cls, path: Path, new_path: Path) -> Self:
        """Open a file that an ended program has left, in order to append to it, as `new_path`."""
        with disk_errors(f"{path} cannot be used"):
            descriptor = _take_over(path, new_path)
        return cls(new_path, descriptor, os.fstat(descriptor).st_size, Fate.LEFT)

    @classmethod
    def open(cls, path: Path) -> Self:
        with disk_errors(f"{path} cannot be read"):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        _lock_as_used(descriptor)
        return cls(path, descriptor, os.fstat(descriptor).st_size, Fate.KEPT)

    def close(self) -> None:
        """Close the file as soon as no thread reads it."""
        self.is_closed = True
        self._blocks.clear()
        self._release()

    def _release(self) -> None:
        if not self.is_closed or self._readers or self._descriptor < 0:
            return
        os.close(self._descriptor)
        self._descriptor = -1
        if self.fate is Fate.DELETED or (self.fate is Fate.LEFT and not self.size):
            delete_if_possible(self.path)

    def keep(self, path: Path) -> None:
        """Move the file to a lasting path on the same disk, where it is not written any more."""
        with disk_errors(f"The log cannot be stored as {path}"):
            self.path.replace(path)
        self.path, self.fate = path, Fate.KEPT

    async def make_writable(self) -> None:
        """Replace a file that other programs may be reading by a writable temporary copy."""
        if self.fate is not Fate.KEPT:
            return
        copy = self.create(self.path.parent)
        try:
            while copy.size < self.size:
                remaining = memoryview(await self.read_part(copy.size))
                while remaining:
                    remaining = remaining[copy.write(remaining) :]
            os.dup2(copy._descriptor, self._descriptor, inheritable=False)
            self.path, self.fate = copy.path, Fate.DELETED
            copy.fate = Fate.KEPT
        finally:
            copy.close()

    async def sync(self) -> None:
        """Sync the bytes to the disk, in a thread."""
        with disk_errors(NOT_STORED):
            await self._in_thread(lambda: os.fsync(self._descriptor))

    def write(self, data: bytes | memoryview) -> int:
        """Append some of the bytes; return how many were written, at least one."""
        with disk_errors(NOT_STORED):
            written = os.pwrite(self._descriptor, data, self.size)
        self.size += written
        return written

    def cut(self, offset: int) -> None:
        """Drop everything from `offset` on."""
        for number in [number for number in self._blocks if number >= offset // BLOCK]:
            del self._blocks[number]
        with disk_errors(NOT_STORED):
            os.ftruncate(self._descriptor, offset)
        self.size = offset

    def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes; use it for at most a megabyte, as it blocks."""
        end = min(offset + length, self.size)
        parts = []
        while offset < end:
            number, inside = divmod(offset, BLOCK)
            part = self.block(number)[inside : inside + end - offset]
            parts.append(part)
            offset += len(part)
        return b"".join(parts)

    def block(self, number: int) -> bytes:
        """Return the bytes of a block; none beyond the end."""
        length = min(BLOCK, self.size - number * BLOCK)
        if length <= 0:
            return b""
        data = self._blocks.get(number, b"")
        if len(data) < length:
            data += self._read_at(number * BLOCK + len(data), length - len(data))
            if len(data) < length:
                raise SpoolError(f"{self.path} was truncated while it was being read.")
            self._blocks[number] = data
        self._blocks.move_to_end(number)
        if len(self._blocks) > _CACHED_BLOCKS:
            self._blocks.popitem(last=False)
        return data

    async def read_in_thread(self, offset: int, length: int, work: Callable[[bytes], T]) -> T:
        """Read up to `length` bytes in a thread, not cached; return the result of `work`."""
        length = max(0, min(length, self.size - offset))
        return await self._in_thread(lambda: work(self._read_at(offset, length)))

    async def read_part(self, offset: int) -> bytes:
        """Read up to a megabyte from `offset` on, which is before the end, in a thread."""
        part = await self.read_in_thread(offset, _PART, bytes)
        if not part:
            raise SpoolError(f"{self.path} was truncated while it was being read.")
        return part

    async def _in_thread(self, act: Callable[[], T]) -> T:
        if self.is_closed:
            raise SpoolError(f"{self.path.name} is closed.")
        self._readers += 1
        try:
            return await asyncio.to_thread(act)
        finally:
            self._readers -= 1
            self._release()

    def _read_at(self, offset: int, length: int) -> bytes:
        with disk_errors(UNREADABLE):
            return os.pread(self._descriptor, length, offset)
