"""Messages between screens and the app."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.message import Message

from studio_tui.api.models import Job, JobInput
from studio_tui.presentation.form.draft import Draft
from studio_tui.service.polling.snapshot import Snapshot

CRON = "cron_expression"
"""The first field in the form of a schedule."""


@dataclass
class Refreshed(Message):
    """A poller has published a snapshot; only the latest of queued messages is handled."""

    name: str
    """The name of the poller."""
    snapshot: Snapshot[Any]

    def can_replace(self, message: Message) -> bool:
        """Return whether this replaces an older message: only one of the same poller."""
        return isinstance(message, Refreshed) and message.name == self.name


class Progressed(Message):
    """The visible job has made progress; only one of several queued messages is handled."""

    def can_replace(self, message: Message) -> bool:
        """Return whether this replaces an older message."""
        return isinstance(message, Progressed)


@dataclass
class OpenJob(Message):
    """Show the page of a job."""

    job_id: str
    among: Sequence[str] = ()
    """Ids of the list that contains it, for moving to its neighbours."""


@dataclass
class OpenLog(Message):
    """Show a job's log."""

    job_id: str
    job: Job | None = None
    """The job, if the list of jobs may not contain it yet."""
    start: int | None = None
    """Offset of the line to go to; `None` for the place where the log was left."""


@dataclass
class OpenLogs(Message):
    """Show the merged log of exactly these jobs."""

    job_ids: Sequence[str]
    jobs: Sequence[Job] = ()
    """The jobs among these that the list of jobs may not contain."""


@dataclass
class OpenPipeline(Message):
    """Show the graph of a pipeline."""

    pipeline_id: str
    run_id: str | None = None
    """The run of a job to put the cursor on; `None` to leave it where it was."""


@dataclass
class OpenDatasets(Message):
    """Show the datasets."""

    job_ids: Sequence[str] = ()
    """Jobs whose datasets come first."""


@dataclass
class CreateJob(Message):
    """Create a job with these files; the app reports the outcome."""

    request: JobInput = field(repr=False)
    files: Sequence[Path] = ()


@dataclass
class FilterList(Message):
    """Show the rows of a list that pass a filter."""

    terms: str
    tab: str = "jobs"
    """The name of the list's tab."""


@dataclass
class SchedulePipeline(Message):
    """Show the form for a schedule that triggers a pipeline."""

    datasets: str = ""
    """Default value, unless the form has an unfinished draft."""


@dataclass
class OpenForm(Message):
    """Show the form for a new job."""

    draft: Draft | None = field(default=None, repr=False)
    """Initial values; `None` for the last unfinished draft."""
    about: str = ""
    """Distinguishes forms with a draft from each other, to save their input separately."""
    at: str = "query_file"
    """The field with the initial focus."""


@dataclass
class EditJobs(Message):
    """Show the form for editing and rerunning jobs; for several, with their common values."""

    job_ids: Sequence[str]
    made: Callable[[str], object] = field(default=lambda _: None, repr=False)
    """Called with the id of each original job after its copy was created."""


@dataclass
class JobCreated(Message):
    """The form has created a job, and is finished."""

    job_id: str
    tab: str = "jobs"
    """The name of the tab whose list will show it."""


@dataclass
class GoTo(Message):
    """Show a tab."""

    tab: str


@dataclass
class TokenRefused(Message):
    """Studio refuses the token; `why` is a safe sentence."""

    why: str


@dataclass
class TeamRefused(Message):
    """Studio refuses the token's access to the team; `why` is a safe sentence."""

    why: str
    teams: Sequence[str] = ()
    """Names of the teams that Studio offers instead, safe to draw."""


class GoBack(Message):
    """Close the current page, or quit."""
