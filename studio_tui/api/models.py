"""Every schema of the REST document, received and sent, in the document's order.

Classes have the names of the document; the program uses the short aliases at the end.
"""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BeforeValidator, ConfigDict, StrictBool, StrictInt

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
from studio_tui.api.states import WAITING_STATES, JobState, PipelineState


class QueryType(StrEnum):
    """The language of a job's query."""

    PYTHON = "PYTHON"
    SHELL = "SHELL"


def _parse_query_type(value: object) -> object:
    """Older servers send 1 for Python and 2 for shell."""
    if isinstance(value, int):
        return {1: "PYTHON", 2: "SHELL"}.get(value, str(value))
    return value.upper() if isinstance(value, str) else value


class JobStep(Received):
    """A step in the execution of a job, with its times (sent by newer servers)."""

    name: Line
    """waiting, downloading_files, dw_wake_up, virtualenv or running_query."""
    label: Line | None = None
    started_at: Moment | None = None
    finished_at: Moment | None = None


class ScheduleRun(Received):
    """A run of a schedule. Sent by the local Studio only."""

    kind: Line
    """job or pipeline."""
    id: Identifier | None = None
    name: Line | None = None
    status: Word | None = None
    scheduled_for: Moment | None = None
    """The fire time; `None` for a manual run."""
    created_at: Moment | None = None
    by_hand: bool | None = None
    """Whether a user started the run."""
    error_message: Message | None = None


class JobSchedule(Received):
    """The timetable of a TASK and its runs so far. Sent by the local Studio only."""

    cron_expression: Line | None = None
    """`None` for a single run, at `start_after`."""
    start_after: Moment | None = None
    time_zone: Line | None = None
    next_run_at: Moment | None = None
    """`None` when no more runs follow."""
    runs: int | None = None
    missed: int | None = None
    """Number of fire times at which no Studio was running."""
    skipped: int | None = None
    """Number of fire times at which the previous run had not ended."""
    recent: tuple[ScheduleRun, ...] | None = None
    """The latest runs, newest first."""
    suspended_at: Moment | None = None
    """`None` if the schedule is active."""
    datasets: tuple[Line, ...] | None = None
    """`None` if the schedule runs a job."""

    @property
    def single_time(self) -> datetime | None:
        """The time of a schedule that runs once, even while it is suspended; else `None`."""
        has_expression = self.cron_expression or "cron_expression" in self.unreadable
        return None if has_expression else self.start_after


class JobOutput(Received):
    """A job as sent by Studio."""

    id: RowIdentifier
    url: Line | None = None
    status: Word | None = None
    created_at: Moment | None = None
    created_by: Line | None = None
    finished_at: Moment | None = None
    query: Source | None = None
    query_type: Annotated[QueryType | None, BeforeValidator(_parse_query_type)] = None
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
    """When the query started. This field and all below are sent by newer servers only."""
    compute_cluster_id: Identifier | None = None
    compute_cluster_name: Line | None = None
    steps: tuple[JobStep, ...] | None = None
    metrics: Metrics | None = None
    schedule: JobSchedule | None = None
    """The schedule of a TASK. This field and all below are sent by the local Studio only."""
    scheduled_by: Identifier | None = None
    """Id of the TASK that created this run."""
    scheduled_for: Moment | None = None
    """The fire time of this run."""
    waits_for: Line | None = None
    """What this queued job waits for if its cluster could not start it even without other jobs."""

    @property
    def state(self) -> JobState:
        """The status as an enum value; UNKNOWN if there is no status, or an unknown one."""
        return JobState.of(self.status)

    @property
    def began_at(self) -> datetime | None:
        """When the query started: by its step, else `started_at`; `None` if unknown or waiting."""
        for step in self.steps or ():
            if step.name == "running_query" and step.started_at is not None:
                return step.started_at
        return None if self.state in WAITING_STATES else self.started_at


class JobInput(Sent):
    """The fields of a new job. `None` leaves a field to Studio's default."""

    query: str
    query_type: QueryType = QueryType.PYTHON
    team_name: str
    environment: str | None = None
    """Lines of `NAME=VALUE`."""
    workers: StrictInt | None = None
    query_name: str | None = None
    files: Texts | None = None
    """Ids of uploaded files."""
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
    """Not in the document: the job whose checkpoints to reuse."""
    reset: StrictBool | None = None
    """Not in the document: ignore checkpoints."""
    time_zone: str | None = None
    """Local Studio only: time zone of `cron_expression`, if not UTC."""


class JobRequest(JobInput):
    """A new job with all fields of a form; Studio validates the fields that `JobInput` lacks."""

    model_config = ConfigDict(extra="allow")


