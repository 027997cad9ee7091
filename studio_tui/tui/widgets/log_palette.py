"""The styles of a log: those of the sheet, and what the log's own pens are in them."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Self

from rich.color import Color
from rich.style import Style

from studio_tui.presentation.log_lines import PLAIN, Colour, Pen

_COLOURS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_STYLES = ("text", "gutter", "mark", "note", "current", "selected", "stamp")

COMPONENTS = frozenset(f"log-pane--{name}" for name in (*_STYLES, *_COLOURS, "match", "pill"))
"""The component classes that a style sheet gives colours to."""


@dataclass(frozen=True)
class Palette:
    """The styles of the sheet, resolved once."""

    text: Style
    gutter: Style
    mark: Style
    note: Style
    current: Style
    selected: Style
    stamp: Style
    match: Style
    """Lies over the style of what it lights."""
    named: tuple[Color | None, ...]
    """What the log's black, red, green, yellow, blue, magenta, cyan and white are here."""

    @classmethod
    def resolve(cls, style: Callable[[str], Style], match: Style) -> Self:
        """Read the styles; `style` gives that of a component by its name."""
        return cls(
            **{name: style(f"log-pane--{name}") for name in _STYLES},
            match=match,
            named=tuple(style(f"log-pane--{name}").color for name in _COLOURS),
        )

    def style(self, pen: Pen) -> Style:
        """Return the style of a pen."""
        return self.text if pen == PLAIN else _style_of(self, pen)

    def colour(self, colour: Colour | None) -> Color | None:
        """Return a colour of the log as one of ours; the 16 named ones are the theme's."""
        if colour is None:
            return None
        if isinstance(colour, tuple):
            return Color.from_rgb(*colour)
        named = self.named[colour % 8] if colour < 16 else None
        return named or Color.from_ansi(colour)


@lru_cache(maxsize=4096)
def _style_of(palette: Palette, pen: Pen) -> Style:
    return palette.text + Style(
        color=palette.colour(pen.foreground),
        bgcolor=palette.colour(pen.background),
        bold=pen.bold or None,
        dim=pen.dim or None,
        italic=pen.italic or None,
        underline=pen.underline or None,
        strike=pen.strike or None,
        reverse=pen.reverse or None,
    )
