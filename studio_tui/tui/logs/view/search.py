"""Looking for something in a log: searching, and leaving lines out."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator, Sequence

from textual import work
from textual.binding import Binding, BindingType

from studio_tui import clock
from studio_tui.errors import SpoolError
from studio_tui.presentation.logs.levels import Level
from studio_tui.presentation.logs.lines import CHARACTER_LIMIT
from studio_tui.presentation.logs.live_rows import lasting
from studio_tui.presentation.logs.search import Problems, Wanted, WantedError
from studio_tui.service.logs.store.filtered import FilteredLines
from studio_tui.service.logs.store.matches import Find, LineMatches
from studio_tui.tui.logs.view.base import LogReader
from studio_tui.tui.widgets.prompt import FILTER, SEARCH, LogPrompt

SEEKING_KEYS: list[BindingType] = [
    Binding(
        "slash", "search", "search", key_display="/", id="logs.search", tooltip="Search the log"
    ),
    Binding("n", "find(1)", "next match", show=False, id="logs.next", tooltip="The next match"),
    Binding(
        "N",
        "find(-1)",
        "previous match",
        show=False,
        id="logs.previous",
        tooltip="The match before",
    ),
    Binding(
        "ampersand",
        "filter",
        "filter",
        key_display="&",
        id="logs.filter",
        tooltip="Show only lines with some words, or with !words hide them",
    ),
    Binding(
        "exclamation_mark",
        "problems",
        "problems",
        key_display="!",
        id="logs.problems",
        tooltip="Only errors and warnings, and back",
    ),
]

_REPORT_EVERY = 0.1
"""Seconds between looks at how far the looking has come."""
_REDRAWN = 16 * 1024
"""Bytes within which a row is drawn again that is still drawn at all."""
_TURN = 256
"""Matches that are gone through before others have their turn: some milliseconds."""


class LogSeeking(LogReader):
    """The part of the log view that looks for lines."""

    is_all_here = True
    """Whether the whole log is here; the screen says so."""

    def begin_seeking(self) -> None:
        """Look for nothing yet in another log."""
        self.workers.cancel_group(self, "log-search")
        self.workers.cancel_group(self, "log-look")
        self.wanted: Wanted | None = None
        self.filter = ""
        """What was typed for leaving lines out; `!` alone for only errors and warnings."""
        self._matches: LineMatches | None = None
        self._left_out: Wanted | None = None
        self._chosen: FilteredLines | None = None
        self._within: Find | None = None
        self.folds = self.pane.folds = False
        """Whether lines are left out that later ones are drawn over."""
        self._is_looking = False
        self.pane.wanted = None
        self.found = ""
        """Which match the reader is at, in words."""
        self._steps: deque[int] = deque()
        """Ways to the matches that are still to be gone to."""
        self._is_finding = False

    def seek_again(self) -> None:
        """Look for the same in another store of the same log."""
        wanted, typed = self.wanted, self.filter
        self.begin_seeking()
        if wanted is not None:
            self._want(wanted)
        if typed:
            self.choose(typed)

    def _want(self, wanted: Wanted) -> None:
        self.wanted = self.pane.wanted = wanted
        self._seek_matches()

    # --- what is known ---------------------------------------------------------------------------

    @property
    def _hits(self) -> list[LineMatches]:
        """Everything that is being looked for, what the reader waits for first."""
        chosen = self._chosen.hits if self._chosen else None
        return [hits for hits in (chosen, self._matches) if hits is not None]

    def keep_looking(self) -> None:
        """Look on in the background where there is something to be looked at."""
        if self._is_looking or all(hits.is_complete for hits in self._hits):
            return
        self._is_looking = True
        self._look()

    @work(name="look through the log", group="log-look", exclusive=True)
    async def _look(self) -> None:
        try:
            told = clock.monotonic()
            while open_hits := [hits for hits in self._hits if not hits.is_complete]:
                await open_hits[0].look_on()
                if clock.monotonic() - told > _REPORT_EVERY:
                    told = clock.monotonic()
                    self._show_progress()
        except SpoolError as error:
            self.say(str(error))
        finally:
            self._is_looking = False
        self._show_progress()

    def _show_progress(self) -> None:
        if self.pane.window is not None and self._chosen is not None:
            self.pane.window.fill()
        self.settle()

    @property
    def is_seeking(self) -> bool:
        """Whether lines are looked for, or left out."""
        return self._matches is not None or self._chosen is not None

    async def matching(self) -> AsyncIterator[int]:
        """Yield where the lines begin that are looked for, else those not left out; in order.

        Raises:
            SpoolError: the log cannot be read back.
        """
        chosen = self._chosen.hits if self._chosen else None
        hits = self._matches or chosen
        end = self.store.size if self.store else 0
        offset = passed = 0
        while hits and (start := await hits.nearest(offset, backwards=False)) is not None:
            if start >= end:
                break
            if chosen is None or hits is chosen or chosen.holds(start):
                yield start
            offset = start + 1
            passed += 1
            if passed % _TURN == 0:
                await asyncio.sleep(0)

    def in_sight(self) -> list[int]:
        """Return where the lines begin whose text is in sight, from the top."""
        size = self.store.size if self.store else 0
        chosen = self._chosen.hits if self._chosen else None
        return [
            start
            for start in dict.fromkeys(row.start for row in self.pane.in_sight)
            if start < size and (chosen is None or chosen.holds(start))
        ]

    def match_ticks(self, rows: int) -> frozenset[int]:
        """Return beside which of the bar's rows there are matches."""
        return self._matches.places(rows) if self._matches else frozenset()

    def seeking_words(self) -> str:
        """Return what is left out and what is found, in words; empty for nothing."""
        words = []
        if self._chosen is not None:
            hits = self._chosen.hits
            more = "" if hits.is_complete else " so far, looking…"
            what = "errors and warnings" if self.filter == "!" else f"& {self.filter}"
            if self.filter:
                words.append(f"{what}: {hits.total:,} lines{more}, esc shows all")
            elif more:
                words.append(f"{hits.total:,}{more}")
        if self.wanted is not None:
            words.append(self._count_words())
        problem = next((w.problem for w in (self.wanted, self._left_out) if w and w.problem), "")
        return problem or " · ".join(filter(None, words))

    def _count_words(self) -> str:
        if self._matches is None or self.wanted is None:
            return ""
        total, current = self._matches.total, self.pane.current
        if not self._matches.is_complete:
            count = f"{total:,} so far, looking…"
        elif current is not None and self._matches.holds(current):
            count = f"{self._matches.rank(current) + 1:,} of {total:,}"
        elif total:
            count = f"{total:,} matching lines"
        elif self.wanted.beyond:
            count = f"found only beyond the {CHARACTER_LIMIT:,} characters that are shown of a line"
        else:
            count = "no match" if self.is_all_here else "no match so far"
        return " ".join(filter(None, (f"/{self.wanted.typed}", count, self.found)))

    # --- searching -------------------------------------------------------------------------------

    def action_search(self) -> None:
        """Ask what to look for."""
        self.ask(SEARCH)

    def action_filter(self) -> None:
        """Ask which lines to show, or to hide."""
        self.ask(FILTER, "" if self.filter == "!" else self.filter)

    def on_log_prompt_changed(self, event: LogPrompt.Changed) -> None:
        """Light what is being typed, as far as it can be understood."""
        if event.kind is SEARCH:
            try:
                self.pane.wanted = Wanted(event.value) if event.value else self.wanted
            except WantedError:
                self.pane.wanted = None

    def submit_search(self, typed: str) -> bool:
        """Look for what was typed, else go on with the last; return whether it can be."""
        if typed:
            try:
                self._want(Wanted(typed))
            except WantedError as error:
                self.prompt.refuse(str(error))
                return False
            self.pane.current = None
        self.pane.wanted = self.wanted
        if self.wanted:
            self.action_find(1)
        return True

    def _seek_matches(self) -> None:
        wanted = self.wanted
        self._matches = (
            LineMatches(self.store, wanted.starts, within=self._shown(), ahead=self._ahead)
            if self.store and wanted
            else None
        )

    def show_within(self, within: Find | None) -> None:
        """Show only lines that `within` finds, of which filter and search choose; all if `None`.

        It is given lines with the tags of ours that the store puts before them.
        """
        self._within = within
        self._seek_matches()
        self.choose(self.filter)

    def fold(self, *, folds: bool) -> None:
        """Leave out lines that later ones are drawn over, or show them too."""
        if folds is not self.folds:
            self.folds = self.pane.folds = folds
            self._seek_matches()
            self.choose(self.filter)

    @property
    def _ahead(self) -> int:
        """Bytes beyond lines on which it depends whether these are shown."""
        return _REDRAWN if self.folds else 0

    def _shown(self) -> Find | None:
        """Return what finds the lines of which filter and search choose; `None` is all."""
        within = self._within
        if not self.folds:
            return within
        tag = self.store.tag if self.store else 0

        def shown(lines: bytes) -> Sequence[int]:
            last = lasting(lines, tag)
            return last if within is None else _both(within(lines), last)

        return shown

    def submit_filter(self, typed: str) -> bool:
        """Leave lines out as was typed; return whether that can be done."""
        try:
            self.choose(typed)
        except WantedError as error:
            self.prompt.refuse(str(error))
            return False
        return True

    def action_problems(self) -> None:
        """Show only errors and warnings, or everything again."""
        self.choose("" if self.filter == "!" else "!")

    def choose(self, typed: str) -> None:
        """Show only the lines of a filter, with the reader's line, or what is next to it.

        Raises:
            WantedError: what was typed cannot be looked for.
        """
        store = self.store
        if store is None:
            return
        shown = self._shown()
        hidden = Wanted(typed.removeprefix("!")) if typed.removeprefix("!") else None
        if typed == "!":
            find = Problems(Level.WARNING).starts
            hits: LineMatches | None = LineMatches(store, find, within=shown, ahead=self._ahead)
        elif hidden:
            is_negated = typed.startswith("!")
            hits = LineMatches(
                store, hidden.starts, negated=is_negated, within=shown, ahead=self._ahead
            )
        elif shown:
            hits = LineMatches(store, _nothing, negated=True, within=shown, ahead=self._ahead)
        else:
            hits = None
        self.filter, self._left_out = typed, hidden
        self._chosen = FilteredLines(store, hits) if hits else None
        anchor = self.pane.at_hand
        self.pane.choose(self._chosen, store.size if anchor is None else anchor)
        if self.following and self.pane.window:
            self.pane.window.to_end()
        self.settle()

    def end_search(self) -> bool:
        """Put out the matches, else show all lines; return whether there was anything to end."""
        self.workers.cancel_group(self, "log-search")
        if self.wanted is not None:
            self.wanted = self._matches = self.pane.wanted = None
            self.found = ""
            self.pane.current = None
        elif self.filter:
            self.choose("")
        else:
            return False
        self.settle()
        return True

    def action_find(self, step: int) -> None:
        """Go to the next match, or to the one before, after those already asked for."""
        self._steps.append(step)
        if not self._is_finding:
            self._is_finding = True
            self._find()

    @work(name="search the log", group="log-search", exclusive=True)
    async def _find(self) -> None:
        try:
            while self._steps:
                await self._find_one(self._steps.popleft())
        except SpoolError as error:
            self.say(str(error))
        finally:
            self._is_finding = False
            self._steps.clear()

    async def _find_one(self, step: int) -> None:
        """Show the nearest match; go round once at the end."""
        store, hits, window = self.store, self._matches, self.pane.window
        if store is None or hits is None or window is None:
            return
        current = self.current_in_sight()
        if current is None:
            offset = window.top.start
        else:
            offset = store.line_end(current) + 1 if step > 0 else current
        start = await self.nearest_shown(hits, offset, backwards=step < 0)
        self.found = ""
        if start is None:
            other_end = store.size + 1 if step < 0 else 0
            start = await self.nearest_shown(hits, other_end, backwards=step < 0)
            self.found = "from the end" if step < 0 else "from the start"
        if start is not None and store is self.store:
            self.go(start)
        else:
            self.found = ""
            self.settle()

    async def nearest_shown(self, hits: LineMatches, offset: int, *, backwards: bool) -> int | None:
        """Return the nearest line that is found, and is not left out."""
        while True:
            start = await hits.nearest(offset, backwards=backwards)
            if start is None or self._chosen is None or self._chosen.hits.holds(start):
                return start
            offset = start if backwards else start + 1

    def current_in_sight(self) -> int | None:
        """Return the reader's line; one that was scrolled away is not where the reader is."""
        current = self.pane.current
        return current if any(row.start == current for row in self.pane.in_sight) else None


def _both(some: Sequence[int], others: Sequence[int]) -> Sequence[int]:
    return sorted(set(some) & set(others))


def _nothing(_lines: bytes) -> Sequence[int]:
    """Find no line; negated that is every line."""
    return ()
