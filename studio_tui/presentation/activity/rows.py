"""The activity list as table rows and facts."""

import json
from datetime import datetime
from operator import attrgetter

from studio_tui.presentation.activity.entries import ActivityState, Entry, words_of
from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.columns import Align, Column
from studio_tui.presentation.format import clock_time, plural
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.lists.kinds import NEWEST_FIRST, Kind
from studio_tui.text import safe_block, safe_line

COLUMNS = (
    Column("state", "STATE", 9),
    Column("at", "AT", 8, drop=2),
    Column("what", "WHAT", 16, grow=3, fits=True, first=24),
    Column("took", "TOOK", 8, align=Align.RIGHT, fits=True),
    Column("count", "TIMES", 6, align=Align.RIGHT, drop=3, fits=True),
    Column("outcome", "ANSWER", 10, grow=1, drop=1, fits=True, first=12, likes=60),
)
"""In the order of `cells`."""

_LOOKS = {
    ActivityState.FAILED: ("✗", Tone.BAD),
    ActivityState.UNKNOWN: ("?", Tone.WARN),
    ActivityState.LOST: ("!", Tone.WARN),
    ActivityState.UNDONE: ("↶", Tone.DIM),
    ActivityState.DONE: ("✓", Tone.GOOD),
}
"""In the sort order of states."""

_EXPLANATIONS = {
    ActivityState.UNDONE: "undone before it was sent",
    ActivityState.LOST: "not sent, because the dashboard was closed first",
    ActivityState.UNKNOWN: "it may or may not have taken effect",
}


def cells(entry: Entry) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS`."""
    glyph, tone = _LOOKS[entry.state]
    is_sent = bool(entry.method)
    return (
        Cell(f"{glyph} {entry.state}", tone),
        Cell(entry.at.astimezone().strftime("%H:%M:%S"), Tone.DIM),
        Cell(words_of(entry), Tone.STRONG if entry.is_command else Tone.PLAIN),
        Cell(milliseconds(entry.ms)) if is_sent else NOTHING,
        Cell(f"×{entry.count:,}", Tone.DIM) if entry.count > 1 else NOTHING,
        Cell(" · ".join(filter(None, (safe_line(entry.answer), entry.why))), Tone.DIM)
        if is_sent
        else NOTHING,
    )


def facts(entry: Entry, now: datetime) -> tuple[Fact, ...]:
    """Return the facts about an entry."""
    glyph, tone = _LOOKS[entry.state]
    explanation = _EXPLANATIONS.get(entry.state)
    times = clock_time(entry.at, now)
    if entry.count > 1:
        times = f"{plural(entry.count, 'time')} from {times} to {clock_time(entry.last_at, now)}"
    entry_facts = [
        Fact("what", Cell(words_of(entry), Tone.STRONG)),
        Fact(
            "state",
            Cell(f"{glyph} {entry.state}" + (f": {explanation}" if explanation else ""), tone),
        ),
        Fact("at", Cell(times)),
    ]
    if entry.method:
        longest = f", the longest {milliseconds(entry.most_ms)}" if entry.count > 1 else ""
        why_tone = Tone.BAD if entry.reason else Tone.DIM
        entry_facts += [
            Fact("took", Cell(f"{milliseconds(entry.ms)}{longest}")),
            Fact("answer", Cell(safe_line(entry.answer))),
            *((Fact("reason", Cell(entry.why, why_tone)),) if entry.why else ()),
            Fact("request", Cell(safe_line(f"{entry.method} {entry.path}"))),
        ]
    for name, value in entry.fields.items():
        entry_facts.append(Fact(safe_line(name)[:14], Cell(safe_block(_plain(value)))))
    return tuple(entry_facts)


def _plain(value: object) -> str:
    """Return a JSON value as text; texts, and lists of them, without quotes."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ", ".join(value)
    return json.dumps(value, ensure_ascii=False)


def milliseconds(ms: float) -> str:
    """Format a duration as `12 ms` or `3.4 s`."""
    return f"{ms:,.0f} ms" if ms < 1000 else f"{ms / 1000:,.1f} s"


ACTIVITY: Kind[Entry] = Kind(
    noun="entry",
    key=attrgetter("id"),
    made_at=attrgetter("at"),
    texts=lambda entry: (
        *(words_of(entry), f"{entry.method} {entry.path}"),
        *(entry.answer, entry.why, entry.body),
    ),
    state=attrgetter("state"),
    states=ActivityState,
    groups={
        "problem": frozenset(ActivityState) - {ActivityState.DONE},
        "unsent": frozenset({ActivityState.UNDONE, ActivityState.LOST}),
    },
    fields={
        "kind": lambda entry: "command" if entry.is_command else "call",
        "what": words_of,
        "method": attrgetter("method"),
        "path": attrgetter("path"),
        "answer": lambda entry: f"{entry.answer} {entry.why}",
    },
    suggestions=(
        "kind=command",
        "kind=call",
        "status=problem",
        *(f"status={each.lower()}" for each in ActivityState),
        *("answer=", "path=", "method=", "took>1s", "age<1h"),
    ),
    hint="words, kind=command, status=failed, answer=500, took>1s, age<1h, !not",
    sorts={
        NEWEST_FIRST: ("start, newest first", lambda entry, now: 0),
        "state": ("state, failed first", lambda entry, now: list(_LOOKS).index(entry.state)),
        "what": ("request", lambda entry, now: words_of(entry)),
        "took": ("duration, longest first", lambda entry, now: -entry.ms),
        "count": ("count, highest first", lambda entry, now: -entry.count),
        "outcome": ("answer", lambda entry, now: entry.answer),
    },
    same_order={"at": NEWEST_FIRST},
    spans={"took": lambda entry, now: entry.ms / 1000 if entry.method else None},
    largest_first=frozenset({"took", "count"}),
    is_moving=lambda entry: False,
)
