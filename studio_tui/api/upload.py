"""Multipart body for uploading a file, read while it is sent."""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path

from studio_tui.errors import NotSent

CHUNK_BYTES = 256 * 1024

Progress = Callable[[int, int], None]
"""Called with the number of bytes sent so far and the file size in bytes."""


class FileForm:
    """A multipart body (RFC 7578) with a single part `file`; can be iterated over repeatedly."""

    def __init__(self, path: Path, progress: Progress | None = None) -> None:
        """Read the current size of the file; raise `NotSent` if the file cannot be read."""
        self._path = path
        self._progress = progress or (lambda _sent, _size: None)
        try:
            self.size = path.stat().st_size
            # Fail before anything is sent if the file cannot be opened.
            path.open("rb").close()
        except OSError as error:
            raise NotSent(f"{path} cannot be read: {error.strerror}.") from error
        boundary = secrets.token_hex(16)
        self._head = (
            f"--{boundary}\r\n"
            f'Content-Disposition: form-data; name="file"; filename="{_header_name(path.name)}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        ).encode()
        self._tail = f"\r\n--{boundary}--\r\n".encode()
        self.headers = {
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Content-Length": str(len(self._head) + self.size + len(self._tail)),
        }

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield the body; raise `NotSent`, perhaps in the middle, if the file cannot be read."""
        yield self._head
        sent = 0
        try:
            with await asyncio.to_thread(self._path.open, "rb") as file:
                while sent < self.size:
                    chunk = await asyncio.to_thread(file.read, min(CHUNK_BYTES, self.size - sent))
                    if not chunk:
                        raise NotSent(f"{self._path} was truncated while it was being sent.")
                    yield chunk
                    sent += len(chunk)
                    self._progress(sent, self.size)
        except OSError as error:
            raise NotSent(f"{self._path} cannot be read: {error.strerror}.") from error
        yield self._tail


def _header_name(name: str) -> str:
    """Escape a file name as browsers do (HTML, "multipart/form-data encoding algorithm")."""
    text = os.fsencode(name).decode("utf-8", "replace")
    return text.replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")
