"""Messages between screens and the app."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from textual.message import Message

from studio_tui.api.models import Job
from studio_tui.presentation.form.draft import Draft
from studio_tui.service.polling.snapshot import Snapshot

if TYPE_CHECKING:
    from studio_tui.service.commands.create_job import Created

CRON_FIELD = "cron_expression"
"""`OpenForm.initial_field` if the form is opened from the list of schedules."""


@dataclass
class Refreshed(Message):
    """A poller has published a snapshot; a page handles only the latest that is queued."""

    name: str
    snapshot: Snapshot[Any]

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Refreshed) and message.name == self.name


class Progressed(Message):
    """A progress bar of a visible job has moved; of several queued messages only one is handled."""

    def can_replace(self, message: Message) -> bool:
        return isinstance(message, Progressed)


@dataclass
class OpenJob(Message):
    """Show the page of a job."""

    job_id: str
    among: Sequence[str] = ()
    """Ids of the jobs in the list from which it is opened, to move to the next or previous one."""
    job: Job | None = None
    """The job, if the list of jobs may not contain it."""


@dataclass
class OpenLog(Message):
    """Show a job's log."""

    job_id: str
    job: Job | None = None
    """The job, if the list of jobs may not contain it."""
    start: int | None = None
    """Byte offset of the line to go to; `None` for the place where the user left the log."""
    in_place: bool = False
    """Whether it replaces the current page."""


class JobToStart(NamedTuple):
    """A pipeline's job that has not started, so it has no log."""

    pipeline_id: str
    job_id: str
    """Id of the original job, as in the pipeline's plan; its run gets another id."""


@dataclass
class OpenLogs(Message):
    """Show the merged log of exactly these jobs; without ids, as it was left."""

    job_ids: Sequence[str]
    jobs: Sequence[Job] = ()
    """Those of them that the list of jobs may not contain."""
    awaited: Sequence[JobToStart] = ()
    """Jobs that join as soon as they have started."""


@dataclass
class OpenPipeline(Message):
    """Show the graph of a pipeline."""

    pipeline_id: str
    run_id: str | None = None
    """The run to move the cursor to; `None` leaves the cursor where it was last."""


@dataclass
class OpenDatasets(Message):
    """Show the datasets."""

    job_ids: Sequence[str] = ()
    """The cursor is put on a dataset that one of these jobs made."""


@dataclass
class FilterList(Message):
    """Show the rows of a list that pass a filter."""

    terms: str
    tab: str = "jobs"


@dataclass
class AwaitRow(Message):
    """Move the cursor of the list on a tab to a row as soon as it is listed."""

    tab: str
    key: str


class SchedulePipeline(Message):
    """Show the form for rebuilding datasets on a schedule."""


@dataclass
class OpenForm(Message):
    """Show the form for a new job."""

    draft: Draft | None = field(default=None, repr=False)
    """Used unless there is unfinished input for `about`.

    `None` for the last unfinished draft, or an empty form.
    """
    about: str = ""
    """Key under which unfinished input is saved, such as `cluster 7`; unused without a draft."""
    initial_field: str = "query_file"


@dataclass
class EditJobs(Message):
    """Show the form for editing and rerunning jobs, with the values that they have in common."""

    job_ids: Sequence[str]
    on_copy_created: Callable[[str], object] = field(default=lambda _: None, repr=False)
    """Called with the id of each original job after its copy was created."""


@dataclass
class JobCreated(Message):
    """The form has created a job, and can be closed."""

    created: "Created"
    tab: str = "jobs"
    """The tab of the list that contains the job."""
    is_newer_run: bool = False
    """Whether it is a newer run of the job of the page that led to the form."""


@dataclass
class GoTo(Message):
    """Show a tab."""

    tab: str
    action: str = ""
    """Textual's action string, to be run on the tab's page once it is shown; empty for none."""


@dataclass
class StudioRefused(Message):
    """Studio refuses the token, or its access to the team; `why` is a safe sentence."""

    why: str
    teams: Sequence[str] | None = None
    """Teams that Studio offers instead, safe to draw; `None` if it refuses the token."""


class GoBack(Message):
    """Close the current page; on a tab, quit if it is posted twice in a short time."""
