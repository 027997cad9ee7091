"""What is saved of the user's place when the program ends."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

from studio_tui.tui.remembering import PlaceKeeper


async def test_a_place_whose_thread_never_began_is_saved_at_the_end(tmp_path: Path) -> None:
    file = tmp_path / "view.json"
    screens = SimpleNamespace(to_keep=lambda: {file: "here"}, note_screen=lambda _: None)
    app = SimpleNamespace(screen_stack=[])
    keeper = PlaceKeeper(cast(Any, app), cast(Any, None), cast(Any, screens), None)
    keeper._has_returned = True
    is_queued = asyncio.Event()

    async def wait_for_a_thread(*_: object) -> None:
        is_queued.set()
        await asyncio.Event().wait()

    with mock.patch("asyncio.to_thread", wait_for_a_thread):
        keeping = asyncio.create_task(keeper._keep_on())
        await is_queued.wait()
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)
    assert not file.exists()
    keeper.close()
    assert file.read_text() == "here"
