"""Changes of the jobs in a question while it is open."""

from collections.abc import Callable, Sequence

from studio_tui.api.models import Job
from studio_tui.presentation.jobs.bulk import to_cancel
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.dialogs import QuestionChange


def status_words(job: Job) -> str:
    """Return the state of a job as a word for a sentence."""
    return (job.status or "unknown").lower()


def as_known_now(session: StudioSession, jobs: Sequence[Job]) -> list[Job]:
    """Return jobs in their latest known states; a job that is not known stays as given."""
    known = session.known_items.jobs([job.id for job in jobs])
    return [known.get(job.id, job) for job in jobs]


def cancelable_now(session: StudioSession, jobs: Sequence[Job]) -> tuple[Job, ...]:
    """Return those of the jobs that can still be canceled."""
    return to_cancel(as_known_now(session, jobs)).jobs


def job_changes(session: StudioSession, jobs: Sequence[Job]) -> Callable[[], QuestionChange | None]:
    """Return a function that describes which of the jobs can no longer be canceled."""

    def change() -> QuestionChange | None:
        now = as_known_now(session, jobs)
        chosen = to_cancel(now)
        if not chosen.left_out:
            return None
        if len(now) == 1:
            ended = f"It has ended meanwhile: {status_words(now[0])}."
            words = ended if now[0].state.is_finished else "It is being canceled already."
            return QuestionChange(f"{words} There is nothing left to cancel.", is_void=True)
        count = len(chosen.jobs)
        left = f"{count:,} will be canceled" if count else "there is nothing left to cancel"
        return QuestionChange(f"Meanwhile {chosen.reasons}: {left}.", is_void=not chosen.jobs)

    return change
