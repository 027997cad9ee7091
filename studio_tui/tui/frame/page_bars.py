"""The content of a page's bars: breadcrumbs, the age of the data, tabs, counts and key hints."""

from collections.abc import Callable, Iterable, Mapping, Sized
from datetime import datetime, timedelta
from itertools import islice
from typing import Any

from rich.cells import cell_len
from textual.binding import ActiveBinding, Binding
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Input, TextArea

from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import age, clock_time, next_try, plural
from studio_tui.presentation.jobs.states import counts
from studio_tui.presentation.outages import outage_words
from studio_tui.service.polling.snapshot import Snapshot
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.actions import reason_against
from studio_tui.tui.frame.request_notices import remedy_words
from studio_tui.tui.widgets.bar import Part
from studio_tui.tui.widgets.toasts import has_lasting_toast

TABS = (
    ("1", "jobs", "Jobs"),
    ("2", "pipelines", "Pipelines"),
    ("3", "clusters", "Clusters"),
    ("4", "schedules", "Schedules"),
    ("5", "logs", "Logs"),
    ("6", "activity", "Activity"),
)
"""Key, name and title of each tab."""

TITLES_FROM = 76
"""Columns from which all tabs have titles; below, only the current tab has one.

Short titles then fit beside all states and badges with numbers of one digit.
"""

WHOLE_FROM = 100
"""Columns from which titles are not shortened, and a blank is before each tab."""

NUMBERS_FROM = 120
"""Columns from which tabs of lists show the number of rows."""

WHOLE_TITLES = {name: title for _, name, title in TABS}
SHORT_TITLES = WHOLE_TITLES | {
    "pipelines": "Pipes", "clusters": "Clust", "schedules": "Sched", "activity": "Act",
}  # fmt: skip

WORDS_FROM = 184
"""Columns from which the counts of states have words, such as `running`."""

_FORMS: tuple[tuple[int, Mapping[str, str], bool], ...] = (
    (WORDS_FROM, WHOLE_TITLES, True),
    (WHOLE_FROM, WHOLE_TITLES, False),
    (TITLES_FROM, SHORT_TITLES, False),
    (0, {}, False),
)
"""Columns from which a form of the tabs is used, their titles, and whether counts have words.

The first that fits is used. The widths keep titles from changing with every state or badge.
"""

LIVE_WITHIN = timedelta(seconds=3)
"""An answer overdue by less than this still counts as live."""

_BAR_WIDTH = 12
"""Cells of the time bar."""

Parts = tuple[Part, ...]

_CLOSE_NOTICES = (
    Part(" ^l", "key", "app.close_notices"),
    Part(" close notices  ", Tone.DIM, "app.close_notices"),
)


def help_parts(page: Screen[Any], key: str, session: StudioSession, now: datetime) -> Parts:
    """Return the right side of the footer: keys to undo, to close notices, and for help (`key`).

    Only a click undoes while the user types, or below a dialog, where the help has no key either.
    """
    press = "app.help" if key == "?" else f"screen.press('{key}')"
    undo = _undo_parts(session, now)
    if isinstance(page.focused, Input | TextArea) or not page.is_active:
        undo = undo[1:]
    close = _CLOSE_NOTICES if has_lasting_toast(page.app) else ()
    help_key = (Part(key, "key", press), Part(" help ", Tone.DIM, press)) if page.is_active else ()
    return (*undo, *close, *help_key)


def _undo_parts(session: StudioSession, now: datetime) -> Parts:
    held = session.held.snapshot.value
    if not held:
        return ()
    more = f", {len(held) - 1} more" if held[1:] else ""
    words = f" undo {held[-1].words} ({held[-1].remaining_seconds(now)}s{more})  "
    press = "screen.do('page.undo')"
    return (Part(" z", "key", press), Part(words, Tone.WARN, press))


