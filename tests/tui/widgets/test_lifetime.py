"""A screen or widget receives no events before it is mounted and while it is being removed."""

import ast
import asyncio
from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any

import pytest
from textual import events, work
from textual.app import App, ComposeResult
from textual.screen import Screen
from textual.widget import Widget

import studio_tui.tui
from studio_tui.api.connection_states import FollowPhase
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
from tests.tui.logs.view.log_stage import LogViewApp
from tests.tui.test_sizes import own_widgets
from tests.tui.widgets.slow_leaver import SlowLeaver
from tests.waiting import eventually

PRINTING_JOB = "import time\nfor n in range(100_000): print('n', n, flush=True); time.sleep(0.004)"

TIMER_DELAY = 0.001
"""Seconds after which the timers fire."""

SOURCES = Path(studio_tui.tui.__file__).parent
DELAYING_METHODS = {
    "set_timer",
    "set_interval",
    "call_after_refresh",
    "call_later",
    "call_next",
    "run_worker",
}


class SlowMounting(Widget):
    """Its mounting ends only when the test allows it."""

    def __init__(self) -> None:
        super().__init__()
        self.is_mounting = asyncio.Event()
        self.may_mount = asyncio.Event()

    async def on_mount(self) -> None:
        self.is_mounting.set()
        await self.may_mount.wait()


class Parent(Lifetime, Widget):
    """Records the events that it receives."""

    def __init__(self) -> None:
        super().__init__()
        self.events_received: list[str] = []
        self.listeners: list[Callable[[], None]] = []
        self.result = asyncio.Event()
        self.first: Widget | None = None

    def compose(self) -> ComposeResult:
        if self.first is not None:
            yield self.first
        yield SlowLeaver()

    def on_mount(self) -> None:
        self.query_one(SlowLeaver)
        self.events_received.append("mounted")

    def on_screen_suspend(self) -> None:
        self.events_received.append("suspended")

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)

    @work(name="wait", group="wait")
    async def wait(self) -> None:
        await self.result.wait()
        self.events_received.append("worker")

    @work(name="late", group="late")
    async def late(self) -> None:
        self.events_received.append("late worker")


class Below(Lifetime, Screen[None]):
    """Records the events that it receives."""

    def __init__(self) -> None:
        super().__init__()
        self.events_received: list[str] = []
        self.listeners: list[Callable[[], None]] = []

    def subscribe(self, listener: Callable[[], None]) -> Callable[[], None]:
        self.listeners.append(listener)
        return lambda: self.listeners.remove(listener)


class ParentApp(App[int]):
    """An app with one `Parent`."""

    def compose(self) -> ComposeResult:
        yield Parent()


async def test_a_mounted_widget_receives_all_events() -> None:
    app = ParentApp()
    async with driving(app) as pilot:
        parent = app.query_one(Parent)
        parent.query_one(SlowLeaver).allow_removal()
        parent.listen(parent.subscribe, lambda: parent.events_received.append("listener"))
        parent.set_timer(TIMER_DELAY, lambda: parent.events_received.append("timer"))
        parent.set_interval(
            TIMER_DELAY, lambda: parent.events_received.append("interval"), repeat=1
        )
        parent.call_after_refresh(parent.events_received.append, "refresh")
        parent.wait()
        parent.late()
        parent.listeners[0]()
        parent.result.set()
        expected_events = {
            "mounted",
            "listener",
            "timer",
            "interval",
            "refresh",
            "worker",
            "late worker",
        }
        await until(pilot, lambda: set(parent.events_received) == expected_events)


