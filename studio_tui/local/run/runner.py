"""Runs jobs: the seam between the local Studio's queue and whatever executes a query.

It knows nothing of the database or of HTTP. `Runner` is what the queue needs; `LocalRunner` does it
with one watching process (`shim.py`) a job, which outlives this one.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from studio_tui.api.models import QueryType
from studio_tui.errors import StudioError
from studio_tui.local.run.metastore import Metastore
from studio_tui.local.shim.lineage_file import Made
from studio_tui.local.shim.output import OutputReader


class Phase(StrEnum):
    """How far a job has come, as its runner sees it."""

    NOT_STARTED = "NOT_STARTED"
    """Nothing of the job was executed, so starting it is safe."""
    INIT = "INIT"
    """Its repository, files and environment are being made ready."""
    RUNNING = "RUNNING"
    """Its query runs."""
    FINISHED = "FINISHED"
    """It ended and none of its processes is left."""
    LOST = "LOST"
    """What watched it was killed, so its exit code is not known; none of its processes is left."""


class StartFailed(StudioError):  # noqa: N818 (reads as what happened)
    """The job could not be started, or was started before; the sentence says which."""


@dataclass(frozen=True, slots=True)
class RunSpec:
    """All that is needed to run a job."""

    job_id: str
    """Unique for ever, and one path segment: letters, digits, dot, dash, underscore."""
    name: str
    """A label, untrusted."""
    query: str
    query_type: QueryType
    environment: Mapping[str, str]
    """The job's own variables."""
    python_version: str | None = None
    """As `3.12`; `None` for whichever is at hand."""
    requirements: str | None = None
    """Lines as in a requirements file."""
    repository: str | None = None
    """`URL` or `URL@REVISION`, cloned into the working directory."""
    files: tuple[tuple[str, Path], ...] = ()
    """Basename to make in the working directory, and the stored file; a later one wins."""
    workers: int = 1
    rerun_from_job_id: str | None = None
    """The job whose checkpoints are to be reused."""
    run_group_id: str | None = None
    """Common to all runs that share checkpoints; `None` for a group of its own."""
    reset: bool = False
    """Ignore checkpoints."""


@dataclass(frozen=True, slots=True)
class RunStep:
    """One step of a run; times are aware, in UTC."""

    name: str
    """downloading_files, virtualenv or running_query."""
    started_at: datetime
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class RunReport:
    """What is known of a run; all times are aware, in UTC."""

    phase: Phase
    steps: tuple[RunStep, ...] = ()
    """In order of their start."""
    started_at: datetime | None = None
    """When the query began; `None` when it has not, or never did."""
    finished_at: datetime | None = None
    """Set when FINISHED or LOST."""
    exit_code: int | None = None
    """Set when FINISHED: 0 is success; 128 + n for death by signal n."""
    error_message: str | None = None
    """Why it failed, untrusted text of at most 2,000 characters; `None` after success."""
    canceled: bool = False
    """Cancelling was asked for before the end."""


@dataclass(frozen=True, slots=True)
class RunLineage:
    """What is to be learned of datasets once a job has ended."""

    made: tuple[Made, ...] = ()
    """What the job says it made, which counts if it succeeded."""
    metastore: Metastore = field(default_factory=Metastore)
    """What DataChain's database says, of this job and of all others."""
    metrics: str | None = None
    """What the job has measured, as a JSON object; `None` for nothing."""


class Runner(Protocol):
    """Starts, watches and stops jobs."""

    async def start(self, spec: RunSpec) -> None:
        """Begin a job; return when it is under way.

        Raises:
            StartFailed: It was started before, or what it needs cannot be written.
        """

    async def report(self, job_id: str) -> RunReport:
        """Tell how far a job is; an unknown job is NOT_STARTED."""

    async def cancel(self, job_id: str) -> None:
        """Ask a job to stop and return at once, also when asked twice; `report` tells the end."""

    async def lineage(self, job_id: str) -> RunLineage:
        """Return what a job that has ended made; what cannot be read is logged and left out."""

    async def metastore(self) -> Metastore:
        """Return what DataChain's database says; nothing, and a log entry, if it is unreadable."""

    def output(self, job_id: str) -> OutputReader:
        """Return access to what a job has printed, which is nothing for an unknown job."""

    async def aclose(self) -> None:
        """Let go of everything; jobs run on."""
