"""A text area that is safe to draw, with syntax colors or hidden values.

It uses private parts of Textual; see docs/upstream/text-area-drawing.md.
"""

from collections.abc import Callable, Sequence

from rich.cells import cell_len
from rich.style import Style as RichStyle
from rich.text import Text
from textual.geometry import Offset, Size
from textual.highlight import highlight
from textual.reactive import reactive
from textual.style import Style
from textual.widgets import TextArea

from studio_tui.presentation.form.line_checks import masked_line
from studio_tui.text import safe_line

Spans = Sequence[tuple[int, int, str]]
"""The styled parts of a line: index of the first character, index after the last, style."""

MOST_COLORED = 64 * 1024
"""Maximum length of a text that is colored, in characters."""


def colors(text: str, language: str) -> tuple[Spans, ...]:
    """Return the colors of each line of a text; empty for long texts. Slow: call in a thread."""
    if len(text) > MOST_COLORED:
        return ()
    # The highlighter takes a carriage return for the end of a line, so the colors of all lines
    # below would be those of other lines.
    lines = highlight(text.replace("\r", " "), language=language).split("\n", allow_blank=True)
    return tuple(
        tuple((span.start, span.end, str(span.style)) for span in line.spans) for line in lines
    )


class CodeArea(TextArea):
    """A text area that draws each control character as one printable character."""

    masked: reactive[bool] = reactive(False)
    """Whether to hide secrets while the field has no focus."""

    def __init__(
        self,
        text: str = "",
        *,
        masked: bool = False,
        hide: Callable[[str], str] = masked_line,
        soft_wrap: bool = False,
    ) -> None:
        """Make an area; `hide` hides the secrets of a line, by default the value of a variable."""
        super().__init__(
            text,
            compact=True,
            soft_wrap=soft_wrap,
            tab_behavior="focus",
            show_line_numbers=False,
            highlight_cursor_line=False,
        )
        self.set_reactive(CodeArea.masked, masked)
        self._hide: Callable[[str], str] = lambda line: safe_line(hide(line))
        self._colors: tuple[Spans, ...] = ()

    def color(self, text: str, spans: tuple[Spans, ...]) -> None:
        """Apply the colors of `text`, unless the area has another text now."""
        if text == self.text and spans != self._colors:
            self._colors = spans
            self._line_cache.clear()
            self.refresh()

    def get_line(self, line_index: int) -> Text:
        line = self.document.get_line(line_index)
        if self.masked and not self.has_focus:
            return Text(self._hide(line), end="", no_wrap=True)
        text = Text("".join(map(_drawable, line)), end="", no_wrap=True)
        if line_index < len(self._colors):
            for start, end, style in self._colors[line_index]:
                text.stylize(self._rich_style(style), start, end)
        return text

    def _refresh_size(self) -> None:
        """Make room for lines that are drawn wider than they are typed."""
        super()._refresh_size()
        if not self.soft_wrap:
            width, height = self.virtual_size
            widths = (
                _drawn_width(line, self._hide(line) if self.masked else "")
                for line in self.document.lines
            )
            # One more for the cursor after the last character.
            self.virtual_size = Size(max(width, max(widths, default=0) + 1), height)

    def scroll_cursor_visible(self, center: bool = False, animate: bool = False) -> Offset:
        """Scroll to the cursor, unless the cursor is below the last line.

        If undo removes a scrollbar, Textual calls this before it has moved the cursor.
        """
        if self.cursor_location[0] >= self.document.line_count:
            return Offset(0, 0)
        return super().scroll_cursor_visible(center, animate)

    def _rich_style(self, name: str) -> RichStyle:
        """Return a style without its background."""
        variables = self.app.theme_variables
        style = Style.parse(name, variables)
        # A color with transparency becomes the one that it has on the field.
        on_surface = (Style.parse("on $surface", variables) + style).rich_style
        return RichStyle(
            color=on_surface.color if style.foreground is not None else None,
            bold=on_surface.bold,
            italic=on_surface.italic,
            underline=on_surface.underline,
        )

    def watch_masked(self) -> None:
        self._line_cache.clear()
        self.refresh()

    def watch_has_focus(self, _has_focus: bool) -> None:
        super().watch_has_focus(_has_focus)
        self._line_cache.clear()

    @property
    def hides_text(self) -> bool:
        """Whether a part of the text is hidden now."""
        is_masked = self.masked and not self.has_focus
        return is_masked and any(self._hide(line) != line for line in self.document.lines)


def _drawn_width(line: str, masked_line: str) -> int:
    """Return the width in cells of a line that is masked or has control characters.

    It is 0 for any other line, which Textual measures itself.
    """
    masked_width = cell_len(masked_line)
    if line.replace("\t", "").isprintable():
        return masked_width
    return max(masked_width, cell_len("".join(map(_drawable, line))))


def _drawable(character: str) -> str:
    """Return the character to draw instead of a typed one; a tab stays, as Textual expands it."""
    return character if character == "\t" else safe_line(character) or "\N{REPLACEMENT CHARACTER}"
