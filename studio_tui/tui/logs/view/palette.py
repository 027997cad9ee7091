"""The styles of a log's rows, from the style sheet and from the log's escape codes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self

from rich.color import Color, ColorSystem
from rich.style import Style

from studio_tui.presentation.logs.lines import PLAIN, Pen, PenColor
from studio_tui.tui.widgets.quick_strip import Brush

# The names of the colors and of the styles in component classes, such as `log-pane--gutter`.
_COLORS = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "white")
_STYLES = ("text", "gutter", "mark", "note", "current", "cursor", "selected", "stamp")

_PENS = 4096
"""Maximum number of pens whose styles are cached; a pen is a style that escape codes set."""

_CONTRAST = 4.5
"""Minimum contrast of text on a colored background (WCAG 2.2, 1.4.3)."""

COMPONENTS = frozenset(f"log-pane--{name}" for name in (*_STYLES, *_COLORS, "match"))
"""The component classes for style sheets."""


@dataclass(frozen=True)
class LogPalette:
    """The styles of the style sheet, resolved once and adapted to terminals without color."""

    text: Style
    gutter: Style
    mark: Style
    note: Style
    current: Style
    """The style of the signs of the current line and of bookmarks."""
    cursor: Style
    """Its background is that of the current line."""
    selected: Style
    """Its background is that of selected lines."""
    stamp: Style
    match: Style
    """Combined with the style of the highlighted text."""
    named: tuple[Color | None, ...]
    """The theme's black, red, green, yellow, blue, magenta, cyan and white."""
    final: Callable[[Style], Style]
    """Applies Textual's line filters to a style, which adapt it to the terminal."""
    brush: Brush = field(compare=False, repr=False)
    """Returns the escape codes of styles to which `final` was applied."""
    _pens: dict[tuple[Pen, bool], Style] = field(
        default_factory=dict, init=False, compare=False, repr=False
    )
    """Cached styles, by pen and whether the text is a match of the search."""

    @classmethod
    def resolve(
        cls,
        style: Callable[[str], Style],
        match: Style,
        final: Callable[[Style], Style],
        colors: ColorSystem,
    ) -> Self:
        """Return the palette for a terminal; `style` returns the style of a component class."""
        return cls(
            **{name: final(style(f"log-pane--{name}")) for name in _STYLES},
            match=match,
            named=tuple(style(f"log-pane--{name}").color for name in _COLORS),
            final=final,
            brush=Brush(lambda style: style, colors),
        )

    def style(self, pen: Pen, *, lit: bool = False) -> Style:
        """Return the style of a pen; if `lit`, highlighted as a match of the search."""
        cached = self._pens.get((pen, lit))
        if cached is None:
            style = self.text if pen == PLAIN else self.text + self._of_pen(pen)
            cached = self._pens[pen, lit] = self.final(style + self.match if lit else style)
            if len(self._pens) > _PENS:
                self._pens.clear()
        return cached

    def _of_pen(self, pen: Pen) -> Style:
        color, ground = self._color(pen.foreground), self._color(pen.background)
        # A program that chose both as exact colors knows how they look together.
        if ground and not (_is_exact(pen.foreground) and _is_exact(pen.background)):
            color = _readable(color or self.text.color, ground)
        return Style(
            color=color,
            bgcolor=ground,
            bold=pen.bold or None,
            dim=pen.dim or None,
            italic=pen.italic or None,
            underline=pen.underline or None,
            strike=pen.strike or None,
            reverse=pen.reverse or None,
        )

    def _color(self, color: PenColor | None) -> Color | None:
        """Return a color of the log; its 8 named colors, bright or not, are those of the theme."""
        if color is None:
            return None
        if isinstance(color, tuple):
            return Color.from_rgb(*color)
        named = self.named[color % 8] if color < 16 else None
        return named or Color.from_ansi(color)


def _is_exact(color: PenColor | None) -> bool:
    """Whether a color of a log is the same in all themes."""
    return isinstance(color, tuple) or (color is not None and color >= 16)


def _readable(color: Color | None, ground: Color) -> Color | None:
    """Return a color if it is readable on `ground`; else black or white, of which one always is.

    How the terminal's own 16 colors look is unknown, so a color is returned unchanged if either is
    one of them.
    """
    if color is None or color.is_system_defined or ground.is_system_defined:
        return color
    light = _luminance(ground)
    darker, lighter = sorted((_luminance(color), light))
    if (lighter + 0.05) / (darker + 0.05) >= _CONTRAST:
        return color
    # Black and white have the same contrast with a luminance of 0.179.
    return Color.from_rgb(0, 0, 0) if light > 0.179 else Color.from_rgb(255, 255, 255)


def _luminance(color: Color) -> float:
    """Return the relative luminance of a color (WCAG 2.2), from 0 to 1."""
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in color.get_truecolor().normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
