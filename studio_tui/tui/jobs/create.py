"""Creating a job: notifies the user, and asks if it is unknown whether the job was created."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from textual.app import App

from studio_tui.api.models import Job, JobInput
from studio_tui.api.states import JobState
from studio_tui.errors import StudioError
from studio_tui.presentation.format import local_time, plural
from studio_tui.service.commands.create_job import (
    Created,
    JobCreator,
    JobRefused,
    SearchExtent,
    UnconfirmedJob,
)
from studio_tui.service.commands.journal import Intent
from studio_tui.service.commands.uploads import UploadProgress
from studio_tui.text import safe_line
from studio_tui.tui.frame.dialogs import Confirm, confirm_sending_again
from studio_tui.tui.jobs.naming import title


async def create_and_notify(app: App[Any], creator: JobCreator, request: JobInput) -> Job | None:
    """Create a job and notify the user; return the job if it was created. Call from a worker."""
    outcome = await create(app, creator, request)
    if isinstance(outcome, JobRefused):
        app.notify(str(outcome.error), severity="error", markup=False)
    if not isinstance(outcome, Created):
        return None
    notify_created(app, outcome, is_newer_run=False)
    return outcome.job


async def create(
    app: App[Any],
    creator: JobCreator,
    request: JobInput,
    files: Sequence[Path] = (),
    *,
    uploading: UploadProgress = lambda _path, _sent, _size: None,
) -> Created | JobRefused | None:
    """Create a job; if it is unknown whether it was created, ask whether to send it again.

    Return `None` if the user does not want it sent again.
    """
    name = safe_line(request.query_name or "the job")

    def notify_doubt(error: StudioError) -> None:
        words = f"{error} Checking whether {name} is there…"
        app.notify(words, severity="warning", markup=False)

    outcome = await creator.create(
        request, files, on_unclear_answer=notify_doubt, on_progress=uploading
    )
    while isinstance(outcome, UnconfirmedJob):
        if not await app.push_screen_wait(confirm_again(outcome)):
            await creator.give_up(outcome)
            words = f"Not sent again. If {name} was created after all, the list will show it."
            app.notify(words, severity="warning", markup=False)
            return None
        outcome = await creator.send_again(outcome, on_unclear_answer=notify_doubt)
    return outcome


def notify_created(app: App[Any], created: Created, *, is_newer_run: bool) -> None:
    """Notify that a job was created.

    If `is_newer_run`, name the key that goes to the newest run, if the screen has it.
    """
    if created.job.state is JobState.TASK:
        hint = "" if getattr(app.screen, "tab", "") == "schedules" else "; 4 shows when it runs"
        app.notify(f"Scheduled: {title(created.job)}{hint}", markup=False)
    else:
        hint = hint_to_newest_run(app) if is_newer_run else ""
        app.notify(f"Created: {title(created.job)}{hint}", markup=False)


def hint_to_newest_run(app: App[Any]) -> str:
    """Return words about the key that goes to the newest run, if the screen has it."""
    key = app.screen.active_bindings.get("greater_than_sign")
    return "; > goes to it" if key is not None and key.binding.id == "job.after" else ""


async def ask_about_unconfirmed(
    app: App[Any], creator: JobCreator, unconfirmed_jobs: Sequence[UnconfirmedJob]
) -> None:
    """Ask whether to forget job requests to which an earlier run of the dashboard got no answer."""
    forget = await app.push_screen_wait(confirm_forget(unconfirmed_jobs))
    for unconfirmed in unconfirmed_jobs:
        if forget:
            await creator.give_up(unconfirmed)
        else:
            unconfirmed.open_intent.close()


def confirm_again(unconfirmed: UnconfirmedJob) -> Confirm:
    """Return the question whether to send the request for a job again."""
    why = (str(unconfirmed.why),) if unconfirmed.why else ()
    lines = (*_describe(unconfirmed.intent), "", *why, _search_result(unconfirmed.searched))
    return confirm_sending_again("job", lines)


def confirm_forget(unconfirmed_jobs: Sequence[UnconfirmedJob]) -> Confirm:
    """Return the question whether to forget job requests to which an earlier run got no answer."""
    count = len(unconfirmed_jobs)
    is_one = count == 1
    which, them = ("A requested job", "it") if is_one else (plural(count, "requested job"), "them")
    were = "It was" if is_one else "They were"
    least_searched = min(
        (each.searched for each in unconfirmed_jobs),
        key=lambda each: (each.answers > 0, each.are_labels_known, each.is_far_enough),
    )
    return Confirm(
        f"{which} may not have been created",
        (
            f"The dashboard ended before Studio answered. {were} not found since:",
            *(line for each in unconfirmed_jobs for line in ("", *_describe(each.intent))),
            "",
            _search_result(least_searched, is_one=is_one),
            f"If you still want {them}, submit {them} again. Forget {them} now?",
        ),
        yes=f"Forget {them}",
        no="Ask me next time",
    )


def _describe(intent: Intent) -> tuple[str, ...]:
    return (
        f"  name       {intent.name or '–'}",
        f"  type       {intent.query_type.lower()}",
        f"  requested  {local_time(intent.sent_at)}",
    )


def _search_result(searched: SearchExtent, *, is_one: bool = True) -> str:
    """Return sentences on how far Studio's list was searched without finding the job or jobs."""
    if not searched.answers:
        return "Studio has not sent its list of jobs since."
    subject = "it is" if is_one else "they are"
    where = f"among the newest {plural(searched.jobs, 'job')} that Studio lists"
    words = f"{subject.capitalize()} not {where}."
    if not searched.are_labels_known:
        words = f"It cannot be told whether {subject} {where}."
    if searched.is_far_enough:
        return words
    return f"{words} These jobs do not go back to the time of the request."
