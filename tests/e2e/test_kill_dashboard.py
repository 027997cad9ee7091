"""A killed dashboard starts in its last state, with the last data and its age."""

import json
import os
import signal
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.bench.terminal import Terminal
from tests.forked_program import ForkedTerminal
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.waiting import HANG, eventually

pytestmark = pytest.mark.starts_processes

KILLS = at_length(2, 50)


def run(studio: ThreadStudio, folder: Path) -> Terminal:
    names = ("STATE", "LOG", "CACHE", "CONFIG", "DATA")
    environment = {f"STUDIO_TUI_{name}_DIR": str(folder / name.lower()) for name in names}
    environment |= {
        "DATACHAIN_STUDIO_URL": studio.url,
        "DATACHAIN_STUDIO_TEAM": studio.team,
        "DATACHAIN_STUDIO_TOKEN": studio.token,
    }
    return ForkedTerminal([], environment=environment)


def view(folder: Path) -> dict[str, Any]:
    paths = [*(folder / "state").glob("view-????????????????.json")]
    return json.loads(paths[0].read_text()) if paths else {}


def test_a_killed_dashboard_is_found_as_it_was_and_its_recorder_is_whole(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    jobs = [studio.submit("print(1)", query_name=f"embed_{number}.py") for number in range(6)]
    for job in jobs:
        studio.end(job["id"])
    left: dict[str, Any] = {}
    for kill in range(KILLS):
        with run(studio, tmp_path) as terminal:
            terminal.wait_for_text(r"embed_\d", HANG)
            if not left:
                for key in ("/", *"embed", "enter", "down", " ", " ", "N"):
                    terminal.press(key)
            else:
                terminal.wait_for_text("2 marked", HANG)
                terminal.press(("down", "up", "i")[kill % 3])
            left = view_after(terminal, tmp_path, left)
            studio.submit("print(1)", query_name=f"embed_{kill + 10}.py")
            os.kill(terminal.pid, signal.SIGKILL)
        assert view(tmp_path) == left
    (file,) = (tmp_path / "state" / "ledgers").glob("*.sqlite")
    with closing(sqlite3.connect(file)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def view_after(terminal: Terminal, folder: Path, before: dict[str, Any]) -> dict[str, Any]:
    """Wait until another view than before is kept, and return it."""
    eventually(lambda: _moves(terminal) and _has_changed(view(folder), before))
    return view(folder)


def _has_changed(now: dict[str, Any], before: dict[str, Any]) -> bool:
    """Whether another place was kept, with all that the keys asked for."""
    place = now.get("filter"), now.get("sort"), len(now.get("marks", ()))
    return place == ("embed", "name", 2) and now != before


def _moves(terminal: Terminal) -> bool:
    terminal.pump(0.05)
    return True


def test_without_studio_the_last_known_list_is_there_with_its_age(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print(1)", query_name="known.py")["id"])
    with run(studio, tmp_path) as terminal:
        terminal.wait_for_text("known.py", HANG)
        files = tmp_path / "state" / "ledgers"
        eventually(lambda: _moves(terminal) and _recorded(files))
        os.kill(terminal.pid, signal.SIGKILL)
    studio.stop()
    with run(studio, tmp_path) as terminal:
        terminal.wait_for_text("known.py", HANG)
        terminal.wait_for_text(r"(old|stale( \w+)?|now), ", HANG)
        assert b"live" not in terminal.text()


def _recorded(folder: Path) -> bool:
    files = [*folder.glob("*.sqlite")]
    if not files:
        return False
    with closing(sqlite3.connect(files[0])) as connection:
        return bool(connection.execute("SELECT 1 FROM listing WHERE name = 'jobs'").fetchall())
