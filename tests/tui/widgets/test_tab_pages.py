"""Pages under tabs that are removed before they are mounted."""

import pytest
from textual.app import App, ComposeResult
from textual.widgets import TabbedContent, TabPane
from textual.widgets._tabbed_content import ContentTab, ContentTabs

from studio_tui.tui.widgets.tab_pages import PageTabs, TabPages
from tests.driving import driving


async def leave_early(kind: type[ContentTabs]) -> None:
    """Take tabs away as soon as they have been put in."""
    async with driving(App[None]()) as pilot:
        tabs = kind(ContentTab("One", "one"), active="one", tabbed_content=TabbedContent())
        coming = pilot.app.screen.mount(tabs)
        await tabs.remove()
        await coming
        await pilot.pause()


async def test_tabs_that_are_taken_away_before_they_are_there_are_no_error() -> None:
    await leave_early(PageTabs)


async def test_textual_itself_still_needs_this() -> None:
    """Once this fails, the tabs of ours can go."""
    with pytest.raises(ValueError, match="No Tab with id"):
        await leave_early(ContentTabs)


class TwoPages(App[None]):
    """Shows the second of two pages."""

    def compose(self) -> ComposeResult:
        with TabPages(initial="two"):
            yield TabPane("One", id="one")
            yield TabPane("Two", id="two")


async def test_pages_have_these_tabs_and_show_the_page_wanted() -> None:
    async with driving(TwoPages()) as pilot:
        pages = pilot.app.query_one(TabPages)
        assert isinstance(pages.query_one(ContentTabs), PageTabs)
        assert pages.active == "two"
        assert [tab.label_text for tab in pages.query(ContentTab)] == ["One", "Two"]
