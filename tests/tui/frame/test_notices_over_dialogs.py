"""Toasts cover neither the title nor the answers of a question."""

import pytest

from tests.driving import driving
from tests.soak import combinations
from tests.tui.dashboards import until
from tests.tui.frame.test_dialog_sizes import DIALOGS, SIZES, Shown, Stage, put, shown, stages

pytestmark = pytest.mark.draws_dashboards

NOTICE = "3 jobs ended: 2 complete, 1 failed\nfailed: require_docstrings.py"


@pytest.mark.parametrize(("dialog", "size"), tuple(stages(combinations(DIALOGS, SIZES))))
async def test_a_notice_covers_neither_title_nor_answers(
    dialog: Shown, size: tuple[int, int]
) -> None:
    async with driving(Stage(), size=size, frames=False, notifications=True) as pilot:
        await put(pilot, dialog)
        pilot.app.notify(NOTICE, markup=False)
        await until(pilot, lambda: pilot.app.screen.query("Toast"))
        await pilot.pause()
        assert set(dialog.still.split()) - shown(pilot.app) == set()
        strips = pilot.app.screen._compositor.render_strips()
        assert "failed: require_docstrings.py" in "\n".join(strip.text for strip in strips)
