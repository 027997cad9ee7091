"""Keys that come at once on a busy machine: none is lost, and each reaches the right widget."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events

from studio_tui.tui.form import editing
from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.frame.list_page import ListPage
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown
from tests.tui.terminal.test_key_queue import burst, keys


@asynccontextmanager
async def busy() -> AsyncIterator[None]:
    """Hold up the event loop again and again, as other programs do on a busy machine."""

    async def hold_up() -> None:
        while True:
            time.sleep(0.02)  # noqa: ASYNC251 (that is the point)
            await asyncio.sleep(0.002)

    holding = asyncio.create_task(hold_up())
    try:
        yield
    finally:
        holding.cancel()


@pytest.mark.parametrize("place", at_length(["3"], ["2", "3", "4"]))
async def test_a_filter_typed_with_the_key_that_first_shows_a_place_is_whole(
    shared_studio: ThreadStudio, tmp_path: Path, place: str
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot, busy():
        burst(pilot, keys(f"{place} / x y z enter"))
        await until(
            pilot,
            lambda: (
                isinstance(pilot.app.screen, ListPage) and pilot.app.screen.view.filter == "xyz"
            ),
        )
        assert pilot.app.screen.focused is not None


async def test_a_form_opened_with_the_key_that_first_shows_its_place_is_there(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot, busy():
        burst(pilot, keys("2 t"))
        await until_shown(pilot, "Rebuild datasets")


async def test_letters_after_tab_reach_the_next_field(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot, busy():
        burst(pilot, keys("n tab a b tab c d tab e f"))
        await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
        form = pilot.app.screen
        assert isinstance(form, SubmitScreen)
        await until(pilot, lambda: form.is_alive and form.form.draft.query_name == "ef")
        assert (form.form.draft.query, form.form.draft.query_type) == ("ab", "cd")


async def edits(pilot: Dashboard) -> None:
    """Open a form, and let the explanation and the editor be asked for at once."""
    burst(pilot, keys("n tab f1 f4"))
    await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))


async def test_the_editor_requested_over_the_explanation_changes_the_field(
    shared_studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def edited(_app: object, text: str, _suffix: str) -> str:
        return f"{text}print(2)"

    monkeypatch.setattr(editing, "edit_text", edited)
    async with dashboard(shared_studio, tmp_path) as pilot, busy():
        await edits(pilot)
        await until_shown(pilot, "print(2)")
        await pilot.press("f6")
        await until_shown(pilot, "The request as JSON")
        assert "print(2)" in screen_text(pilot)


async def test_what_is_pasted_onto_a_line_ends_at_its_line_end(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.press("n")
        await until_shown(pilot, "The path of a script")
        form = pilot.app.screen
        assert isinstance(form, SubmitScreen)
        for end in ("\r", "\n", "\r\n", "\r/more.py"):
            pilot.app.post_message(events.Paste(f"/home/ann/script.py{end}"))
            await until_shown(pilot, "/home/ann/script.py")
            assert form.form.draft.query_file == "/home/ann/script.py", repr(end)
            await pilot.press("ctrl+u")
            assert form.form.draft.query_file == ""


async def test_a_path_dropped_by_the_terminal_names_the_file_and_the_job(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    (tmp_path / "a b.py").write_text("print('dropped')")
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.press("n")
        await until_shown(pilot, "The path of a script")
        pilot.app.post_message(events.Paste(f"'{tmp_path}/a b.py' "))
        await until_shown(pilot, "print('dropped')")
