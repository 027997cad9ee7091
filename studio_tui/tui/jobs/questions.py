"""The question before a job is run again, and the states of jobs at the answer to a question."""

from collections.abc import Sequence

from studio_tui.api.models import Job, Pipeline
from studio_tui.errors import InvalidRequest
from studio_tui.presentation.jobs.bulk import select, why_not_cancel
from studio_tui.presentation.jobs.groups import newer_attempt_counts
from studio_tui.presentation.jobs.rows import newer_attempt_words
from studio_tui.service.commands.submitted import rerun_request
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.jobs.naming import describe
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
        (repeat,) = await Repeat.of_all((job,), host.session)
    except InvalidRequest as error:
        host.notify_user(str(error), "error")
        return None
    return repeat


async def rerun_after_asking(
    host: Host, job: Job, owner: Pipeline | None, *, from_checkpoints: bool
) -> None:
    """Show which settings of a job are known and which are not, ask, then create it again.

    `owner` is the pipeline that runs the job.
    """
    if (repeat := await prepared_repeat(host, job)) is None:
        return
    notes: tuple[str, ...] = ()
    # What another Studio does is unknown.
    if owner is not None and from_checkpoints and host.session.is_local:
        from studio_tui.presentation.pipelines.impact import repeat_notes  # noqa: PLC0415 (on demand)

        notes = repeat_notes(owner, job.id)
    how = "from its checkpoints" if from_checkpoints else "as it was"
    newer = newer_attempt_sentences(host.session, (job,))
    question = Confirm(
        f"Run this job again {how}?",
        (
            *describe(job),
            "",
            *((newer, "") if newer else ()),
            *(_CHECKPOINTS if from_checkpoints else ()),
            *repeat.lines(),
            *(("", *notes) if notes else ()),
        ),
        yes="Run it again",
        no="Don't",
        default_yes=True,
    )
    if await host.ask(question):
        request = rerun_request(repeat.request, job.id, from_checkpoints=from_checkpoints)
        host.post_message(CreateJob(request))


def as_known_now(session: StudioSession, jobs: Sequence[Job]) -> list[Job]:
    """Return jobs in their latest known states."""
    known = session.known_items.jobs([job.id for job in jobs])
    return [known.get(job.id, job) for job in jobs]


def cancelable_now(session: StudioSession, jobs: Sequence[Job]) -> tuple[Job, ...]:
    return select(as_known_now(session, jobs), why_not_cancel).jobs


def newer_attempt_sentences(session: StudioSession, jobs: Sequence[Job]) -> str:
    """Return sentences on how many of `jobs` failed and have a newer attempt; empty if none has."""
    newer_attempts = session.known_items.newer_attempts()
    if len(jobs) == 1:
        newer = newer_attempts.get(jobs[0].id)
        return f"This failure is {newer_attempt_words(newer)}." if newer is not None else ""
    numbers = ", ".join(newer_attempt_counts(jobs, newer_attempts))
    return f"Failures with a newer attempt: {numbers}." if numbers else ""
