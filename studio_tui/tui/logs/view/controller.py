"""What the controllers of a log view have in common."""

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.widget import Widget
from textual.worker import Worker

from studio_tui.errors import SpoolError
from studio_tui.service.logs.store.matches import LineMatches
from studio_tui.tui.logs.view.spot import Spot
from studio_tui.tui.widgets.workers import Work, start_worker

if TYPE_CHECKING:
    from studio_tui.tui.logs.view.log_view import LogView


class WorkGroup:
    """Workers of a widget that run one at a time."""

    def __init__(self, node: Widget, name: str, show_error: Callable[[str], object]) -> None:
        """Make an empty group; `show_error` is called with why a log cannot be read."""
        self._node = node
        self._name = name
        self._show_error = show_error
        self._turn = asyncio.Lock()
        self._latest: Worker[object] | None = None

    def run(self, work: Work, name: str) -> None:
        """Run a coroutine function; cancel the workers of this group and others of its name."""
        self._start(work, name, exclusive=True)

    def run_if_idle(self, work: Work, name: str) -> None:
        """Run a coroutine function, unless one that was started here is still running."""
        if self._is_idle:
            self._start(work, name, exclusive=True)

    def run_next(self, work: Work, name: str) -> None:
        """Run a coroutine function once those that were started here have ended."""
        self._start(work, name, exclusive=self._is_idle)

    @property
    def _is_idle(self) -> bool:
        # A worker that is canceled before it begins never counts as finished.
        return self._latest is None or self._latest.is_finished or self._latest.is_cancelled

    def _start(self, work: Work, name: str, *, exclusive: bool) -> None:
        async def run() -> None:
            try:
                async with self._turn:
                    await work()
            except SpoolError as error:
                self._show_error(str(error))

        self._latest = start_worker(
            self._node, run, name=name, group=self._name, exclusive=exclusive
        )

    def cancel(self) -> None:
        """Cancel the workers of this group and others of its name."""
        self._node.workers.cancel_group(self._node, self._name)


class ViewController:
    """A controller of a log view; what it needs of other controllers it takes from the view."""

    def __init__(self, view: "LogView") -> None:
        self._view = view
        self._going = WorkGroup(view, "log-steps", view.show_message)
        """Goes to a line; shared by all controllers, so that the latest key wins."""
        self._work = WorkGroup(view, type(self).__name__, view.show_message)
        """The other work of the controller."""

    def _spot(self) -> Spot:
        window = None if self._view.following else self._view.pane.window
        return Spot(self._view.pane.current, window.top if window else None)

    def _return_to(self, spot: Spot) -> None:
        self._view.following = spot.top is None
        window = self._view.pane.window
        if window is not None and spot.top is not None:
            window.to(spot.top.start)
            window.move(spot.top.part)
        self._view.pane.current = spot.current


class MatchSteps(ViewController):
    """Goes from match to match, and from one end of the log to the other."""

    name: ClassVar[str]
    """What a match is called."""
    matches: LineMatches | None = None

    async def _nearest(self, matches: LineMatches, offset: int, step: int) -> int | None:
        """Return the first shown match from `offset` on; with a `step` of -1, the last before it.

        Raises:
            SpoolError: the log cannot be read back.
        """
        return await self._view.filter.nearest_shown(matches, offset, backwards=step < 0)

    async def _next(self, matches: LineMatches, offset: int, step: int) -> tuple[int | None, str]:
        """Return what `_nearest` returns, with empty words.

        If that is `None`, search from the other end of the log, and return words that say so.
        """
        start = await self._nearest(matches, offset, step)
        if start is not None:
            return start, ""
        size = self._view.store.size if self._view.store else 0
        start = await self._nearest(matches, size + 1 if step < 0 else 0, step)
        ends = ("last", "end") if step < 0 else ("first", "start")
        return start, f"the {ends[0]} {self.name}, from the {ends[1]}"

    def _show_until_changed(self, words: str) -> None:
        """Show a message until the matches, the filter or the user's place change."""

        def state() -> tuple[object, ...]:
            total = self.matches.total if self.matches else 0
            return self.matches, total, self._view.filter.typed, self._spot()

        before = state()
        self._view.show_message(words, lambda: state() == before)
