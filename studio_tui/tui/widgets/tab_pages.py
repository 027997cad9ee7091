"""Tabs that can be removed before they are mounted; see docs/upstream/tabs-removed-early.md."""

from typing import TypeVar, cast

from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import TabbedContent
from textual.widgets._tabbed_content import ContentTabs

from studio_tui.tui.widgets.lifetime import Lifetime

W = TypeVar("W", bound=Widget)


class PageTabs(Lifetime, ContentTabs):
    """A tab bar that can be removed before it is mounted."""


class TabPages(TabbedContent):
    """Tabbed content that can be removed before it is mounted."""

    def compose(self) -> ComposeResult:
        for part in super().compose():
            if type(part) is ContentTabs:
                yield PageTabs(*part._tabs, active=self._initial or None, tabbed_content=self)
            else:
                yield part

    def get_child_by_type(self, expect_type: type[W]) -> W:
        """Return the `PageTabs` for `ContentTabs`, as Textual finds no child of a subclass."""
        actual_type = cast(type[W], PageTabs) if expect_type is ContentTabs else expect_type
        return super().get_child_by_type(actual_type)
