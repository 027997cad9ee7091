"""A dashboard that was killed starts in its last state, with the last data and its age."""

import json
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.bench.terminal import Terminal
from tests.e2e.test_program import environment
from tests.forked_program import ForkedTerminal
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.waiting import HANG, eventually

pytestmark = pytest.mark.starts_processes

KILLS = at_length(2, 50)


def run(studio: ThreadStudio, folder: Path) -> Terminal:
    """Return a terminal in which a dashboard starts, as a context manager."""
    return ForkedTerminal([], environment=environment(studio, folder))


def saved_view(folder: Path) -> dict[str, Any]:
    """Return the view of the list that the dashboard has saved; empty if there is none."""
    paths = [*(folder / "state").glob("view-????????????????.json")]
    return json.loads(paths[0].read_text()) if paths else {}


def test_a_killed_dashboard_restores_its_view_and_its_recorder_is_intact(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    jobs = [studio.submit("print(1)", query_name=f"embed_{number}.py") for number in range(6)]
    for job in jobs:
        studio.wait_for_end(job["id"])
    last_view: dict[str, Any] = {}
    for kill in range(KILLS):
        with run(studio, tmp_path) as terminal:
            terminal.wait_for_text(r"embed_\d", HANG)
            if not last_view:
                for key in ("/", *"embed", "enter", "down", " ", " ", "N"):
                    terminal.press(key)
            else:
                terminal.wait_for_text("2 marked", HANG)
                terminal.press(("down", "up", "i")[kill % 3])
            last_view = next_view(terminal, tmp_path, last_view)
            studio.submit("print(1)", query_name=f"embed_{kill + 10}.py")
            os.kill(terminal.pid, signal.SIGKILL)
        assert saved_view(tmp_path) == last_view
    (file,) = (tmp_path / "state" / "ledgers").glob("*.sqlite")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def next_view(terminal: Terminal, folder: Path, before: dict[str, Any]) -> dict[str, Any]:
    """Wait until a view other than `before` is saved, and return it."""
    eventually(lambda: _pumped(terminal) and _has_changed(saved_view(folder), before))
    return saved_view(folder)


def _has_changed(now: dict[str, Any], before: dict[str, Any]) -> bool:
    """Return whether another view was saved, with the filter, order and marks set by the keys."""
    settings = now.get("filter"), now.get("sort"), len(now.get("marks", ()))
    return settings == ("embed", "name", 2) and now != before


def _pumped(terminal: Terminal) -> bool:
    """Read what the dashboard draws, as it would wait for a full terminal; return true."""
    terminal.pump(0.05)
    return True


def test_without_studio_the_last_known_list_is_shown_with_its_age(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="known.py")["id"])
    with run(studio, tmp_path) as terminal:
        terminal.wait_for_text("known.py", HANG)
        recorder_folder = tmp_path / "state" / "ledgers"
        eventually(lambda: _pumped(terminal) and _has_recorded_jobs(recorder_folder))
        os.kill(terminal.pid, signal.SIGKILL)
    studio.stop()
    with run(studio, tmp_path) as terminal:
        terminal.wait_for_text("known.py", HANG)
        terminal.wait_for_text(r"(old|stale( \w+)?|now), ", HANG)
        assert b"live" not in terminal.text()


def _has_recorded_jobs(folder: Path) -> bool:
    """Return whether the recorder in this folder has stored a list of jobs."""
    files = [*folder.glob("*.sqlite")]
    if not files:
        return False
    with closing(sqlite3.connect(files[0])) as connection:
        return bool(connection.execute("SELECT 1 FROM listing WHERE name = 'jobs'").fetchall())
