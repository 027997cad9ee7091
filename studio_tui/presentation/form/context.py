"""The facts that a form is checked with."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from enum import StrEnum

from studio_tui.api.models import Cluster, Job


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
    """The contents, if the file was read as a query and is UTF-8."""
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
    lost_values: Collection[str] = ()
    """Variables of a saved form whose values were not saved."""
    is_local: bool = False
    """Whether this is the local Studio, whose rules are known."""
    is_origin_known: bool = True
    """Whether the job from whose checkpoints to continue is known here."""
