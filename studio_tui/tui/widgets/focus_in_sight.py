"""A scrollable part of a screen that keeps what has the focus in sight."""

from textual.containers import VerticalScroll

from studio_tui.tui.widgets.lifetime import Lifetime


class FocusInSight(Lifetime, VerticalScroll, can_focus=False):
    """Scrolls to the widget with the focus when its own height or that of its content changes."""

    def on_resize(self) -> None:
        if self.has_focus_within and self.screen.focused is not None:
            scroll = self.screen.focused.scroll_visible
            self.call_after_refresh(scroll, animate=False, immediate=True)

    def watch_virtual_size(self) -> None:
        self.on_resize()
