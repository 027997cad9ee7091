"""Filter fields of jobs, in the language of `filter_terms`.

run>1m  waited>5m     run time, queue time
status=failed         also active, finished, problem, done and waiting
by=ann  name=emb  name==embed.py  id=497  error=memory  cluster=gpu
task=497               the schedule that created the job
"""

import re
from collections.abc import Callable
from operator import attrgetter

from studio_tui.api.models import WAITING_STATES, Job, JobState
from studio_tui.presentation.jobs.rows import (
    LARGEST_FIRST,
    SAME_ORDER,
    SORTS,
    haystack,
    is_moving,
)
from studio_tui.presentation.jobs.times import queue_seconds, shown_run_seconds
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.filter_words import quoted
from studio_tui.presentation.lists.kinds import Kind

STATUS_GROUPS: dict[str, frozenset[JobState]] = {
    "active": frozenset(s for s in JobState if not s.is_finished and s is not JobState.UNKNOWN),
    "finished": frozenset(s for s in JobState if s.is_finished),
    "problem": frozenset({JobState.FAILED, JobState.UNKNOWN}),
    "done": frozenset({JobState.COMPLETE}),
    "waiting": WAITING_STATES,
}

FIELDS: dict[str, Callable[[Job], str]] = {
    "name": lambda job: job.name or "",
    "by": lambda job: job.created_by or "",
    "id": lambda job: job.id,
    "error": lambda job: job.error_message or "",
    "cluster": lambda job: job.compute_cluster_name or "",
    "cluster_id": lambda job: job.compute_cluster_id or "",
    "task": lambda job: job.scheduled_by or "",
    # The pipeline of a job is found in the list of pipelines, which the screen of jobs has.
    "pipeline": lambda job: "",
}

SUGGESTIONS: tuple[str, ...] = (
    "by=",
    "name=",
    "name==",
    "name~",
    "error=",
    "cluster=",
    "cluster_id=",
    "task=",
    "pipeline=",
    "age<1h",
    "age<1d",
    "run>1m",
    "run<1m",
    "waited>5m",
    "id=",
)
"""Terms offered by completion, besides those for states."""

JOBS = Kind[Job](
    noun="job",
    key=attrgetter("id"),
    made_at=attrgetter("created_at"),
    haystack=haystack,
    state=attrgetter("state"),
    states=JobState,
    groups=STATUS_GROUPS,
    fields=FIELDS,
    suggestions=SUGGESTIONS,
    hint="words, is:failed, by=ann, name==exact, name~regex, age<2h, !not, or",
    sorts=SORTS,
    largest_first=LARGEST_FIRST,
    same_order=SAME_ORDER,
    spans={"run": shown_run_seconds, "waited": queue_seconds},
    is_moving=is_moving,
)


class Filter(Terms[Job]):
    """A parsed filter of jobs."""

    def __init__(self, text: str) -> None:
        """Parse `text`.

        Raises:
            FilterError: a term cannot be understood.
        """
        super().__init__(text, JOBS)


def exactly(field: str, *values: str) -> str:
    """Return a filter term that matches exactly the jobs whose field is one of `values`."""
    if len(values) == 1:
        return f"{field}=={quoted(values[0])}"
    # Of several values one term, so that a term that is added applies to all of them. It cannot
    # contain blanks, so `\s` matches any of them.
    patterns = [r"\s".join(re.escape(word) for word in re.split(r"\s", value)) for value in values]
    return f"{field}~^({'|'.join(patterns)})$".replace(r"\-", "-")