class ActionFeedback(Received):
    """Response to a request to cancel a job."""

    message: MessageLine | None = None


class JobCancelInput(Sent):
    """Body of a cancel request."""

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
    """This field and all below are sent by newer servers only."""
    instance_type: Line | None = None
    compute_class: Line | None = None
    disk_size: int | None = None
    busy_workers: int | None = None
    """Number of workers that jobs use."""
    problem: MessageLine | None = None
    """Why a change of the clusters is not in effect; local Studio only."""
    active_workers: int | None = None
    """Number of workers that are up, busy or not."""


class JobPipelineRunOutput(Received):
    """A node of a pipeline: the original job and, once created, its run in this pipeline."""

    job_id: Identifier
    """Id of the original job, which identifies the node."""
    status: Word | None = None
    parent_job_ids: tuple[Identifier, ...] = ()
    """Ids of the original jobs that this node depends on."""
    name: Line | None = None
    created_job_id: Identifier | None = None
    """Id of the latest run in this pipeline; may be set while the status is still PENDING."""

    attempts: tuple[Identifier, ...] = ()
    """Ids of earlier runs in this pipeline, oldest first.

    Only the local Studio sends them. For another Studio, they are those that this dashboard has
    observed.
    """

    @property
    def run_ids(self) -> tuple[str, ...]:
        """Ids of all runs of the job in this pipeline, oldest first."""
        if self.created_job_id is None:
            return self.attempts
        return (*self.attempts, self.created_job_id) if self.attempts else (self.created_job_id,)

    @property
    def state(self) -> JobState:
        """The status as an enum value; UNKNOWN if there is no status, or an unknown one."""
        return JobState.of(self.status)


class RemovedJobOutput(Received):
    """A job that was removed from a pipeline before it started."""

    job_id: Identifier
    name: Line | None = None
    created_job_id: Identifier | None = None
    """Id of the run that was canceled by the removal; `None` if there was none."""
    removed_at: Moment | None = None


RERUN_TARGET_PREFIX = "jobs "
"""Prefix of `triggered_from` of a pipeline that the local Studio created to rerun jobs."""


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
    """The datasets to rebuild, or `RERUN_TARGET_PREFIX` and the jobs to rerun."""
    name: Line | None = None
    created_at: Moment | None = None
    updated_at: Moment | None = None

    warnings: tuple[MessageLine, ...] | None = None
    """Datasets that are not rebuilt, and why.

    This field and all below are sent by the local Studio only.
    """
    scheduled_by: Identifier | None = None
    """Id of the TASK that created the pipeline."""
    removed: tuple[RemovedJobOutput, ...] | None = None
    """Jobs that were removed from the pipeline; `None` if unknown."""

    @property
    def datasets(self) -> str:
        """The datasets that the pipeline rebuilds, as a text; empty if it reruns jobs."""
        target = self.triggered_from or ""
        return "" if target.startswith(RERUN_TARGET_PREFIX) else target

    @property
    def state(self) -> PipelineState:
        """The status as an enum value; UNKNOWN if there is no status, or an unknown one."""
        return _PIPELINE_STATES.get(self.status or "", PipelineState.UNKNOWN)


_PIPELINE_STATES = {state.value: state for state in PipelineState}


class PipelineOutput(Received):
    """Response to a pipeline action."""

    ok: bool | None = None
    pipeline: JobPipelineOutput | None = None


class TriggerPipelineInput(Sent):
    """Body of a request to trigger a pipeline."""

    datasets: Texts
    """`[@]namespace.project.name[@version]`; missing parts have defaults."""
    team_name: str
    environment: str | None = None
    review: StrictBool | None = None
    """If true, the pipeline starts PAUSED."""


class PipelineInput(Sent):
    """Body of a request to pause or resume a pipeline, given by its id or its name."""

    team_name: str
    pipeline_id: str | None = None
    name: str | None = None


class RemoveJobFromPipelineInput(Sent):
    """Body of a request to remove a job from a pipeline, or to restore a removed job."""

    team_name: str
    pipeline_id: str | None = None
    name: str | None = None
    job_id: str


class DatasetVersion(Received):
    """A dataset version that a job created. Not in the document."""

    dataset_name: Line
    version: Line | None = None


class DatasetVersions(Received):
    """Response to a request for `routes.JOB_DATASET_VERSIONS`. Not in the document."""

    dataset_versions: tuple[DatasetVersion, ...] = ()


Job = JobOutput
Cluster = ComputeClusterOutput
Pipeline = JobPipelineOutput
PipelineJob = JobPipelineRunOutput
RemovedJob = RemovedJobOutput
UploadedFile = UploadFileOutput
