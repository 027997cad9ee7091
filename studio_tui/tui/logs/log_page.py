"""What the log of one job and the merged log of several have in common."""

from abc import abstractmethod
from datetime import UTC
from functools import cache

from textual import events, on

from studio_tui import clock
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.logs.zones import Zones
from studio_tui.tui.frame.commands import Basics
from studio_tui.tui.frame.dialogs import confirm_fetch
from studio_tui.tui.frame.page import Page
from studio_tui.tui.logs.log_memory import LogMemory
from studio_tui.tui.logs.view.log_view import LogView
from studio_tui.tui.widgets.bar import Part
from studio_tui.tui.widgets.debouncer import Debouncer

_GROWTH_EVERY = 0.2
"""Seconds between updates of the head while the log grows, so that it agrees with the log."""


def is_paused(view: LogView) -> bool:
    """Return whether a view does not follow the end although lines may arrive."""
    return not (view.following or view.is_all_here)


def pause_parts(view: LogView) -> tuple[Part, ...]:
    """Return what the line above a log says while the log is not followed."""
    return (Part("‖ paused, F follows  ", Tone.WARN),) if is_paused(view) else ()


class LogPage(Page):
    """A page with a log view, below a head that is updated while the log grows."""

    AUTO_FOCUS = "LogPane"

    def __init__(self, basics: Basics, memory: LogMemory, view: LogView) -> None:
        super().__init__(basics)
        self.memory = memory
        self.view = view
        self.zones = cache(self._find_zones)
        """Returns the zones of lines' times; cached, as detecting this machine's is slow."""
        growth = Debouncer(
            self, self.while_alive(self.show_head), pause=_GROWTH_EVERY, most=_GROWTH_EVERY
        )
        self.note_growth = growth.note
        """Updates the head in a moment, as the log has grown."""

    # For subclasses to override.

    @abstractmethod
    def show_head(self) -> None:
        """Update the line above the log."""

    # What all have in common.

    def _find_zones(self) -> Zones:
        zone = clock.zone()
        return Zones(zone if self.session.is_local else UTC, zone)

    def on_mount(self) -> None:
        self.watch(self.view.pane, "look", self._note_look, init=False)
        painting = self.while_alive(lambda *_: self.paint_hints())
        for name in ("has_lines", "is_all_here"):
            self.watch(self.view, name, painting, init=False)
        showing = self.while_alive(lambda *_: self._show_following())
        self.watch(self.view, "following", showing, init=False)

    def _note_look(self) -> None:
        self.memory.look = self.view.pane.look

    @on(events.ScreenResume)
    def _apply_look(self) -> None:
        """Apply the display options, which may have been changed on the page of another log."""
        if self.view.pane.look != self.memory.look:
            self.view.appearance.apply(self.memory.look)

    @on(events.ScreenSuspend)
    def _note_place(self) -> None:
        self.note_place()

    def _show_following(self) -> None:
        self.show_head()
        self.paint_hints()

    async def may_fetch(self, host: str) -> bool:
        """Ask the user whether an archived log may be fetched from a host."""
        return await self.ask(confirm_fetch(host)) is not None
