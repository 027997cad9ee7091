"""Saves the user's place and the visible list, and restores the pages of the previous run."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

from textual.app import App
from textual.message import Message
from textual.screen import Screen

from studio_tui import clock
from studio_tui.files import store_if_possible
from studio_tui.presentation.format import clock_time
from studio_tui.service.session import StudioSession
from studio_tui.tui.connected import Connected
from studio_tui.tui.frame.last_list import LastList, drawn_lines, pack_list
from studio_tui.tui.frame.last_screen import LastScreen
from studio_tui.tui.frame.list_page import ListPage
from studio_tui.tui.frame.page import Page
from studio_tui.tui.screens import Screens
from studio_tui.tui.terminal.key_queue import KeyQueue, keys_held
from studio_tui.tui.widgets.debouncer import Debouncer
from studio_tui.tui.widgets.workers import start_worker

LIST_EVERY = 30.0
"""Seconds between saves of the visible list while only its data changes."""

LOST_TIMEOUT = 30.0
"""Seconds for which it is visible that a command was not sent."""

CHECK_AFTER = 0.2
"""Seconds from the last of several keys or clicks until the place is checked."""

CHECK_WITHIN = 1.0
"""Most seconds from a key or click until the place is checked, however many others follow."""

CHECK_EVERY = 5.0
"""Seconds between checks otherwise: lists change and logs scroll by themselves."""


class LastListKeeper:
    """Produces the contents of the file from which the next run shows the current list at once."""

    def __init__(self, file: Path | None) -> None:
        """Make a keeper; without a file, it keeps nothing."""
        self._file = file
        self._saved_state: object = None
        self._saved_place: object = None
        self._saved_at = -LIST_EVERY
        self._saved_tab = ""
        """The tab whose list is in the file; empty before the first page is shown.

        The first page is on the tab where the previous run ended, so the file has its list.
        """

    def to_keep(self, stack: Sequence[Screen[Any]], *, at_once: bool) -> dict[Path, str]:
        """Return the new content of the file by its path; nothing if it need not be written.

        A changed list is saved every `LIST_EVERY` seconds, and as soon as the user's place has
        changed. `at_once` saves it in any case. For a tab whose list cannot be kept, the content is
        empty, so that the next run does not begin with the list of another tab.
        """
        if self._file is None:
            return {}
        page = next((screen for screen in stack if isinstance(screen, Page) and screen.tab), None)
        tab = page.tab if page is not None else self._saved_tab
        self._saved_tab = self._saved_tab or tab
        text = self._text(page, at_once=at_once) if isinstance(page, ListPage) else ""
        if not text and tab == self._saved_tab:
            return {}
        if not text:
            self._saved_state = self._saved_place = None
        self._saved_tab = tab
        return {self._file: text}

    def _text(self, page: ListPage[Any], *, at_once: bool) -> str:
        """Return the list of a page; empty if it cannot be kept, or is not to be saved now."""
        # The opening screen has no layout for a stacked list.
        if page.is_stacked or not page.list.is_alive or not page.table.keys_in_sight:
            return ""
        table, view = page.table, page.view
        place = (page.tab, view.replace(line=0, newest="", contents=()))
        is_due = clock.monotonic() - self._saved_at >= LIST_EVERY or place != self._saved_place
        if not (is_due or at_once):
            return ""
        keys = tuple(table.keys_in_sight)
        # An unchanged row is the same object. A list in which only ages change is not saved again.
        state = (page.tab, [page.rows.get(key) for key in keys], table.cursor, view)
        fetched_at = page.source_of_age().snapshot.fetched_at
        must_save = at_once or state != self._saved_state
        if not must_save or fetched_at is None:
            return ""
        self._saved_state, self._saved_place, self._saved_at = state, place, clock.monotonic()
        last = LastList(
            at=fetched_at,
            home=page.home,
            crumbs=page.crumbs(),
            tabs=drawn_lines([page.tab_bar.render_line(0)]),
            title=drawn_lines([page.list.title.render_line(0)]),
            filter=view.filter,
            table=drawn_lines(table.lines()),  # a covered table is not painted
            has_preview=view.preview,
        )
        return pack_list(last)


async def report_unsent_commands(app: App[int], session: StudioSession) -> None:
    """Report commands that an earlier run had not sent when it ended."""
    for hold in await asyncio.to_thread(session.records.holds.mark_lost, clock.now()):
        time = clock_time(hold.at, clock.now())
        words = f"Not sent, as the dashboard ended first: {hold.words}, requested at {time}"
        app.notify(words, severity="warning", markup=False, timeout=LOST_TIMEOUT)


def hold_keys(app: KeyQueue, page: Page) -> None:
    """Hold keys back until `page` has the rows that the opening screen shows, if it shows any."""
    if not getattr(app.screen, "has_rows", False):
        return
    hold = ExitStack()
    hold.enter_context(keys_held(app))

    async def release() -> None:
        with hold:
            await page.session.jobs.first_value()
            # Release the keys later: the message with the rows is still in the queue of the page.
            page.call_later(hold.pop_all().close)

    start_worker(app, release, name="hold", group="poll")


class PlaceKeeper:
    """Saves changes of the user's place in a thread, shortly after keys and clicks."""

    def __init__(
        self, app: KeyQueue, connected: Connected, screens: Screens, list_file: Path | None
    ) -> None:
        self._app = app
        self._list_keeper = LastListKeeper(list_file)
        self._connected = connected
        self._screens = screens
        # What has not changed here is not saved: another dashboard may have changed it.
        self._last_texts: Mapping[Path, str] = screens.contents_to_save()
        self._unwritten: dict[Path, str] = {}
        """Contents to write, by file; as the program ends, their thread may not have begun."""
        self._writing = threading.Lock()
        self._is_due = asyncio.Event()
        self._inputs = Debouncer(app, self._is_due.set, pause=CHECK_AFTER, most=CHECK_WITHIN)
        self._has_restored_pages = False
        """True also if the user opened a screen first, so that none were restored."""

    async def run(self) -> None:
        """Restore the pages of the previous run, and save the place until canceled."""
        stop_listening = self._app.input_listeners.add(self._inputs.note)
        try:
            await asyncio.gather(self._restore_pages(), self._save_until_canceled())
        finally:
            stop_listening()

    async def _restore_pages(self) -> None:
        if pages := self._screens.last.opening_messages():
            await self._connected.session.jobs.first_value()
            if self._is_first_screen_on_top:
                await self._open(pages)
        self._has_restored_pages = True

    async def _open(self, pages: Sequence[Message]) -> None:
        """Open pages one over the other, painting only the topmost."""
        are_open = asyncio.Event()
        with self._app.batch_update():
            for page in pages:
                self._app.post_message(page)
            self._app.call_later(are_open.set)
            await are_open.wait()

    @property
    def _is_first_screen_on_top(self) -> bool:
        return self._app.screen is self._screens.tab(self._screens.last.tab)

    async def _save_until_canceled(self) -> None:
        while True:
            await self._wait_for_check()
            self._note_places()
            # Most of the time nothing has changed, and a thread would cost more than checking.
            last_list = self._list_keeper.to_keep(self._app.screen_stack, at_once=False)
            if texts := self._changed_files() | last_list:
                self._unwritten |= texts
                await asyncio.to_thread(self._write)

    async def _wait_for_check(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(clock.until_multiple(CHECK_EVERY)):
                await self._is_due.wait()
                self._is_due.clear()

    def save_at_once(self) -> None:
        """Save the place at once, as the program or the connection ends."""
        self._note_places()
        self._unwritten |= self._list_keeper.to_keep(self._app.screen_stack, at_once=True)
        self.save_remaining()

    def save_remaining(self) -> None:
        """Save the remaining changes, without the places of the pages, which are being removed."""
        self._unwritten |= self._changed_files()
        self._write()

    def _note_places(self) -> None:
        stack = self._app.screen_stack
        for screen in stack:
            # A page being mounted has no place yet; a page being removed has saved it.
            if isinstance(screen, Page) and screen.is_alive:
                screen.note_place()
        # Until the pages are restored, the saved screens must not be replaced by the tab alone.
        if self._has_restored_pages or not self._is_first_screen_on_top:
            self._screens.last = LastScreen.of(stack)

    def _changed_files(self) -> dict[Path, str]:
        texts = self._screens.contents_to_save()
        changed = {path: text for path, text in texts.items() if self._last_texts.get(path) != text}
        self._last_texts = texts
        return changed

    def _write(self) -> None:
        # A thread that is late, as the program ends, must not replace newer contents.
        with self._writing:
            while self._unwritten:
                store_if_possible(*self._unwritten.popitem())
