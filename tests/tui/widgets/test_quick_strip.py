from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyte import Screen, Stream
from rich.cells import cell_len
from rich.color import ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.color import Color as TextualColor
from textual.filter import Monochrome
from textual.strip import Strip
from wcwidth import wcwidth

from studio_tui.text import safe_line
from studio_tui.tui.widgets.quick_strip import Brush, QuickStrip, Runs

STYLES = {
    " ".join(words): Style.parse(" ".join(words))
    for words in product(
        ("not italic", "bold", "bold underline", "dim italic"),
        ("default", "#ff8800", "green"),
        ("", "on #102030"),
    )
}
CONSOLE = Console(color_system="truecolor", force_terminal=True)

# pyte draws a character without a cell of its own in the style of the cell before it.
characters = st.characters(exclude_categories=("Mn", "Mc", "Me", "Cn", "Co", "Cs")).filter(
    lambda character: wcwidth(character) > 0
)
texts = st.text(characters, max_size=8).map(safe_line)
runs = st.lists(st.tuples(st.sampled_from(sorted(STYLES)), texts), max_size=6)


def quick_strip(pieces: Runs) -> QuickStrip:
    width = sum(cell_len(text) for _, text in pieces)
    return QuickStrip(pieces, Brush(STYLES.__getitem__, ColorSystem.TRUECOLOR), width)


def textual_strip(pieces: Runs) -> Strip:
    return Strip([Segment(text, STYLES[str(name)]) for name, text in pieces])


def terminal_cells(sent: str) -> list[object]:
    """Return the cells of a terminal after `sent` and an x, which shows the style left behind."""
    screen = Screen(80, 2)
    Stream(screen).feed(sent + "x")
    return [screen.buffer[0][x] for x in range(80)]


@given(runs)
def test_a_terminal_shows_the_same_as_for_textuals_strip(pieces: Runs) -> None:
    assert terminal_cells(quick_strip(pieces).render(CONSOLE)) == terminal_cells(
        textual_strip(pieces).render(CONSOLE)
    )


@given(runs, st.data())
def test_a_quick_strip_is_divided_cropped_and_joined_like_textuals_strip(
    pieces: Runs, data: st.DataObject
) -> None:
    quick, textual = quick_strip(pieces), textual_strip(pieces)
    assert quick.cell_length == textual.cell_length
    assert quick.text == textual.text
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, textual.cell_length)))))
    assert [list(part) for part in quick_strip(pieces).divide(cuts)] == [
        list(part) for part in textual.divide(cuts)
    ]
    start = data.draw(st.integers(0, max(0, textual.cell_length)))
    assert list(quick_strip(pieces).crop(start, start + 3)) == list(textual.crop(start, start + 3))
    assert list(Strip.join([quick_strip(pieces), quick])) == list(Strip.join([textual, textual]))


def test_dividing_a_strip_at_its_end_returns_the_same_strip() -> None:
    quick = quick_strip([("bold green ", "abc")])
    assert quick.divide([3, 4])[0] is quick
    assert quick.divide([3])[0] is quick


def test_a_quick_strip_has_the_other_methods_of_textuals_strip() -> None:
    quick = quick_strip([("bold green ", "abc")])
    assert quick.apply_filter(Monochrome(), TextualColor(0, 0, 0)).text == "abc"
    with pytest.raises(AttributeError):
        quick.nonsense  # noqa: B018


def test_a_quick_strip_sends_less_than_70_percent_of_textuals_characters() -> None:
    pieces = [(name, "abcdefgh") for name in STYLES if name.endswith("on #102030")]
    assert (
        len(quick_strip(pieces).render(CONSOLE)) < len(textual_strip(pieces).render(CONSOLE)) * 0.7
    )


def test_colors_are_converted_to_those_of_the_terminal() -> None:
    brush = Brush(lambda _: Style(color="#ff0000"), ColorSystem.STANDARD)
    assert QuickStrip([("red", "x")], brush, 1).render(CONSOLE) == "\x1b[31mx\x1b[0m"
