"""Messages to a screen or widget that is being removed are dropped."""

import ast
import asyncio
import importlib
import pkgutil
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from textual import events, work
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widget import Widget

import studio_tui.tui
from studio_tui.service.logs.state import FollowPhase
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.frame.commands import Basics
from studio_tui.tui.frame.dialogs import Choose, Confirm
from studio_tui.tui.frame.help import HelpScreen
from studio_tui.tui.frame.list_view import ListView
from studio_tui.tui.jobs.list_screen import JobsScreen
from studio_tui.tui.logs.log_screen import LogScreen
from studio_tui.tui.logs.merged_screen import MergedScreen
from studio_tui.tui.logs.view.frames import FRAME
from studio_tui.tui.logs.view.log_view import LogView
from studio_tui.tui.messages import OpenLogs
from studio_tui.tui.palette import PagedPalette
from studio_tui.tui.widgets.lifetime import Lifetime
from tests.driving import driving
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, until, until_shown
from tests.tui.logs.view.log_stage import Stage
from tests.tui.widgets.slow_leaver import SlowLeaver
from tests.waiting import eventually

CHATTY = "import time\nfor n in range(100_000): print('n', n, flush=True); time.sleep(0.004)"

NOTICE_DELAY = 0.001

SOURCES = Path(studio_tui.tui.__file__).parent
LATER = {"set_timer", "set_interval", "call_after_refresh", "call_later", "call_next", "run_worker"}


class SlowComer(Widget):
    """Takes its time to come."""

    def __init__(self) -> None:
        super().__init__()
        self.is_coming = asyncio.Event()
        self.may_come = asyncio.Event()

    async def on_mount(self) -> None:
        self.is_coming.set()
        await self.may_come.wait()


class Parent(Lifetime, Widget):
    """Notes what reaches it."""

    def __init__(self) -> None:
        super().__init__()
        self.reached: list[str] = []
        self.listeners: list[Callable[[], None]] = []
        self.result = asyncio.Event()
        self.first: Widget | None = None

    def compose(self) -> ComposeResult:
        if self.first is not None:
            yield self.first
        yield SlowLeaver()

    def on_mount(self) -> None:
        self.query_one(SlowLeaver)
        self.reached.append("mounted")

    def on_screen_suspend(self) -> None:
        self.reached.append("suspended")

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    @work(name="wait", group="wait")
    async def wait(self) -> None:
        await self.result.wait()
        self.reached.append("worker")

    @work(name="late", group="late")
    async def late(self) -> None:
        self.reached.append("late worker")


class Below(Lifetime, Screen[None]):
    """Notes what reaches it."""

    def __init__(self) -> None:
        super().__init__()
        self.reached: list[str] = []
        self.listeners: list[Callable[[], None]] = []

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)


class OneParent(App[int]):
    """Holds a parent."""

    def compose(self) -> ComposeResult:
        yield Parent()


async def test_a_widget_that_stays_is_reached() -> None:
    app = OneParent()
    async with driving(app) as pilot:
        parent = app.query_one(Parent)
        parent.query_one(SlowLeaver).let_go()
        parent.listen(parent.subscribe, lambda: parent.reached.append("listener"))
        parent.set_timer(NOTICE_DELAY, lambda: parent.reached.append("timer"))
        parent.set_interval(NOTICE_DELAY, lambda: parent.reached.append("interval"), repeat=1)
        parent.call_after_refresh(parent.reached.append, "refresh")
        parent.wait()
        parent.late()
        parent.listeners[0]()
        parent.result.set()
        wanted = {"mounted", "listener", "timer", "interval", "refresh", "worker", "late worker"}
        await until(pilot, lambda: set(parent.reached) == wanted)


