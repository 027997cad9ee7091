"""The filter language of the lists: words and `field=value` terms, all of which must hold.

train                 the words stand somewhere in the row
status=failed         status is one of: status=failed,canceled; or active, finished, problem
by=ann  name=emb  id=497   the field holds the text
task=497               the schedule that made the job
name~^eval_\\d+        the field matches the regular expression
age<2h  age>3d        younger or older; s, m, h, d, w
!by=ann  !train       the opposite of any term
"""

import re
from collections.abc import Callable
from datetime import datetime

from studio_tui.api.models import Job, JobState
from studio_tui.presentation.format import seconds_between
from studio_tui.presentation.jobs import haystack

Test = Callable[[Job, str, datetime], bool]
"""Whether a job, with its haystack, passes at a moment."""

STATUS_GROUPS: dict[str, frozenset[JobState]] = {
    "active": frozenset(s for s in JobState if not s.is_finished and s is not JobState.UNKNOWN),
    "finished": frozenset(s for s in JobState if s.is_finished),
    "problem": frozenset({JobState.FAILED, JobState.UNKNOWN}),
}

FIELDS: dict[str, Callable[[Job], str]] = {
    "name": lambda job: job.name or "",
    "by": lambda job: job.created_by or "",
    "id": lambda job: job.id,
    "error": lambda job: job.error_message or "",
    "cluster": lambda job: job.compute_cluster_name or "",
    "task": lambda job: job.scheduled_by or "",
}

SUGGESTIONS: tuple[str, ...] = (
    *(f"status={word}" for word in STATUS_GROUPS),
    *(f"status={state.lower()}" for state in JobState),
    "by=",
    "name=",
    "name~",
    "error=",
    "cluster=",
    "task=",
    "age<1h",
    "age<1d",
    "id=",
)
"""Terms that completion offers."""

_TERM = re.compile(r"(?P<field>[A-Za-z_]+)(?P<operator>[=~<>])(?P<value>.*)", re.DOTALL)
_AGE = re.compile(r"(?P<number>\d{1,6})(?P<unit>[smhdw])")
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400}


class FilterError(ValueError):
    """The filter cannot be understood; the sentence says which term and what would do."""


class Filter:
    """A parsed filter."""

    def __init__(self, text: str) -> None:
        """Parse `text`.

        Raises:
            FilterError: a term cannot be understood.
        """
        self.text = " ".join(text.split())
        self._tests = tuple(_parse(term) for term in self.text.split())

    def __bool__(self) -> bool:
        return bool(self._tests)

    def passes(self, job: Job, straw: str, now: datetime) -> bool:
        """Whether `job`, whose haystack is `straw`, passes every term."""
        return all(test(job, straw, now) for test in self._tests)

    def matches(self, job: Job, now: datetime) -> bool:
        """Whether `job` passes; for one job, where no haystack is kept."""
        return self.passes(job, haystack(job), now)


def exactly(field: str, value: str) -> str:
    """Return the term that lets through the jobs whose field is `value` and nothing beside it."""
    # A term has no blanks, so one stands for any other.
    pattern = r"\s".join(re.escape(word) for word in re.split(r"\s", value))
    return f"{field}~^{pattern}$".replace(r"\-", "-")


def _parse(term: str) -> Test:
    if term.startswith("!") and len(term) > 1:
        inner = _parse(term[1:])
        return lambda job, straw, now: not inner(job, straw, now)
    parts = _TERM.fullmatch(term)
    if parts is None:
        word = term.lower()
        return lambda job, straw, now: word in straw
    field, operator, value = parts["field"].lower(), parts["operator"], parts["value"]
    if field == "status" and operator == "=":
        return _status(value)
    if field == "age" and operator in "<>":
        return _age(term, operator, value)
    if field in FIELDS and operator == "=":
        wanted, read = value.lower(), FIELDS[field]
        return lambda job, straw, now: wanted in read(job).lower()
    if field in FIELDS and operator == "~":
        return _pattern(field, value)
    known = ", ".join(("status=", "age<", *(f"{name}=" for name in FIELDS)))
    raise FilterError(f"“{term}” is not understood. Use words, or one of {known}")


def _status(value: str) -> Test:
    states: set[JobState] = set()
    words = [word for word in value.lower().split(",") if word]
    for word in words:
        group = STATUS_GROUPS.get(word)
        begun = [state for state in JobState if state.lower().startswith(word)]
        if group is None and not begun:
            known = ", ".join((*STATUS_GROUPS, *(state.lower() for state in JobState)))
            raise FilterError(f"“{word}” is no status. Statuses are {known}")
        states.update(group if group is not None else begun)
    if not words:
        return lambda job, straw, now: True
    return lambda job, straw, now: job.state in states


def _age(term: str, operator: str, value: str) -> Test:
    parts = _AGE.fullmatch(value)
    if parts is None:
        raise FilterError(f"“{term}” needs a span such as 30m, 2h, 3d or 1w")
    limit = int(parts["number"]) * _UNITS[parts["unit"]]

    def test(job: Job, straw: str, now: datetime) -> bool:  # noqa: ARG001 (the form of a Test)
        old = seconds_between(job.created_at, now)
        return old is not None and (old < limit if operator == "<" else old > limit)

    return test


def _pattern(field: str, value: str) -> Test:
    try:
        pattern = re.compile(value, re.IGNORECASE)
    except re.error as error:
        raise FilterError(f"“{value}” is no regular expression: {error}") from error
    read = FIELDS[field]
    return lambda job, straw, now: pattern.search(read(job)) is not None
