"""What screens ask of the program, and what the program tells its screens."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from textual.message import Message

from studio_tui.api.models import Job, JobInput
from studio_tui.presentation.form.draft import Draft
from studio_tui.service.polling.snapshot import Snapshot

CRON = "cron_expression"
"""The field at which the form of a schedule begins."""


@dataclass
class Refreshed(Message):
    """A poller has published; only the latest of several waiting counts."""

    name: str
    """Of the poller."""
    snapshot: Snapshot[Any]

    def can_replace(self, message: Message) -> bool:
        """Take the place of an older one of the same poller."""
        return isinstance(message, Refreshed) and message.name == self.name


class Progressed(Message):
    """A job in sight has come further; one of several waiting is enough."""

    def can_replace(self, message: Message) -> bool:
        """Take the place of an older one."""
        return isinstance(message, Progressed)


@dataclass
class OpenJob(Message):
    """Show everything about a job."""

    job_id: str
    among: Sequence[str] = ()
    """Ids of the list it stands in, for going to its neighbours."""


@dataclass
class OpenLog(Message):
    """Show a job's log."""

    job_id: str
    job: Job | None = None
    """The job, where the list of jobs may not know it yet."""


@dataclass
class OpenLogs(Message):
    """Show the merged log of these jobs, and of no others."""

    job_ids: Sequence[str]
    jobs: Sequence[Job] = ()
    """Some of them that the list of jobs may not know."""


@dataclass
class OpenPipeline(Message):
    """Show the graph of a pipeline."""

    pipeline_id: str
    run_id: str | None = None
    """The run of a job that gets the cursor; `None` leaves it where it was."""


@dataclass
class OpenDatasets(Message):
    """Show the datasets that there are."""

    job_ids: Sequence[str] = ()
    """Jobs of which what they made comes first."""


@dataclass
class CreateJob(Message):
    """Have a job created with these files; the program says what comes of it."""

    wish: JobInput = field(repr=False)
    files: Sequence[Path] = ()


@dataclass
class FilterList(Message):
    """Show the rows of a list that pass a filter."""

    terms: str
    place: str = "jobs"
    """The list, by the name of its tab."""


@dataclass
class SchedulePipeline(Message):
    """Show the form of a schedule that triggers a pipeline."""

    datasets: str = ""
    """What is proposed, where nothing was left in the form."""


@dataclass
class OpenForm(Message):
    """Show the form of a new job."""

    draft: Draft | None = field(default=None, repr=False)
    """What it begins with; `None` for what was left of the last one."""
    about: str = ""
    """What sets a form with a draft apart from others; what is typed into it is kept under it."""
    at: str = "query_file"
    """Which field has the focus at first."""


@dataclass
class EditJobs(Message):
    """Show the form of jobs that are to be changed and run; of several, what they share."""

    job_ids: Sequence[str]
    made: Callable[[str], object] = field(default=lambda _: None, repr=False)
    """Told the id of each of several as soon as there is another of it."""


@dataclass
class JobCreated(Message):
    """The form has made a job, and is done."""

    job_id: str
    place: str = "jobs"
    """The list in which it is looked for, by the name of its tab."""


@dataclass
class GoTo(Message):
    """Show one of the main places, by the name of its tab."""

    place: str


@dataclass
class TokenRefused(Message):
    """Studio does not take the token; a safe sentence says so."""

    why: str


@dataclass
class TeamRefused(Message):
    """Studio does not let the token into the team; a safe sentence says so."""

    why: str
    teams: Sequence[str] = ()
    """Names that the answer offers instead, safe to draw."""


class GoBack(Message):
    """Leave the screen in sight for the one below it, or the program."""
