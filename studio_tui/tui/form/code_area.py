"""A field of several lines: safe to look at, coloured by what it is, or with its values hidden."""

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
"""Where a line has which style, as Textual's markup names it."""

COLOURED = 64 * 1024
"""Characters of a text that is coloured; a longer one stays plain."""


def colours(text: str, language: str) -> tuple[Spans, ...]:
    """Return the colours of each line of a text. It takes a while: call it in a thread."""
    if len(text) > COLOURED:
        return ()
    # What the highlighter makes of line ends must not shift what comes after them.
    lines = highlight(text.replace("\r", " "), language=language).split("\n", allow_blank=True)
    return tuple(
        tuple((span.start, span.end, str(span.style)) for span in line.spans) for line in lines
    )


class CodeArea(TextArea):
    """Several lines of text. Control codes are drawn as signs, each in place of one character."""

    masked: reactive[bool] = reactive(False)
    """Whether what is secret in each line is hidden while the field has no focus."""

    def __init__(
        self,
        text: str = "",
        *,
        masked: bool = False,
        hide: Callable[[str], str] | None = None,
        soft_wrap: bool = False,
        **options: Any,
    ) -> None:
        """Take what hides the secrets of a line; else it hides all that follows the first `=`."""
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
        """Whole lines that hide nothing."""

    def colour(self, text: str, found: tuple[Spans, ...]) -> None:
        """Take over the colours of `text`, unless it has changed since."""
        if text == self.text and found != self._colours:
            self._colours = found
            self._line_cache.clear()
            self.refresh()

    def get_line(self, line_index: int) -> Text:
        """Return a line as it may be drawn."""
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
        """Return a style without its background, which is the field's own."""
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
        """Take over which whole lines hide nothing."""
        if lines != self.unmasked:
            self.unmasked = lines
            self.watch_masked()

    def watch_masked(self) -> None:
        """Draw the lines anew."""
        self._line_cache.clear()
        self.refresh()

    def watch_has_focus(self, _has_focus: bool) -> None:
        """Show or hide the values."""
        super().watch_has_focus(_has_focus)
        self._line_cache.clear()

    def _hidden(self, line: str) -> str:
        """Return what is drawn of a line whose secrets are hidden."""
        if self._hide is not None:
            return safe_line(self._hide(line))
        name, equals, value = line.partition("=")
        if not equals:
            if line in self.unmasked:
                return safe_line(line)
            # What has no name yet may be a secret as a whole.
            return MASK if line.strip() else ""
        return f"{safe_line(name)}={MASK if value else ''}"


def _drawn_width(hiding: str, line: str) -> int:
    """Return the cells of a line, or of what hides it, where they differ from what is typed."""
    hidden = cell_len(hiding)
    if line.replace("\t", "").isprintable():
        return hidden
    return max(hidden, cell_len("".join(map(_drawable, line))))


def _drawable(character: str) -> str:
    return character if character == "\t" else safe_line(character) or "\N{REPLACEMENT CHARACTER}"
