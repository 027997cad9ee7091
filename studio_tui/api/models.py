"""Every schema of the REST document, both directions, in the document's order.

What Studio sends is read forgivingly: unknown keys are ignored, a field that cannot be read becomes
`None` and is named in `unreadable`, an unknown status word is kept as it came. What is sent to
Studio is strict. Class names are the document's; the short names at the end are for the program.
All text of what Studio sends is safe to draw, except `Verbatim` and secrets.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import (
    BeforeValidator,
    StrictBool,
    StrictInt,
)

from studio_tui.api.fields import (
    Environment,
    Line,
    Message,
    MessageLine,
    Metrics,
    Moment,
    Received,
    Sent,
    Source,
    Texts,
    Word,
)
from studio_tui.api.ids import Identifier, RowIdentifier


class JobState(StrEnum):
    """The words of a job's status (`JobStatus` of the published client)."""

    CREATED = "CREATED"
    SCHEDULED = "SCHEDULED"
    QUEUED = "QUEUED"
    PROVISIONING = "PROVISIONING"
    INIT = "INIT"
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    FAILED = "FAILED"
    CANCELING = "CANCELING"
    CANCELING_SCHEDULED = "CANCELING_SCHEDULED"
    CANCELED = "CANCELED"
    TASK = "TASK"
    PENDING = "PENDING"
    UNKNOWN = "UNKNOWN"
    """A word of a newer server; the word itself is in `JobOutput.status`."""

    @property
    def is_finished(self) -> bool:
        """Whether the job has ended; an unknown state has not."""
        return self in FINISHED_STATES

    @property
    def is_cancelable(self) -> bool:
        """Whether asking Studio to cancel makes sense."""
        return self not in FINISHED_STATES - {JobState.TASK} and self not in CANCELING_STATES


FINISHED_STATES = frozenset({JobState.COMPLETE, JobState.FAILED, JobState.CANCELED, JobState.TASK})
CANCELING_STATES = frozenset({JobState.CANCELING, JobState.CANCELING_SCHEDULED})
WAITING_STATES = (
    frozenset(JobState) - FINISHED_STATES - CANCELING_STATES - {JobState.RUNNING, JobState.UNKNOWN}
)
"""States before the query runs."""


class PipelineState(StrEnum):
    """The words of a pipeline's status; note COMPLETED beside a job's COMPLETE."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    UNKNOWN = "UNKNOWN"


class QueryType(StrEnum):
    """What a job's query is written in."""

    PYTHON = "PYTHON"
    SHELL = "SHELL"


def _query_type(value: object) -> object:
    """Read a query type, a word or, from an older server, 1 for Python and 2 for shell."""
    if isinstance(value, int):
        return {1: "PYTHON", 2: "SHELL"}.get(value, str(value))
    return value.upper() if isinstance(value, str) else value


class JobStep(Received):
    """One step of a job's way, with its times (newer servers send them)."""

    name: Line
    """waiting, downloading_files, dw_wake_up, virtualenv or running_query."""
    label: Line | None = None
    started_at: Moment | None = None
    finished_at: Moment | None = None


class ScheduleRun(Received):
    """A run of a schedule, or a time that had none (the local Studio sends it)."""

    kind: Line
    """job, pipeline, missed (no Studio was running) or skipped (the run before went on)."""
    id: Identifier | None = None
    """Of the job or the pipeline."""
    name: Line | None = None
    status: Word | None = None
    scheduled_for: Moment | None = None
    """The fire time; `None` for a run by hand."""
    created_at: Moment | None = None
    by_hand: bool | None = None
    error_message: Message | None = None


class JobSchedule(Received):
    """When a TASK makes runs, and what came of it so far (the local Studio sends it)."""

    cron_expression: Line | None = None
    """`None` for one run, at `start_after`."""
    start_after: Moment | None = None
    time_zone: Line | None = None
    """That the expression is meant in."""
    next_run_at: Moment | None = None
    """`None` when there is nothing more to run."""
    runs: int | None = None
    missed: int | None = None
    """Fire times at which no Studio was running to run anything."""
    skipped: int | None = None
    """Fire times at which the run before had not ended."""
    last_run_id: Identifier | None = None
    recent: tuple[ScheduleRun, ...] | None = None
    """The last runs, and times without one, the newest first."""
    suspended_at: Moment | None = None
    """`None` for one that goes on."""
    datasets: tuple[Line, ...] | None = None
    """What a pipeline rebuilds each time; `None` where a job is run."""


