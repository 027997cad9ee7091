"""The content of a page's bars: breadcrumbs, the age of the data, tabs, counts and key hints."""

from collections.abc import Callable, Iterable, Sequence, Sized
from datetime import datetime
from itertools import islice
from typing import Any

from rich.cells import cell_len
from textual.binding import ActiveBinding, Binding
from textual.screen import Screen
from textual.widget import Widget

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.freshness import HasAge, freshness, time_bar
from studio_tui.presentation.jobs.states import STATE_NAMES, counts
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.actions import reason_against
from studio_tui.tui.frame.request_notices import remedy_words
from studio_tui.tui.widgets.bar import Part

TABS = (
    ("1", "jobs", "Jobs"),
    ("2", "pipelines", "Pipelines"),
    ("3", "clusters", "Clusters"),
    ("4", "schedules", "Schedules"),
    ("5", "logs", "Logs"),
    ("6", "activity", "Activity"),
)
"""Key, name and title of the tabs."""

BLANKS_FROM = 100
"""Columns from which there is a blank before each tab."""

NUMBERS_FROM = 120
"""Columns from which tabs show their number of rows; enough for large numbers."""

SHORT_TITLES = {"pipelines": "Pipes", "clusters": "Clust", "schedules": "Sched", "activity": "Act"}
_SHORTENED = ((), ("clusters", "activity"), tuple(SHORT_TITLES))
"""Tabs whose titles are shortened, except the current one: the least used first, if need be."""

_BADGE = _COUNT = len("✗1 ")
"""Cells of a badge, and of a count of a state."""
_BADGED = 2
"""How many tabs may have a badge: those of jobs and pipelines."""

WORDS_FROM = 184
"""Columns from which the counts of states include words; enough for large numbers."""

Parts = tuple[Part, ...]


def help_parts(key: str, session: StudioSession, now: datetime) -> Parts:
    """Return the right side of the footer: the help key.

    While commands are waiting to be sent, the undo key comes before it.
    """
    press = "app.help" if key == "?" else f"screen.press('{key}')"
    return (*_undo_parts(session, now), Part(key, "key", press), Part(" help ", Tone.DIM, press))


def _undo_parts(session: StudioSession, now: datetime) -> Parts:
    held = session.held.snapshot.value
    if not held:
        return ()
    more = f", {len(held) - 1} more" if held[1:] else ""
    words = f" undo {held[-1].hold.words} ({held[-1].remaining_seconds(now)}s{more})  "
    press = "screen.do('page.undo')"
    return (Part(" z", "key", press), Part(words, Tone.WARN, press))


def crumb_parts(home: str, crumbs: Sequence[str]) -> Parts:
    """Return the breadcrumbs; `home` is the name of Studio, as in `Basics`; safe text."""
    parts = [Part(" studio-tui ", "title"), Part(f" {home}", Tone.DIM)]
    for crumb in crumbs:
        parts += [Part(" › ", Tone.DIM), Part(crumb, Tone.STRONG)]
    return tuple(parts)


def age_parts(aged: HasAge, now: datetime, session: StudioSession, read_only: bool) -> Parts:
    """Return the age of the data, and whether the dashboard is read-only.

    In a replay, return its time instead.
    """
    if (replay := session.replay) is not None:
        bar = time_bar(now, replay.share, replay.speed, runs=replay.runs)
        return (Part(f"{bar.text} ", bar.tone, "screen.do('page.replay')"),)
    chip = freshness(aged, now, remedy_words(aged.error, session))
    age = Part(f"{chip.text} ", chip.tone, "screen.do('page.refresh')")
    return (age, Part(" read-only ", "current")) if read_only else (age,)


def tab_and_count_parts(session: StudioSession, current: str, width: int) -> tuple[Parts, Parts]:
    """Return the tabs, and the counts of states, formatted for `width` columns.

    The format depends on that and on the number of digits, so that it does not switch back and
    forth: states and badges that come and go have their room, and so has the title of any tab.

    While bulk commands are running, their progress replaces the counts.
    """
    in_words = width >= WORDS_FROM
    states = _counts(session, in_words=in_words)
    # In words there is room for large numbers, but not for all states.
    absent = 0 if in_words else len(STATE_NAMES) - len(states)
    room = width - _cells(states) - absent * _COUNT
    tabs: Parts = ()
    for shortened in _SHORTENED:
        tabs, most_cells = _tabs(session, current, width, shortened)
        if most_cells <= room:
            break
    return tabs, _batches(session) or states


def _cells(parts: Iterable[Part]) -> int:
    return sum(cell_len(part.text) for part in parts)


