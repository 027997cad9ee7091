"""Facts about one job."""

import json
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from enum import Enum, auto
from typing import Any, NamedTuple, TypeVar

from studio_tui.addresses import has_login, without_logins
from studio_tui.api.fields import Received
from studio_tui.api.ids import NO_ID, is_usable_id
from studio_tui.api.label import user_variables
from studio_tui.api.models import Job, Pipeline
from studio_tui.api.states import JobState
from studio_tui.failures.exit_codes import exit_code_words
from studio_tui.presentation.cells import UNREADABLE, Cell, Tone
from studio_tui.presentation.format import SHORT_ID, UNKNOWN, ago, duration, local_time, plural
from studio_tui.presentation.jobs.causes import own_error
from studio_tui.presentation.jobs.rows import BAR_WIDTH
from studio_tui.presentation.jobs.states import LOOKS, state_cell
from studio_tui.presentation.jobs.times import is_waiting, queue_seconds, run_seconds, step_seconds
from studio_tui.presentation.jobs.waiting import NOTHING_KNOWN, WAITS_FOR, Surroundings, why_waiting
from studio_tui.presentation.logs.progress import Progress, bar_text, progress_text
from studio_tui.redaction import without_secrets
from studio_tui.text import Verbatim, safe_line

Item = TypeVar("Item")

MASK = "••••••••"
"""Shown for a masked environment value, or for a login in a URL, whatever its length."""

LABEL_WIDTH = 9
"""Minimum width in cells of the column of labels, so that new facts do not move the values."""


class Fact(NamedTuple):
    """A label and a value, which may have several lines."""

    label: str
    """At most `LABEL_WIDTH` cells wide, unless the fact is always or rarely shown; may be empty."""
    value: Cell


def labeled_facts(label: str, cells: Iterable[Cell]) -> tuple[Fact, ...]:
    """Return a fact for each cell, the first one with the label."""
    return tuple(Fact("" if number else label, cell) for number, cell in enumerate(cells))


def first_cells(
    most: int, items: Sequence[Item], cell_of: Callable[[Item], Cell], tone: Tone = Tone.DIM
) -> list[Cell]:
    """Return the cells of the first `most` items, and `and 3 more` in `tone` for the others."""
    more = [Cell(f"and {len(items) - most} more", tone)] if len(items) > most else []
    return [*map(cell_of, items[:most]), *more]


class FactLine(NamedTuple):
    """A row of a table among facts; it does not wrap."""

    cells: tuple[Cell, ...]
    widths: tuple[int, ...]


def facts(
    job: Job,
    now: datetime,
    surroundings: Surroundings = NOTHING_KNOWN,
    progress: Progress | None = None,
    *,
    until: datetime | None = None,
    with_secrets: bool = False,
) -> tuple[Fact, ...]:
    """Return the summary of a job, most important first.

    Durations of what has not ended are counted up to `until`, by default `now`. Logins in URLs are
    masked unless `with_secrets`.
    """
    until = until or now
    error = own_error(job.error_message, job.state)
    return (
        Fact("status", _status(job, until, is_blocked=surroundings.is_blocked)),
        *_progress(job, progress),
        *_why_waiting(job, surroundings),
        *((Fact("error", Cell(error.strip(), Tone.BAD)),) if error else ()),
        Fact("name", Cell(job.name or UNKNOWN, Tone.STRONG)),
        Fact("id", id_cell(job.id)),
        *_pipeline(surroundings.pipeline),
        *_schedule(job, surroundings),
        Fact("created", _moment(job, "created_at", now)),
        Fact("started", _moment(job, "started_at", now)),
        Fact("finished", _moment(job, "finished_at", now)),
        *_steps(job, until),
        *_metrics(job),
        Fact("workers", _plain(job, "workers")),
        Fact("cluster", _plain(job, "compute_cluster_name")),
        Fact("by", _plain(job, "created_by")),
        Fact("type", _plain(job, "query_type")),
        Fact("python", _plain(job, "python_version")),
        Fact("requires", _requirements(job, with_secrets=with_secrets)),
        Fact("repository", Cell(_visible(job.repository, with_secrets=with_secrets) or UNKNOWN)),
        Fact("environment", _environment_size(job)),
        Fact("team", _plain(job, "team")),
        *unreadable_facts(job),
    )


