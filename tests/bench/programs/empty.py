"""An empty Textual screen on which a key changes a number: the baseline from key to paint."""

from rich.segment import Segment
from textual.app import App, ComposeResult
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget


class Counter(Widget, can_focus=True):
    """Draws a number that every key increases."""

    BINDINGS = [("down,up,pagedown", "count", "Count")]  # noqa: RUF012
    number = 0

    def action_count(self) -> None:
        """Increase the number, and redraw nothing else."""
        self.number += 1
        self.refresh(Region(0, 0, 10, 1))

    def render_line(self, y: int) -> Strip:
        """Draw the number on the first line."""
        return Strip([Segment(f"ready {self.number}")] if y == 0 else [])


class EmptyApp(App[None]):
    """An app with the counter."""

    def compose(self) -> ComposeResult:
        """Compose one widget."""
        yield Counter()


if __name__ == "__main__":
    EmptyApp().run()
