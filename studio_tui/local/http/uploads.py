"""Stores files that clients upload for their jobs, under generated names."""

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
from studio_tui.local.http.errors import FieldProblem, InvalidFields, Refusal
from studio_tui.local.http.responses import UploadFileOutput
from studio_tui.local.http.strict_json import limited_body

logger = logging.getLogger(__name__)

UPLOAD_LIMIT = 256 * 1024 * 1024
"""Maximum bytes of the body of an upload: the file and the form around it."""

UNUSED_LIFE = timedelta(hours=24)
"""How long an upload is kept that no job uses."""

_CONTENT_TYPE_LIMIT = 1000
"""Maximum characters of the header; the time to parse it is quadratic in its length."""

_LABEL_LIMIT = 1000
_BASENAME_BYTES = 200
_STORED_NAME = re.compile(r"[0-9a-f]{32}")
_UNSAFE = re.compile(r"[^\w.+@=, -]")
_DISK_FULL = "The disk of the local Studio's data is full."


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
            StorageFull: The disk is full, or the file cannot be written.
        """
        stored_as = secrets.token_hex(16)
        path = self._directory / stored_as
        try:
            label, size = await self._store(request, path)
            upload_id = await self._database.write(uploads.insert, label, stored_as, size)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return UploadFileOutput(upload_id, label, size, "pending", None)

    async def find(self, ids: list[int]) -> dict[int, StoredFile]:
        """Return the existing uploads among `ids`, by id."""
        rows = await self._database.read(uploads.select, ids)
        return {
            row["id"]: StoredFile(
                row["id"], basename(row["label"]), self._directory / row["stored_as"]
            )
            for row in rows
        }

    async def remove_unused(self, now: datetime) -> None:
        """Delete old uploads that no job uses, and all uploads that are not complete."""
        before = stamp(now - UNUSED_LIFE)
        try:
            if await self._database.read(uploads.has_unused, before):
                await self._database.write(uploads.forget, before)
            stored_names = await self._database.read(uploads.stored_names)
            await asyncio.to_thread(_delete_others, self._directory, stored_names)
        except (StorageFull, OSError) as error:
            logger.warning("Unused uploads could not be removed: %s", error)

    async def _store(self, request: Request, path: Path) -> tuple[str, int]:
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
        try:
            # Closing the file can fail too, as it writes what is left in the buffer.
            with os.fdopen(os.open(path, flags, 0o600), "wb") as file:
                form = _Form(request.headers.get("content-type", ""), file)
                async for chunk in limited_body(request, UPLOAD_LIMIT):
                    # In a thread, as parsing and writing block.
                    await asyncio.to_thread(form.feed, chunk)
                await asyncio.to_thread(form.finish)
        except FormParserError as error:
            raise Refusal(422, "The upload is not a multipart form.") from error
        except OSError as error:
            raise StorageFull(_DISK_FULL) from error
        return form.label, form.size


@dataclass
class _Part:
    """The part of a form that is being parsed."""

    headers: dict[str, bytes] = field(default_factory=dict)
    name: bytearray = field(default_factory=bytearray)
    """The current header, as far as it has arrived."""
    value: bytearray = field(default_factory=bytearray)
    is_file: bool = False


class _Form:
    """A multipart form whose part "file" is written to the file object `file`."""

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
                "on_part_begin": self._on_part_begin,
                "on_header_field": lambda text, start, end: self._part.name.extend(text[start:end]),
                "on_header_value": lambda text, start, end: self._part.value.extend(
                    text[start:end]
                ),
                "on_header_end": self._on_header_end,
                "on_headers_finished": self._on_headers_finished,
                "on_part_data": self._on_part_data,
                "on_end": self._on_end,
            },
        )

    def feed(self, chunk: bytes) -> None:
        self._parser.write(chunk)

    def finish(self) -> None:
        """Sync the file to disk, or refuse an incomplete form and one without exactly one file."""
        self._parser.finalize()
        if not self._is_whole:
            raise Refusal(422, "The form ends too early.")
        if self._files != 1:
            raise InvalidFields([FieldProblem("file", "file must be in the form, exactly once")])
        self._file.flush()
        os.fsync(self._file.fileno())

    def _on_part_begin(self) -> None:
        self._part = _Part()

    def _on_header_end(self) -> None:
        part = self._part
        part.headers[part.name.decode("latin-1").lower()] = bytes(part.value)
        part.name.clear()
        part.value.clear()

    def _on_headers_finished(self) -> None:
        _, options = parse_options_header(self._part.headers.get("content-disposition", b""))
        if options.get(b"name") == b"file" and b"filename" in options:
            self._files += 1
            self._part.is_file = self._files == 1
            self.label = options[b"filename"].decode("utf-8", "replace")[:_LABEL_LIMIT]

    def _on_end(self) -> None:
        self._is_whole = True

    def _on_part_data(self, text: bytes, start: int, end: int) -> None:
        if self._part.is_file:
            self._file.write(text[start:end])
            self.size += end - start


def basename(label: str) -> str:
    """Return a file name of 1 to 200 bytes for an untrusted label."""
    last_segment = re.split(r"[/\\]", label)[-1]
    name = _UNSAFE.sub("_", last_segment).strip()
    while len(name.encode()) > _BASENAME_BYTES:
        name = name[1:]  # from the front, so that the suffix stays
    name = name.strip()
    return name if name.strip(".") else "file"


def _delete_others(directory: Path, names: set[str]) -> None:
    for path in directory.iterdir():
        if path.name not in names and _STORED_NAME.fullmatch(path.name):
            path.unlink()