async def test_a_widget_on_its_way_out_is_reached_by_nothing() -> None:
    app = OneParent()
    async with driving(app) as pilot:
        parent = app.query_one(Parent)
        parent.listen(parent.subscribe, lambda: parent.reached.append("listener"))
        parent.wait()
        await pilot.pause()
        (listener,) = parent.listeners
        leaving = parent.remove()
        async with parent.query_one(SlowLeaver).held():
            listener()
            parent.result.set()
            parent.set_timer(NOTICE_DELAY, lambda: parent.reached.append("timer"))
            parent.set_interval(NOTICE_DELAY, lambda: parent.reached.append("interval"), repeat=1)
            parent.call_after_refresh(parent.reached.append, "refresh")
            parent.late()
            await asyncio.sleep(20 * NOTICE_DELAY)
        await leaving
        await pilot.pause()
        assert parent.reached == ["mounted"]
        assert parent.listeners == []


async def test_a_widget_that_is_not_there_yet_is_reached_by_nothing() -> None:
    app = OneParent()
    async with driving(app) as pilot:
        app.query_one(SlowLeaver).let_go()
        parent, slow = Parent(), SlowComer()
        parent.first = slow
        reach = parent.while_alive(lambda: parent.reached.append("listener"))
        reach()
        coming = app.screen.mount(parent)
        await slow.is_coming.wait()
        reach()
        slow.may_come.set()
        await coming
        assert parent.reached == ["mounted"]
        reach()
        assert parent.reached == ["mounted", "listener"]
        parent.query_one(SlowLeaver).let_go()
        await pilot.pause()


async def test_a_widget_that_is_taken_away_before_it_is_there_is_not_mounted() -> None:
    app = OneParent()
    async with driving(app) as pilot:
        app.query_one(SlowLeaver).let_go()
        parent = Parent()
        coming = app.screen.mount(parent)
        leaving = parent.remove()
        parent.post_message(events.ScreenSuspend())
        await coming
        await leaving
        await pilot.pause()
        assert parent.reached == []


async def test_a_page_that_is_taken_away_before_it_is_there_is_no_error(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path, frames=True) as pilot:
        jobs = pilot.app.screen
        assert isinstance(jobs, JobsScreen)
        page = JobsScreen(Basics(jobs.session, jobs.home, read_only=False), ListView())
        screens: list[Screen[Any]] = [
            Confirm("Sure?", (), yes="Yes", no="No"),
            Choose("Which?", [("a", "A")], "a"),
            HelpScreen("this screen", ()),
            PagedPalette(),
            page,
        ]
        for screen in screens:
            pilot.app.push_screen(screen)
            pilot.app.pop_screen()
            await pilot.pause()
            await until(pilot, lambda screen=screen: not screen.is_attached)  # type: ignore[misc]


@pytest.mark.parametrize("is_page", [True, False])
async def test_a_screen_that_comes_as_the_program_ends_is_no_error(
    shared_studio: ThreadStudio, tmp_path: Path, is_page: bool
) -> None:
    async with dashboard(shared_studio, tmp_path, frames=True) as pilot:
        jobs = pilot.app.screen
        assert isinstance(jobs, JobsScreen)
        page = JobsScreen(Basics(jobs.session, jobs.home, read_only=False), ListView())
        screen: Screen[Any] = page if is_page else HelpScreen("this screen", ())
        pilot.app.push_screen(screen)
        pilot.app.exit(0)
    assert pilot.app.return_code == 0


async def test_a_screen_below_another_is_reached() -> None:
    app = App[None]()
    async with driving(app):
        below = Below()
        await app.push_screen(below)
        below.listen(below.subscribe, lambda: below.reached.append("listener"))
        await app.push_screen(Screen())
        below.listeners[0]()
        assert below.reached == ["listener"]


async def test_a_listener_that_leaves_by_itself_leaves_once() -> None:
    app = OneParent()
    async with driving(app):
        parent = app.query_one(Parent)
        parent.query_one(SlowLeaver).let_go()
        unsubscribe = parent.listen(parent.subscribe, lambda: None)
        unsubscribe()
        unsubscribe()
        assert parent.listeners == []


