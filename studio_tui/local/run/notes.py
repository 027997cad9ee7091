"""Reads the notes in a job's folder: files by its shim, and `lost.json` by a server.

A file that a full disk, a crash or the job itself has damaged counts as missing. Only errors of the
system, such as a failing disk, are raised.
"""

from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from studio_tui.files import is_system_error, read_bytes
from studio_tui.local.run.runner import RunStep
from studio_tui.local.shim.durable import with_access

_LIMIT = 64 * 1024
"""Maximum bytes of a file; the shim writes far less."""


class _Note(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore", strict=True)


class Exit(_Note):
    """`exit.json`: how the job ended."""

    finished_at: AwareDatetime
    exit_code: Annotated[int, Field(ge=0, le=255)]
    error_message: str | None
    canceled: bool


class Lost(_Note):
    """`lost.json`, written by a server: the shim died without recording how the job ended."""

    finished_at: AwareDatetime
    """When the server had stopped the job's remaining processes."""
    canceled: bool


class _StepNote(_Note):
    """A line of `steps.jsonl`; one of the times is set."""

    step: str
    started_at: AwareDatetime | None = None
    finished_at: AwareDatetime | None = None


Note = TypeVar("Note", bound=_Note)


def read(model: type[Note], path: Path) -> Note | None:
    """Return the note in the file at `path`; `None` if the file is missing or invalid."""
    content = _read_file(path)
    return None if content is None else _parse(model, content)


def read_steps(folder: Path) -> tuple[RunStep, ...]:
    """Return the steps in order of their start.

    Invalid lines are skipped, and so is the end of a step without a start.
    """
    lines = (_read_file(folder / "steps.jsonl") or b"").split(b"\n")
    starts: dict[str, datetime] = {}
    ends: dict[str, datetime] = {}
    for line in lines:
        note = _parse(_StepNote, line)
        if note is None:
            continue
        if note.started_at is not None:
            starts[note.step] = note.started_at
        elif note.finished_at is not None:
            ends[note.step] = note.finished_at
    return tuple(RunStep(name, started, ends.get(name)) for name, started in starts.items())


def _read_file(path: Path) -> bytes | None:
    try:
        return with_access(partial(_read_if_short, path), path.parent, path)
    except OSError as error:
        if is_system_error(error):
            raise
        return None


def _read_if_short(path: Path) -> bytes | None:
    return read_bytes(path) if path.stat().st_size <= _LIMIT else None


def _parse(model: type[Note], content: bytes) -> Note | None:
    try:
        return model.model_validate_json(content)
    except ValidationError:
        return None
