"""Saves the user's place while the program runs, so that even a crash does not lose it."""

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol, runtime_checkable

from textual.app import App

from studio_tui import clock
from studio_tui.presentation.format import clock_time
from studio_tui.service.session import StudioSession
from studio_tui.tui.connected import Connected
from studio_tui.tui.frame.remembered import keep
from studio_tui.tui.screens import Screens

LOST_TIMEOUT = 30.0
"""Seconds for which the notice of an unsent command stays visible."""

KEEP_EVERY = 1.0
"""Seconds between checks for changes of the place."""


async def say_what_was_lost(app: App[int], session: StudioSession) -> None:
    """Report commands that an earlier run had not sent when it ended."""
    for hold in await asyncio.to_thread(session.holds.lost, clock.now()):
        at = clock_time(hold.at, clock.now())
        words = f"Not sent, as the dashboard ended before: {hold.words}, asked for at {at}"
        app.notify(words, severity="warning", markup=False, timeout=LOST_TIMEOUT)


@runtime_checkable
class NotesPlace(Protocol):
    """A page that must be asked to save its place."""

    @property
    def is_alive(self) -> bool:
        """Whether the page is mounted and not being removed."""

    def note_place(self) -> None:
        """Save the place in the page's view."""


class PlaceKeeper:
    """Saves changes of the user's place, in a thread and with a short delay."""

    def __init__(self, app: App[int], connected: Connected, screens: Screens) -> None:
        self._app = app
        self._connected = connected
        self._screens = screens
        self._kept: Mapping[Path, str] = {}
        self._has_returned = False
        """Whether the previous run's screen was restored, or the user has opened another one."""

    async def run(self) -> None:
        """Restore the previous run's page, then save the place until cancelled."""
        await asyncio.gather(self._return(), self._keep_on())

    async def _return(self) -> None:
        page = self._screens.last.opening()
        if page is not None:
            await self._connected.session.jobs.known()
            if self._is_where_it_began:
                self._app.post_message(page)
                await asyncio.sleep(0)
        self._has_returned = True

    @property
    def _is_where_it_began(self) -> bool:
        return self._app.screen is self._screens.tab(self._screens.last.tab)

    async def _keep_on(self) -> None:
        while True:
            await asyncio.sleep(KEEP_EVERY)
            self._note()
            await asyncio.to_thread(self._write, self._changed())

    def keep(self) -> None:
        """Save the place at once, as the program ends."""
        self._note()
        self.close()

    def close(self) -> None:
        """Save the remaining changes, without asking pages, which are being removed."""
        self._write(self._changed())

    def _note(self) -> None:
        stack = self._app.screen_stack
        for page in stack:
            # A page being mounted or removed has no place, or has saved it.
            if isinstance(page, NotesPlace) and page.is_alive:
                page.note_place()
        if self._has_returned or not self._is_where_it_began:
            self._screens.note_screen(stack)

    def _changed(self) -> dict[Path, str]:
        texts = self._screens.to_keep()
        changed = {path: text for path, text in texts.items() if self._kept.get(path) != text}
        self._kept = texts
        return changed

    def _write(self, texts: Mapping[Path, str]) -> None:
        for path, text in texts.items():
            keep(path, text)
