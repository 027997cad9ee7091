"""Stores files that clients upload for their jobs, under generated names."""

# ruff: noqa: S608 (only a constant is put into SQL)

import asyncio
import json
import logging
import os
import re
import secrets
import sqlite3
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from fastapi import Request
from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser

from studio_tui import clock
from studio_tui.local.db.database import Database, StorageFull
from studio_tui.local.db.times import stamp
from studio_tui.local.http.errors import FieldProblem, InvalidFields, Refusal
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
_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW
_DISK_FULL = "The disk of the local Studio's data is full."

_UNUSED = "created_at < ? AND id NOT IN (SELECT upload_id FROM job_files)"
"""SQL condition: no job uses the upload, and it is older than a stamp, the parameter."""


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

    async def receive(self, request: Request) -> dict[str, Any]:
        """Store the one file of a multipart form; return the keys of `UploadFileOutput`.

        Raises:
            Refusal: The form is invalid, has no or several files, or is too large.
            StorageFull: The disk is full, or the file cannot be written.
        """
        stored_as = secrets.token_hex(16)
        path = self._directory / stored_as
        try:
            form = await _parse_form(request, path)
            try:
                file = _only_file(form)
                await asyncio.to_thread(_sync, file.file)
            finally:
                await form.close()
            label, size = (file.filename or "")[:_LABEL_LIMIT], file.size or 0
            upload_id = await self._database.write(_insert, label, stored_as, size)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return {
            "id": upload_id,
            "filename": label,
            "size": size,
            "state": "pending",
            "error": None,
        }

    async def find(self, ids: list[int]) -> dict[int, StoredFile]:
        """Return the existing uploads among `ids`, by id."""
        # As one JSON value, since a request may have more ids than a statement can have parameters.
        rows = await self._database.select(
            "SELECT id, label, stored_as FROM uploads WHERE id IN (SELECT value FROM json_each(?))",
            [json.dumps(ids)],
        )
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
            if await self._database.select(
                f"SELECT 1 FROM uploads WHERE {_UNUSED} LIMIT 1", [before]
            ):
                await self._database.write(_delete_unused, before)
            rows = await self._database.select("SELECT stored_as FROM uploads")
            names = {row["stored_as"] for row in rows}
            await asyncio.to_thread(_delete_others, self._directory, names)
        except (StorageFull, OSError) as error:
            logger.warning("Unused uploads could not be removed: %s", error)


class _FormParser(MultiPartParser):
    """Starlette's parser, but the file is written to `path`, and a form must be whole."""

    def __init__(self, request: Request, path: Path) -> None:
        super().__init__(request.headers, self._whole_body(request), max_files=2)
        self._path = path
        self._is_whole = False

    def on_headers_finished(self) -> None:
        self._charset = "utf-8"  # not that of the Content-Type, which may be any codec of Python
        super().on_headers_finished()
        part = self._current_part
        if part.file is not None and part.field_name == "file" and not self._path.exists():
            # Not in the temporary folder, which may be smaller than the disk with the data.
            part.file.file.close()
            part.file.file = os.fdopen(os.open(self._path, _FLAGS, 0o600), "wb")
            self._files_to_close_on_error.append(part.file.file)  # type: ignore[arg-type]

    def on_end(self) -> None:
        self._is_whole = True

    async def _whole_body(self, request: Request) -> AsyncGenerator[bytes, None]:
        async for chunk in limited_body(request, UPLOAD_LIMIT):
            yield chunk
        if not self._is_whole:
            raise MultiPartException("The form ends too early.")


async def _parse_form(request: Request, path: Path) -> FormData:
    content_type = request.headers.get("content-type", "")
    if not content_type.lower().startswith("multipart/form-data"):
        raise Refusal(422, "An upload is a multipart/form-data request with a boundary.")
    if len(content_type) > _CONTENT_TYPE_LIMIT:
        raise Refusal(422, "The Content-Type of the upload is too long.")
    try:
        return await _FormParser(request, path).parse()
    except MultiPartException as error:
        raise Refusal(422, f"The upload is not a multipart form: {error.message}") from error
    except OSError as error:
        raise StorageFull(_DISK_FULL) from error


def _only_file(form: FormData) -> UploadFile:
    files = [part for part in form.getlist("file") if isinstance(part, UploadFile)]
    if len(files) != 1:
        raise InvalidFields([FieldProblem("file", "file must be in the form, exactly once")])
    return files[0]


def _sync(file: BinaryIO) -> None:
    try:
        with file:
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise StorageFull(_DISK_FULL) from error


def _insert(connection: sqlite3.Connection, label: str, stored_as: str, size: int) -> int:
    cursor = connection.execute(
        "INSERT INTO uploads (label, stored_as, size, created_at) VALUES (?, ?, ?, ?)",
        (label, stored_as, size, stamp(clock.now())),
    )
    return int(cursor.lastrowid or 0)


def _delete_unused(connection: sqlite3.Connection, before: str) -> None:
    connection.execute(f"DELETE FROM uploads WHERE {_UNUSED}", [before])


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
