"""The driver passes messages to the app and output to the terminal directly."""

import asyncio

import pytest
from textual import events
from textual.app import App

from studio_tui.tui.shutdown.driver import TerminalDriver
from tests.driving import driving
from tests.tui.dashboards import until


class NotesKeys(App[None]):
    def __init__(self) -> None:
        super().__init__()
        self.taken: list[str] = []

    def on_key(self, event: events.Key) -> None:
        self.taken.append(event.key)


async def test_keys_of_the_input_thread_come_to_the_app_in_order(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("It makes a task for a message.")

    app = NotesKeys()
    async with driving(app) as pilot:
        driver = TerminalDriver(app)

        def press() -> None:
            monkeypatch.setattr(asyncio, "run_coroutine_threadsafe", never)
            for key in "abc":
                driver.process_message(events.Key(key, key))

        await asyncio.to_thread(press)
        monkeypatch.undo()
        await until(pilot, lambda: app.taken == ["a", "b", "c"])


async def test_output_is_written_without_the_thread_of_textual(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    app = NotesKeys()
    async with driving(app):
        driver = TerminalDriver(app)
        written: list[str] = []
        monkeypatch.setattr(driver._output, "write", written.append)
        driver.write("seen")
        assert written == ["seen"]