async def test_a_widget_that_is_being_removed_receives_no_event() -> None:
    app = ParentApp()
    async with driving(app) as pilot:
        parent = app.query_one(Parent)
        parent.listen(parent.subscribe, lambda: parent.events_received.append("listener"))
        parent.wait()
        await pilot.pause()
        (listener,) = parent.listeners
        removal = parent.remove()
        async with parent.query_one(SlowLeaver).while_leaving():
            listener()
            parent.result.set()
            parent.set_timer(TIMER_DELAY, lambda: parent.events_received.append("timer"))
            parent.set_interval(
                TIMER_DELAY, lambda: parent.events_received.append("interval"), repeat=1
            )
            parent.call_after_refresh(parent.events_received.append, "refresh")
            parent.late()
            await asyncio.sleep(20 * TIMER_DELAY)
        await removal
        await pilot.pause()
        assert parent.events_received == ["mounted"]
        assert parent.listeners == []


async def test_a_widget_receives_no_callback_before_it_is_mounted() -> None:
    app = ParentApp()
    async with driving(app) as pilot:
        app.query_one(SlowLeaver).allow_removal()
        parent, slow = Parent(), SlowMounting()
        parent.first = slow
        notify_listener = parent.while_alive(lambda: parent.events_received.append("listener"))
        notify_listener()
        mounting = app.screen.mount(parent)
        await slow.is_mounting.wait()
        notify_listener()
        slow.may_mount.set()
        await mounting
        assert parent.events_received == ["mounted"]
        notify_listener()
        assert parent.events_received == ["mounted", "listener"]
        parent.query_one(SlowLeaver).allow_removal()
        await pilot.pause()


async def test_a_widget_removed_before_it_is_mounted_receives_no_event() -> None:
    app = ParentApp()
    async with driving(app) as pilot:
        app.query_one(SlowLeaver).allow_removal()
        parent = Parent()
        mounting = app.screen.mount(parent)
        removal = parent.remove()
        parent.post_message(events.ScreenSuspend())
        await mounting
        await removal
        await pilot.pause()
        assert parent.events_received == []


async def test_removing_a_screen_before_it_is_mounted_is_no_error(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path, frames=True) as pilot:
        jobs = pilot.app.screen
        assert isinstance(jobs, JobsScreen)
        page = JobsScreen(Basics(jobs.session, jobs.home, read_only=False), ListView())
        screens: list[Screen[Any]] = [
            Confirm("Sure?", (), yes="Yes", no="No"),
            Choose("Which?", [("a", "A")], "a"),
            HelpScreen(()),
            PagedPalette(),
            page,
        ]
        for screen in screens:
            pilot.app.push_screen(screen)
            pilot.app.pop_screen()
            await pilot.pause()
            await until(pilot, lambda screen=screen: not screen.is_attached)  # type: ignore[misc]


@pytest.mark.parametrize("is_page", [True, False])
async def test_opening_a_screen_while_the_program_ends_is_no_error(
    shared_studio: ThreadStudio, tmp_path: Path, is_page: bool
) -> None:
    async with dashboard(shared_studio, tmp_path, frames=True) as pilot:
        jobs = pilot.app.screen
        assert isinstance(jobs, JobsScreen)
        page = JobsScreen(Basics(jobs.session, jobs.home, read_only=False), ListView())
        screen: Screen[Any] = page if is_page else HelpScreen(())
        pilot.app.push_screen(screen)
        pilot.app.exit(0)
    assert pilot.app.return_code == 0


async def test_a_screen_below_another_receives_events() -> None:
    app = App[None]()
    async with driving(app):
        below = Below()
        await app.push_screen(below)
        below.listen(below.subscribe, lambda: below.events_received.append("listener"))
        await app.push_screen(Screen())
        below.listeners[0]()
        assert below.events_received == ["listener"]


async def test_a_listener_can_be_unsubscribed_twice() -> None:
    app = ParentApp()
    async with driving(app):
        parent = app.query_one(Parent)
        parent.query_one(SlowLeaver).allow_removal()
        unsubscribe = parent.listen(parent.subscribe, lambda: None)
        unsubscribe()
        unsubscribe()
        assert parent.listeners == []


async def test_a_log_that_grows_while_its_view_is_being_removed_is_no_error(tmp_path: Path) -> None:
    store = LogStore.create(tmp_path)
    store.append(b"one\n")
    app = LogViewApp(store)
    async with driving(app):
        view, slow = app.query_one(LogView), SlowLeaver()
        await view.mount(slow)
        removal = view.remove()
        async with slow.while_leaving():
            store.append(b"two\n")
            await asyncio.sleep(2 * FRAME)
        await removal