def _tabs(
    session: StudioSession, current: str, width: int, shortened: Sequence[str]
) -> tuple[Parts, int]:
    """Return the tabs, and the most cells that they need, whichever is current, with all badges.

    They have their number of rows if wide enough; see `NUMBERS_FROM`. A badge shows how many have
    ended, or failed, since the tab was last visited.
    """
    jobs = session.jobs.snapshot.value
    clusters = session.clusters.snapshot.value
    schedules = session.schedules.snapshot.value
    pipelines = session.pipelines.snapshot.value
    number = {
        "jobs": "" if jobs is None else f" {_amount(jobs.jobs, jobs.has_all)}",
        "pipelines": ""
        if pipelines is None
        else f" {_amount(pipelines.pipelines, pipelines.has_all)}",
        "clusters": "" if clusters is None else f" {len(clusters.items)}",
        "schedules": "" if schedules is None else f" {len(schedules)}",
    }
    badges = session.endings.snapshot.value or {}
    parts, hidden = [], {"": 0}
    for key, name, title in TABS:
        amount = number.get(name, "") if width >= NUMBERS_FROM else ""
        look, action = "current" if name == current else Tone.DIM, f"screen.do('page.{name}')"
        blank = " " if width >= BLANKS_FROM else ""
        if name in shortened:
            hidden[name] = len(title) - len(SHORT_TITLES[name])
            title = title if name == current else SHORT_TITLES[name]  # noqa: PLW2901
        parts.append(Part(f"{blank}{key} {title}{amount} ", look, action))
        if badge := badges.get(name):
            sign = Part("✗", Tone.BAD) if badge.failed else Part("✓", Tone.GOOD)
            parts.append(Part(f"{sign.text}{badge.failed or badge.ended} ", sign.look, action))
    wider = max(hidden.values()) - hidden.get(current, 0) + (_BADGED - len(badges)) * _BADGE
    return tuple(parts), _cells(parts) + wider


def _batches(session: StudioSession) -> Parts:
    """Return the progress of bulk commands; empty if none is running."""
    parts: list[Part] = []
    for batch in session.batches.snapshot.value or ():
        parts.append(Part(f"{batch.doing} {batch.ended:,} of {batch.total:,}", Tone.ACTIVE))
        if batch.failed:
            parts.append(Part(f", {batch.failed:,} not", Tone.BAD))
        parts.append(Part("  "))
    return tuple(parts)


def _counts(session: StudioSession, *, in_words: bool) -> Parts:
    jobs = session.jobs.snapshot.value
    if jobs is None:
        return ()
    pipelines = session.pipelines.snapshot.value
    blocked = pipelines.blocked if pipelines is not None else frozenset[str]()
    return tuple(
        Part(
            f"{count.glyph} {count.amount} {count.name}  "
            if in_words
            else f"{count.glyph}{count.amount} ",
            count.tone if count.number else Tone.DIM,
        )
        for count in counts(
            jobs.jobs, has_all=jobs.has_all, blocked=blocked, fixed=session.known_items.fixed()
        )
    )


def _amount(rows: Sized, has_all: bool) -> str:
    return f"{len(rows)}{'' if has_all else '+'}"


def crumbs_below(page: Screen[Any]) -> tuple[str, ...]:
    """Return the breadcrumbs of the nearest page below `page` that leads to others."""
    stack = page.app.screen_stack if page.is_running else []
    below = stack[: stack.index(page)] if page in stack else stack
    leading = (screen for screen in reversed(below) if getattr(screen, "leads_to_pages", False))
    nearest: Any = next(leading, None)
    return ("Jobs",) if nearest is None else nearest.crumbs()


HINTS = 6
"""How many keys the footer shows, besides help."""


class KeyHints:
    """The key hints in the footer of one page."""

    def __init__(self, page: Screen[Any]) -> None:
        self._page = page
        self._found: tuple[Widget | None, dict[str | None, ActiveBinding]] = (None, {})
        """The bindings by id, and the widget that had the focus when they were looked up."""

    def parts(self, wanted: Iterable[str], label: Callable[[Binding], str]) -> tuple[Part, ...]:
        """Return the available keys of the commands `wanted`; `label` says what each does."""
        by_id = self._by_id()
        parts: list[Part] = [Part(" ")]
        for command_id in islice(wanted, HINTS):
            hinted = by_id.get(command_id)
            if hinted and reason_against(hinted.node, hinted.binding) is None:
                press = f"screen.press('{hinted.binding.key}')"
                parts.append(Part(self._page.app.get_key_display(hinted.binding), "key", press))
                parts.append(Part(f" {label(hinted.binding)}  ", Tone.PLAIN, press))
        return tuple(parts)

    def _by_id(self) -> dict[str | None, ActiveBinding]:
        focused, by_id = self._found
        if not by_id or focused is not self._page.focused:
            # Cached per focused widget, as it asks each binding of each ancestor.
            by_id = {}
            for active in self._page.active_bindings.values():
                # If a command has several keys, show the first.
                by_id.setdefault(active.binding.id, active)
            self._found = self._page.focused, by_id
        return by_id
