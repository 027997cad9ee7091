"""Bursts of keys on a busy machine, and pasted text: each key reaches the right widget."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events

from studio_tui.tui.form import field_commands
from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.frame.list_page import ListPage
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.tui.dashboards import Dashboard, dashboard, screen_text, until, until_shown
from tests.tui.terminal.test_key_queue import parsed_keys, send_burst


@asynccontextmanager
async def busy_machine() -> AsyncIterator[None]:
    """Block the event loop again and again, as other programs do on a busy machine."""

    async def block() -> None:
        while True:
            time.sleep(0.02)  # noqa: ASYNC251 (blocks on purpose)
            await asyncio.sleep(0.002)

    blocking = asyncio.create_task(block())
    try:
        yield
    finally:
        blocking.cancel()


@pytest.mark.parametrize("page_key", at_length(["3"], ["2", "3", "4"]))
async def test_a_filter_sent_with_the_key_that_opens_a_page_is_complete(
    shared_studio: ThreadStudio, tmp_path: Path, page_key: str
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot, busy_machine():
        send_burst(pilot, parsed_keys(f"{page_key} / x y z enter"))
        await until(
            pilot,
            lambda: (
                isinstance(pilot.app.screen, ListPage) and pilot.app.screen.view.filter == "xyz"
            ),
        )
        assert pilot.app.screen.focused is not None


async def test_the_key_of_a_form_sent_with_the_key_that_opens_its_page_opens_the_form(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot, busy_machine():
        send_burst(pilot, parsed_keys("2 t"))
        await until_shown(pilot, "Rebuild datasets")


async def test_letters_sent_with_tab_reach_the_next_field(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot, busy_machine():
        send_burst(pilot, parsed_keys("n tab a b tab c d tab e f"))
        await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
        form = pilot.app.screen
        assert isinstance(form, SubmitScreen)
        await until(pilot, lambda: form.is_alive and form.form.draft.query_name == "ef")
        assert (form.form.draft.query, form.form.draft.query_type) == ("ab", "cd")


async def open_explanation_and_editor(pilot: Dashboard) -> None:
    """Open a form, and in the same burst the explanation of a field and the editor."""
    send_burst(pilot, parsed_keys("n tab f1 f4"))
    await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))


async def test_an_editor_opened_together_with_an_explanation_changes_the_field(
    shared_studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def edit(_app: object, text: str, _suffix: str) -> str:
        return f"{text}print(2)"

    monkeypatch.setattr(field_commands, "edit_text", edit)
    async with dashboard(shared_studio, tmp_path) as pilot, busy_machine():
        await open_explanation_and_editor(pilot)
        await until_shown(pilot, "print(2)")
        await pilot.press("f6")
        await until_shown(pilot, "The request as JSON")
        assert "print(2)" in screen_text(pilot)


async def test_keys_pressed_before_the_editor_opens_are_not_typed_into_the_form(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.wait_for_end(studio.submit("print(1)")["id"])
    async with dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "✓ COMPLETE")
        has_begun, is_over = asyncio.Event(), asyncio.Event()

        async def edit(_app: object, text: str, _suffix: str) -> str:
            has_begun.set()
            await is_over.wait()
            return text

        monkeypatch.setattr(field_commands, "edit_text", edit)
        send_burst(pilot, parsed_keys("e x y"))
        await has_begun.wait()
        is_over.set()
        await until_shown(pilot, "print(1)")
        await pilot.press("end", "3")
        form = pilot.app.screen
        assert isinstance(form, SubmitScreen)
        assert form.form.draft.query == "print(1)3"


async def test_text_pasted_into_a_line_is_cut_at_its_first_line_end(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.press("n")
        await until_shown(pilot, "The path of a script")
        form = pilot.app.screen
        assert isinstance(form, SubmitScreen)
        for rest in ("\r", "\n", "\r\n", "\r/more.py"):
            pilot.app.post_message(events.Paste(f"/home/ann/script.py{rest}"))
            await until_shown(pilot, "/home/ann/script.py")
            assert form.form.draft.query_file == "/home/ann/script.py", repr(rest)
            await pilot.press("ctrl+u")
            assert form.form.draft.query_file == ""


async def test_a_path_pasted_by_drag_and_drop_is_unquoted_and_its_script_shown(
    shared_studio: ThreadStudio, tmp_path: Path
) -> None:
    (tmp_path / "a b.py").write_text("print('dropped')")
    async with dashboard(shared_studio, tmp_path) as pilot:
        await pilot.press("n")
        await until_shown(pilot, "The path of a script")
        pilot.app.post_message(events.Paste(f"'{tmp_path}/a b.py' "))
        await until_shown(pilot, "print('dropped')")
