"""The states of jobs and pipelines, and groups of states."""

from enum import StrEnum


class JobState(StrEnum):
    """Statuses of a job (`JobStatus` of the published client)."""

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
    DID_NOT_RUN = "DID_NOT_RUN"
    """Ended before it started; grouped with the canceled ones."""
    UNKNOWN = "UNKNOWN"
    """No status, or a status of a newer server: its upper-case word is in `JobOutput.status`."""

    @classmethod
    def of(cls, status: str | None) -> "JobState":
        """Return the state with the name `status`; `UNKNOWN` if no state has it."""
        return _JOB_STATES.get(status or "", _UNKNOWN)

    @property
    def is_finished(self) -> bool:
        """Whether the job has ended, or is a TASK, which never runs; false for UNKNOWN."""
        return self in FINISHED_STATES

    @property
    def is_cancelable(self) -> bool:
        """Whether the job can be canceled; canceling a TASK ends its schedule."""
        return self not in FINISHED_STATES - {JobState.TASK} and self not in CANCELING_STATES


_UNKNOWN = JobState.UNKNOWN
_JOB_STATES = {state.value: state for state in JobState}

STOPPED_STATES = frozenset({JobState.FAILED, JobState.CANCELED, JobState.DID_NOT_RUN})
"""The job ended without being complete, so jobs that depend on it do not start."""
FINISHED_STATES = STOPPED_STATES | {JobState.COMPLETE, JobState.TASK}
CANCELING_STATES = frozenset({JobState.CANCELING, JobState.CANCELING_SCHEDULED})
CANCELED_STATES = CANCELING_STATES | {JobState.CANCELED, JobState.DID_NOT_RUN}
"""The job was canceled, its cancellation was requested, or it did not run."""

WAITING_STATES = (
    frozenset(JobState) - FINISHED_STATES - CANCELING_STATES - {JobState.RUNNING, JobState.UNKNOWN}
)

QUEUED_STATES = frozenset({JobState.QUEUED, JobState.SCHEDULED})

STARTED_STATES = frozenset({JobState.PROVISIONING, JobState.INIT, JobState.RUNNING})

NOT_YET_QUEUED_STATES = frozenset({JobState.PENDING, JobState.CREATED})
"""The job waits for other jobs, or for Studio to queue it."""

STATES_WITH_WORKERS = frozenset({JobState.INIT, JobState.RUNNING, *CANCELING_STATES})
"""The job occupies workers of its cluster, from INIT until it ends."""


class PipelineState(StrEnum):
    """Statuses of a pipeline; a pipeline becomes COMPLETED, whereas a job becomes COMPLETE."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    CANCELED = "CANCELED"
    UNKNOWN = "UNKNOWN"
    """No status, or a status of a newer server."""

    @property
    def is_finished(self) -> bool:
        """Whether the pipeline has ended; it is active again if a user resumes it."""
        return self in FINISHED_PIPELINE_STATES

    @property
    def is_active(self) -> bool:
        """Whether the pipeline is known to start its jobs."""
        return self in {PipelineState.PENDING, PipelineState.RUNNING}

    @property
    def may_start_jobs(self) -> bool:
        """Whether further jobs of the pipeline start by themselves, as far as is known."""
        return self.is_active or self is PipelineState.UNKNOWN


FINISHED_PIPELINE_STATES = frozenset(
    {PipelineState.COMPLETED, PipelineState.FAILED, PipelineState.CANCELED}
)
