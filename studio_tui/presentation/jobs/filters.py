"""The list of jobs: its filter fields, in the language of `filter_terms`, and its columns.

run>1m  waited>5m     run time, queue time
status=failed         also active, finished, problem, done, running, canceling, canceled, queued,
                       waiting, blocked, fixed and superseded
by=ann  name=emb  name==embed.py  id=497  error=memory  cluster=gpu  cluster_id=2  pipeline=etl
task=497               the schedule that created the job
"""

import re
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from operator import attrgetter

from studio_tui.api.models import Job
from studio_tui.api.related_jobs import NewerAttempt
from studio_tui.api.states import (
    CANCELED_STATES,
    CANCELING_STATES,
    NOT_YET_QUEUED_STATES,
    QUEUED_STATES,
    STARTED_STATES,
    JobState,
)
from studio_tui.presentation.format import SHORT_ID
from studio_tui.presentation.jobs.rows import JOB_COLUMNS, job_columns
from studio_tui.presentation.lists.filter_words import quote_value
from studio_tui.presentation.lists.kinds import Kind
from studio_tui.presentation.logs.progress import Progress

_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")

JOBS = Kind[Job](
    noun="job",
    key=attrgetter("id"),
    made_at=attrgetter("created_at"),
    texts=lambda job: (job.name, job.id, job.status, job.created_by, job.error_message),
    state=attrgetter("state"),
    states=JobState,
    state_groups={
        "active": frozenset(s for s in JobState if not s.is_finished and s is not JobState.UNKNOWN),
        "finished": frozenset(s for s in JobState if s.is_finished),
        "problem": frozenset({JobState.FAILED, JobState.UNKNOWN}),
        "done": frozenset({JobState.COMPLETE}),
        "running": STARTED_STATES,
        "canceling": CANCELING_STATES,
        "canceled": CANCELED_STATES - CANCELING_STATES,
        "queued": QUEUED_STATES,
        "waiting": NOT_YET_QUEUED_STATES,
    },
    columns=JOB_COLUMNS,
    other_fields={
        "cluster": lambda job: job.compute_cluster_name or "",
        "cluster_id": lambda job: job.compute_cluster_id or "",
        "task": lambda job: job.scheduled_by or "",
    },
    suggestions=("age<1h", "age<1d", "run>1m", "run<1m", "waited>5m"),
    hint="words, is:failed, by=ann, name==exact, name~regex, age<2h, !not, or",
    changes_each_second=lambda job: not job.state.is_finished,
)


def jobs_with(
    progress: Callable[[str], Progress | None],
    pipeline: Callable[[str], str],
    is_blocked: Callable[[str], bool],
    newer_attempt: Callable[[str], NewerAttempt | None],
) -> Kind[Job]:
    """Return `JOBS` with the columns and status words that depend on a job's log or other jobs.

    All functions are called with the job's id. `progress` and `pipeline` are those of
    `job_columns`. A failed job with a `newer_attempt` is no problem.
    """

    def is_not_queued(job: Job, *, blocked: bool) -> bool:
        return job.state in NOT_YET_QUEUED_STATES and is_blocked(job.id) == blocked

    def is_problem(job: Job) -> bool:
        state = job.state
        return state is JobState.UNKNOWN or (
            state is JobState.FAILED and newer_attempt(job.id) is None
        )

    def has_newer(job: Job, *, fix: bool) -> bool:
        newer = newer_attempt(job.id) if job.state is JobState.FAILED else None
        return newer is not None and newer.is_fix == fix

    return replace(
        JOBS,
        columns=job_columns(progress, pipeline),
        state_groups={
            word: states
            for word, states in JOBS.state_groups.items()
            if word not in {"waiting", "problem"}
        },
        conditions={
            "waiting": partial(is_not_queued, blocked=False),
            "blocked": partial(is_not_queued, blocked=True),
            "problem": is_problem,
            "fixed": partial(has_newer, fix=True),
            "superseded": partial(has_newer, fix=False),
        },
    )


def id_filter(field: str, *ids: str) -> str:
    """Return a filter term that matches the jobs whose field is one of `ids`.

    UUIDs are shortened to the characters that lists show, so that the term can be read and typed.
    The term then also matches other ids with these characters.
    """
    if not all(_UUID.fullmatch(each) for each in ids):
        return exact_filter(field, *ids)
    short = [each[:SHORT_ID] for each in ids]
    return f"{field}={short[0]}" if len(short) == 1 else f"{field}~^({'|'.join(short)})"


def exact_filter(field: str, *values: str) -> str:
    """Return a filter term that matches the jobs whose whole field is one of `values`.

    Upper and lower case are equal, as in all filters.
    """
    if len(values) == 1:
        return f"{field}=={quote_value(values[0])}"
    # One term for all values: of terms joined by `or`, a term that the user adds would narrow only
    # the last. A term without quotes cannot contain blanks, so `\s` stands for each blank.
    patterns = [r"\s".join(re.escape(word) for word in re.split(r"\s", value)) for value in values]
    # `re.escape` escapes hyphens too, which is not needed here and harder to read.
    return f"{field}~^({'|'.join(patterns)})$".replace(r"\-", "-")
