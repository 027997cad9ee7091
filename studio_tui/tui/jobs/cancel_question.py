"""The question before one job, or one schedule, is canceled."""

from collections.abc import Sequence

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.presentation.jobs.bulk import cancel_effect
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.request_notices import run_and_report
from studio_tui.tui.jobs.naming import describe, describe_schedule, title
from studio_tui.tui.jobs.question_changes import job_changes
from studio_tui.tui.jobs.rerun import submitted_of, with_schedule


async def cancel_after_asking(host: Host, job: Job, notes: Sequence[str] = ()) -> None:
    """Ask, then cancel a job or schedule; `notes` are further lines of the question."""
    session = host.session
    if job.state is JobState.TASK:
        task = with_schedule(job, (await submitted_of((job,), session)).get(job.id))
        noun, no, lines = "schedule", "Keep it", describe_schedule(task, clock.zone())
    else:
        noun, no, lines = "job", "Leave it", describe(job)
    question = Confirm(
        f"Cancel this {noun}?",
        (*lines, "", cancel_effect((job,)), *notes),
        yes=f"Cancel the {noun}",
        no=no,
        changes=job_changes(session, (job,)),
    )
    if await host.ask(question):
        canceling = session.commands.jobs.cancel(job.id)
        done = f"Cancellation requested for {title(job)}"
        await run_and_report(host, f"Canceling {title(job)}", canceling, done)