async def test_a_job_that_prints_while_its_log_is_being_closed_is_no_error(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit(PRINTING_JOB)
    studio.wait_for_state(job["id"], "RUNNING")
    async with dashboard(studio, tmp_path, frames=True) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "● live")
        screen, slow = pilot.app.screen, SlowLeaver()
        assert isinstance(screen, LogScreen)
        await screen.mount(slow)
        pilot.app.post_message(events.Key("q", "q"))
        async with slow.while_leaving():
            await asyncio.to_thread(studio.cancel, job["id"])
            tail = screen._tail
            await asyncio.to_thread(eventually, lambda: tail.state.phase is FollowPhase.COMPLETE)
        await until(pilot, lambda: isinstance(pilot.app.screen, JobsScreen))


async def test_logs_that_grow_while_their_merged_log_is_being_removed_are_no_error(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    jobs = [studio.submit(PRINTING_JOB, query_name=f"{name}.py")["id"] for name in ("one", "two")]
    for job_id in jobs:
        studio.wait_for_state(job_id, "RUNNING")
    async with dashboard(studio, tmp_path, frames=True) as pilot:
        await until_shown(pilot, "one.py", "two.py")
        pilot.app.post_message(OpenLogs(tuple(jobs)))
        await until_shown(pilot, "2 jobs", "n 5")
        screen, slow = pilot.app.screen, SlowLeaver()
        assert isinstance(screen, MergedScreen)
        members = screen.members
        await screen.mount(slow)
        removal = screen.remove()
        async with slow.while_leaving():
            for job_id in jobs:
                await asyncio.to_thread(studio.cancel, job_id)
            await asyncio.to_thread(eventually, lambda: all(m.state.is_over for m in members))
        await removal


WIDGETS = [each for each in dict.fromkeys(own_widgets()) if issubclass(each, Widget)]
"""All widgets and screens of the package."""


def _acts_later(owner: type) -> bool:
    """Whether a class sets timers, runs workers, or does something when it is mounted."""
    return "on_mount" in vars(owner) or any(
        DELAYING_METHODS & set(function.__code__.co_names) or hasattr(function, "__wrapped__")
        for function in vars(owner).values()
        if isinstance(function, FunctionType)
    )


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: widget.__name__)
def test_every_screen_and_every_widget_that_acts_later_is_a_lifetime(widget: type[Widget]) -> None:
    own_classes = [each for each in widget.__mro__ if each.__module__.startswith("studio_tui.tui")]
    if issubclass(widget, Screen) or any(_acts_later(each) for each in own_classes):
        assert issubclass(widget, Lifetime)
        # It comes before Textual's classes, so that its methods override theirs.
        assert widget.__mro__.index(Lifetime) < widget.__mro__.index(Widget)


@pytest.mark.parametrize("widget", WIDGETS, ids=lambda widget: widget.__name__)
def test_every_widget_inherits_the_styles_of_its_textual_base_class(widget: type[Widget]) -> None:
    """Textual looks for inherited styles only in the first base class that is a node."""
    textual_classes = [node for node in widget.__mro__ if node.__module__.startswith("textual.")]
    assert textual_classes[0] in widget._css_bases(widget)


def test_only_lifetimes_subscribe_to_services() -> None:
    """The allowed modules contain no widgets, and unsubscribe by themselves.

    Calls with two arguments are for Textual's own signals, which end with the node they are given.
    """
    subscribers = set()
    for path in SOURCES.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or len(node.args) != 1:
                continue
            called = ast.unparse(node.func)
            if called.endswith((".subscribe", "store.watch")):
                subscribers.add(path.relative_to(SOURCES).as_posix())
    allowed = {"logs/merged_jobs.py", "jobs/running_progress.py"}
    assert subscribers == allowed
