"""The journal of intents: which jobs were requested, written to disk before the request is sent.

    <folder>/<intent>.intent   one JSON line before the request is sent, and one for its outcome

The journal survives a crash, so that the jobs of open intents are searched for at the next start.
It contains no query, no environment and no token. Several programs may use it at once: a program
locks the file of an intent while it works on the intent, and the system releases the lock when the
program ends in any way.
"""

import contextlib
import fcntl
import json
import logging
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import inf
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    PlainSerializer,
    ValidationError,
)

from studio_tui.api.fields import Line, Moment
from studio_tui.api.models import JobInput
from studio_tui.errors import NotSent
from studio_tui.files import read_bytes
from studio_tui.paths import create_private_dir, profile_name
from studio_tui.service.commands.submitted import SentFile, Submitted

MAX_ENTRIES = 200
"""Number of files above which the oldest are deleted, but no open intents."""

_SUFFIX = ".intent"
_LARGEST = 1024 * 1024
"""Maximum bytes read of a file; only a job with very many files could have more."""

_log = logging.getLogger(__name__)


class IntentOutcome(StrEnum):
    OPEN = "sent"
    """Not known; the request may not have been sent yet."""
    APPLIED = "applied"
    """The request created a job."""
    REFUSED = "refused"
    GIVEN_UP = "given up"
    """The outcome stayed unknown, and the user gave up."""


def _read_submitted(value: object) -> Submitted:
    if isinstance(value, Submitted):
        return value
    try:
        return Submitted.model_validate_json(str(value))
    except ValidationError:
        return Submitted()


