"""Saves the user's place, and the list in sight, while the program runs, so that even a crash does
not lose them."""

import asyncio
import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any, Protocol, cast

from textual.app import App
from textual.message import Message
from textual.screen import Screen

from studio_tui import clock
from studio_tui.files import keep
from studio_tui.presentation.format import clock_time
from studio_tui.service.session import StudioSession
from studio_tui.tui.connected import Connected
from studio_tui.tui.frame.last_list import LastList, pack_list
from studio_tui.tui.frame.list_page import ListPage
from studio_tui.tui.frame.page import Page
from studio_tui.tui.frame.page_bars import tab_and_count_parts
from studio_tui.tui.screens import Screens
from studio_tui.tui.terminal.key_queue import KeyQueue
from studio_tui.tui.widgets.workers import start_worker

LIST_EVERY = 30.0
"""Seconds between two versions while rows change; what does not change is not saved again."""


class LastListKeeper:
    """Describes the list of the current tab, if it is one that the next run can show."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: object = None
        self._noted_at = -LIST_EVERY

    def to_keep(self, stack: Sequence[Screen[Any]], *, at_once: bool) -> dict[Path, str]:
        """Return the file's new content; nothing if it need not be written now.

        `at_once` is for the end of the program.
        """
        is_due = clock.monotonic() - self._noted_at >= LIST_EVERY
        if not (is_due or at_once):
            return {}
        page = next((each for each in stack if isinstance(each, ListPage)), None)
        if page is None or page.is_stacked or not page.list.is_alive or not page.table.keys:
            return {}
        table, view = page.table, page.view
        keys = tuple(table.keys_in_sight)
        # Rows that have not changed are the same objects; ages alone are not worth a version.
        seen = (page.tab, [page.rows.get(key) for key in keys], table.cursor, view)
        fetched_at = page.polled().snapshot.fetched_at
        is_news = at_once or seen != self._seen
        if not is_news or fetched_at is None or table.cursor not in keys:
            return {}
        self._seen, self._noted_at = seen, clock.monotonic()
        tabs, counts = tab_and_count_parts(page.session, page.tab, page.size.width)
        last = LastList(
            at=fetched_at,
            home=page.home,
            crumbs=page.crumbs(),
            tabs=tabs,
            counts=counts,
            title=page.list.title.left,
            filter=view.filter,
            columns=page.columns,
            rows=tuple(page.cells_of(key) for key in keys),
            cursor=keys.index(table.cursor),
            sorting=table.sorting,
            wide=view.wide,
            sideways=table.sideways,
            contents=page.list.kept_contents,
            has_preview=view.preview,
        )
        return {self._file: pack_list(last)}


LOST_TIMEOUT = 30.0
"""Seconds for which the notice of an unsent command stays visible."""

KEEP_AFTER = 0.2
"""Seconds after the last of some keys or clicks until the place is checked."""

KEEP_WITHIN = 1.0
"""Maximum seconds from a key or click until the place is checked, however many follow."""

KEEP_EVERY = 5.0
"""Seconds between checks without input, for the list in sight and what moves by itself."""


async def report_unsent_commands(app: App[int], session: StudioSession) -> None:
    """Report commands that an earlier run had not sent when it ended."""
    for hold in await asyncio.to_thread(session.records.holds.lost, clock.now()):
        at = clock_time(hold.at, clock.now())
        words = f"Not sent, as the dashboard ended first: {hold.words}, requested at {at}"
        app.notify(words, severity="warning", markup=False, timeout=LOST_TIMEOUT)


def hold_keys(app: KeyQueue, page: Page) -> None:
    """Hold keys until `page` has the rows of the previous run that are already in sight."""
    if not getattr(app.screen, "has_rows", False):
        return
    hold = ExitStack()
    hold.enter_context(app.key_hold.for_next_screen())

    async def release() -> None:
        with hold:
            await page.session.jobs.first_value()
            # Behind the message about them in the queue of the page.
            page.call_later(hold.pop_all().close)

    start_worker(app, release, name="hold", group="poll")


class NotesPlace(Protocol):
    """A page that must be asked to save its place."""

    @property
    def is_alive(self) -> bool:
        """Whether the page is mounted and not being removed."""

    def note_place(self) -> None:
        """Save the place in the page's view."""


