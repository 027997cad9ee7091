"""Requests to the endpoints that only the local Studio has: their bodies, and what callers pass."""

from dataclasses import dataclass, field
from datetime import datetime

from studio_tui.api.fields import Sent, Texts
from studio_tui.api.models import JobInput


class ScheduleInput(Sent):
    """Body of a request to run, suspend or resume a schedule, or to trigger its pipeline."""

    team_name: str


class ChangeScheduleInput(Sent):
    """Body of a request to change the times of a schedule."""

    team_name: str
    cron_expression: str | None = None
    start_after: datetime | None = None
    time_zone: str | None = None
    """Time zone of `cron_expression`, if not UTC."""


@dataclass(frozen=True, slots=True)
class ScheduleTimes:
    """When a schedule runs: by an expression, or once; sent as a `ChangeScheduleInput`."""

    cron_expression: str | None = None
    start_after: datetime | None = None
    time_zone: str | None = None
    """Time zone of the expression; `None` for UTC."""


@dataclass(frozen=True, slots=True)
class NewPipelineSchedule:
    """A schedule to create for a pipeline; sent as a `SchedulePipelineInput`."""

    datasets: tuple[str, ...]
    environment: str | None = field(default=None, repr=False)
    """Lines of `NAME=VALUE`; may contain secrets."""
    cron_expression: str | None = None
    start_after: datetime | None = None


class RerunJob(Sent):
    """A job to rerun."""

    job_id: str
    job: JobInput
    """The settings of the rerun."""


class RerunInput(Sent):
    """Body of a request to rerun jobs; each one starts after the others that it depends on."""

    team_name: str
    jobs: tuple[RerunJob, ...]


class SchedulePipelineInput(ChangeScheduleInput):
    """Body of a request to create a schedule that rebuilds datasets."""

    datasets: Texts
    environment: str | None = None
