"""Notifications and their toasts, also if their timers are late."""

import itertools
from time import time

import pytest
from textual import _time, notifications
from textual.app import App, ComposeResult
from textual.notifications import Notification
from textual.widget import Widget
from textual.widgets._toast import Toast

from studio_tui.tui.widgets.lifetime import Lifetime
from studio_tui.tui.widgets.toasts import (
    MAX_TOASTS,
    SECONDS_TO_NOTICE,
    UNTIL_CLOSED,
    ShowsToasts,
    TimedNotification,
    close_toasts,
    has_lasting_toast,
    notify_here,
    withdraw,
)
from tests.driving import driving
from tests.tui.dashboards import until


class ToastApp(ShowsToasts):
    """An app that only shows toasts."""


def test_a_toast_has_time_left_even_if_its_notification_has_expired() -> None:
    late = TimedNotification("late", timeout=-0.001)
    assert late.has_expired
    assert late.time_left > 0
    assert Notification("late", timeout=-0.001).time_left < 0, "Textual now does this by itself"


async def test_a_toast_that_is_created_after_its_notification_expired_disappears() -> None:
    app = ToastApp()
    async with driving(app, notifications=True) as pilot:
        toast = Toast(TimedNotification("late", timeout=-0.001))
        await app.mount(toast)
        await until(pilot, lambda: not toast.is_attached)


async def test_the_app_creates_notifications_whose_toasts_have_time_left() -> None:
    app = ToastApp()
    async with driving(app, notifications=True) as pilot:
        app.notify("something")
        await until(pilot, lambda: len(app._notifications) == 1)
        (notification,) = app._notifications
        assert isinstance(notification, TimedNotification)


class OneTick(Lifetime, Widget):
    """Counts the ticks of its timer."""

    ticks = 0

    def tick(self) -> None:
        self.ticks += 1


class TickApp(App[int]):
    """An app with one `OneTick`."""

    def compose(self) -> ComposeResult:
        yield OneTick()


async def test_a_timer_that_is_overdue_when_it_starts_ticks_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = TickApp()
    async with driving(app) as pilot:
        widget = app.query_one(OneTick)
        # The clock goes on by a second at each look, as if the process had been stopped meanwhile.
        seconds = itertools.count()
        monkeypatch.setattr(_time, "get_time", lambda: float(next(seconds)))
        widget.set_timer(0.001, widget.tick)
        await until(pilot, lambda: widget.ticks == 1)


async def test_equal_notifications_are_shown_once() -> None:
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


async def test_only_the_last_notifications_are_kept_and_an_error_is_kept_longest() -> None:
    app = ToastApp()
    async with driving(app, notifications=True) as pilot:
        app.notify("failed", severity="error")
        for number in range(9):
            app.notify(f"news {number}")
        await pilot.pause()
        messages = [each.message for each in app._notifications]
        assert messages == ["failed", *(f"news {number}" for number in range(9)[1 - MAX_TOASTS :])]


async def test_an_error_is_shown_until_it_is_closed() -> None:
    app = ToastApp()
    async with driving(app, notifications=True) as pilot:
        app.notify("canceled")
        app.notify("not canceled", severity="error")
        await until(pilot, lambda: len(app._notifications) == 2)
        seconds = {each.message: each.timeout for each in app._notifications}
        assert seconds == {"canceled": app.NOTIFICATION_TIMEOUT, "not canceled": UNTIL_CLOSED}


async def test_a_key_ends_the_notices_that_have_been_read_but_no_errors_of_commands() -> None:
    app = ToastApp()
    async with driving(app, notifications=True) as pilot:

        def pass_seconds(seconds: float) -> None:
            for each in app._notifications:
                assert isinstance(each, TimedNotification)
                each.made_at -= seconds

        app.notify("short", timeout=6000)
        app.notify("long " * 100, timeout=6000)
        app.notify("waiting", timeout=UNTIL_CLOSED)
        app.notify("failed", severity="error")
        await until(pilot, lambda: len(app.query(Toast)) == 4)
        await pilot.press("down")
        assert len(app.query(Toast)) == 4
        pass_seconds(SECONDS_TO_NOTICE + 1)
        await pilot.press("down")
        await until(pilot, lambda: len(app.query("ToastHolder")) == 3)
        pass_seconds(600)
        await pilot.press("down")
        await until(pilot, lambda: len(app.query("ToastHolder")) == 2)
        assert {each.message for each in app._notifications} == {"waiting", "failed"}


def test_a_change_of_the_clock_does_not_change_how_long_a_notice_is_shown(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    notice = TimedNotification("copied", timeout=600)
    for hours in (-2, 2):
        monkeypatch.setattr(notifications, "time", lambda hours=hours: time() + hours * 3600)
        assert 0 < notice.time_left <= 600
        assert not notice.has_expired


async def test_a_toast_that_is_replaced_leaves_no_empty_row() -> None:
    app = ToastApp()
    async with driving(app, notifications=True) as pilot:
        for number in range(3):
            app.notify("the same", timeout=600)
            app.notify(f"news {number}", timeout=600)
            await until(pilot, lambda: len(app.query(Toast)) == 2)
            withdraw(app, f"news {number}")
            await until(pilot, lambda: len(app.query("ToastHolder")) == 1)


async def test_a_notification_can_be_withdrawn_even_before_its_toast_is_shown() -> None:
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


async def test_closed_toasts_leave_no_empty_row_and_their_notifications_can_be_shown_again() -> (
    None
):
    app = ToastApp()
    async with driving(app, notifications=True) as pilot:
        app.notify("failed", severity="error", timeout=600)
        app.notify("waiting", timeout=600)
        notify_here(app, "there is no row here")
        await until(pilot, lambda: len(app.query(Toast)) == 3)
        assert has_lasting_toast(app)
        withdraw(app, "waiting")
        await until(pilot, lambda: len(app.query(Toast)) == 2)
        close_toasts(app)
        await until(pilot, lambda: not app.query("ToastHolder"))
        assert not has_lasting_toast(app)
