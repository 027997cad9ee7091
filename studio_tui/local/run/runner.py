"""Reports about the run of a job: the types between dispatcher and runner."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from studio_tui.errors import StudioError
from studio_tui.local.run.metastore import Metastore
from studio_tui.local.shim.lineage_file import ReportedDataset


class JobPhase(StrEnum):
    """The phase of a job, as its runner sees it."""

    NOT_STARTED = "NOT_STARTED"
    """Nothing of the job was executed, so starting it is safe."""
    INIT = "INIT"
    """Its shim prepares repository, files and environment."""
    RUNNING = "RUNNING"
    """Its query has begun, and the end of the job is not recorded yet."""
    FINISHED = "FINISHED"
    """It ended, and none of its processes is left, except any that could not be stopped."""
    LOST = "LOST"
    """Its shim left no readable record of the end, or it could not be started; it is stopped."""


class StartFailed(StudioError):  # noqa: N818 (the name says what happened)
    """The job was not started; the message says why."""


@dataclass(frozen=True, slots=True)
class RunStep:
    """One step of a run; times are aware, in UTC."""

    name: str
    """waiting, downloading_files, virtualenv or running_query."""
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunReport:
    """The state of a run; all times are aware, in UTC."""

    phase: JobPhase
    steps: tuple[RunStep, ...] = ()
    """In order of their start."""
    started_at: datetime | None = None
    """When the query began."""
    finished_at: datetime | None = None
    """Set when FINISHED or LOST."""
    exit_code: int | None = None
    """Set when FINISHED, except for a job that was canceled before it began.

    0 is success; 128 + n means death by signal n.
    """
    error_message: str | None = None
    """Why it failed, untrusted text; `None` after success."""
    canceled: bool = False
    """Whether the job was told to stop before it ended."""


@dataclass(frozen=True, slots=True)
class RunLineage:
    """What an ended job made, and what DataChain's database says about all datasets."""

    datasets: tuple[ReportedDataset, ...] = ()
    """The datasets that the job says it made."""
    metastore: Metastore = field(default_factory=Metastore)
    """Empty if it is unreadable, or if the job does not use DataChain."""
    metrics: str | None = None
    """A JSON object."""
