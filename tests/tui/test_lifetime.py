"""What comes from a log, a clock or a worker while its screen is being left costs nothing."""

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
from textual import work
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widgets import Static

from studio_tui.tui.lifetime import Lifetime
from studio_tui.tui.screens.jobs import JobsScreen
from studio_tui.tui.screens.log import LogScreen
from tests.driving import driving
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, until

VISITS = at_length(12, 1000)

FLOOD = """
import time
while True:
    print("x" * 60, flush=True)
    time.sleep(0.004)
"""


async def test_a_log_that_grows_all_the_time_can_be_left_at_any_moment(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit(FLOOD)
    studio.until(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path) as pilot:
        for _ in range(VISITS):
            await pilot.press("l")
            await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
            log = pilot.app.screen
            assert isinstance(log, LogScreen)
            await until(pilot, lambda log=log: log._store.size > 0)  # type: ignore[misc]
            await pilot.press("q")
            await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))


class Source:
    """Tells its listeners as often as it is asked to."""

    def __init__(self) -> None:
        self.listeners: list[Callable[[], None]] = []

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener) if listener in self.listeners else None

    def tell(self) -> None:
        for listener in list(self.listeners):
            listener()


class Page(Screen[None], Lifetime):
    """Paints its only child whenever anything happens."""

    def __init__(self, source: Source) -> None:
        super().__init__()
        self.source = source
        self.painted = 0
        self.go_on = asyncio.Event()
        self.has_gone_on = False

    def compose(self) -> ComposeResult:
        yield Static("", id="child")

    def on_mount(self) -> None:
        self.while_here(self.source.subscribe(self.paint_child))
        self.set_interval(0.001, self.paint_child)
        self.asked = self.unless_gone(self.paint_child)
        self.wait()

    def paint_child(self) -> None:
        self.query_one("#child", Static).update(str(self.painted))
        self.painted += 1

    @work(name="wait", group="poll")
    async def wait(self) -> None:
        await self.go_on.wait()
        self.has_gone_on = True
        self.paint_child()


async def test_nothing_reaches_a_screen_that_is_on_its_way_out() -> None:
    source = Source()
    async with driving(App[None]()) as pilot:
        page = Page(source)
        await pilot.app.push_screen(page)
        await until(pilot, lambda: page.painted > 0)
        gone = pilot.app.pop_screen()
        for _ in range(50):  # while its children are taken away one after the other
            source.tell()
            page.asked()
            page.call_next(page.paint_child)
            page.call_later(page.paint_child)
            page.go_on.set()
            await asyncio.sleep(0)
        await gone
        painted = page.painted
        source.tell()
        page.asked()
        assert page.painted == painted
        assert not source.listeners
        assert not page.has_gone_on


async def test_a_screen_below_another_goes_on() -> None:
    source = Source()
    async with driving(App[None]()) as pilot:
        page = Page(source)
        await pilot.app.push_screen(page)
        await pilot.app.push_screen(Screen())
        painted = page.painted
        source.tell()
        assert page.painted > painted
        page.go_on.set()
        await until(pilot, lambda: page.has_gone_on)


@pytest.mark.parametrize("call", ["call_next", "call_later", "call_after_refresh"])
async def test_what_is_put_off_is_done_while_the_screen_is_there(call: str) -> None:
    async with driving(App[None]()) as pilot:
        page = Page(Source())
        await pilot.app.push_screen(page)
        done: list[bool] = []

        def note() -> None:
            done.append(True)

        getattr(page, call)(note)
        await until(pilot, lambda: done)
