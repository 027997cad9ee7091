"""An input that can draw another text than its value; see docs/upstream/input-drawing.md."""

from rich.text import Text
from textual.widgets import Input


class DrawnInput(Input):
    """An input whose subclasses may draw another text than its value."""

    @property
    def suggestion(self) -> str:
        """The value as the suggestion completes it; empty if there is none."""
        return self._suggestion

    def text_to_draw(self) -> Text | None:
        """Return the text to draw instead of the value; `None` draws the value."""
        return None

    @property
    def _value(self) -> Text:
        text = self.text_to_draw()
        return super()._value if text is None else text