def age_parts(aged: Snapshot[Any], now: datetime, session: StudioSession, read_only: bool) -> Parts:
    """Return the age of the data, or in a replay its time."""
    if (replay := session.replay) is not None:
        bar = time_bar(now, replay.share, replay.speed, runs=replay.is_running)
        return (Part(f"{bar.text} ", bar.tone, "screen.do('page.replay')"),)
    chip = freshness(aged, now, remedy_words(aged.error, session))
    part = Part(f"{chip.text} ", chip.tone, "screen.do('page.refresh')")
    return (part, Part(" read-only ", "current")) if read_only else (part,)


def freshness(snapshot: Snapshot[Any], now: datetime, remedy: str = "") -> Cell:
    """Return the freshness indicator of a snapshot.

    Data is live until the next answer is overdue, however long the interval between polls is. After
    a failure, the indicator shows the kind of outage and the next try, or instead of them the
    `remedy`: what starts Studio, which has stopped.
    """
    data_age = age((now - snapshot.fetched_at).total_seconds()) if snapshot.fetched_at else ""
    if snapshot.error is None:
        if snapshot.fetched_at is None:
            return Cell("loading…", Tone.DIM)
        if snapshot.is_recalled:
            recorded = "just now" if data_age == "now" else f"{data_age} old"
            return Cell(f"{recorded}, updating…", Tone.WARN)
        if now - (snapshot.due_at or snapshot.fetched_at) < LIVE_WITHIN:
            return Cell("● live", Tone.GOOD)
        return Cell(f"{data_age} old", Tone.DIM)
    stale = f"stale {data_age}, " if data_age not in {"", "now"} else ""
    if remedy:
        return Cell(f"✗ {stale}stopped: {remedy}", Tone.BAD)
    trouble = f"✗ {stale}{outage_words(snapshot.error)}"
    since = f" since {clock_time(snapshot.failing_since, now)}" if snapshot.failing_since else ""
    trying = f", {next_try(snapshot.next_try_at, now)}" if snapshot.next_try_at else ""
    return Cell(f"{trouble}{since}{trying}", Tone.BAD)


def time_bar(now: datetime, share: float, speed: float, *, runs: bool) -> Cell:
    """Return the time bar of a replay, whose time is `now`.

    `share` of the recording has been played, from 0 to 1; `speed` is in recorded seconds per
    second.
    """
    played = round(max(0.0, min(1.0, share)) * _BAR_WIDTH)
    sign = ("■" if share >= 1 else "▶") if runs else "‖"
    bar = "█" * played + "░" * (_BAR_WIDTH - played)
    time = now.astimezone().strftime("%Y-%m-%d %H:%M:%S")
    return Cell(f"{sign} replay {time} ▕{bar}▏ {speed:g}x", Tone.WARN)


def tab_and_count_parts(session: StudioSession, current: str, width: int) -> tuple[Parts, Parts]:
    """Return the tabs, and the counts of jobs by state or the progress of bulk commands."""
    tabs: Parts = ()
    counts: Parts = ()
    for least_width, titles, in_words in _FORMS:
        if width >= least_width:
            tabs = _tab_parts(session, current, width, titles)
            counts = _batch_parts(session) or _count_parts(session, in_words=in_words)
            if sum(cell_len(part.text) for part in (*tabs, *counts)) <= width:
                break
    return tabs, counts


def _tab_parts(
    session: StudioSession, current: str, width: int, titles: Mapping[str, str]
) -> Parts:
    """Return the tabs with badges; the current tab has its whole title, others those in `titles`.

    A badge shows how many jobs or pipelines have failed, or if none has, how many have ended.
    """
    numbers = _row_numbers(session) if width >= NUMBERS_FROM else {}
    badges = session.endings.snapshot.value or {}
    blank = " " if width >= WHOLE_FROM else ""
    parts: list[Part] = []
    for key, name, whole_title in TABS:
        look, action = "current" if name == current else Tone.DIM, f"screen.do('page.{name}')"
        title = whole_title if name == current else titles.get(name)
        label = f"{key} {title}{numbers.get(name, '')}" if title else key
        parts.append(Part(f"{blank}{label} ", look, action))
        if badge := badges.get(name):
            sign = Part("✗", Tone.BAD) if badge.failed else Part("✓", Tone.GOOD)
            parts.append(Part(f"{sign.text}{badge.failed or badge.ended} ", sign.look, action))
    return tuple(parts)


