import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from studio_tui.tui import remembering
from studio_tui.tui.remembering import PlaceKeeper
from tests.waiting import until


class Place:
    """Stands for the screens, with one file to save."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self.text = "where the user was"
        self.is_asked = False
        self.last = SimpleNamespace(opening=lambda: None, tab="jobs")

    def to_keep(self) -> dict[Path, str]:
        """Return the text of the file."""
        self.is_asked = True
        return {self._path: self.text}

    def tab(self, _name: str) -> None:
        """Return no page."""

    def note_screen(self, _stack: object) -> None:
        """Take note of nothing."""


async def test_a_thread_that_is_late_does_not_replace_the_last_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(remembering, "KEEP_EVERY", 0.01)
    free, path = threading.Event(), tmp_path / "view.json"
    asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(1))
    busy = asyncio.get_running_loop().run_in_executor(None, free.wait)
    place = Place(path)
    app = cast(Any, SimpleNamespace(screen=None, screen_stack=[]))
    keeper = PlaceKeeper(app, cast(Any, None), cast(Any, place), None)
    running = asyncio.create_task(keeper._keep_on())
    await until(lambda: place.is_asked)
    place.text = "where the user is"
    keeper.close()
    free.set()
    await busy
    await asyncio.to_thread(lambda: None)  # behind what was waiting
    running.cancel()
    assert path.read_text() == "where the user is"
