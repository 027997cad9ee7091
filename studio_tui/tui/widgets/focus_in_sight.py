"""A scrollable part of a screen that keeps what has the focus in sight."""

from textual.containers import VerticalScroll
from textual.geometry import Region, Size
from textual.widget import Widget
from textual.widgets import TextArea

from studio_tui.tui.widgets.lifetime import Lifetime


class FocusInSight(Lifetime, VerticalScroll, can_focus=False):
    """Scrolls to the widget with the focus when its own height or that of its content changes."""

    def on_resize(self) -> None:
        if self.has_focus_within and self.screen.focused is not None:
            self.call_after_refresh(self._show, self.screen.focused)

    def watch_virtual_size(self) -> None:
        self.on_resize()

    def _show(self, focused: Widget) -> None:
        """Scroll to a widget, or to the cursor in a text that does not fit."""
        view = self.scrollable_content_region
        if isinstance(focused, TextArea) and focused.size.height > view.height:
            cursor = Region.from_offset(focused.cursor_screen_offset, Size(1, 1))
            region = cursor.translate(self.scroll_offset - view.offset)
            self.scroll_to_region(region, animate=False, immediate=True)
        else:
            focused.scroll_visible(animate=False, immediate=True)
