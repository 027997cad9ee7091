"""A scrollable part of a screen that keeps what has the focus in sight."""

from textual.containers import VerticalScroll


class FocusInSight(VerticalScroll, can_focus=False):
    """Scrolls to the widget with the focus when it becomes lower, as for a notice."""

    def on_resize(self) -> None:
        if self.has_focus_within and self.screen.focused is not None:
            self.call_after_refresh(self.screen.focused.scroll_visible, animate=False)
