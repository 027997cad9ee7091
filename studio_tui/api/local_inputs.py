"""Requests to the endpoints that only the local Studio has: their bodies, and what callers pass."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from studio_tui.api.fields import Sent, Texts
from studio_tui.api.models import JobInput


class ScheduleInput(Sent):
    """Body of a request to run, suspend or resume a schedule, or to trigger its pipeline."""

    team_name: str


class ScheduleTimes(Sent):
    """When a schedule runs: by an expression, or once."""

    cron_expression: str | None = None
    start_after: datetime | None = None
    time_zone: str | None = None
    """Time zone of the expression; `None` for UTC."""


class ChangeScheduleInput(ScheduleTimes):
    """Body of a request to change the times of a schedule."""

    team_name: str


class NewPipelineSchedule(ScheduleTimes):
    """A schedule that rebuilds datasets."""

    datasets: Texts
    environment: Annotated[str | None, Field(repr=False)] = None
    """Lines of `NAME=VALUE`; may contain secrets."""


class SchedulePipelineInput(NewPipelineSchedule):
    """Body of a request to create a schedule that rebuilds datasets."""

    team_name: str


class RerunJob(Sent):
    """A job to rerun."""

    job_id: str
    job: JobInput
    """The settings of the rerun."""


class RerunInput(Sent):
    """Body of a request to rerun jobs; each one starts after the others that it depends on."""

    team_name: str
    jobs: tuple[RerunJob, ...]