class Intent(BaseModel):
    """A request to create one job; the job is found by its label, the id of the intent."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, defer_build=True)

    id: Annotated[str, AfterValidator(lambda text: str(uuid.UUID(text)))]
    """A UUID; also the idempotency key of the request and the label of the job."""
    sent_at: Moment
    name: Line | None
    """`None` if Studio chooses the name."""
    query_type: str
    is_labeled: bool
    """Whether the environment of the job has the id as a label."""
    submitted: Annotated[
        Submitted, BeforeValidator(_read_submitted), PlainSerializer(Submitted.to_json)
    ] = Submitted()

    @classmethod
    def of(
        cls,
        job: JobInput,
        now: datetime,
        *,
        is_labeled: bool,
        files: Mapping[str, SentFile] = MappingProxyType({}),
    ) -> "Intent":
        """Return a new intent for the request `job`; `files` are its known files by upload id."""
        return cls(
            id=str(uuid.uuid4()),
            sent_at=now,
            name=job.query_name or None,
            query_type=job.query_type.value,
            is_labeled=is_labeled,
            submitted=Submitted.of(job, files),
        )


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """An intent in the journal, with its outcome."""

    intent: Intent
    outcome: IntentOutcome


class OpenIntent:
    """An intent that this program has locked in the journal."""

    def __init__(self, intent: Intent, descriptor: int) -> None:
        self.intent = intent
        self._descriptor: int | None = descriptor

    def end(self, outcome: IntentOutcome) -> None:
        """Write the outcome of the intent, and release it; it stays open if writing fails."""
        descriptor = self._take_descriptor()
        if descriptor is None:
            return
        try:
            _append(descriptor, {"fate": outcome})
        except OSError as error:
            _log.warning("The outcome of an intent could not be recorded: %s", error)
        finally:
            os.close(descriptor)

    def close(self) -> None:
        """Release the intent without an outcome; its job is searched for at the next start."""
        descriptor = self._take_descriptor()
        if descriptor is not None:
            os.close(descriptor)

    def _take_descriptor(self) -> int | None:
        descriptor, self._descriptor = self._descriptor, None
        return descriptor


class Journal:
    """The intents of one team at one Studio. Blocks on the disk: call it in a thread."""

    def __init__(self, folder: Path, profile: str) -> None:
        self.folder = folder / profile_name(profile)

    def begin(self, intent: Intent) -> OpenIntent:
        """Write an intent to disk; raise `NotSent` if that fails, so that nothing is sent."""
        try:
            create_private_dir(self.folder)
            self._prune()
            return OpenIntent(intent, self._write(intent))
        except OSError as error:
            raise NotSent(
                f"Nothing was sent, as it could not be recorded in {self.folder.parent}: "
                f"{error.strerror}. Set STUDIO_TUI_STATE_DIR to use another folder."
            ) from error

    def claim_open(self) -> list[OpenIntent]:
        """Return the intents that ended programs left open, now locked by this program."""
        intents = []
        for path in self._files():
            with contextlib.suppress(OSError):
                if intent := _take_over(path):
                    intents.append(intent)
        return sorted(intents, key=lambda intent: intent.intent.sent_at)

    def _write(self, intent: Intent) -> int:
        """Lock and write the file of an intent; return its descriptor.

        Before it is locked, another program may lock the empty file to read it, but not for long.
        """
        path = self.folder / f"{intent.id}{_SUFFIX}"
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_APPEND, 0o600)
        try:
            with contextlib.suppress(OSError):  # some file systems have no locks
                fcntl.flock(descriptor, fcntl.LOCK_EX)
            _append(descriptor, {**intent.model_dump(mode="json"), "fate": IntentOutcome.OPEN})
            os.fsync(descriptor)
            _sync(self.folder)
        except OSError:
            os.close(descriptor)
            path.unlink(missing_ok=True)
            raise
        return descriptor

    def _files(self) -> list[Path]:
        try:
            return list(self.folder.glob(f"*{_SUFFIX}"))
        except OSError:
            return []

    def _prune(self) -> None:
        """Delete the oldest files; other programs may do so too, so that any file may be gone."""
        files = self._files()
        if len(files) < MAX_ENTRIES:
            return
        oldest_first = sorted(files, key=_modified_at)
        for path in oldest_first[: len(files) - MAX_ENTRIES + 1]:
            with contextlib.suppress(OSError):
                entry = read_entry(path)
                if entry is None or entry.outcome is not IntentOutcome.OPEN:
                    _remove_unused(path)


def _remove_unused(path: Path) -> None:
    """Delete the file of an intent; raise `OSError` if a program has locked it."""
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        path.unlink()


def _modified_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return inf


def _append(descriptor: int, line: Mapping[str, Any]) -> None:
    # The line break comes first, as a crash may have cut the line before it short.
    data = b"\n" + json.dumps(line).encode()
    if os.write(descriptor, data) < len(data):
        raise OSError(None, "the disk is full")


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _take_over(path: Path) -> OpenIntent | None:
    """Lock the file of an open intent and return the intent; `None` if the file has no open one."""
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_NOFOLLOW)
    is_open = False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        entry = read_entry(path)
        if entry is None or entry.outcome is not IntentOutcome.OPEN:
            return None
        is_open = True
        return OpenIntent(entry.intent, descriptor)
    finally:
        if not is_open:
            os.close(descriptor)


def read_entry(path: Path) -> JournalEntry | None:
    """Return the entry in a file, whose later lines override the fields of earlier ones.

    A line may be cut short; `None` if the remaining lines are not enough.
    """
    data = read_bytes(path)[:_LARGEST]
    fields: dict[str, Any] = {}
    for line in _parse_lines(data):
        fields |= line
    try:
        intent, outcome = Intent.model_validate(fields), IntentOutcome(str(fields.get("fate")))
    except ValueError:
        return None
    return JournalEntry(intent, outcome)


def _parse_lines(data: bytes) -> Iterator[Mapping[str, Any]]:
    for line in data.split(b"\n"):
        try:
            parsed = json.loads(line)
        except (ValueError, RecursionError):
            continue
        if isinstance(parsed, Mapping):
            yield parsed
