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

# What takes no cell of its own is drawn by pyte on the cell before, in whichever style that has.
characters = st.characters(exclude_categories=("Mn", "Mc", "Me", "Cn", "Co", "Cs")).filter(
    lambda character: wcwidth(character) > 0
)
texts = st.text(characters, max_size=8).map(safe_line)
runs = st.lists(st.tuples(st.sampled_from(sorted(STYLES)), texts), max_size=6)


def quick(pieces: Runs) -> QuickStrip:
    width = sum(cell_len(text) for _, text in pieces)
    return QuickStrip(pieces, Brush(STYLES.__getitem__, ColorSystem.TRUECOLOR), width)


def plain(pieces: Runs) -> Strip:
    return Strip([Segment(text, STYLES[str(name)]) for name, text in pieces])


def drawn(sent: str) -> list[object]:
    """What a terminal shows that is sent this, and then an x."""
    screen = Screen(80, 2)
    Stream(screen).feed(sent + "x")
    return [screen.buffer[0][x] for x in range(80)]


@given(runs)
def test_a_terminal_shows_what_textual_would_have_sent(pieces: Runs) -> None:
    assert drawn(quick(pieces).render(CONSOLE)) == drawn(plain(pieces).render(CONSOLE))


@given(runs, st.data())
def test_it_is_cut_and_joined_as_textuals_own(pieces: Runs, data: st.DataObject) -> None:
    ours, textuals = quick(pieces), plain(pieces)
    assert ours.cell_length == textuals.cell_length
    assert ours.text == textuals.text
    cuts = sorted(data.draw(st.sets(st.integers(1, max(1, textuals.cell_length)))))
    assert [list(part) for part in quick(pieces).divide(cuts)] == [
        list(part) for part in textuals.divide(cuts)
    ]
    start = data.draw(st.integers(0, max(0, textuals.cell_length)))
    assert list(quick(pieces).crop(start, start + 3)) == list(textuals.crop(start, start + 3))
    assert list(Strip.join([quick(pieces), ours])) == list(Strip.join([textuals, textuals]))


def test_a_line_that_nothing_lies_upon_is_not_taken_apart() -> None:
    ours = quick([("bold green ", "abc")])
    assert ours.divide([3, 4])[0] is ours
    assert ours.divide([3])[0] is ours


def test_it_becomes_a_full_strip_when_more_is_requested() -> None:
    ours = quick([("bold green ", "abc")])
    assert ours.apply_filter(Monochrome(), TextualColor(0, 0, 0)).text == "abc"
    with pytest.raises(AttributeError):
        ours.nonsense  # noqa: B018


def test_it_sends_much_less_than_textual() -> None:
    pieces = [(name, "abcdefgh") for name in STYLES if name.endswith("on #102030")]
    assert len(quick(pieces).render(CONSOLE)) < len(plain(pieces).render(CONSOLE)) * 0.7


def test_colours_are_those_the_terminal_has() -> None:
    brush = Brush(lambda _: Style(color="#ff0000"), ColorSystem.STANDARD)
    assert QuickStrip([("red", "x")], brush, 1).render(CONSOLE) == "\x1b[31mx\x1b[0m"
