"""When the user's place is saved: after keys and clicks, and at the end of the program."""

import asyncio
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast
from unittest import mock

from textual import events

from studio_tui.tui import remembering
from studio_tui.tui.remembering import PlaceKeeper
from studio_tui.tui.widgets.big_table import BigTable
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, until_shown
from tests.waiting import until

NEVER = 1e9
"""A number of seconds after which no test still runs."""


def keeper_of(
    contents_to_save: Callable[[], Mapping[Path, str]], *, loaded: Mapping[Path, str] | None = None
) -> PlaceKeeper:
    """Return a keeper that saves `contents_to_save`; at its start these were `loaded`."""
    screens = SimpleNamespace(contents_to_save=lambda: loaded or {})
    app = SimpleNamespace(screen_stack=[], call_later=lambda call: call())
    keeper = PlaceKeeper(cast(Any, app), cast(Any, None), cast(Any, screens), None)
    screens.contents_to_save = contents_to_save
    keeper._has_restored_pages = True
    return keeper


async def test_a_place_whose_saving_thread_never_started_is_saved_at_the_end(
    tmp_path: Path,
) -> None:
    file = tmp_path / "view.json"
    keeper = keeper_of(lambda: {file: "here"})
    is_queued = asyncio.Event()

    async def wait_for_a_thread(*_: object) -> None:
        is_queued.set()
        await asyncio.Event().wait()

    with mock.patch("asyncio.to_thread", wait_for_a_thread):
        saving = asyncio.create_task(keeper._save_until_canceled())
        await is_queued.wait()
        saving.cancel()
        await asyncio.gather(saving, return_exceptions=True)
    assert not file.exists()
    keeper.save_remaining()
    assert file.read_text() == "here"


async def test_what_another_dashboard_has_saved_is_replaced_only_by_a_change_here(
    tmp_path: Path,
) -> None:
    file, contents = tmp_path / "view.cluster.json", ["loaded"]
    keeper = keeper_of(lambda: {file: contents[-1]}, loaded={file: "loaded"})
    file.write_text("of another dashboard")
    keeper.save_remaining()
    assert file.read_text() == "of another dashboard"
    contents.append("changed")
    keeper.save_remaining()
    assert file.read_text() == "changed"


async def test_a_place_that_cannot_be_saved_is_no_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    impossible, possible = tmp_path / "file" / "view.json", tmp_path / "deep" / "view.json"
    keeper_of(lambda: {possible: "here", impossible: "lost"}).save_remaining()
    assert possible.read_text() == "here"


async def test_a_place_is_saved_once_after_a_series_of_keys(tmp_path: Path) -> None:
    file, places = tmp_path / "view.json", ["first"]
    saved_places: list[str] = []

    def contents_to_save() -> Mapping[Path, str]:
        saved_places.append(places[-1])
        return {file: places[-1]}

    keeper = keeper_of(contents_to_save)
    with mock.patch.object(remembering, "CHECK_EVERY", NEVER):
        saving = asyncio.create_task(keeper._save_until_canceled())
        for number in range(50):
            places.append(f"place {number}")
            keeper._inputs.note()
            await asyncio.sleep(0)
        await until(lambda: file.exists() and file.read_text() == "place 49")
        saving.cancel()
        await asyncio.gather(saving, return_exceptions=True)
    assert saved_places == ["place 49"]


async def test_a_place_is_saved_even_if_keys_never_pause(tmp_path: Path) -> None:
    file = tmp_path / "view.json"
    with (
        mock.patch.object(remembering, "CHECK_EVERY", NEVER),
        mock.patch.object(remembering, "CHECK_AFTER", NEVER),
        mock.patch.object(remembering, "CHECK_WITHIN", 0.01),
    ):
        keeper = keeper_of(lambda: {file: "here"})
        saving = asyncio.create_task(keeper._save_until_canceled())
        keeper._inputs.note()
        keeper._inputs.note()
        await until(file.exists)
        saving.cancel()
        await asyncio.gather(saving, return_exceptions=True)
    assert file.read_text() == "here"


async def test_marks_and_clicks_are_saved_without_waiting_for_the_regular_check(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    for number in range(2):
        studio.wait_for_end(studio.submit("print(1)", query_name=f"marked_{number}.py")["id"])

    def saved_view() -> dict[str, Any]:
        return next((json.loads(each.read_text()) for each in tmp_path.rglob("view.json")), {})

    with mock.patch.object(remembering, "CHECK_EVERY", NEVER):
        async with dashboard(studio, tmp_path) as pilot:
            await until_shown(pilot, "marked_0.py", "marked_1.py")
            await pilot.press("a")
            await until(
                lambda: {*saved_view().get("marks", ())} == {job["id"] for job in studio.jobs()}
            )
            cursor = saved_view()["cursor"]
            # Clicks of the pilot bypass the app, unlike those of a terminal.
            region = pilot.app.screen.query_one(BigTable).region
            position = (region.x + 10, region.y + 2)
            for kind in (events.MouseDown, events.MouseUp):
                pilot.app.post_message(
                    kind(None, *position, 0, 0, 1, False, False, False, *position)
                )
            await until(lambda: saved_view()["cursor"] != cursor)
