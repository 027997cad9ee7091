"""Notices over a dialog cover neither its title nor its answers, and are shown once."""

from typing import Any

import pytest
from textual.screen import Screen

from studio_tui.tui.frame.dialogs import Confirm
from tests.driving import driving
from tests.soak import combinations
from tests.tui.dashboards import until
from tests.tui.frame.test_dialog_sizes import (
    DIALOGS,
    SIZES,
    DialogApp,
    DialogCase,
    box_region,
    dialog_parameters,
    open_dialog,
    visible_words,
)

pytestmark = pytest.mark.draws_dashboards


def count_racks_with_toasts(screen: Screen[Any]) -> int:
    """Return how many visible racks of a screen contain toasts."""
    return sum(bool(rack.display and rack.query("Toast")) for rack in screen.query("ToastRack"))


NOTICE = "3 jobs ended: 2 complete, 1 failed\nfailed: require_docstrings.py"


async def test_a_notice_is_shown_once_when_a_dialog_opens_over_it() -> None:
    async with driving(DialogApp(), size=(120, 40), frames=False, notifications=True) as pilot:
        app, (lower, upper) = pilot.app, (Confirm("One?", (), yes="Yes", no="No") for _ in range(2))
        await app.push_screen(lower)
        app.notify(NOTICE, severity="error", markup=False)
        await until(pilot, lambda: count_racks_with_toasts(lower) == 1)
        await app.push_screen(upper)
        await until(
            pilot,
            lambda: (count_racks_with_toasts(lower), count_racks_with_toasts(upper)) == (0, 1),
        )
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is lower and count_racks_with_toasts(lower) == 1)


@pytest.mark.parametrize(("dialog", "size"), tuple(dialog_parameters(combinations(DIALOGS, SIZES))))
async def test_a_notice_covers_nothing_of_a_dialog_whose_title_and_answers_stay_visible(
    dialog: DialogCase, size: tuple[int, int]
) -> None:
    async with driving(DialogApp(), size=size, frames=False, notifications=True) as pilot:
        await open_dialog(pilot, dialog)
        pilot.app.notify(NOTICE, markup=False)
        await until(pilot, lambda: pilot.app.screen.query("Toast"))
        await pilot.pause()
        assert set(dialog.fixed_words.split()) - visible_words(pilot.app) == set()
        strips = pilot.app.screen._compositor.render_strips()
        assert "failed: require_docstrings.py" in "\n".join(strip.text for strip in strips)
        (toast,) = pilot.app.screen.query("Toast")
        assert not toast.region.overlaps(box_region(pilot.app))
        if (focused := pilot.app.focused) is not None:
            assert pilot.app.screen.find_widget(focused).visible_region


@pytest.mark.parametrize("size", [(80, 24), (120, 40)])
async def test_a_notice_over_a_dialog_ends_above_the_footer_of_the_page(
    size: tuple[int, int],
) -> None:
    async with driving(DialogApp(), size=size, frames=False, notifications=True) as pilot:
        await pilot.app.push_screen(Confirm("One?", (), yes="Yes", no="No"))
        pilot.app.notify(NOTICE, severity="error", markup=False)
        await until(pilot, lambda: pilot.app.screen.query("Toast"))
        await until(pilot, lambda: all(toast.region for toast in pilot.app.screen.query("Toast")))
        assert all(toast.region.bottom == size[1] - 1 for toast in pilot.app.screen.query("Toast"))
