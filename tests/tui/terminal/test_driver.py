"""The driver passes messages to the app and output to the terminal directly."""

import asyncio

import pytest
from textual import events
from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from studio_tui.tui.terminal.driver import TerminalDriver
from tests.driving import driving
from tests.tui.dashboards import until


class KeyRecorderApp(App[None]):
    """An app that records keys."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: list[str] = []

    def on_key(self, event: events.Key) -> None:
        self.keys.append(event.key)


async def test_keys_from_the_input_thread_reach_the_app_in_order_without_a_task_for_each(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("The driver creates a task for a message.")

    app = KeyRecorderApp()
    async with driving(app) as pilot:
        driver = TerminalDriver(app)

        def press() -> None:
            monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", refuse)
            for key in "abc":
                driver.process_message(events.Key(key, key))

        await asyncio.to_thread(press)
        monkeypatch.undo()
        await until(pilot, lambda: app.keys == ["a", "b", "c"])


async def test_output_is_written_directly_and_not_by_textuals_writer_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = KeyRecorderApp()
    async with driving(app):
        driver = TerminalDriver(app)
        written: list[str] = []
        monkeypatch.setattr(driver._output, "write", written.append)
        driver.write("seen")
        assert written == ["seen"]


async def test_the_screen_is_cleared_before_the_terminal_returns_to_the_shell(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = KeyRecorderApp()
    async with driving(app):
        driver = TerminalDriver(app)
        written: list[str] = []
        monkeypatch.setattr(driver._output, "write", written.append)
        monkeypatch.setattr(
            LinuxDriver, "stop_application_mode", lambda self: self.write("\x1b[?1049l")
        )
        driver.stop_application_mode()
        assert written == ["\x1b[2J", "\x1b[?1049l"]
