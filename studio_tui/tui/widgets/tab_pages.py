"""Textual's tabbed content, with a workaround for a bug on early removal.

The bug report:

    Title: Tabs that are removed before they are composed raise ValueError

    Versions: Textual 8.2.8, Python 3.11.

    What happens: a screen with a TabbedContent that is popped as soon as it has been pushed ends
    the app with `ValueError: No Tab with id '--content-tab-one'`.

    How to reproduce:

        from textual.app import App
        from textual.widgets import Tab, Tabs

        class Brief(App):
            def on_mount(self):
                tabs = Tabs(Tab("One", id="one"), active="one")
                self.mount(tabs)
                tabs.remove()

        Brief().run()

    Cause: a widget that is being removed is no longer composed, but still receives `Mount`.
    `Tabs._on_mount` then activates a tab that it does not contain.

    Suggested fix: do not dispatch `Mount` to a widget that was not composed.
"""

from typing import TypeVar, cast

from textual.app import ComposeResult
from textual.widget import Widget
from textual.widgets import TabbedContent
from textual.widgets._tabbed_content import ContentTabs

from studio_tui.tui.widgets.lifetime import Lifetime

W = TypeVar("W", bound=Widget)


class PageTabs(Lifetime, ContentTabs):
    """A tab bar that can be removed before it is composed."""


class TabPages(TabbedContent):
    """Tabbed content that can be removed before it is composed."""

    def compose(self) -> ComposeResult:
        """Compose Textual's parts, but with `PageTabs`."""
        for part in super().compose():
            if type(part) is ContentTabs:
                yield PageTabs(*part._tabs, active=self._initial or None, tabbed_content=self)
            else:
                yield part

    def get_child_by_type(self, expect_type: type[W]) -> W:
        """Return the only child of a type; map Textual's exact tab type to `PageTabs`."""
        wanted = cast(type[W], PageTabs) if expect_type is ContentTabs else expect_type
        return super().get_child_by_type(wanted)