class PlaceKeeper:
    """Saves changes of the user's place, in a thread, a moment after the last of some keys."""

    def __init__(
        self, app: KeyQueue, connected: Connected, screens: Screens, last_list: Path | None
    ) -> None:
        """Make a keeper; `last_list` is the file for the list in sight, if it is to be saved."""
        self._app = app
        self._last_list = LastListKeeper(last_list) if last_list is not None else None
        self._connected = connected
        self._screens = screens
        self._kept: Mapping[Path, str] = {}
        self._unwritten: dict[Path, str] = {}
        """Contents of files that may not be written yet: a thread that has not begun is canceled at
        the program's end, which then writes them itself."""
        self._writing = threading.Lock()
        self._is_due = asyncio.Event()
        """Set a moment after a key or click, until the place has been checked."""
        self._timer: asyncio.TimerHandle | None = None
        """Runs from the first of some keys or clicks until `_is_due` is set."""
        self._latest = 0.0
        """When it ends at the latest, by the clock of the event loop."""
        self._has_returned = False
        """Whether the previous run's screen was restored, or the user has opened another one."""

    async def run(self) -> None:
        """Restore the previous run's page, then save the place until canceled."""
        leave = self._app.inputs.add(self.note_input)
        try:
            await asyncio.gather(self._return(), self._keep_on())
        finally:
            leave()

    async def _return(self) -> None:
        if pages := self._screens.last.opening():
            await self._connected.session.jobs.first_value()
            if self._is_where_it_began:
                await self._open(pages)
        self._has_returned = True

    async def _open(self, pages: Sequence[Message]) -> None:
        """Open pages one over the other, painting only the topmost."""
        are_open = asyncio.Event()
        with self._app.batch_update():
            for page in pages:
                self._app.post_message(page)
            self._app.call_later(are_open.set)
            await are_open.wait()

    @property
    def _is_where_it_began(self) -> bool:
        return self._app.screen is self._screens.tab(self._screens.last.tab)

    async def _keep_on(self) -> None:
        while True:
            await self._rest()
            self._note()
            # Most of the time nothing has changed, and a thread would cost more than checking.
            if texts := self._changed() | self._in_sight(at_once=False):
                self._unwritten |= texts
                await asyncio.to_thread(self._write)

    async def _rest(self) -> None:
        """Wait until the place may have changed: a moment after a key, else a few seconds."""
        with suppress(TimeoutError):
            async with asyncio.timeout(clock.until_multiple(KEEP_EVERY)):
                await self._is_due.wait()
                self._is_due.clear()

    def note_input(self) -> None:
        """Check the place soon, as it may be another after a key or click."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._timer is not None:
            self._timer.cancel()
        else:
            self._latest = now + KEEP_WITHIN
        self._timer = loop.call_at(min(now + KEEP_AFTER, self._latest), self._end_wait)

    def _end_wait(self) -> None:
        self._timer = None
        self._is_due.set()

    def keep(self) -> None:
        """Save the place at once, as the program ends."""
        self._note()
        self._write_now(self._in_sight(at_once=True))
        self.close()

    def close(self) -> None:
        """Save the remaining changes, without asking pages, which are being removed."""
        self._write_now(self._changed())

    def _note(self) -> None:
        stack = self._app.screen_stack
        for page in stack:
            # A page being mounted or removed has no place, or has saved it.
            # `isinstance` would ask for each property, each time.
            if hasattr(type(page), "note_place") and (noted := cast(NotesPlace, page)).is_alive:
                noted.note_place()
        if self._has_returned or not self._is_where_it_began:
            self._screens.note_screen(stack)

    def _in_sight(self, *, at_once: bool) -> dict[Path, str]:
        if self._last_list is None:
            return {}
        return self._last_list.to_keep(self._app.screen_stack, at_once=at_once)

    def _changed(self) -> dict[Path, str]:
        texts = self._screens.to_keep()
        changed = {path: text for path, text in texts.items() if self._kept.get(path) != text}
        self._kept = texts
        return changed

    def _write_now(self, texts: Mapping[Path, str]) -> None:
        self._unwritten |= texts
        self._write()

    def _write(self) -> None:
        # A thread that is late, as the program ends, must not replace what is newer.
        with self._writing:
            while self._unwritten:
                keep(*self._unwritten.popitem())
