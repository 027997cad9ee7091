"""The contents of the job form as typed, and the facts that they are checked with."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import datetime, tzinfo
from enum import StrEnum
from typing import Any, Self, TypeVar

from studio_tui.api.models import Cluster, Job

FieldValue = str | bool | tuple[str, ...]
"""The contents of a field. For an empty text or list, or False, Studio uses its default."""

_Value = TypeVar("_Value", bound=FieldValue)


@dataclass(frozen=True)
class Draft:
    """The contents of the job form, which may have secrets.

    The attributes are the fields that the program reads by name.
    """

    query_file: str = ""
    query: str = ""
    """Ignored while `query_file` is not empty."""
    query_type: str = ""
    query_name: str = ""
    environment: str = field(default="", repr=False)
    workers: str = ""
    python_version: str = ""
    requirements: str = ""
    repository: str = ""
    files: tuple[str, ...] = ()
    """Paths of files to upload."""
    uploads: tuple[str, ...] = ()
    """Ids of files that are already uploaded."""
    priority: str = ""
    compute_cluster_name: str = ""
    compute_cluster_id: str = ""
    start_after: str = ""
    cron_expression: str = ""
    rerun_from_job_id: str = ""
    """The job from whose checkpoints this one continues."""
    reset: bool = False
    """Whether checkpoints are ignored."""

    others: tuple[tuple[str, FieldValue], ...] = field(default=(), repr=False)
    """Names and contents of the other fields of `FIELDS` that are not empty, sorted by name."""

    def value(self, name: str, empty: _Value) -> _Value:
        """Return the contents of a field; `empty` if neither an attribute nor `others` has it."""
        value: Any = getattr(self, name) if name in _ATTRIBUTES else dict(self.others).get(name)
        return empty if value is None else value

    def with_values(self, values: Mapping[str, FieldValue]) -> Self:
        """Return the form with the contents `values` in some fields, by their names."""
        attributes: dict[str, Any] = {name: values[name] for name in values.keys() & _ATTRIBUTES}
        others = dict(self.others) | {name: values[name] for name in values.keys() - _ATTRIBUTES}
        filled = tuple(sorted((name, value) for name, value in others.items() if value))
        return replace(self, **attributes, others=filled)

    def continuing(self, job_id: str) -> Self:
        """Return the form of a job that continues from the checkpoints of the job `job_id`."""
        return replace(self, rerun_from_job_id=job_id, reset=False)

    def from_start(self) -> Self:
        """Return the form of a job that continues from no other."""
        return replace(self, rerun_from_job_id="")


_ATTRIBUTES = frozenset(each.name for each in fields(Draft)) - {"others"}


class FileState(StrEnum):
    """What is at a path."""

    FILE = "file"
    MISSING = "missing"
    FOLDER = "folder"
    UNREADABLE = "unreadable"
    OTHER = "other"
    """A socket, a device, etc."""


@dataclass(frozen=True)
class FileFacts:
    """Facts about the file at a path."""

    state: FileState
    size: int = 0
    """In bytes."""
    text: str | None = None
    """The contents, if the file was read as a query, is UTF-8, and is not too large for one."""
    bad_byte: int | None = None
    """Offset of the first byte that is not UTF-8, if the file was read as a query."""


@dataclass(frozen=True)
class FormContext:
    """What is known of the team, of Studio and of this machine when a form is checked."""

    team: str
    now: datetime
    zone: tzinfo
    """The user's time zone, for times without one."""
    clusters: tuple[Cluster, ...] | None
    """`None` if not loaded yet."""
    queued: tuple[Job, ...] = ()
    """The known jobs that wait for workers."""
    files: Mapping[str, FileFacts] = field(default_factory=dict)
    """By path as typed."""
    uploads: Mapping[str, str] = field(default_factory=dict)
    """Safe file names of uploads from this machine, by upload id."""
    is_local: bool = False
    """Whether this is the local Studio, whose rules are known."""
    is_origin_known: bool = True
    """Whether the job that the form names to continue is known here; True if it names none."""
