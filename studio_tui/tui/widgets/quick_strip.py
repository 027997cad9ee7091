"""Lines that are cheap to make and short to send, for widgets that make a screenful at a time.

They lean on how Textual's compositor treats strips; the tests say what they lean on.
"""

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Runs: TypeAlias = Sequence[tuple[str, str]]
"""A line as pieces: the name of a style, and text that has it."""

_RESET = "\x1b[0m"
_ATTRIBUTES = (
    ("bold", "1", "22"),
    ("dim", "2", "22"),
    ("italic", "3", "23"),
    ("underline", "4", "24"),
    ("reverse", "7", "27"),
    ("strike", "9", "29"),
)
"""Name in a style, and how to turn it on and off (ECMA-48, 8.3.117)."""


class Brush:
    """Styles by name, and the escape codes that lead from one to another; each made when needed."""

    def __init__(self, resolve: Callable[[str], Style], colors: ColorSystem) -> None:
        self.styles = _Filling(resolve)
        """Style by name."""
        self.codes = _Filling(self._code)
        """Escape code by the names of the style before, "" at the start, and after."""
        self._colors = colors

    def _code(self, names: tuple[str, str]) -> str:
        before, after = names
        return change(
            self.styles[before] if before else Style.null(), self.styles[after], self._colors
        )


class QuickStrip(Strip):
    """A strip of which the terminal's text is made, and the rest only if somebody asks.

    A strip of Textual's makes seven caches and states every colour anew for each piece of text,
    which is most of what a table sends.
    """

    __slots__ = ("_brush", "_runs")

    def __init__(self, runs: Runs, brush: Brush, width: int) -> None:
        """Make a line of `runs` that are `width` cells together."""
        self._runs = runs
        self._brush = brush
        self._cell_length = width
        self._render_cache = None

    def __getattr__(self, name: str) -> Any:
        """Become a whole strip as soon as anything else of one is asked for."""
        if name not in Strip.__slots__:
            raise AttributeError(name)
        styles = self._brush.styles
        segments = [Segment(text, styles[style]) for style, text in self._runs]
        super().__init__(segments, self._cell_length)
        return getattr(self, name)

    def divide(self, cuts: Iterable[int]) -> Sequence[Strip]:
        """Divide at `cuts`; a line that nothing lies upon has its first cut at its end."""
        cuts = list(cuts)
        if cuts and cuts[0] == self._cell_length:
            return [self]
        return super().divide(cuts)

    def render(self, console: Console) -> str:  # noqa: ARG002 (the brush knows its colours)
        """Return the line for the terminal; it leaves no style behind."""
        if self._render_cache is None:
            codes = self._brush.codes
            parts = []
            before = ""
            for name, text in self._runs:
                parts.append(codes[before, name])
                parts.append(text)
                before = name
            parts.append(_RESET)
            self._render_cache = "".join(parts)
        return self._render_cache


class _Filling(dict[Any, Any]):
    """A mapping that makes what it lacks."""

    def __init__(self, make: Callable[[Any], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, key: Any) -> Any:
        made = self[key] = self._make(key)
        return made


def change(before: Style, after: Style, colors: ColorSystem) -> str:
    """Return the escape code that turns the style `before` into `after`."""
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
