"""The question before one job is run again."""

from collections.abc import Sequence

from studio_tui.api.models import Job
from studio_tui.errors import InvalidRequest
from studio_tui.service.commands.submitted import run_again
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.jobs.naming import describe
from studio_tui.tui.jobs.question_changes import newer_attempt_sentences, rerun_changes
from studio_tui.tui.jobs.rerun import Repeat
from studio_tui.tui.messages import CreateJob

_CHECKPOINTS = (
    (
        "A new job runs the same query. Datasets that this one has finished are loaded from its "
        "checkpoints if the query up to them is unchanged; everything else is computed again. r "
        "runs all of it again."
    ),
    "",
)


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
    """Show what is and is not known of a job, ask, then create it again.

    `notes` are further effects, as lines of the question.
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
        request = run_again(repeat.request, job.id, from_checkpoints=from_checkpoints)
        host.post_message(CreateJob(request))
