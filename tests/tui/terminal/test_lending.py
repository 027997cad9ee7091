"""Lending the terminal to another program: it returns to the app however the program ends."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

import pytest
from textual.app import App
from textual.driver import Driver

from studio_tui.tui.terminal import lending
from studio_tui.tui.terminal.lending import terminal_lent
from tests.driving import driving
from tests.waiting import HANG, await_with_limit, until

pytestmark = pytest.mark.starts_processes


@pytest.fixture
def terminal_calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Record the calls that lend the terminal and take it back, in their order."""
    calls: list[str] = []
    monkeypatch.setattr(Driver, "can_suspend", True)
    monkeypatch.setattr(Driver, "suspend_application_mode", lambda _: calls.append("lent"))
    monkeypatch.setattr(Driver, "resume_application_mode", lambda _: calls.append("back"))
    monkeypatch.setattr(lending, "discard_typed", lambda: calls.append("discarded"))
    return calls


async def lend(app: App[Any], is_lent: asyncio.Event) -> None:
    """Lend the terminal to a program that runs for minutes."""
    with terminal_lent(app, "a program"):
        is_lent.set()
        await lending.run_on_terminal([sys.executable, "-c", "import time; time.sleep(600)"], {})


async def test_the_terminal_returns_to_the_app_when_the_borrowing_task_is_canceled(
    terminal_calls: list[str],
) -> None:
    app = App[None]()
    async with driving(app):
        is_lent = asyncio.Event()
        task = asyncio.create_task(lend(app, is_lent))
        await is_lent.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await await_with_limit(task, "the end of the program")
        assert terminal_calls == ["lent", "discarded", "back"]


async def test_the_terminal_returns_to_the_app_when_the_borrowing_code_fails(
    terminal_calls: list[str],
) -> None:
    app = App[None]()
    async with driving(app):
        with pytest.raises(ZeroDivisionError), terminal_lent(app, "a program"):
            raise ZeroDivisionError
        assert terminal_calls == ["lent", "discarded", "back"]


async def test_a_program_that_ignores_sigterm_is_killed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(lending, "_ENDS_WITHIN", 0.01)
    pid_file = tmp_path / "pid"
    stubborn = (
        "import os, pathlib, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        f"pathlib.Path({str(pid_file)!r}).write_text(f'{{os.getpid()}} '); signal.pause()"
    )
    running = asyncio.create_task(lending.run_on_terminal([sys.executable, "-c", stubborn], {}))
    await until(lambda: pid_file.exists() and pid_file.read_text().endswith(" "))
    running.cancel()
    done, _ = await asyncio.wait({running}, timeout=HANG)
    assert done == {running}
    with pytest.raises(ProcessLookupError):
        os.kill(int(pid_file.read_text()), 0)
