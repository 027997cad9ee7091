"""A list in a dialog uses all the space that the terminal has."""

from typing import Any, cast

import pytest
from textual.widget import Widget

from studio_tui.presentation.lists.fitting import fit_lines
from studio_tui.tui.frame.bulk import space_for_list
from studio_tui.tui.frame.dialog_box import SHRINKS
from studio_tui.tui.frame.dialogs import Confirm
from tests.driving import driving
from tests.tui.frame.test_dialog_sizes import DialogApp

TEXT_BEFORE = ("200 queued.", "")
TEXT_AFTER = (
    "",
    "Their processes are stopped; what they wrote stays, as long as it is not removed.",
)
NAMES = [f"  job_{number}.py ({number:08x})  queued" for number in range(200)]


@pytest.mark.parametrize("size", [(80, 24), (120, 40), (200, 60), (60, 30), (100, 16)])
async def test_a_dialog_lists_as_many_jobs_as_fit_without_scrolling(size: tuple[int, int]) -> None:
    async with driving(DialogApp(), size=size, frames=False) as pilot:
        space = space_for_list(cast("Any", pilot), *TEXT_BEFORE, *TEXT_AFTER)
        for extra_rows, is_scrollable in ((0, False), (1, True)):
            lines = fit_lines(NAMES, space._replace(rows=space.rows + extra_rows))
            screen = Confirm(
                "Cancel 200 jobs?", (*TEXT_BEFORE, *lines, *TEXT_AFTER), yes="Do", no="Don't"
            )
            pilot.app.push_screen(screen)
            await pilot.pause()
            assert pilot.app.screen is screen
            body: Widget = screen.query(f".{SHRINKS}").first()
            assert (body.max_scroll_y > 0) == is_scrollable
