"""Schemas that only the local Studio has: bodies of requests, and datasets; not in the document."""

from datetime import datetime
from typing import Annotated

from pydantic import Field

from studio_tui.api.fields import Line, Moment, Received, Sent, Texts
from studio_tui.api.ids import Identifier
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


class ListedVersion(Received):
    """A version of a dataset."""

    version: Line
    job_id: Identifier | None = None
    job_name: Line | None = None
    made_by: Line | None = None
    made_at: Moment | None = None
    sources: tuple[Line, ...] = ()
    """The datasets that it was made from, with versions where known."""


class ListedDataset(Received):
    """A dataset with its versions, the latest first."""

    name: Line
    versions: tuple[ListedVersion, ...] = ()
    newer: tuple[Line, ...] = ()
    """Versions of its sources that are newer than those it was built from.

    Empty if it is up to date, or if that is unknown.
    """


class ListedDatasets(Received):
    """Response to a request for `routes.DATASETS`: all datasets of the local Studio."""

    datasets: tuple[ListedDataset, ...] = ()
