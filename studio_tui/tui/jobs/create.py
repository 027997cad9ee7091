"""Creating a job with notifications, and a question if the outcome is unknown."""

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
from studio_tui.service.commands.new_job import IN_SIGHT, JustCreated
from studio_tui.service.commands.uploads import UploadProgress
from studio_tui.text import safe_line
from studio_tui.tui.frame.dialogs import Confirm, send_again
from studio_tui.tui.jobs.naming import title


async def make_job(
    app: App[Any], creating: JobCreator, request: JobInput, files: Sequence[Path] = ()
) -> Job | None:
    """Create a job and notify the user; return it if created. Call from a worker."""
    outcome = await create(app, creating, request, files)
    if isinstance(outcome, JobRefused):
        app.notify(str(outcome.error), severity="error", markup=False)
    if not isinstance(outcome, Created):
        return None
    bound = app.screen.active_bindings.get("l")
    has_key = bound is not None and bound.binding.id == "job.log"
    say_created(app, outcome, creating.new_job if has_key else None)
    return outcome.job


async def create(
    app: App[Any],
    creating: JobCreator,
    request: JobInput,
    files: Sequence[Path] = (),
    *,
    uploading: UploadProgress = lambda _path, _sent, _size: None,
) -> Created | JobRefused | None:
    """Create a job, asking if the outcome is unknown; `None` if the user then gives it up."""
    name = safe_line(request.query_name or "the job")

    def doubted(error: StudioError) -> None:
        words = f"{error} Checking whether {name} is there…"
        app.notify(words, severity="warning", markup=False)

    outcome = await creating.create(request, files, doubted=doubted, uploading=uploading)
    while isinstance(outcome, UnconfirmedJob):
        if not await app.push_screen_wait(confirm_again(outcome)):
            await creating.give_up(outcome)
            words = f"Not sent again. If {name} was created after all, the list will show it."
            app.notify(words, severity="warning", markup=False)
            return None
        outcome = await creating.send_again(outcome, doubted=doubted)
    return outcome


def say_created(app: App[Any], created: Created, new: JustCreated | None) -> None:
    """Notify that a job was created; `new` is given if the key `l` can show its log."""
    if created.is_guess:
        words = "It cannot be distinguished from a job created elsewhere."
        words = f"Created, most likely: {title(created.job)}. {words}"
        app.notify(words, severity="warning", markup=False)
    elif created.job.state is JobState.TASK:
        app.notify(f"Scheduled: {title(created.job)}; 4 shows when it runs", markup=False)
    else:
        follow = ""
        if new is not None:
            at_hand: Job | None = getattr(app.screen, "job_at_hand", lambda: None)()
            new.note(created.job, at_hand.id if at_hand else None)
            follow = "; l shows its log"
        app.notify(f"Created: {title(created.job)}{follow}", timeout=IN_SIGHT, markup=False)


async def ask_about_left(
    app: App[Any], creating: JobCreator, left: Sequence[UnconfirmedJob]
) -> None:
    """Ask about jobs of earlier runs with an unknown outcome; forget them if the user agrees."""
    forget = await app.push_screen_wait(confirm_forget(left))
    for unknown in left:
        if forget:
            await creating.give_up(unknown)
        else:
            creating.leave(unknown)


def confirm_again(unknown: UnconfirmedJob) -> Confirm:
    """Return the question whether to send a job again if it cannot be found."""
    why = (str(unknown.why),) if unknown.why else ()
    return send_again("job", (*_named(unknown.intent), "", *why, _search_words(unknown.searched)))


def confirm_forget(left: Sequence[UnconfirmedJob]) -> Confirm:
    """Return the question whether to forget unconfirmed jobs of ended runs."""
    which = "A job" if len(left) == 1 else plural(len(left), "job")
    return Confirm(
        f"{which} of an earlier run may not have been created",
        (
            "That run ended before Studio answered, and Studio does not list:",
            *(line for unknown in left for line in ("", *_named(unknown.intent))),
            "",
            _search_words(left[-1].searched),
            "If you still want it, run it again. Forget the request?",
        ),
        yes="Forget it",
        no="Ask me next time",
    )


def _named(intent: Intent) -> tuple[str, ...]:
    return (
        f"  name       {intent.name or '–'}",
        f"  type       {intent.query_type.lower()}",
        f"  requested  {local_time(intent.sent_at)}",
    )


def _search_words(searched: SearchExtent) -> str:
    """Return in words whether the job was found in Studio's list."""
    if not searched.answers:
        return "Studio has not sent its list of jobs since."
    words = f"It is not among the newest {plural(searched.jobs, 'job')} that Studio lists."
    if searched.is_far_enough:
        return words
    return f"{words} They do not go back to the time of the request."
