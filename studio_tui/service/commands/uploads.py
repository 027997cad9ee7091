"""Uploading the files of a job: several at a time, each once, with word of how far they are."""

import asyncio
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Protocol

from studio_tui.api.models import UploadedFile
from studio_tui.errors import NotSent, RateLimited, ServerError, TransportError
from studio_tui.service.commands.submitted import SentFile
from studio_tui.text import safe_line

AT_ONCE = 3
"""Files that are under way at the same time."""

Told = Callable[[Path, int, int], None]
"""Called with a file, the bytes of it that have gone, and all its bytes."""

_Version = tuple[Path, int, int, int]
"""A file as it is: path, inode, size in bytes, and when it was changed in nanoseconds."""


class TakesFiles(Protocol):
    """What is asked of Studio here."""

    async def upload_file(
        self, path: Path, *, progress: Callable[[int, int], None] | None = ...
    ) -> UploadedFile:
        """Upload a file."""
        ...


class Uploads:
    """Uploads files, and keeps their ids: what has gone once, and was not changed, stays there."""

    def __init__(self, client: TakesFiles, rests: Sequence[float]) -> None:
        """Take the seconds to rest after each try of a file but the last."""
        self._client = client
        self._rests = rests
        self._sent: dict[_Version, SentFile] = {}

    async def sent(self, paths: Iterable[Path], told: Told) -> tuple[SentFile, ...]:
        """Return the files in their order, after uploading those that Studio has not.

        Raises:
            StudioError: one of them did not get there; those that did are kept.
        """
        versions = await asyncio.to_thread(
            lambda: [_version(path) for path in dict.fromkeys(paths)]
        )
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(version: _Version) -> SentFile:
            async with turns:
                return await self._file(version, told)

        # All come to an end before the first failure is told, so that none goes a second time.
        ended = await asyncio.gather(*map(one, versions), return_exceptions=True)
        for outcome in ended:
            if isinstance(outcome, BaseException):
                raise outcome
        return tuple(outcome for outcome in ended if isinstance(outcome, SentFile))

    def forget(self) -> None:
        """Have every file uploaded anew, as Studio may not have them any more."""
        self._sent.clear()

    async def _file(self, version: _Version, told: Told) -> SentFile:
        path, size = version[0], version[2]
        if version in self._sent:
            told(path, size, size)
        else:
            upload_id = await self._uploaded(path, told)
            self._sent[version] = SentFile(
                id=upload_id,
                label=safe_line(path.name),
                size=size,
                path=safe_line(str(path.absolute())),
            )
        return self._sent[version]

    async def _uploaded(self, path: Path, told: Told) -> str:
        def progress(sent: int, size: int) -> None:
            told(path, sent, size)

        for rest in self._rests:
            try:
                return (await self._client.upload_file(path, progress=progress)).id
            except (TransportError, RateLimited, ServerError) as error:
                await asyncio.sleep(max(rest, error.asked_rest))
        return (await self._client.upload_file(path, progress=progress)).id


def _version(path: Path) -> _Version:
    try:
        found = path.stat()
    except OSError as error:
        raise NotSent(f"{path} cannot be read: {error.strerror}.") from error
    return path, found.st_ino, found.st_size, found.st_mtime_ns
