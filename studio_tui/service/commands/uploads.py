"""Uploads the files of a job, several at a time."""

import asyncio
from collections.abc import Callable, Iterable
from functools import partial
from pathlib import Path

from studio_tui.api.client import StudioClient
from studio_tui.errors import NotSent, RateLimited, ServerError, TransportError
from studio_tui.service.commands.retries import send_with_retries
from studio_tui.service.commands.submitted import SentFile
from studio_tui.text import safe_line

AT_ONCE = 3

UploadProgress = Callable[[Path, int, int], None]
"""Called with the path of a file, the number of its bytes sent so far, and its size in bytes."""

_Version = tuple[Path, int, int, int]
"""What identifies a file's content: path, inode, size, modification time in nanoseconds."""


class Uploads:
    """Uploads files; an unchanged file is not uploaded again."""

    def __init__(self, client: StudioClient) -> None:
        self._client = client
        self._sent: dict[_Version, SentFile] = {}

    async def upload(
        self, paths: Iterable[Path], on_progress: UploadProgress
    ) -> tuple[SentFile, ...]:
        """Upload files, each path once; return all uploads, including those of unchanged files.

        Raises:
            StudioError: a file could not be read or uploaded.
        """
        versions = await asyncio.to_thread(
            lambda: [_version(path) for path in dict.fromkeys(paths)]
        )
        turns = asyncio.Semaphore(AT_ONCE)

        async def upload_in_turn(version: _Version) -> SentFile:
            async with turns:
                return await self._upload_unless_cached(version, on_progress)

        # A failure does not cancel the other uploads. The successful ones are cached, so that the
        # next attempt does not send them again.
        outcomes = await asyncio.gather(*map(upload_in_turn, versions), return_exceptions=True)
        for outcome in outcomes:
            if isinstance(outcome, BaseException):
                raise outcome
        return tuple(outcome for outcome in outcomes if isinstance(outcome, SentFile))

    def forget(self) -> None:
        """Forget all uploads, as Studio may have discarded them."""
        self._sent.clear()

    async def _upload_unless_cached(
        self, version: _Version, on_progress: UploadProgress
    ) -> SentFile:
        path, _, size, _ = version
        if version in self._sent:
            on_progress(path, size, size)
            return self._sent[version]
        uploaded = await send_with_retries(
            lambda: self._client.upload_file(path, progress=partial(on_progress, path)),
            retried_errors=(TransportError, RateLimited, ServerError),
        )
        file = self._sent[version] = SentFile(
            id=uploaded.id,
            label=safe_line(path.name),
            size=size,
            path=safe_line(str(path.absolute())),
        )
        return file


def _version(path: Path) -> _Version:
    try:
        status = path.stat()
    except OSError as error:
        raise NotSent(f"{path} cannot be read: {error.strerror}.") from error
    return path, status.st_ino, status.st_size, status.st_mtime_ns