def _row_numbers(session: StudioSession) -> dict[str, str]:
    jobs = session.jobs.snapshot.value
    pipelines = session.pipelines.snapshot.value
    clusters = session.clusters.snapshot.value
    schedules = session.schedules.snapshot.value
    numbers: dict[str, str] = {}
    if jobs is not None:
        numbers["jobs"] = f" {_amount(jobs.jobs, jobs.has_all)}"
    if pipelines is not None:
        numbers["pipelines"] = f" {_amount(pipelines.pipelines, pipelines.has_all)}"
    if clusters is not None:
        numbers["clusters"] = f" {len(clusters.items)}"
    if schedules is not None:
        numbers["schedules"] = f" {len(schedules)}"
    return numbers


def _batch_parts(session: StudioSession) -> Parts:
    parts: list[Part] = []
    for batch in session.batches.snapshot.value or ():
        parts.append(Part(f"{batch.doing} {batch.ended:,} of {batch.total:,}", Tone.ACTIVE))
        if batch.failed:
            parts.append(Part(f", {plural(batch.failed, 'error')}", Tone.BAD))
        parts.append(Part("  "))
    return tuple(parts)


def _count_parts(session: StudioSession, *, in_words: bool) -> Parts:
    jobs = session.jobs.snapshot.value
    if jobs is None:
        return ()
    pipelines = session.pipelines.snapshot.value
    blocked = pipelines.blocked if pipelines is not None else frozenset[str]()
    newer = session.known_items.newer_attempts()
    parts: list[Part] = []
    for count in counts(
        jobs.by_status, has_all=jobs.has_all, blocked=blocked, newer_attempts=newer
    ):
        short = f"{count.glyph}{count.number_text} "
        text = f"{count.glyph} {count.number_text} {count.name}  " if in_words else short
        parts.append(Part(text, count.tone if count.number else Tone.DIM))
    return tuple(parts)


def _amount(rows: Sized, has_all: bool) -> str:
    return f"{len(rows)}{'' if has_all else '+'}"


def breadcrumbs_below(page: Screen[Any]) -> tuple[str, ...]:
    """Return the breadcrumbs of the nearest page below that `leads_to_pages`, else of jobs."""
    stack = page.app.screen_stack if page.is_running else []
    below = stack[: stack.index(page)] if page in stack else stack
    leading = (screen for screen in reversed(below) if getattr(screen, "leads_to_pages", False))
    nearest: Any = next(leading, None)
    return ("Jobs",) if nearest is None else nearest.crumbs()


MAX_HINTS = 6
"""How many key hints the footer has at most."""


class KeyHints:
    """The key hints in the footer of one page."""

    def __init__(self, page: Screen[Any]) -> None:
        self._page = page
        self._cached: tuple[Widget | None, dict[str | None, ActiveBinding]] = (None, {})
        """The widget that had the focus, and the bindings by id then."""

    def parts(self, command_ids: Iterable[str], label: Callable[[Binding], str]) -> Parts:
        """Return keys and labels of those of the first `MAX_HINTS` commands that are available.

        Below a dialog, none of them is.
        """
        if not self._page.is_active:
            return ()
        by_id = self._bindings_by_id()
        parts: list[Part] = [Part(" ")]
        for command_id in islice(command_ids, MAX_HINTS):
            active = by_id.get(command_id)
            if active and reason_against(active.node, active.binding) is None:
                press = f"screen.press('{active.binding.key}')"
                parts.append(Part(self._page.app.get_key_display(active.binding), "key", press))
                parts.append(Part(f" {label(active.binding)}  ", Tone.PLAIN, press))
        return tuple(parts)

    def _bindings_by_id(self) -> dict[str | None, ActiveBinding]:
        """Of a command with several keys, return the first binding."""
        focused, by_id = self._cached
        if not by_id or focused is not self._page.focused:
            # Cached while the focus stays: `active_bindings` checks each binding of each ancestor.
            by_id = {}
            for active in self._page.active_bindings.values():
                by_id.setdefault(active.binding.id, active)
            self._cached = self._page.focused, by_id
        return by_id
