"""A text area that is safe to draw, with syntax colours or hidden values.

What it needs of Textual beyond the public interface is in docs/upstream/text-area-drawing.md.
"""

from collections.abc import Callable, Collection, Sequence
from typing import Any

from rich.cells import cell_len
from rich.style import Style as RichStyle
from rich.text import Text
from textual.geometry import Offset, Size
from textual.highlight import highlight
from textual.reactive import reactive
from textual.style import Style
from textual.widgets import TextArea

from studio_tui.presentation.jobs.facts import MASK
from studio_tui.text import safe_line

Spans = Sequence[tuple[int, int, str]]
"""The styles of a line: start, end, and the name in Textual's markup."""

COLOURED = 64 * 1024
"""Longest text, in characters, that is coloured."""


def colours(text: str, language: str) -> tuple[Spans, ...]:
    """Return the colours of each line of a text. Slow: call in a thread."""
    if len(text) > COLOURED:
        return ()
    # The highlighter must not change the number of characters before later spans.
    lines = highlight(text.replace("\r", " "), language=language).split("\n", allow_blank=True)
    return tuple(
        tuple((span.start, span.end, str(span.style)) for span in line.spans) for line in lines
    )


class CodeArea(TextArea):
    """A text area that draws each control character as one printable character."""

    masked: reactive[bool] = reactive(False)
    """Whether to hide the secret part of each line while the field has no focus."""

    def __init__(
        self,
        text: str = "",
        *,
        masked: bool = False,
        hide: Callable[[str], str] | None = None,
        soft_wrap: bool = False,
        **options: Any,
    ) -> None:
        """Make an area; `hide` hides the secrets of a line, by default all after the first `=`."""
        super().__init__(
            text,
            compact=True,
            soft_wrap=soft_wrap,
            tab_behavior="focus",
            show_line_numbers=False,
            highlight_cursor_line=False,
            **options,
        )
        self.set_reactive(CodeArea.masked, masked)
        self._hide = hide
        self._colours: tuple[Spans, ...] = ()
        self.unmasked: Collection[str] = ()
        """Complete lines that are not hidden."""

    def colour(self, text: str, found: tuple[Spans, ...]) -> None:
        """Apply the colours of `text`, unless it has changed since."""
        if text == self.text and found != self._colours:
            self._colours = found
            self._line_cache.clear()
            self.refresh()

    def get_line(self, line_index: int) -> Text:
        """Return a line as drawn."""
        line = self.document.get_line(line_index)
        if self.masked and not self.has_focus:
            return Text(self._hidden(line), end="", no_wrap=True)
        text = Text("".join(map(_drawable, line)), end="", no_wrap=True)
        if line_index < len(self._colours):
            for start, end, style in self._colours[line_index]:
                text.stylize(self._look(style), start, end)
        return text

    def _refresh_size(self) -> None:
        """Make room for what is drawn, which may be longer than what is typed."""
        super()._refresh_size()
        if not self.soft_wrap:
            width, height = self.virtual_size
            drawn = max(
                (
                    _drawn_width(self._hidden(line) if self.masked else "", line)
                    for line in self.document.lines
                ),
                default=0,
            )
            self.virtual_size = Size(max(width, drawn + 1), height)

    def scroll_cursor_visible(self, center: bool = False, animate: bool = False) -> Offset:
        """Scroll to the cursor, once it is within the text.

        Undo and redo in Textual update the scrollbars before the cursor. If a scrollbar goes, this
        is called with a cursor below the last line, for which Textual raises ValueError. The
        cursor is set, and scrolled to, right afterwards.
        """
        if self.cursor_location[0] >= self.document.line_count:
            return Offset(0, 0)
        return super().scroll_cursor_visible(center, animate)

    def _look(self, style: str) -> RichStyle:
        """Return a style without its background, as that is the field's."""
        variables = self.app.theme_variables
        parsed = Style.parse(style, variables)
        rich = (Style.parse("on $surface", variables) + parsed).rich_style
        return RichStyle(
            color=rich.color if parsed.foreground is not None else None,
            bold=rich.bold,
            italic=rich.italic,
            underline=rich.underline,
        )

    def unmask(self, lines: Collection[str]) -> None:
        """Set the complete lines that are not hidden."""
        if lines != self.unmasked:
            self.unmasked = lines
            self.watch_masked()

    def watch_masked(self) -> None:
        """Redraw the lines."""
        self._line_cache.clear()
        self.refresh()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Show or hide the values."""
        super().watch_has_focus(_has_focus)
        self._line_cache.clear()

    def _hidden(self, line: str) -> str:
        """Return a line as drawn with its secrets hidden."""
        if self._hide is not None:
            return safe_line(self._hide(line))
        name, equals, value = line.partition("=")
        if not equals:
            if line in self.unmasked:
                return safe_line(line)
            # A line without a name may be a secret.
            return MASK if line.strip() else ""
        return f"{safe_line(name)}={MASK if value else ''}"


def _drawn_width(hiding: str, line: str) -> int:
    """Return the width of a line as drawn, if it can exceed that of the typed text, else 0."""
    hidden = cell_len(hiding)
    if line.replace("\t", "").isprintable():
        return hidden
    return max(hidden, cell_len("".join(map(_drawable, line))))


def _drawable(character: str) -> str:
    return character if character == "\t" else safe_line(character) or "\N{REPLACEMENT CHARACTER}"
