"""The help of a screen, driven by keys."""

from pathlib import Path

from textual.widgets import OptionList

from studio_tui.tui.screens.help import HelpScreen
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, until


async def test_the_help_is_gone_through_by_the_page(studio: ThreadStudio, tmp_path: Path) -> None:
    async with dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        await pilot.press("question_mark")
        await until(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        options = pilot.app.screen.query_one(OptionList)
        await until(pilot, lambda: options.highlighted == 0)
        await pilot.press("pagedown")
        await until(pilot, lambda: (options.highlighted or 0) > 5 and options.scroll_y > 0)
        await pilot.press("pageup")
        await until(pilot, lambda: options.highlighted == 0)
