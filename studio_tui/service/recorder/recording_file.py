"""The file of a recording, to be shared: the changes of jobs and pipelines as JSON lines.

The first line identifies the format. Each other line is a change, or the last list of the clusters
or of the schedules. The file contains no secrets, logs, queries, calls or values of environments.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from studio_tui.errors import ConfigError
from studio_tui.service.recorder.bodies import MODELS, safe_values, unpack
from studio_tui.service.recorder.database import RecorderFile

FORMAT = "studio-tui recording"
VERSION = 1
LARGEST_LINE = 16 * 1024 * 1024
"""In bytes."""

_LISTS = ("clusters", "schedules")


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a job or a pipeline."""

    at: datetime
    kind: str
    """A key of `MODELS`."""
    id: str
    difference: dict[str, Any]
    """The difference between the bodies before and after the change; see `differences`."""


@dataclass(frozen=True, slots=True)
class RecordingContents:
    changes: tuple[Change, ...]
    """Oldest first; at least one."""
    lists: dict[str, list[Any]]
    """The bodies of the items in each of `_LISTS`, by its name."""

    @property
    def begins(self) -> datetime:
        """When the first change was seen."""
        return self.changes[0].at

    @property
    def ends(self) -> datetime:
        """When the last change was seen."""
        return self.changes[-1].at


def export(database: RecorderFile, file: Path) -> int:
    """Write all changes and lists to a new private file; return how many changes."""
    query = "SELECT at, kind, id, difference FROM change ORDER BY at, number"
    rows = database.read(lambda connection: connection.execute(query).fetchall())
    if rows is None:
        raise ConfigError(
            f"What was recorded for this team cannot be read now: {database.last_error}."
        )
    if not rows:
        raise ConfigError("Nothing has been recorded for this team yet: open its dashboard first.")
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise ConfigError(f"{file} already exists: choose another file name.") from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be written: {error.strerror}.") from error
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as output:
            for line in _lines(database, rows):
                output.write(json.dumps(line, ensure_ascii=True) + "\n")
    except BaseException as error:
        file.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise ConfigError(f"{file} cannot be written: {error.strerror}.") from error
    return len(rows)


def load(file: Path) -> RecordingContents:
    """Read a recording; raise a `ConfigError` that says why it cannot be read."""
    changes: list[Change] = []
    lists: dict[str, list[Any]] = {}
    try:
        with file.open("rb") as source:
            header = _parse_object(source.readline(LARGEST_LINE))
            if header.get("format") != FORMAT:
                raise _not_a_recording(file)
            if header.get("version") != VERSION:
                raise ConfigError(
                    f"{file} is from a newer version: update studio-tui to replay it."
                )
            for number, line in enumerate(iter(lambda: source.readline(LARGEST_LINE), b""), 2):
                try:
                    _add_line(_parse_object(line), changes, lists)
                except (ValueError, KeyError, TypeError, OverflowError):
                    raise ConfigError(f"{file} is damaged in line {number}.") from None
    except ValueError:
        raise _not_a_recording(file) from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.") from error
    if not changes:
        raise ConfigError(f"{file} contains nothing to replay.")
    changes.sort(key=lambda change: change.at)
    return RecordingContents(tuple(changes), lists)


def _not_a_recording(file: Path) -> ConfigError:
    return ConfigError(f"{file} is not a recording: make one with `studio-tui record export`.")


def _lines(database: RecorderFile, rows: list[Any]) -> Iterator[dict[str, Any]]:
    yield {"format": FORMAT, "version": VERSION}
    for at, kind, item_id, packed in rows:
        yield {"at": at, "kind": kind, "id": item_id, "change": safe_values(unpack(packed))}
    for name in _LISTS:
        for (packed,) in database.rows("SELECT body FROM listing WHERE name = ?", name):
            yield {"list": name, "body": safe_values(unpack(packed))}


def _add_line(line: dict[str, Any], changes: list[Change], lists: dict[str, list[Any]]) -> None:
    if (name := line.get("list")) in _LISTS:
        lists[str(name)] = list(line["body"])
    elif (kind := line["kind"]) in MODELS and isinstance(line["change"], dict):
        at = datetime.fromtimestamp(float(line["at"]), UTC)
        changes.append(Change(at, kind, str(line["id"]), line["change"]))


def _parse_object(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    if not isinstance(value, dict):
        # Not a `TypeError`, since callers handle this like invalid JSON.
        raise ValueError("a line of a recording must be an object")  # noqa: TRY004
    return value