class Values(Enum):
    """Which environment values are shown."""

    NONE = auto()
    ORDINARY = auto()
    """Those that do not look secret."""
    ALL = auto()


def next_values(job: Job, shown: Values) -> tuple[Values, str]:
    """Return which values of a job the key `s` shows after `shown`, and a hint that says so.

    A step that would change nothing is left out.
    """
    if shown is Values.ALL:
        return Values.NONE, "s hides the values"
    none, ordinary, every = (environment(job, values) for values in Values)
    if shown is Values.ORDINARY:
        return Values.ALL, "s shows the secrets too"
    if ordinary == none:
        return Values.ALL, "s shows the secrets"
    if ordinary == every:
        return Values.ALL, "s shows the values"
    return Values.ORDINARY, "s shows the values that do not look secret"


def environment(job: Job, values: Values) -> tuple[Fact, ...]:
    """Return a job's user variables, sorted by name, with values masked according to `values`.

    Secrets are recognized by their names or by the form of their values.
    """
    texts = {name: value.get_secret_value() for name, value in user_variables(job).items()}
    return tuple(
        Fact(name, Cell(safe_line(text) if _is_shown(name, text, values) else MASK))
        for name, text in sorted(texts.items())
    )


def _is_shown(name: str, value: str, values: Values) -> bool:
    assignment = f"{name}={value}"
    is_ordinary = without_secrets(value) == value and without_secrets(assignment) == assignment
    return values is Values.ALL or (values is Values.ORDINARY and is_ordinary)


def raw_json(job: Job) -> str:
    """Return the job as indented JSON, safe to draw, with masked logins and environment values."""
    fields = job.model_dump(mode="json", exclude={"query", "requirements", "repository"})
    for name in ("query", "requirements", "repository"):
        text: Verbatim | None = getattr(job, name)
        fields[name] = text.shown if text is not None else None
    if job.environment is not None:
        fields["environment"] = dict.fromkeys(job.environment, MASK)
    return as_json(job, fields)


def as_json(received: Received, fields: dict[str, Any] | None = None) -> str:
    """Return a received model, or only `fields` of it, as indented JSON, safe to draw.

    It has the names of unreadable fields. Logins in URLs are masked.
    """
    fields = received.model_dump(mode="json") if fields is None else fields
    unreadable = list(received.unreadable)
    noted = {**fields, "(could not be read)": unreadable} if unreadable else fields
    return json.dumps(_without_logins(noted), indent=2, ensure_ascii=False)


def _without_logins(value: Any) -> Any:
    match value:
        case str():
            return without_logins(value, MASK)
        case dict():
            return {name: _without_logins(each) for name, each in value.items()}
        case list():
            return [_without_logins(each) for each in value]
        case _:
            return value


def _status(job: Job, now: datetime, *, is_blocked: bool) -> Cell:
    text, tone, *_ = state_cell(job.state, job.status, is_blocked=is_blocked)
    parts = [text]
    if job.exit_code is not None:
        parts.append(exit_code_words(job.exit_code, is_brief=True))
    if (ran := run_seconds(job, now)) is not None:
        parts.append(f"ran {duration(ran)}" if job.state.is_finished else f"for {duration(ran)}")
    if (waited := queue_seconds(job, now)) is not None:
        parts.append(f"{'waits' if is_waiting(job) else 'waited'} {duration(waited)}")
    return Cell(" · ".join(parts), tone)


def _progress(job: Job, progress: Progress | None) -> tuple[Fact, ...]:
    if progress is None or job.state is not JobState.RUNNING:
        return ()
    drawn = f"{bar_text(progress.percent, BAR_WIDTH)}  " if progress.percent is not None else ""
    label = f"  {safe_line(progress.label)}" if progress.label else ""
    return (Fact("progress", Cell(f"{drawn}{progress_text(progress)}{label}", Tone.ACTIVE)),)


def _why_waiting(job: Job, surroundings: Surroundings) -> tuple[Fact, ...]:
    wait = why_waiting(job, surroundings)
    if wait is None:
        return ()
    return (Fact(WAITS_FOR if wait.is_awaited else "why", Cell(wait.reason, Tone.WAITING)),)


