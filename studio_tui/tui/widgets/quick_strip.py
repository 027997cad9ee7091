"""Lines that are cheap to create and short to send; see docs/upstream/cheap-strips.md."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import lru_cache
from typing import Any, TypeAlias

from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Runs: TypeAlias = Sequence[tuple[Hashable, str]]
"""Pairs of the name of a style, which a `Brush` resolves, and a text."""

_RESET = "\x1b[0m"
_MAX_CACHED = 8192
"""How many styles, and how many codes, a brush caches; a log may use any number of colors."""
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
        self.style = lru_cache(_MAX_CACHED)(resolve)
        self.code = lru_cache(_MAX_CACHED)(self._code)
        """Returns the code that changes one style to another; "" stands for the start of a line."""
        self._colors = colors

    def _code(self, before: Hashable, after: Hashable) -> str:
        start = Style.null() if before == "" else self.style(before)
        return change_code(start, self.style(after), self._colors)


class QuickStrip(Strip):
    """A strip that renders directly to escape codes and creates segments only on demand.

    Textual's strip creates several caches. It also sets every color again for each piece of text,
    and these codes are most of the output of a table.
    """

    __slots__ = ("_brush", "runs")

    def __init__(self, runs: Runs, brush: Brush, width: int) -> None:
        """Make a line of `runs` with a total width of `width` cells."""
        self.runs = runs
        self._brush = brush
        self._cell_length = width
        self._render_cache = None

    def __getattr__(self, name: str) -> Any:
        """Create the segments of the base class when one of its attributes is first used."""
        if name not in Strip.__slots__:
            raise AttributeError(name)
        segments = [Segment(text, self._brush.style(name)) for name, text in self.runs]
        super().__init__(segments, self._cell_length)
        return getattr(self, name)

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        cuts = list(cuts)
        # A line that no widget overlaps is cut only at its end, which needs no segments.
        if cuts and cuts[0] == self._cell_length:
            return [self]
        return super().divide(cuts)

    def render(self, console: Console) -> str:  # noqa: ARG002 (the brush knows its colors)
        if self._render_cache is None:
            code_between = self._brush.code
            parts = []
            before: Hashable = ""
            for name, text in self.runs:
                parts.append(code_between(before, name))
                parts.append(text)
                before = name
            parts.append(_RESET)
            self._render_cache = "".join(parts)
        return self._render_cache


def change_code(before: Style, after: Style, colors: ColorSystem) -> str:
    """Return the escape code that changes the style `before` to `after`."""
    off_codes = [
        off for name, _, off in _ATTRIBUTES if getattr(before, name) and not getattr(after, name)
    ]
    # Bold and dim have the same code for off, so that turning off one turns off the other too.
    on_codes = [
        on
        for name, on, off in _ATTRIBUTES
        if getattr(after, name) and (off in off_codes or not getattr(before, name))
    ]
    codes = [*dict.fromkeys(off_codes), *on_codes]
    if before.color != after.color:
        codes += after.color.downgrade(colors).get_ansi_codes() if after.color else ["39"]
    if before.bgcolor != after.bgcolor:
        codes += after.bgcolor.downgrade(colors).get_ansi_codes(False) if after.bgcolor else ["49"]
    return f"\x1b[{';'.join(codes)}m" if codes else ""
