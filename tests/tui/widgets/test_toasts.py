"""Toasts and timers that are late."""

import itertools

import pytest
from textual import _time
from textual.app import App, ComposeResult
from textual.notifications import Notification
from textual.widget import Widget
from textual.widgets._toast import Toast

from studio_tui.tui.widgets.lifetime import Lifetime
from studio_tui.tui.widgets.toasts import MAX_TOASTS, ShowsToasts, TimedNotification, withdraw
from tests.driving import driving
from tests.tui.dashboards import until


class ToastApp(ShowsToasts):
    """An app with nothing in it."""


def test_a_toast_has_time_left_even_when_its_notification_is_over() -> None:
    late = TimedNotification("late", timeout=-0.001)
    assert late.has_expired
    assert late.time_left > 0
    assert Notification("late", timeout=-0.001).time_left < 0, "Textual's own can do it now"


async def test_a_toast_that_comes_too_late_goes_again() -> None:
    app = ToastApp()
    async with driving(app, notifications=True) as pilot:
        toast = Toast(TimedNotification("late", timeout=-0.001))
        await app.mount(toast)
        await until(pilot, lambda: not toast.is_attached)


async def test_every_toast_of_the_app_has_time_left() -> None:
    app = ToastApp()
    async with driving(app, notifications=True) as pilot:
        app.notify("something")
        await until(pilot, lambda: len(app._notifications) == 1)
        (told,) = app._notifications
        assert isinstance(told, TimedNotification)


class Once(Lifetime, Widget):
    """Waits for its timer."""

    ticks = 0

    def tick(self) -> None:
        self.ticks += 1


class Holder(App[int]):
    """Holds it."""

    def compose(self) -> ComposeResult:
        yield Once()


async def test_a_timer_that_is_late_from_the_start_ticks_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = Holder()
    async with driving(app) as pilot:
        once = app.query_one(Once)
        # As if the process did not run between one look at the clock and the next.
        seconds = itertools.count()
        monkeypatch.setattr(_time, "get_time", lambda: float(next(seconds)))
        once.set_timer(0.001, once.tick)
        await until(pilot, lambda: once.ticks == 1)


async def test_toasts_that_say_the_same_do_not_pile_up() -> None:
    app = ToastApp()
    async with driving(app, notifications=True) as pilot:
        for _ in range(5):
            app.notify("cannot be changed", severity="warning")
        app.notify("something else")
        await pilot.pause()
        assert [each.message for each in app._notifications] == [
            "cannot be changed",
            "something else",
        ]


async def test_only_the_last_toasts_are_shown_and_errors_longest() -> None:
    app = ToastApp()
    async with driving(app, notifications=True) as pilot:
        app.notify("failed", severity="error")
        for number in range(9):
            app.notify(f"news {number}")
        await pilot.pause()
        told = [each.message for each in app._notifications]
        assert told == ["failed", *(f"news {number}" for number in range(9)[1 - MAX_TOASTS :])]


async def test_a_toast_that_is_replaced_leaves_no_empty_row() -> None:
    app = ToastApp()
    async with driving(app, notifications=True) as pilot:
        for number in range(3):
            app.notify("the same", timeout=600)
            app.notify(f"news {number}", timeout=600)
            await until(pilot, lambda: len(app.query(Toast)) == 2)
            withdraw(app, f"news {number}")
            await until(pilot, lambda: len(app.query("ToastHolder")) == 1)


async def test_a_toast_can_be_withdrawn_also_before_it_is_shown() -> None:
    app = ToastApp()
    async with driving(app, notifications=True) as pilot:
        app.notify("waiting", timeout=600)
        app.notify("something else", timeout=600)
        withdraw(app, "waiting")
        await until(
            pilot, lambda: {each.message for each in app._notifications} == {"something else"}
        )
        app.notify("waiting", timeout=600)
        await until(pilot, lambda: len(app.query(Toast)) == 2)
        withdraw(app, "waiting")
        await until(pilot, lambda: len(app.query(Toast)) == 1)
