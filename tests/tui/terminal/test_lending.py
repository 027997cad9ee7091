"""The terminal is lent to another program, and returns to the app however that ends."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.driver import Driver

from studio_tui.tui.terminal import lending, pager
from studio_tui.tui.terminal.lending import terminal_lent
from tests.driving import driving
from tests.waiting import HANG, until, within_reason

pytestmark = pytest.mark.starts_processes


@pytest.fixture
def modes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record what the driver is told about the terminal."""
    told: list[str] = []
    monkeypatch.setattr(Driver, "can_suspend", True)
    monkeypatch.setattr(Driver, "suspend_application_mode", lambda _: told.append("lent"))
    monkeypatch.setattr(Driver, "resume_application_mode", lambda _: told.append("back"))
    monkeypatch.setattr(lending, "discard_typed", lambda: told.append("discarded"))
    return told


async def lend(app: App[Any], begun: asyncio.Event) -> None:
    with terminal_lent(app):
        begun.set()
        await pager.run_on_terminal([sys.executable, "-c", "import time; time.sleep(600)"], {})


async def test_the_terminal_comes_back_when_what_borrowed_it_is_canceled(modes: list[str]) -> None:
    app = App[None]()
    async with driving(app):
        begun = asyncio.Event()
        lending_it = asyncio.create_task(lend(app, begun))
        await begun.wait()
        lending_it.cancel()
        with pytest.raises(asyncio.CancelledError):
            await within_reason(lending_it, "the end of the program")
        assert modes == ["lent", "discarded", "back"]


async def test_the_terminal_comes_back_when_what_borrowed_it_fails(modes: list[str]) -> None:
    app = App[None]()
    async with driving(app):
        with pytest.raises(ZeroDivisionError), terminal_lent(app):
            raise ZeroDivisionError
        assert modes == ["lent", "discarded", "back"]


async def test_a_program_that_does_not_end_when_asked_is_killed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(pager, "_ENDS_WITHIN", 0.01)
    begun = tmp_path / "begun"
    stubborn = (
        "import os, pathlib, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"pathlib.Path({str(begun)!r}).write_text(f'{{os.getpid()}} '); signal.pause()"
    )
    running = asyncio.create_task(pager.run_on_terminal([sys.executable, "-c", stubborn], {}))
    await until(lambda: begun.exists() and begun.read_text().endswith(" "))
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=HANG)
    assert done == {running}
    with pytest.raises(ProcessLookupError):
        os.kill(int(begun.read_text()), 0)