class JobOutput(Received):
    """A job, as Studio describes it."""

    id: RowIdentifier
    url: Line | None = None
    status: Word | None = None
    created_at: Moment | None = None
    created_by: Line | None = None
    finished_at: Moment | None = None
    query: Source | None = None
    query_type: Annotated[QueryType | None, BeforeValidator(_query_type)] = None
    team: Line | None = None
    name: Line | None = None
    workers: int | None = None
    python_version: Line | None = None
    requirements: Source | None = None
    repository: Source | None = None
    environment: Environment | None = None
    exit_code: int | None = None
    error_message: Message | None = None

    started_at: Moment | None = None
    """When the query began to run. Newer servers only, like all that follow."""
    compute_cluster_id: Identifier | None = None
    compute_cluster_name: Line | None = None
    steps: tuple[JobStep, ...] | None = None
    metrics: Metrics | None = None
    schedule: JobSchedule | None = None
    """Of a TASK. From the local Studio only, like all that follow."""
    scheduled_by: Identifier | None = None
    """The TASK that made this run."""
    scheduled_for: Moment | None = None
    """The fire time that this run is for."""
    waits_for: Line | None = None
    """Why its cluster cannot start it now, though it is queued: a clause without a full stop."""

    @property
    def state(self) -> JobState:
        """The status as a known word, else UNKNOWN."""
        return _JOB_STATES.get(self.status or "", JobState.UNKNOWN)

    @property
    def began_at(self) -> datetime | None:
        """When the query began to run, by its step where there is one; `None` before it has."""
        for step in self.steps or ():
            if step.name == "running_query" and step.started_at is not None:
                return step.started_at
        return None if self.state in WAITING_STATES else self.started_at


_JOB_STATES = {state.value: state for state in JobState}


class JobInput(Sent):
    """What a job is created from. `None` leaves a field to Studio's default."""

    query: str
    query_type: QueryType = QueryType.PYTHON
    team_name: str
    environment: str | None = None
    """Lines of `NAME=VALUE`."""
    workers: StrictInt | None = None
    query_name: str | None = None
    files: Texts | None = None
    """Ids that uploading gave."""
    python_version: str | None = None
    requirements: str | None = None
    """Lines as in a requirements file."""
    repository: str | None = None
    priority: StrictInt | None = None
    """0 (first) to 5 (last, the default)."""
    compute_cluster_name: str | None = None
    compute_cluster_id: str | StrictInt | None = None
    """Excludes `compute_cluster_name`."""
    start_after: datetime | None = None
    cron_expression: str | None = None
    credentials_name: str | None = None
    rerun_from_job_id: str | None = None
    """Not in the document: the job whose checkpoints are to be reused."""
    reset: StrictBool | None = None
    """Not in the document: ignore checkpoints."""
    time_zone: str | None = None
    """For the local Studio only: the zone that `cron_expression` is meant in, if it is not UTC."""


class ActionFeedback(Received):
    """What Studio says of an action."""

    message: MessageLine | None = None


class JobCancelInput(Sent):
    """The body of a cancel request."""

    team_name: str


class UploadFileOutput(Received):
    """An uploaded file; its id goes into `JobInput.files`."""

    id: Identifier
    filename: Line | None = None
    size: int | None = None
    """Bytes."""
    state: Line | None = None
    error: Line | None = None


class ComputeClusterOutput(Received):
    """A cluster that jobs can run on."""

    id: RowIdentifier
    name: Line | None = None
    status: Word | None = None
    """ACTIVE and MODIFYING accept jobs; INACTIVE and FAILED do not."""
    cloud_provider: Line | None = None
    cloud_credentials: Line | None = None
    is_active: bool | None = None
    default: bool | None = None
    max_workers: int | None = None

    cloud_region: Line | None = None
    """Newer servers only, like all that follow."""
    instance_type: Line | None = None
    compute_class: Line | None = None
    disk_size: int | None = None
    busy_workers: int | None = None
    problem: MessageLine | None = None
    """Why a change of the clusters is not in force. From the local Studio only."""
    active_workers: int | None = None


