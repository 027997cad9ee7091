from pathlib import Path

import pytest
from textual.command import CommandList

from studio_tui.tui.palette import Palette
from tests.tui.dag_stage import DagStudio, dag
from tests.tui.dashboards import until

pytestmark = pytest.mark.draws_dashboards


@pytest.mark.parametrize("key", ["page_down", "page_up"])
async def test_paging_before_the_commands_are_laid_out_ends_nothing(
    tmp_path: Path, key: str
) -> None:
    async with dag(DagStudio(), tmp_path) as pilot:
        await pilot.press("ctrl+p")
        palette = pilot.app.screen
        assert isinstance(palette, Palette)
        commands = palette.query_one(CommandList)
        await until(pilot, lambda: commands.option_count > 3)
        commands.display = False  # so it has no region, as before it is first drawn
        await pilot.pause()
        commands._clear_caches()
        commands.highlighted = 0
        palette._action_command_list(key)
        assert commands.highlighted == 0
        commands.display = True
        await pilot.pause()
        palette._action_command_list("page_down")
        assert commands.highlighted != 0