async def test_a_log_that_grows_while_its_view_is_taken_down_is_no_error(tmp_path: Path) -> None:
    store = LogStore.create(tmp_path)
    store.append(b"one\n")
    app = Stage(store)
    async with driving(app):
        view, slow = app.query_one(LogView), SlowLeaver()
        await view.mount(slow)
        leaving = view.remove()
        async with slow.held():
            store.append(b"two\n")
            await asyncio.sleep(2 * FRAME)
        await leaving


async def test_a_job_that_prints_while_its_log_is_left_is_no_error(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit(CHATTY)
    studio.until(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path, frames=True) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "● live")
        screen, slow = pilot.app.screen, SlowLeaver()
        assert isinstance(screen, LogScreen)
        await screen.mount(slow)
        pilot.app.post_message(events.Key("q", "q"))
        async with slow.held():
            await asyncio.to_thread(studio.cancel, job["id"])
            tail = screen._tail
            await asyncio.to_thread(eventually, lambda: tail.state.phase is FollowPhase.COMPLETE)
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))


async def test_logs_that_grow_while_the_merged_log_is_taken_down_are_no_error(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    jobs = [studio.submit(CHATTY, query_name=f"{name}.py")["id"] for name in ("one", "two")]
    for job_id in jobs:
        studio.until(job_id, "RUNNING")
    async with dashboard(studio, tmp_path, frames=True) as pilot:
        await until_shown(pilot, "one.py", "two.py")
        pilot.app.post_message(OpenLogs(tuple(jobs)))
        await until_shown(pilot, "2 jobs", "n 5")
        screen, slow = pilot.app.screen, SlowLeaver()
        assert isinstance(screen, MergedScreen)
        members = screen.choice.members
        assert members is not None
        await screen.mount(slow)
        leaving = screen.remove()
        async with slow.held():
            for job_id in jobs:
                await asyncio.to_thread(studio.cancel, job_id)
            await asyncio.to_thread(eventually, lambda: all(m.state.is_over for m in members))
        await leaving


def _classes() -> Iterator[type[Widget]]:
    """Yield all of our widgets and screens."""
    for module in pkgutil.walk_packages(studio_tui.tui.__path__, "studio_tui.tui."):
        for found in vars(importlib.import_module(module.name)).values():
            is_ours = isinstance(found, type) and found.__module__ == module.name
            if is_ours and issubclass(found, Widget):
                yield found


def _acts_later(owner: type) -> bool:
    """Whether a class sets timers, runs workers, or looks for its children when they are there."""
    return "on_mount" in vars(owner) or any(
        LATER & set(function.__code__.co_names) or hasattr(function, "__wrapped__")
        for function in vars(owner).values()
        if isinstance(function, FunctionType)
    )


@pytest.mark.parametrize("widget", dict.fromkeys(_classes()), ids=lambda widget: widget.__name__)
def test_every_widget_that_acts_later_ends_with_its_life(widget: type[Widget]) -> None:
    ours = [each for each in widget.__mro__ if each.__module__.startswith("studio_tui.tui")]
    if issubclass(widget, Screen) or any(_acts_later(each) for each in ours):
        assert issubclass(widget, Lifetime)
        # Before Textual's own classes, so that theirs are the ones that are replaced.
        assert widget.__mro__.index(Lifetime) < widget.__mro__.index(Widget)


@pytest.mark.parametrize("widget", dict.fromkeys(_classes()), ids=lambda widget: widget.__name__)
def test_every_widget_inherits_the_styles_of_textuals(widget: type[Widget]) -> None:
    """Textual goes on from the first base that is a node, and from no other."""
    theirs = [node for node in widget.__mro__ if node.__module__.startswith("textual.")]
    assert theirs[0] in widget._css_bases(widget)


def test_only_lifetimes_subscribe_to_services() -> None:
    """Others are handed a callback by a screen, or leave as they end.

    Textual's own signals are given the node with which they end.
    """
    listening = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) != 1:
                continue
            called = ast.unparse(node.func)
            if called.endswith((".subscribe", "store.watch")):
                listening.add(path.relative_to(SOURCES).as_posix())
    allowed = {"logs/merged_jobs.py", "jobs/running_progress.py", "jobs/sample_jobs.py"}
    assert listening == allowed
