"""Files that clients upload for their jobs: streamed to disk under names of ours.

The client's file name is only a label, which becomes a bare file name inside a job's working
directory.
"""

import asyncio
import logging
import os
import re
import secrets
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from fastapi import Request
from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from studio_tui.local.db import uploads
from studio_tui.local.db.database import Database, StorageFull
from studio_tui.local.db.times import stamp
from studio_tui.local.http.errors import InvalidFields, Refusal
from studio_tui.local.http.responses import UploadFileOutput
from studio_tui.local.http.strict_json import limited_body

logger = logging.getLogger(__name__)

UPLOAD_LIMIT = 256 * 1024 * 1024
"""Maximum bytes of an upload, including a few hundred of the form around the file."""

UNUSED_LIFE = timedelta(hours=24)
"""How long an upload is kept for a job that may still refer to it."""

_CONTENT_TYPE_LIMIT = 1000
"""Maximum characters; parsing its parameters takes quadratic time in their number."""

_LABEL_LIMIT = 1000
_BASENAME_BYTES = 200
_STORED_NAME = re.compile(r"[0-9a-f]{32}")
_UNSAFE = re.compile(r"[^\w.+@=, -]")
_NO_ROOM = "The disk of the local Studio's data is full."


@dataclass(frozen=True)
class StoredFile:
    """An upload, as a job uses it."""

    id: int
    basename: str
    """Safe as a file name in any directory."""
    path: Path


class UploadStore:
    """Stores uploads and finds them again."""

    def __init__(self, directory: Path, database: Database) -> None:
        self._directory = directory
        self._database = database

    async def receive(self, request: Request) -> UploadFileOutput:
        """Store the one file of a multipart form.

        Raises:
            Refusal: The form is invalid, has no or several files, or is too large.
            StorageFull: The disk is full.
        """
        stored_as = secrets.token_hex(16)
        path = self._directory / stored_as
        try:
            label, size = await self._store(request, path)
            number = await self._database.write(uploads.insert, label, stored_as, size)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return UploadFileOutput(number, label, size, "pending", None)

    async def find(self, numbers: list[int]) -> dict[int, StoredFile]:
        """Return the existing uploads among these ids."""
        rows = await self._database.read(uploads.select, numbers)
        return {
            row["id"]: StoredFile(
                row["id"], basename(row["label"]), self._directory / row["stored_as"]
            )
            for row in rows
        }

    async def remove_unused(self, now: datetime) -> None:
        """Delete uploads that no job has used within `UNUSED_LIFE`, and incomplete ones.

        Only call it while nothing is being received. A failure only costs disk space.
        """
        before = stamp(now - UNUSED_LIFE)
        try:
            if await self._database.read(uploads.has_unused, before):
                await self._database.write(uploads.forget, before)
            known = await self._database.read(uploads.stored_names)
            await asyncio.to_thread(_keep_only, self._directory, known)
        except (StorageFull, OSError) as error:
            logger.warning("Unused uploads could not be removed: %s", error)

    async def _store(self, request: Request, path: Path) -> tuple[str, int]:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            form = _Form(request.headers.get("content-type", ""), file)
            try:
                async for chunk in limited_body(request, UPLOAD_LIMIT):
                    # Parsing and writing block, so a thread does them; the stream waits meanwhile.
                    await asyncio.to_thread(form.feed, chunk)
                await asyncio.to_thread(form.finish)
            except FormParserError as error:
                raise Refusal(422, "The upload is not a multipart form.") from error
            except OSError as error:
                raise StorageFull(_NO_ROOM) from error
        return form.label, form.size


@dataclass
class _Part:
    headers: dict[str, bytes] = field(default_factory=dict)
    name: bytearray = field(default_factory=bytearray)
    value: bytearray = field(default_factory=bytearray)
    is_file: bool = False


class _Form:
    """A multipart form of one file part named `file`, written out as it arrives."""

    def __init__(self, content_type: str, file: BinaryIO) -> None:
        if len(content_type) > _CONTENT_TYPE_LIMIT:
            raise Refusal(422, "The Content-Type of the upload is too long.")
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise Refusal(422, "An upload is a multipart/form-data request with a boundary.")
        self.label = ""
        """The client's name of the file, untrusted."""
        self.size = 0
        self._file = file
        self._files = 0
        self._is_whole = False
        self._part = _Part()
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": lambda text, start, end: self._part.name.extend(text[start:end]),
                "on_header_value": lambda text, start, end: self._part.value.extend(
                    text[start:end]
                ),
                "on_header_end": self._header,
                "on_headers_finished": self._headers,
                "on_part_data": self._data,
                "on_end": self._end,
            },
        )

    def feed(self, chunk: bytes) -> None:
        """Parse the next bytes of the body."""
        self._parser.write(chunk)

    def finish(self) -> None:
        """Check that the form is complete, and sync the file to disk."""
        self._parser.finalize()
        if not self._is_whole:
            raise Refusal(422, "The form ends too early.")
        if self._files != 1:
            raise InvalidFields([("file", "file must be in the form, exactly once")])
        self._file.flush()
        os.fsync(self._file.fileno())

    def _begin(self) -> None:
        self._part = _Part()

    def _header(self) -> None:
        part = self._part
        part.headers[part.name.decode("latin-1").lower()] = bytes(part.value)
        part.name.clear()
        part.value.clear()

    def _headers(self) -> None:
        _, options = parse_options_header(self._part.headers.get("content-disposition", b""))
        if options.get(b"name") == b"file" and b"filename" in options:
            self._files += 1
            self._part.is_file = self._files == 1
            self.label = options[b"filename"].decode("utf-8", "replace")[:_LABEL_LIMIT]

    def _end(self) -> None:
        self._is_whole = True

    def _data(self, text: bytes, start: int, end: int) -> None:
        if self._part.is_file:
            self._file.write(text[start:end])
            self.size += end - start


def basename(label: str) -> str:
    """Return a file name for a working directory, from an arbitrary, untrusted name.

    It is one path segment of at most 200 bytes, without control characters, and never empty.
    """
    last = re.split(r"[/\\]", label)[-1]
    clean = _UNSAFE.sub("_", last).strip()
    while len(clean.encode()) > _BASENAME_BYTES:
        # From the front, so that the suffix stays.
        clean = clean[1:]
    clean = clean.strip()
    return clean if clean.strip(".") else "file"


def _keep_only(directory: Path, names: set[str]) -> None:
    for path in directory.iterdir():
        if path.name not in names and _STORED_NAME.fullmatch(path.name):
            path.unlink()
