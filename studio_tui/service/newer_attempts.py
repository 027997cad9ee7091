"""Finds the failed jobs that are no problem, because a newer attempt exists."""

from collections.abc import Container, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from studio_tui.api.related_jobs import NewerAttempt
from studio_tui.api.states import CANCELED_STATES, JobState

_OLDEST = datetime.min.replace(tzinfo=UTC)
_UNSUCCESSFUL_STATES = CANCELED_STATES | {JobState.FAILED}
"""Only the runs that follow such a job are newer attempts; those that follow a success are not."""
_NEVER_SUPERSEDING_STATES = CANCELED_STATES | {JobState.TASK}


class Attempt(NamedTuple):
    """A known job that is linked to others."""

    state: JobState
    created_at: datetime | None = None
    """`None` if unknown: then the time of the job that it runs again counts."""


def find_newer_attempts(
    known: Mapping[str, Attempt],
    later: Mapping[str, Sequence[str]],
    *,
    current_runs: Container[str] = (),
) -> dict[str, NewerAttempt]:
    """Return the newer attempt of each failed job that has one, by the id of the failed job.

    That is the first complete attempt after it, else the newest attempt. Canceled attempts do not
    count, as the failure before them remains. `later` has the ids of the jobs that run a job again,
    by the id of that job. `current_runs` are the current runs in pipelines: a failed one fails its
    pipeline, even if it is run again elsewhere, so that only a complete attempt counts. Jobs that
    are not in `known` are left out, together with what is only linked through them.
    """
    found: dict[str, NewerAttempt] = {}
    for chain in _chains(known, later):
        newest: NewerAttempt | None = None
        fixing: NewerAttempt | None = None
        for job_id in reversed(chain):
            state = known[job_id].state
            newer = fixing or (newest if job_id not in current_runs else None)
            if state is JobState.FAILED and newer and (fixing or job_id not in found):
                found[job_id] = newer
            if state is JobState.COMPLETE:
                fixing = NewerAttempt(job_id, state)
            elif newest is None and state not in _NEVER_SUPERSEDING_STATES:
                newest = NewerAttempt(job_id, state)
    return found


def _chains(
    known: Mapping[str, Attempt], later: Mapping[str, Sequence[str]]
) -> Iterator[list[str]]:
    """Yield a chain for each unsuccessful job that is not itself a later attempt.

    A chain has the ids of the job and of all its later attempts, oldest first. Links of a damaged
    history may form a cycle, in which each job is a later attempt: then any of them begins a chain.
    """
    links = {
        job_id: [each for each in ids if each in known]
        for job_id, ids in later.items()
        if job_id in known and known[job_id].state in _UNSUCCESSFUL_STATES
    }
    has_earlier = {job_id for ids in links.values() for job_id in ids}
    seen: set[str] = set()
    for first in sorted(links, key=has_earlier.__contains__):
        if first in has_earlier and first in seen:
            continue
        times: dict[str, datetime] = {}
        pending = [(first, _OLDEST)]
        for job_id, earliest in pending:
            if job_id not in times:
                times[job_id] = max(earliest, known[job_id].created_at or earliest)
                pending += [(each, times[job_id]) for each in links.get(job_id, ())]
        seen.update(times)
        yield sorted(times, key=times.__getitem__)
