"""The preview beside a job list: facts about the job under the cursor, and its last log lines."""

from collections.abc import Mapping, Sequence
from datetime import datetime, tzinfo
from typing import NamedTuple

from studio_tui.api.label import variables
from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.format import UNKNOWN, size
from studio_tui.presentation.jobs.facts import Fact, FactLine
from studio_tui.presentation.jobs.waiting import WAITS_FOR
from studio_tui.presentation.logs.row_forms import PLAIN_FORM, rows_of

FIRST = frozenset({"status", "progress", WAITS_FOR, "why", "error", "schedule", "next runs"})
"""Facts shown above the last log lines even when space is short."""

ROOM_FOR_LOG = 5
"""Free lines from which the log comes after all facts; with fewer it precedes the minor ones."""

_LEAST_LINES = 2
"""Minimum number of log lines."""

_LABELS = 13
"""Typical width of the labels with the space after them, in cells."""

_LINE = 4096
"""Maximum number of bytes drawn of a line: its last ones, where the news is."""


class FactSpace(NamedTuple):
    """Space for facts."""

    width: int
    """Width in cells."""
    height: int
    """Height in lines."""


class JobExtras(NamedTuple):
    """Data about a job that Studio's list does not include, as far as it is loaded."""

    files: Mapping[str, int | None] = {}
    """Names of attached files, already made safe, with their sizes in bytes if known."""
    log_end: bytes | None = None
    """The last bytes of its log, untrusted; `None` if not loaded yet."""
    log_trouble: str = ""
    """Why the log is unavailable; a safe sentence."""


def preview(
    job: Job,
    facts: Sequence[Fact],
    extra: JobExtras,
    space: FactSpace,
    *,
    now: datetime,
    zone: tzinfo,
) -> tuple[Fact | FactLine, ...]:
    """Return the known facts about a job, and the last lines of its log.

    When space is short, the lines come before less important facts.
    """
    filled: Sequence[Fact] = [fact for fact in facts if fact.value.text not in {"", UNKNOWN}]
    filled = with_timetable(filled, job, now, zone)
    filled = [*(_with_variable_names(fact, job) for fact in filled), *_files(extra.files)]
    first = [fact for fact in filled if fact.label in FIRST]
    rest = [fact for fact in filled if fact.label not in FIRST]
    height = sum(_height(fact, space.width) for fact in filled)
    spare = space.height - height - 2  # the heading of the log, and an empty line
    if spare >= ROOM_FOR_LOG:
        return (*first, *rest, *_log(extra, space.width, spare))
    height = sum(_height(fact, space.width) for fact in first)
    lines = _log(extra, space.width, max(_LEAST_LINES, space.height - height - 1))
    return (*first, *lines, *((Fact("", NOTHING),) if lines else ()), *rest)


def with_timetable(
    facts: Sequence[Fact], job: Job, now: datetime, zone: tzinfo
) -> tuple[Fact, ...]:
    """Return facts with the times of a schedule after the status, which comes first."""
    if job.state is not JobState.TASK:
        return tuple(facts)
    from studio_tui.presentation.schedules.rows import timetable  # noqa: PLC0415 (needed by few)

    return (*facts[:1], *timetable(job, now, zone), *facts[1:])


def last_lines(end: bytes, count: int) -> list[str]:
    """Return up to `count` last non-empty lines, safe to draw."""
    texts: list[str] = []
    for line in reversed(end.split(b"\n")):
        texts += filter(None, reversed(_line_texts(line)))
        if len(texts) >= count:
            break
    return texts[:count][::-1]


def _line_texts(line: bytes) -> list[str]:
    """Return the rows of a line as the log shows them by default: a JSON object in short."""
    end = line[-_LINE:]
    return [row.text.rstrip() for row in rows_of(end, b"", len(end), PLAIN_FORM)]


def _log(extra: JobExtras, width: int, count: int) -> tuple[Fact | FactLine, ...]:
    if extra.log_trouble:
        return (Fact("log", Cell(extra.log_trouble, Tone.DIM)),)
    if extra.log_end is None:
        return ()
    lines = last_lines(extra.log_end, count)
    if not lines:
        return (Fact("log", Cell("the job printed nothing", Tone.DIM)),)
    heading = FactLine((Cell("── end of the log, l shows all of it", Tone.DIM),), (width,))
    return (heading, *(FactLine((Cell(line),), (width,)) for line in lines))


def _with_variable_names(fact: Fact, job: Job) -> Fact:
    """Replace the number of variables by their names, under a shorter label."""
    if fact.label != "environment" or "environment" in job.unreadable:
        return fact
    return Fact("variables", Cell(", ".join(sorted(variables(job)))))


def _files(files: Mapping[str, int | None]) -> tuple[Fact, ...]:
    if not files:
        return ()
    texts = (
        name if length is None else f"{name} ({size(length)})" for name, length in files.items()
    )
    return (Fact("files", Cell(", ".join(texts))),)


def _height(fact: Fact, width: int) -> int:
    """Return the approximate number of lines of a fact."""
    room = max(8, width - _LABELS)
    return sum(-(-max(1, len(line)) // room) for line in fact.value.text.split("\n"))
