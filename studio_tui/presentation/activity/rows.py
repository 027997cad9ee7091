"""The activity list as table rows and facts."""

import json
from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter

from studio_tui.presentation.activity.entries import ActivityState, Entry, subject_of, words_of
from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.columns import Align, Column
from studio_tui.presentation.format import clock_time, plural
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.lists.kinds import AS_SENT, Kind, ListColumn, SortOrder, layouts
from studio_tui.text import safe_block, safe_line

_LOOKS = {
    ActivityState.FAILED: ("✗", Tone.BAD),
    ActivityState.UNKNOWN: ("?", Tone.WARN),
    ActivityState.LOST: ("!", Tone.WARN),
    ActivityState.UNDONE: ("↶", Tone.DIM),
    ActivityState.DONE: ("✓", Tone.GOOD),
}
"""In the sort order of states."""

_LONGEST_LABEL = 24
"""Characters of a label; documented fields have names of at most 20."""

_EXPLANATIONS = {
    ActivityState.UNDONE: "undone before it was sent",
    ActivityState.LOST: "not sent, because the dashboard was closed first",
    ActivityState.UNKNOWN: "it may or may not have taken effect",
}


def _time(entry: Entry) -> str:
    """Return the time of an entry, such as `15:04:05`.

    For polling whose last request was in a later minute than its first, it is `until 15:31`.
    """
    first, last = entry.started_at.astimezone(), entry.last_started_at.astimezone()
    if not entry.is_polling or f"{first:%H:%M}" == f"{last:%H:%M}":
        return f"{first:%H:%M:%S}"
    return f"until {last:%H:%M}"


def newest_first(entries: Iterable[Entry]) -> list[Entry]:
    """Return the entries sorted by time, newest first.

    For polling, the time of its last request counts, in whole minutes, so that its row moves up at
    most once a minute.
    """
    return sorted(entries, key=_sort_key, reverse=True)


def _sort_key(entry: Entry) -> tuple[datetime, datetime]:
    if entry.is_polling:
        return max(
            entry.started_at, entry.last_started_at.replace(second=0, microsecond=0)
        ), entry.started_at
    return entry.started_at, entry.started_at


def facts(entry: Entry, now: datetime) -> tuple[Fact, ...]:
    glyph, tone = _LOOKS[entry.state]
    explanation = _EXPLANATIONS.get(entry.state)
    times = clock_time(entry.started_at, now, seconds=True)
    if entry.count > 1:
        last = clock_time(entry.last_started_at, now, seconds=True)
        times = f"{plural(entry.count, 'time')} from {times} to {last}"
    entry_facts = [
        Fact("what", Cell(words_of(entry), Tone.STRONG)),
        Fact(
            "status",
            Cell(f"{glyph} {entry.state}" + (f": {explanation}" if explanation else ""), tone),
        ),
        Fact("at", Cell(times)),
    ]
    if entry.method:
        took = milliseconds(entry.mean_ms)
        if entry.count > 1:
            took += f" on average, the longest {milliseconds(entry.longest_ms)}"
        is_new = entry.made not in {"", *subject_of(entry)}
        entry_facts += [
            Fact("took", Cell(took)),
            Fact("answer", Cell(safe_line(entry.answer))),
            *((Fact("created", Cell(entry.made)),) if is_new else ()),
            *((Fact("why", Cell(entry.why_failed, Tone.BAD)),) if entry.why_failed else ()),
            Fact("request", Cell(safe_line(f"{entry.method} {entry.path}"))),
        ]
    for name, value in entry.fields.items():
        entry_facts.append(Fact(safe_line(name)[:_LONGEST_LABEL], Cell(safe_block(_plain(value)))))
    return tuple(entry_facts)


def _plain(value: object) -> str:
    """Format a JSON value; strings and lists of strings have no quotes."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def milliseconds(ms: float) -> str:
    """Format a duration in milliseconds as `12 ms` or `3.4 s`."""
    return f"{ms:,.0f} ms" if ms < 1000 else f"{ms / 1000:,.1f} s"


ACTIVITY_COLUMNS: tuple[ListColumn[Entry, Entry, Cell], ...] = (
    ListColumn(
        Column("state", "STATUS", 9, fits=True),
        lambda entry: Cell(f"{_LOOKS[entry.state][0]} {entry.state}", _LOOKS[entry.state][1]),
        SortOrder("status, failed first", lambda entry, now: list(_LOOKS).index(entry.state)),
    ),
    ListColumn(
        Column("at", "AT", 11, drop=1, fits=True),
        lambda entry: Cell(_time(entry), Tone.DIM),
        sorted_like=AS_SENT,
    ),
    ListColumn(
        Column("what", "WHAT", 16, grow=3, fits=True, wanted_width=26, preferred_width=40),
        lambda entry: Cell(words_of(entry), Tone.STRONG if entry.is_command else Tone.PLAIN),
        SortOrder("request", lambda entry, now: words_of(entry)),
        text=words_of,
    ),
    ListColumn(
        Column("took", "TOOK", 8, align=Align.RIGHT, drop=6, fits=True),
        lambda entry: Cell(milliseconds(entry.mean_ms)) if entry.method else NOTHING,
        SortOrder("duration, longest first", lambda entry, now: -entry.mean_ms),
        seconds=lambda entry, now: entry.mean_ms / 1000 if entry.method else None,
    ),
    ListColumn(
        Column("count", "TIMES", 6, align=Align.RIGHT, drop=3, fits=True),
        lambda entry: Cell(f"×{entry.count:,}", Tone.DIM) if entry.count > 1 else NOTHING,
        SortOrder("count, highest first", lambda entry, now: -entry.count),
    ),
    ListColumn(
        Column("answer", "ANSWER", 9, drop=2, fits=True),
        lambda entry: Cell(safe_line(entry.answer), Tone.DIM) if entry.method else NOTHING,
        SortOrder("answer", lambda entry, now: entry.answer),
        text=lambda entry: f"{entry.answer} {entry.why_failed}",
    ),
    ListColumn(
        Column("why", "WHY", 10, grow=1, drop=6, fits=True, preferred_width=60),
        lambda entry: Cell(entry.why_failed, Tone.DIM) if entry.why_failed else NOTHING,
        SortOrder("why", lambda entry, now: (not entry.why_failed, entry.why_failed)),
    ),
)

COLUMNS = layouts(ACTIVITY_COLUMNS)


def cells(entry: Entry) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS`."""
    return tuple(column.cell(entry) for column in ACTIVITY_COLUMNS)


ACTIVITY: Kind[Entry] = Kind(
    noun="entry",
    key=attrgetter("id"),
    made_at=attrgetter("last_started_at"),
    texts=lambda entry: (
        *(words_of(entry), f"{entry.method} {entry.path}"),
        *(entry.answer, entry.why_failed, entry.body),
    ),
    state=attrgetter("state"),
    states=ActivityState,
    state_groups={
        # UNDONE is no problem, as the user undid the command on purpose.
        "problem": frozenset({ActivityState.FAILED, ActivityState.UNKNOWN, ActivityState.LOST}),
        "unsent": frozenset({ActivityState.UNDONE, ActivityState.LOST}),
    },
    columns=ACTIVITY_COLUMNS,
    other_fields={
        "path": attrgetter("path"),
        "method": attrgetter("method"),
        "kind": lambda entry: "command" if entry.is_command else "call",
    },
    suggestions=("kind=command", "kind=call", "took>1s", "age<1h"),
    hint="words, kind=command, status=failed, answer!=200, took>1s, age<1h, !not",
    as_sent_label="time, newest first",
)
