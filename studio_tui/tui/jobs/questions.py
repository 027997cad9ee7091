"""The questions before one job, or one schedule, is canceled or run again."""

from collections.abc import Sequence

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.errors import InvalidRequest
from studio_tui.presentation.jobs.bulk import cancel_effect
from studio_tui.service.commands.submitted import rerun_request
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.request_notices import run_and_report
from studio_tui.tui.jobs.naming import describe, describe_schedule, title
from studio_tui.tui.jobs.question_changes import (
    cancel_changes,
    newer_attempt_sentences,
    rerun_changes,
)
from studio_tui.tui.jobs.rerun import Repeat, submitted_of, with_schedule
from studio_tui.tui.messages import CreateJob

_CHECKPOINTS = (
    (
        "A new job runs the same query. Datasets that this one has finished are loaded from its "
        "checkpoints if the query up to them is unchanged; everything else is computed again. r "
        "runs all of it again."
    ),
    "",
)


async def cancel_after_asking(host: Host, job: Job, notes: Sequence[str] = ()) -> None:
    """Ask, then cancel a job or schedule; `notes` are further lines of the question."""
    session = host.session
    if job.state is JobState.TASK:
        submissions = await submitted_of((job,), session)
        task = with_schedule(job, submissions.get(job.id))
        noun, no, lines = "schedule", "Keep it", describe_schedule(task, clock.zone())
    else:
        noun, no, lines = "job", "Leave it", describe(job)
    question = Confirm(
        f"Cancel this {noun}?",
        (*lines, "", cancel_effect((job,)), *notes),
        yes=f"Cancel the {noun}",
        no=no,
        changes=cancel_changes(session, (job,)),
    )
    if await host.ask(question):
        canceling = session.commands.jobs.cancel(job.id)
        done = f"Cancellation requested for {title(job)}"
        await run_and_report(host, f"Canceling {title(job)}", canceling, done)


async def prepared_repeat(host: Host, job: Job) -> Repeat | None:
    """Return how to create a job again; if impossible, notify the user and return `None`."""
    try:
        return await Repeat.of(job, host.session)
    except InvalidRequest as error:
        host.notify_user(str(error), "error")
        return None


async def rerun_after_asking(
    host: Host, job: Job, notes: Sequence[str], *, from_checkpoints: bool
) -> None:
    """Show which settings of a job are known and which are not, ask, then create it again.

    `notes` are further lines of the question.
    """
    if (repeat := await prepared_repeat(host, job)) is None:
        return
    how = "from its checkpoints" if from_checkpoints else "as it was"
    newer = newer_attempt_sentences(host.session, (job,))
    question = Confirm(
        f"Run this job again {how}?",
        (
            *describe(job),
            "",
            *((newer, "") if newer else ()),
            *(_CHECKPOINTS if from_checkpoints else ()),
            *repeat.lines,
            *notes,
        ),
        yes="Run it again",
        no="Don't",
        default_yes=True,
        changes=rerun_changes(host.session, (job,)),
    )
    if await host.ask(question):
        request = rerun_request(repeat.request, job.id, from_checkpoints=from_checkpoints)
        host.post_message(CreateJob(request))
