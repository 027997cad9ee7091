"""Pages under tabs, which may be removed before they are mounted."""

import pytest
from textual.app import App, ComposeResult
from textual.widgets import TabbedContent, TabPane
from textual.widgets._tabbed_content import ContentTab, ContentTabs

from studio_tui.tui.widgets.tab_pages import PageTabs, TabPages
from tests.driving import driving


async def remove_before_mounting(kind: type[ContentTabs]) -> None:
    """Remove tabs before they are mounted."""
    async with driving(App[None]()) as pilot:
        tabs = kind(ContentTab("One", "one"), active="one", tabbed_content=TabbedContent())
        mounting = pilot.app.screen.mount(tabs)
        await tabs.remove()
        await mounting
        await pilot.pause()


async def test_removing_tabs_before_they_are_mounted_is_no_error() -> None:
    await remove_before_mounting(PageTabs)


async def test_removing_textuals_own_tabs_before_they_are_mounted_is_an_error() -> None:
    """If this fails, Textual no longer needs `PageTabs`."""
    with pytest.raises(ValueError, match="No Tab with id"):
        await remove_before_mounting(ContentTabs)


class TwoPages(App[None]):
    """Shows the second of two pages."""

    def compose(self) -> ComposeResult:
        with TabPages(initial="two"):
            yield TabPane("One", id="one")
            yield TabPane("Two", id="two")


async def test_tab_pages_have_page_tabs_and_show_the_initial_page() -> None:
    async with driving(TwoPages()) as pilot:
        pages = pilot.app.query_one(TabPages)
        assert isinstance(pages.query_one(ContentTabs), PageTabs)
        assert pages.active == "two"
        assert [tab.label_text for tab in pages.query(ContentTab)] == ["One", "Two"]
