"""The preview beside a job list: facts about the job under the cursor, and its last log lines."""

import re
from collections.abc import Mapping, Sequence
from math import ceil
from typing import NamedTuple

from studio_tui.api.label import user_variables
from studio_tui.api.models import Job
from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.format import UNKNOWN, size
from studio_tui.presentation.jobs.facts import Fact, FactLine
from studio_tui.presentation.jobs.states import printed_nothing
from studio_tui.presentation.jobs.waiting import WAITS_FOR
from studio_tui.presentation.logs.row_forms import rows_of

MOST_IMPORTANT = frozenset(
    {"status", "progress", WAITS_FOR, "why", "error", "schedule", "next runs"}
)
"""Labels of the facts that are shown above the last log lines even when space is short."""

ROOM_FOR_LOG = 5
"""Number of lines that the facts must leave free for the log to be shown below all of them."""

_LEAST_LOG_LINES = 2

_LABEL_COLUMN = 13
"""Assumed width of the labels with the space after them, in cells."""

_LINE_BYTES = 4096
"""Number of bytes at the end of a line that are drawn; a progress bar redraws itself there."""


_FRAME = re.compile(r"(?P<start>\s*File \")(?P<folder>[^\"]*[/\\])(?P<end>[^\"/\\]+\", line \d+.*)")
"""A line of a Python traceback that names a file in a folder."""


class FactSpace(NamedTuple):
    """Space for facts, in cells and lines."""

    width: int
    height: int


class JobExtras(NamedTuple):
    """Data about a job that is loaded for the preview."""

    files: Mapping[str, int | None] = {}
    """Sizes in bytes of the job's files, `None` if unknown, by their names, which are safe."""
    log_end: bytes | None = None
    """The last bytes of the job's log, untrusted; `None` if not loaded yet."""
    log_trouble: str = ""
    """Why the log is unavailable, a safe sentence; empty if it is available."""
    log_as_of: str = ""
    """When `log_end` was read, if it may not be the end any more; else empty."""


def preview(
    job: Job, facts: Sequence[Fact], extra: JobExtras, space: FactSpace
) -> tuple[Fact | FactLine, ...]:
    """Return the facts about a job that are known, and the last lines of its log.

    When space is short, the lines come after the facts in `MOST_IMPORTANT` and before the others.
    """
    filled = [fact for fact in facts if fact.value.text not in {"", UNKNOWN}]
    filled = [*(_with_variable_names(fact, job) for fact in filled), *_files(extra.files)]
    first = [fact for fact in filled if fact.label in MOST_IMPORTANT]
    others = [fact for fact in filled if fact.label not in MOST_IMPORTANT]
    height = sum(_height(fact, space.width) for fact in filled)
    free = space.height - height - 2  # the heading of the log, and an empty line
    if free >= ROOM_FOR_LOG:
        return (*first, *others, *_log(job, extra, space.width, free))
    height = sum(_height(fact, space.width) for fact in first)
    lines = _log(job, extra, space.width, max(_LEAST_LOG_LINES, space.height - height - 1))
    return (*first, *lines, *((Fact("", NOTHING),) if lines else ()), *others)


def last_lines(end: bytes, count: int) -> list[str]:
    """Return the last `count` lines that are not empty, safe to draw."""
    texts: list[str] = []
    for line in reversed(end.split(b"\n")):
        texts += filter(None, reversed(_line_texts(line)))
        if len(texts) >= count:
            break
    return texts[:count][::-1]


def _line_texts(line: bytes) -> list[str]:
    end = line[-_LINE_BYTES:]
    return [row.text.rstrip() for row in rows_of(end, b"", len(end))]


def _log(job: Job, extra: JobExtras, width: int, count: int) -> tuple[Fact | FactLine, ...]:
    trouble = (Fact("log", Cell(extra.log_trouble, Tone.DIM)),) if extra.log_trouble else ()
    if extra.log_end is None:
        return trouble
    taken = sum(_height(fact, width) for fact in trouble)
    lines = last_lines(extra.log_end, max(_LEAST_LOG_LINES, count - taken))
    if not lines:
        return trouble or (Fact("log", Cell(printed_nothing(job), Tone.DIM)),)
    as_of = f" at {extra.log_as_of}" if extra.log_as_of else ""
    words = f"── end of the log{as_of}, l shows all of it"
    heading = FactLine((Cell(words, Tone.DIM),), (width,))
    return (
        *trouble,
        heading,
        *(FactLine((Cell(_in_width(line, width)),), (width,)) for line in lines),
    )


def _in_width(line: str, width: int) -> str:
    """Return a line; without the folder of a traceback's file if there is no room for it."""
    frame = _FRAME.fullmatch(line) if len(line) > width else None
    return line if frame is None else f"{frame['start']}…/{frame['end']}"


def _with_variable_names(fact: Fact, job: Job) -> Fact:
    if fact.label != "environment" or "environment" in job.unreadable:
        return fact
    return Fact("variables", Cell(", ".join(sorted(user_variables(job)))))


def _files(files: Mapping[str, int | None]) -> tuple[Fact, ...]:
    if not files:
        return ()
    texts = (
        name if length is None else f"{name} ({size(length)})" for name, length in files.items()
    )
    return (Fact("files", Cell(", ".join(texts))),)


def _height(fact: Fact, width: int) -> int:
    """Return about how many lines a fact needs."""
    value_width = max(8, width - _LABEL_COLUMN)
    return sum(ceil(max(1, len(line)) / value_width) for line in fact.value.text.split("\n"))
