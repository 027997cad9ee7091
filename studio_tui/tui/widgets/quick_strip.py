"""Lines that are cheap to create and short to send, for widgets that redraw a whole screen.

They depend on how Textual's compositor handles strips; the tests check these assumptions. What
Textual does instead is in docs/upstream/cheap-strips.md.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from typing import Any, TypeAlias

from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Runs: TypeAlias = Sequence[tuple[Hashable, str]]
"""A line as pairs of a style, by name or itself, and text."""

_RESET = "\x1b[0m"
_KEPT = 8192
"""Styles, and changes from one to another, in the cache: a log may use any colours."""
_ATTRIBUTES = (
    ("bold", "1", "22"),
    ("dim", "2", "22"),
    ("italic", "3", "23"),
    ("underline", "4", "24"),
    ("reverse", "7", "27"),
    ("strike", "9", "29"),
)
"""Attribute of a style, and its codes for on and off (ECMA-48, 8.3.117)."""


class Brush:
    """Styles by name, and escape codes to change from one to another, both created on demand."""

    def __init__(self, resolve: Callable[[Any], Style], colors: ColorSystem) -> None:
        self.styles = _Filling(resolve)
        """Styles by name."""
        self.codes = _Filling(self._code)
        """Escape codes by a pair of style names, before and after; "" is the start of a line."""
        self._colors = colors

    def _code(self, names: tuple[Hashable, Hashable]) -> str:
        before, after = names
        return change(
            Style.null() if before == "" else self.styles[before], self.styles[after], self._colors
        )


class QuickStrip(Strip):
    """A strip that renders directly to escape codes and creates segments only on demand.

    Textual's strip has eight caches and sets every colour again for each piece of text, which is
    most of the output of a table.
    """

    __slots__ = ("_brush", "runs")

    def __init__(self, runs: Runs, brush: Brush, width: int) -> None:
        """Make a line of `runs` with a total width of `width` cells."""
        self.runs = runs
        """The parts that the line was made of."""
        self._brush = brush
        self._cell_length = width
        self._render_cache = None

    def __getattr__(self, name: str) -> Any:
        """Initialize the base class when one of its attributes is first used."""
        if name not in Strip.__slots__:
            raise AttributeError(name)
        styles = self._brush.styles
        segments = [Segment(text, styles[style]) for style, text in self.runs]
        super().__init__(segments, self._cell_length)
        return getattr(self, name)

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """Divide at `cuts`; a line that no widget overlaps has its first cut at its end."""
        cuts = list(cuts)
        if cuts and cuts[0] == self._cell_length:
            return [self]
        return super().divide(cuts)

    def render(self, console: Console) -> str:  # noqa: ARG002 (the brush has its colours)
        """Return the line as terminal output that ends with a reset."""
        if self._render_cache is None:
            codes = self._brush.codes
            parts = []
            before: Hashable = ""
            for name, text in self.runs:
                parts.append(codes[before, name])
                parts.append(text)
                before = name
            parts.append(_RESET)
            self._render_cache = "".join(parts)
        return self._render_cache


class _Filling(dict[Any, Any]):
    """A dictionary that creates missing values, and drops all if there are too many."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Any) -> Any:
        if len(self) >= _KEPT:
            self.clear()
        made = self[key] = self._make(key)
        return made


def change(before: Style, after: Style, colors: ColorSystem) -> str:
    """Return the escape code that changes the style `before` to `after`."""
    off = [
        code for name, _, code in _ATTRIBUTES if getattr(before, name) and not getattr(after, name)
    ]
    on = [
        code
        for name, code, ending in _ATTRIBUTES
        if getattr(after, name) and (ending in off or not getattr(before, name))
    ]
    codes = [*dict.fromkeys(off), *on]
    if before.color != after.color:
        codes += after.color.downgrade(colors).get_ansi_codes() if after.color else ["39"]
    if before.bgcolor != after.bgcolor:
        codes += after.bgcolor.downgrade(colors).get_ansi_codes(False) if after.bgcolor else ["49"]
    return f"\x1b[{';'.join(codes)}m" if codes else ""
