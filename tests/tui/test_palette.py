from pathlib import Path

import pytest

from studio_tui.tui.palette import Palette
from tests.tui.dag_stage import DagStudio, dag
from tests.tui.dashboards import until

pytestmark = pytest.mark.draws_dashboards


@pytest.mark.parametrize("key", ["pagedown", "pageup"])
async def test_paging_before_the_palette_is_drawn_ends_nothing(tmp_path: Path, key: str) -> None:
    async with dag(DagStudio(), tmp_path) as pilot:
        pilot.app.action_command_palette()
        palette = pilot.app.screen
        assert isinstance(palette, Palette)
        await until(pilot, lambda: palette.is_mounted and palette.query("CommandList"))
        for _ in range(60):  # before, while and after the first commands come
            palette._action_command_list(key.replace("page", "page_"))
            await pilot.pause(0)
        assert pilot.app.screen is palette
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.screen is not palette)
