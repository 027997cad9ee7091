"""A file that grows at its end, and is read in blocks, of which a few are cached in memory.

The file has no name while a log is received, so it is gone when the program ends.
"""

import asyncio
import contextlib
import os
import tempfile
from collections import OrderedDict
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import IO, Self, TypeVar

from studio_tui.errors import SpoolError
from studio_tui.paths import create_private_dir
from studio_tui.service.logs.store.line_index import BLOCK

T = TypeVar("T")

_NOT_STORED = "The log cannot be stored on disk"
_UNREADABLE = "The log cannot be read back"

_TRUNCATED = "The file of the log was truncated while it was being read."
_CACHED_BLOCKS = 16
_PART = 1024 * 1024
"""Maximum bytes that are copied or counted at once, which takes half a millisecond."""


@contextlib.contextmanager
def _disk_errors(problem: str) -> Iterator[None]:
    """Raise a `SpoolError` for an `OSError`; its sentence is the problem, then the reason."""
    try:
        yield
    except OSError as error:
        raise SpoolError(f"{problem}: {error.strerror}.") from error


def delete_if_possible(path: Path) -> None:
    """Delete a file that is not needed any more; on a disk that became read-only, it stays."""
    with contextlib.suppress(OSError):
        path.unlink()


def _nameless_file(folder: Path) -> IO[bytes]:
    """Create a file without a name in `folder`; if that fails, in the system's temporary one."""
    with _disk_errors(f"No log can be stored in {folder}"):
        try:
            return tempfile.TemporaryFile(dir=create_private_dir(folder))
        except OSError:
            return tempfile.TemporaryFile()


class Spool:
    """The bytes of a file; if the disk fails, all methods raise a `SpoolError` with a sentence."""

    def __init__(
        self, folder: Path, descriptor: int, size: int = 0, *, path: Path | None = None
    ) -> None:
        self.folder = folder
        self.path = path
        """The lasting path of a file that is not written any more, as others may be reading it."""
        self.size = size
        self.is_closed = False
        self._descriptor = descriptor
        self._blocks: OrderedDict[int, bytes] = OrderedDict()
        self._readers = 0
        """Threads that are reading; after `close`, the last one closes the descriptor."""

    @classmethod
    def create(cls, folder: Path) -> Self:
        """Create an empty file without a name."""
        with _nameless_file(folder) as file:
            return cls(folder, os.dup(file.fileno()))

    @classmethod
    def open(cls, path: Path) -> Self:
        with _disk_errors(f"{path} cannot be read"):
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        return cls(path.parent, descriptor, os.fstat(descriptor).st_size, path=path)

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

    async def keep(self, path: Path, is_wanted: Callable[[], bool]) -> None:
        """Copy the file to a lasting path; use the copy if `is_wanted` then returns True."""
        with (
            _disk_errors(f"The log cannot be stored as {path}"),
            tempfile.NamedTemporaryFile(dir=create_private_dir(path.parent), delete=False) as draft,
        ):
            try:
                await self._copy_to(draft)
                await self._in_thread(lambda: os.fsync(draft.fileno()))
                if is_wanted():
                    self._use(draft, path)
            finally:
                delete_if_possible(Path(draft.name))

    async def make_writable(self) -> None:
        """Replace a file at a lasting path by a copy without a name."""
        if self.path is None:
            return
        with _disk_errors(_NOT_STORED), _nameless_file(self.folder) as copy:
            await self._copy_to(copy)
            self._use(copy)

    def _use(self, file: IO[bytes], path: Path | None = None) -> None:
        """Use another file, which is renamed to `path` if that is given."""
        if path is not None:
            Path(file.name).rename(path)
        os.dup2(file.fileno(), self._descriptor, inheritable=False)
        self.path = path

    async def _copy_to(self, file: IO[bytes]) -> None:
        offset = 0
        while offset < self.size:
            part = await self.read_part(offset)
            await self._in_thread(partial(file.write, part))
            offset += len(part)
        file.flush()

    def write(self, data: bytes | memoryview) -> int:
        """Append some of the bytes; return how many were written, at least one."""
        with _disk_errors(_NOT_STORED):
            written = os.pwrite(self._descriptor, data, self.size)
        self.size += written
        return written

    def cut(self, offset: int) -> None:
        """Drop everything from `offset` on."""
        for number in [number for number in self._blocks if number >= offset // BLOCK]:
            del self._blocks[number]
        with _disk_errors(_NOT_STORED):
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
                raise SpoolError(_TRUNCATED)
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
            raise SpoolError(_TRUNCATED)
        return part

    async def _in_thread(self, act: Callable[[], T]) -> T:
        if self.is_closed:
            raise SpoolError("The log is closed.")
        self._readers += 1
        try:
            return await asyncio.to_thread(act)
        finally:
            self._readers -= 1
            self._release()

    def _read_at(self, offset: int, length: int) -> bytes:
        with _disk_errors(_UNREADABLE):
            return os.pread(self._descriptor, length, offset)