def _pipeline(pipeline: Pipeline | None) -> tuple[Fact, ...]:
    if pipeline is None:
        return ()
    name = pipeline.name or pipeline.pipeline_id
    return (Fact("pipeline", Cell(f"{name}; P opens it")),)


def _schedule(job: Job, surroundings: Surroundings) -> tuple[Fact, ...]:
    """Return the schedule that created a job or its pipeline."""
    task, pipeline = surroundings.schedule, surroundings.pipeline
    task_id = scheduled_by(job, pipeline)
    if task_id is None:
        return ()
    parts = [f"by {task_id[:SHORT_ID]}…"]
    if task is not None:
        expression = task.schedule.cron_expression if task.schedule else None
        parts += [f"{LOOKS[JobState.TASK].glyph} {task.name or ''}".rstrip()]
        parts += [f"({expression})"] if expression else []
    return (Fact("scheduled", Cell(" ".join(parts))),)


def scheduled_by(job: Job, pipeline: Pipeline | None) -> str | None:
    """Return the id of the TASK that created a job or its `pipeline`; `None` if none is known."""
    return job.scheduled_by or (pipeline.scheduled_by if pipeline is not None else None)


def _moment(job: Job, field: str, now: datetime) -> Cell:
    if field in job.unreadable:
        return UNREADABLE
    return moment_cell(getattr(job, field), now)


def moment_cell(moment: datetime | None, now: datetime) -> Cell:
    """Return a time with its age; a dash if it is unknown."""
    if moment is None:
        return Cell(UNKNOWN, Tone.DIM)
    return Cell(f"{local_time(moment)}  ({ago(moment, now)})")


def _plain(job: Job, field: str) -> Cell:
    if field in job.unreadable:
        return UNREADABLE
    value = getattr(job, field)
    return Cell(UNKNOWN, Tone.DIM) if value is None else Cell(str(value))


def _steps(job: Job, now: datetime) -> tuple[Fact, ...]:
    spent = [
        f"{step.label or step.name} {duration(seconds)}"
        for step in job.steps or ()
        if (seconds := step_seconds(step, job, now)) is not None
    ]
    return (Fact("steps", Cell(" · ".join(spent))),) if spent else ()


def has_logins(job: Job) -> bool:
    """Whether a URL in a job's repository or requirements contains a password or token."""
    texts = (job.repository, job.requirements)
    return any(text is not None and has_login(text.text) for text in texts)


def _metrics(job: Job) -> tuple[Fact, ...]:
    lines = [f"{name} {value}" for name, value in (job.metrics or {}).items()]
    return (Fact("metrics", Cell("\n".join(lines))),) if lines else ()


def _requirements(job: Job, *, with_secrets: bool) -> Cell:
    lines = _visible(job.requirements, with_secrets=with_secrets).split("\n")
    packages = [
        line.strip() for line in lines if line.strip() and not line.lstrip().startswith("#")
    ]
    return Cell(", ".join(packages)) if packages else Cell(UNKNOWN, Tone.DIM)


def _visible(text: Verbatim | None, *, with_secrets: bool) -> str:
    if text is None:
        return ""
    return text.shown if with_secrets else without_logins(text.shown, MASK)


def why_no_environment(job: Job) -> str:
    """Return why no variable of a job is shown."""
    # Queries and environments are not recorded, so a job from the recorder has neither.
    if job.query is None and job.environment is None:
        return "The variables of this job are not known here, as they are not recorded."
    return "This job has no environment variables."


def _environment_size(job: Job) -> Cell:
    if "environment" in job.unreadable:
        return UNREADABLE
    count = len(user_variables(job))
    return Cell(plural(count, "variable")) if count else Cell(UNKNOWN, Tone.DIM)


def unreadable_facts(received: Received) -> tuple[Fact, ...]:
    """Return the names of the fields that could not be parsed, if there are any."""
    if not received.unreadable:
        return ()
    return (Fact("unreadable", Cell(", ".join(received.unreadable), Tone.WARN)),)


def id_cell(identifier: str) -> Cell:
    """Return a cell with an id, or an explanation if it is unusable."""
    return Cell(identifier) if is_usable_id(identifier) else Cell(f"✗ {NO_ID}", Tone.WARN)
