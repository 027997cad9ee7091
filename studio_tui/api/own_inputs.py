"""Bodies of requests to the endpoints that only the local Studio has."""

from dataclasses import dataclass, field
from datetime import datetime

from studio_tui.api.fields import Sent, Texts
from studio_tui.api.models import JobInput


class ScheduleInput(Sent):
    """Body of an action on a schedule."""

    team_name: str


class ChangeScheduleInput(Sent):
    """New times of a schedule."""

    team_name: str
    cron_expression: str | None = None
    start_after: datetime | None = None
    time_zone: str | None = None
    """Time zone of `cron_expression`, if not UTC."""


@dataclass(frozen=True, slots=True)
class ScheduleTimes:
    """When a schedule runs: at the times of an expression, or once."""

    cron_expression: str | None = None
    start_after: datetime | None = None
    time_zone: str | None = None
    """Time zone of the expression; `None` for UTC."""


@dataclass(frozen=True, slots=True)
class NewPipelineSchedule:
    """A schedule to create for a pipeline."""

    datasets: tuple[str, ...]
    environment: str | None = field(default=None, repr=False)
    """Lines of `NAME=VALUE`."""
    cron_expression: str | None = None
    start_after: datetime | None = None


class RerunJob(Sent):
    """A job to rerun."""

    job_id: str
    """The original job."""
    job: JobInput
    """The new job to create."""


class RerunInput(Sent):
    """Several jobs to rerun, each after those of them that it depends on."""

    team_name: str
    jobs: tuple[RerunJob, ...]


class SchedulePipelineInput(ChangeScheduleInput):
    """A new schedule that rebuilds datasets."""

    datasets: Texts
    environment: str | None = None
