"""Leaving lines of a log out: those that a filter hides, and those that are drawn over."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from studio_tui.presentation.format import plural
from studio_tui.presentation.logs.levels import Level
from studio_tui.presentation.logs.live_rows import UP, lasting
from studio_tui.presentation.logs.search import OfLevel, Wanted, WantedError
from studio_tui.service.logs.store.filtered import FilteredLines
from studio_tui.service.logs.store.matches import Find, LineMatches
from studio_tui.tui.frame.commands import Command
from studio_tui.tui.logs.view.reader import Reader
from studio_tui.tui.logs.view.viewport import Row
from studio_tui.tui.widgets.prompt import FILTER

_PROBLEMS = "!"
"""What stands for only errors and warnings where a filter is typed."""
_LOOKED_AT = 64 * 1024
"""Bytes in sight that are looked at for nested bars."""
_REDRAWN = 16 * 1024
"""Bytes within which a row is drawn again that is still drawn at all."""


class _WayBack(NamedTuple):
    """Where the reader was before lines were left out."""

    top: int
    """Start of the first line in sight."""
    current: int | None
    """Start of the reader's line."""


class LineFilter:
    """Controller of a log view: which lines are shown."""

    def __init__(self, view: Reader, *, scope_changed: Callable[[], None]) -> None:
        """Take what is told when search and filter have other lines to choose from."""
        self._view = view
        self._scope_changed = scope_changed
        self._forget()

    def _forget(self) -> None:
        self.typed = ""
        """What was typed for leaving lines out; `!` alone for only errors and warnings."""
        self.chosen: FilteredLines | None = None
        """The lines that are shown; `None` is all of them."""
        self._left_out: Wanted | None = None
        self._within: Find | None = None
        self._folds = False
        """Whether lines are left out that later ones are drawn over."""
        self._way_back: _WayBack | None = None
        """Where the reader was before the filter; `None` while following, and once they moved."""

    def begin(self) -> None:
        """Leave nothing out of another log."""
        self._forget()
        self._view.pane.folds = False

    def stay(self) -> None:
        """Let the end of the filter leave the reader where they are, as they go elsewhere."""
        self._way_back = None

    def starts(self) -> set[int]:
        """Return where the lines begin that the reader is to come back to."""
        return set() if self._way_back is None else {self._way_back.top}

    def relocate(self, moved: Mapping[int, int]) -> None:
        """Find these lines again where they begin now."""
        way_back = self._way_back
        if way_back is not None:
            top, current = moved.get(way_back.top), way_back.current
            current = None if current is None else moved.get(current)
            self._way_back = None if top is None else _WayBack(top, current)

    @property
    def hits(self) -> LineMatches | None:
        """The lines that are shown, as they are looked for; `None` is all of them."""
        return self.chosen.hits if self.chosen else None

    @property
    def problem(self) -> str:
        """What is wrong with what was typed; empty for nothing."""
        return self._left_out.problem if self._left_out else ""

    def words(self) -> str:
        """Return what is left out, in words; empty for nothing."""
        hits = self.hits
        if hits is None:
            return ""
        more = "" if hits.is_complete else " so far, looking…"
        what = "errors and warnings" if self.typed == _PROBLEMS else f"& {self.typed}"
        if self.typed:
            return f"{what}: {plural(hits.total, 'line')}{more}, esc shows all"
        return f"{hits.total:,}{more}" if more else ""

    def shows(self, start: int) -> bool:
        """Whether the line at `start` is not left out."""
        return self.chosen is None or self.chosen.hits.holds(start)

    def in_sight(self) -> list[int]:
        """Return where the lines begin whose text is in sight, from the top."""
        size = self._view.store.size if self._view.store else 0
        starts = dict.fromkeys(row.start for row in self._view.pane.in_sight)
        return [start for start in starts if start < size and self.shows(start)]

    async def nearest_shown(self, hits: LineMatches, offset: int, *, backwards: bool) -> int | None:
        """Return the nearest line that is found, and is not left out.

        Raises:
            SpoolError: the log cannot be read back.
        """
        while True:
            start = await hits.nearest(offset, backwards=backwards)
            if start is None or self.shows(start):
                return start
            offset = start if backwards else start + 1

    # --- from which lines is chosen --------------------------------------------------------------

    def scope(self) -> Find | None:
        """Return what finds the lines of which filter and search choose; `None` is all."""
        within = self._within
        if not self._folds:
            return within
        tag = self._view.store.tag if self._view.store else 0

        def shown(lines: bytes) -> Sequence[int]:
            last = lasting(lines, tag)
            return last if within is None else _both(within(lines), last)

        return shown

    @property
    def ahead(self) -> int:
        """Bytes beyond lines on which it depends whether these are shown."""
        return _REDRAWN if self._folds else 0

    def show_within(self, within: Find | None) -> None:
        """Show only lines that `within` finds, of which filter and search choose; all if `None`.

        It is given lines with the tags of ours that the store puts before them.
        """
        self._within = within
        self._scope_changed()
        self.choose(self.typed)

    def fold(self, *, folds: bool) -> None:
        """Leave out lines that later ones are drawn over, or show them too."""
        if folds is not self._folds:
            self._folds = self._view.pane.folds = folds
            self._scope_changed()
            self.choose(self.typed)

    def fold_bars(self, rows: Sequence[Row]) -> None:
        """Leave out what bars one below the other draw over as soon as one is among the rows."""
        store = self._view.store
        if self._folds or self._view.pane.form.states or not rows or store is None:
            return
        first = rows[0].start
        end = store.line_end(rows[-1].start)
        if UP.search(store.read(first, min(_LOOKED_AT, end - first))):
            self.fold(folds=True)

    # --- choosing --------------------------------------------------------------------------------

    def choose(self, typed: str) -> None:
        """Show only the lines of a filter, with the reader's line, or what is next to it.

        Raises:
            WantedError: what was typed cannot be looked for.
        """
        view, store = self._view, self._view.store
        if store is None:
            return
        shown = self.scope()
        hidden = Wanted(typed.removeprefix("!")) if typed.removeprefix("!") else None
        if typed == _PROBLEMS:
            find = OfLevel(Level.WARNING).starts
            hits: LineMatches | None = LineMatches(store, find, within=shown, ahead=self.ahead)
        elif hidden:
            is_negated = typed.startswith("!")
            hits = LineMatches(
                store, hidden.starts, negated=is_negated, within=shown, ahead=self.ahead
            )
        elif shown:
            hits = LineMatches(store, _nothing, negated=True, within=shown, ahead=self.ahead)
        else:
            hits = None
        begins, ends = bool(typed) and not self.typed, bool(self.typed) and not typed
        self.typed, self._left_out = typed, hidden
        self.chosen = FilteredLines(store, hits) if hits else None
        anchor = view.pane.at_hand
        if begins:
            window = None if view.following else view.pane.window
            self._way_back = _WayBack(window.top.start, view.pane.current) if window else None
        view.pane.choose(self.chosen, store.size if anchor is None else anchor)
        if view.following and view.pane.window:
            view.pane.window.to_end()
        if ends:
            self._come_back()
        view.settle()

    def _come_back(self) -> None:
        """Go where the reader was before the filter, unless they have chosen another line."""
        way_back, pane = self._way_back, self._view.pane
        self._way_back = None
        if way_back is not None and pane.window and way_back.current == pane.current:
            pane.window.to(way_back.top)

    def end(self) -> None:
        """Show all lines, if any were left out by what was typed."""
        if self.typed:
            self.choose("")

    def submit(self, typed: str) -> str | None:
        """Leave lines out as was typed; return why that cannot be done."""
        try:
            self.choose(typed)
        except WantedError as error:
            return str(error)
        return None

    def ask(self) -> None:
        """Ask which lines to show, or to hide."""
        self._view.ask(FILTER, "" if self.typed == _PROBLEMS else self.typed)

    def why_no_log(self) -> str | None:
        """Return why there is nothing to leave out."""
        return self._view.why_no_log()

    def toggle_problems(self) -> None:
        """Show only errors and warnings, or everything again."""
        self.choose("" if self.typed == _PROBLEMS else _PROBLEMS)

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "logs.filter",
            "ampersand",
            "filter",
            "Show only lines with some words, or with !words hide them",
            ask,
            why_no_log,
            display="&",
        ),
        Command(
            "logs.problems",
            "exclamation_mark",
            "problems",
            "Only errors and warnings, and back",
            toggle_problems,
            display="!",
        ),
    )


def _both(some: Sequence[int], others: Sequence[int]) -> Sequence[int]:
    return sorted(set(some) & set(others))


def _nothing(_lines: bytes) -> Sequence[int]:
    """Find no line; negated that is every line."""
    return ()