class JobPipelineRunOutput(Received):
    """One job of a pipeline: the original it repeats and, once made, its own run."""

    job_id: Identifier
    """The original job, which is the node of the plan."""
    status: Word | None = None
    parent_job_ids: tuple[Identifier, ...] = ()
    """Originals this one waits for."""
    name: Line | None = None
    created_job_id: Identifier | None = None
    """The run of this pipeline; set while still PENDING."""

    attempts: tuple[Identifier, ...] = ()
    """Runs of this pipeline that a newer one took the place of, the oldest first.

    From the local Studio only; of others as far as this dashboard saw them.
    """

    @property
    def state(self) -> JobState:
        """The status as a known word, else UNKNOWN."""
        return _JOB_STATES.get(self.status or "", JobState.UNKNOWN)


class RemovedJobOutput(Received):
    """A job that was taken out of a pipeline before it began."""

    job_id: Identifier
    name: Line | None = None
    created_job_id: Identifier | None = None
    """The run that was canceled instead."""
    removed_at: Moment | None = None


RERUN_TARGET = "jobs "
"""What the target of a pipeline begins with that the local Studio made of jobs to run again."""


class JobPipelineOutput(Received):
    """A pipeline with its jobs."""

    pipeline_id: RowIdentifier
    status: Word | None = None
    job_runs: tuple[JobPipelineRunOutput, ...] = ()
    completed: int | None = None
    total: int | None = None
    error_message: Message | None = None
    error_stack: Message | None = None
    triggered_from: Line | None = None
    name: Line | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None

    warnings: tuple[MessageLine, ...] | None = None
    """What the plan leaves as it is, and why. From the local Studio only, like all that follow."""
    scheduled_by: Identifier | None = None
    """The TASK that triggered it."""
    removed: tuple[RemovedJobOutput, ...] | None = None
    """What was taken out of it; `None` where that is not told."""

    @property
    def datasets(self) -> str:
        """The datasets that it was triggered from; none of one that runs jobs again."""
        target = self.triggered_from or ""
        return "" if target.startswith(RERUN_TARGET) else target

    @property
    def state(self) -> PipelineState:
        """The status as a known word, else UNKNOWN."""
        return _PIPELINE_STATES.get(self.status or "", PipelineState.UNKNOWN)


_PIPELINE_STATES = {state.value: state for state in PipelineState}


class PipelineOutput(Received):
    """What Studio says of a pipeline action."""

    ok: bool | None = None
    pipeline: JobPipelineOutput | None = None


class TriggerPipelineInput(Sent):
    """Which datasets to rebuild."""

    datasets: Texts
    """`[@]namespace.project.name[@version]`; missing parts are defaults."""
    team_name: str
    environment: str | None = None
    review: StrictBool | None = None
    """True: the pipeline begins PAUSED."""


class PipelineInput(Sent):
    """Names a pipeline by its id or its name."""

    team_name: str
    pipeline_id: str | None = None
    name: str | None = None


class RemoveJobFromPipelineInput(Sent):
    """Names a job of a pipeline."""

    team_name: str
    pipeline_id: str | None = None
    name: str | None = None
    job_id: str


class ScheduleInput(Sent):
    """The body of what is asked about a schedule; not in the document."""

    team_name: str


class ChangeScheduleInput(Sent):
    """When a schedule is to run from now on; not in the document."""

    team_name: str
    cron_expression: str | None = None
    start_after: datetime | None = None
    time_zone: str | None = None
    """That `cron_expression` is meant in, if it is not UTC."""


class RerunJob(Sent):
    """A job to run again."""

    job_id: str
    """The job that it repeats."""
    job: JobInput
    """What is to run."""


class RerunInput(Sent):
    """Several jobs to run again, each after those of them that it depends on; not documented."""

    team_name: str
    jobs: tuple[RerunJob, ...]


class SchedulePipelineInput(ChangeScheduleInput):
    """Which datasets to rebuild, and when; not in the document."""

    datasets: Texts
    environment: str | None = None


class DatasetVersion(Received):
    """A dataset version that a job made; its model is not in the document."""

    dataset_name: Line
    version: Line | None = None


class DatasetVersions(Received):
    """The answer of `JOB_DATASET_VERSIONS`."""

    dataset_versions: tuple[DatasetVersion, ...] = ()


Job = JobOutput
Cluster = ComputeClusterOutput
Pipeline = JobPipelineOutput
PipelineJob = JobPipelineRunOutput
RemovedJob = RemovedJobOutput
UploadedFile = UploadFileOutput
