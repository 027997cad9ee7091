"""Changes of jobs while a question about canceling or rerunning them is open."""

from collections import Counter
from collections.abc import Callable, Sequence

from studio_tui.api.models import Job
from studio_tui.presentation.format import plural
from studio_tui.presentation.jobs.bulk import select, why_not_cancel
from studio_tui.presentation.jobs.rows import newer_attempt_words
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.dialogs import QuestionChange


def status_words(job: Job) -> str:
    """Return the state of a job as a word for a sentence."""
    return (job.status or "unknown").lower()


def as_known_now(session: StudioSession, jobs: Sequence[Job]) -> list[Job]:
    """Return jobs in their latest known states."""
    known = session.known_items.jobs([job.id for job in jobs])
    return [known.get(job.id, job) for job in jobs]


def cancelable_now(session: StudioSession, jobs: Sequence[Job]) -> tuple[Job, ...]:
    """Return the jobs that can still be canceled."""
    return select(as_known_now(session, jobs), why_not_cancel).jobs


def cancel_changes(
    session: StudioSession, jobs: Sequence[Job]
) -> Callable[[], QuestionChange | None]:
    """Return a function that describes which jobs can no longer be canceled; `None` if all can."""

    def describe_change() -> QuestionChange | None:
        jobs_now = as_known_now(session, jobs)
        selection = select(jobs_now, why_not_cancel)
        if not selection.left_out:
            return None
        if len(jobs_now) == 1:
            job = jobs_now[0]
            ended = f"It has ended meanwhile: {status_words(job)}."
            words = ended if job.state.is_finished else "It is being canceled already."
            return QuestionChange(f"{words} There is nothing left to cancel.", is_void=True)
        count = len(selection.jobs)
        effect = f"{count:,} will be canceled" if count else "there is nothing left to cancel"
        words = f"Meanwhile {selection.left_out}: {effect}."
        return QuestionChange(words, is_void=not selection.jobs)

    return describe_change


def newer_attempt_sentences(session: StudioSession, jobs: Sequence[Job]) -> str:
    """Return sentences on how many of `jobs` failed and have a newer attempt; empty if none has."""
    newer_attempts = session.known_items.newer_attempts()
    found = [newer for job in jobs if (newer := newer_attempts.get(job.id)) is not None]
    fixes = sum(newer.is_fix for newer in found)
    if len(jobs) == 1:
        if fixes:
            return "A newer attempt has fixed this failure."
        return "".join(f"This failure is {newer_attempt_words(newer)}." for newer in found)
    sentences = []
    if fixes:
        was = "was" if fixes == 1 else "were"
        sentences.append(f"{fixes:,} of these failures {was} fixed by a newer attempt.")
    if others := len(found) - fixes:
        verb = (
            "is superseded by a newer attempt"
            if others == 1
            else "are superseded by newer attempts"
        )
        sentences.append(f"{others:,} of these failures {verb}.")
    return " ".join(sentences)


def rerun_changes(
    session: StudioSession, jobs: Sequence[Job]
) -> Callable[[], QuestionChange | None]:
    """Return a function that describes which jobs changed state or got a newer attempt since.

    It returns `None` if none of them did.
    """
    states = {job.id: job.state for job in jobs}
    sentences_before = newer_attempt_sentences(session, jobs)

    def describe_change() -> QuestionChange | None:
        changed = [job for job in as_known_now(session, jobs) if job.state is not states[job.id]]
        sentences = []
        if len(jobs) == 1:
            sentences += [f"The status is {status_words(job)} now." for job in changed]
        elif changed:
            counts = Counter(map(status_words, changed)).items()
            now = ", ".join(f"{count:,} {status}" for status, count in counts)
            sentences.append(f"Meanwhile {plural(len(changed), 'job')} changed: {now}.")
        if (newer := newer_attempt_sentences(session, jobs)) != sentences_before:
            sentences.append(newer)
        return QuestionChange(" ".join(sentences), is_void=False) if sentences else None

    return describe_change
