"""The text of a row is cropped and colored exactly like one of Textual's strips."""

from hypothesis import given
from hypothesis import strategies as st
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from studio_tui.tui.logs.view.row_text import RowText, on_ground

_STYLES = st.sampled_from([Style(bold=True), Style(color="red"), Style(bgcolor="blue")])
_TEXT = st.text("ab 漢é😀", min_size=1, max_size=6)
_RUNS = st.lists(st.tuples(_STYLES, _TEXT), max_size=5)


def _cells(runs: list[tuple[Style | None, str]]) -> list[tuple[Style | None, str]]:
    return [(style, character) for style, text in runs for character in text]


def _cells_of(strip: Strip) -> list[tuple[Style | None, str]]:
    return _cells([(segment.style, segment.text) for segment in strip])


def _strip(runs: list[tuple[Style, str]]) -> Strip:
    return Strip([Segment(text, style) for style, text in runs])


@given(_RUNS, st.integers(0, 20), st.integers(0, 20))
def test_text_is_cropped_like_a_strip(
    runs: list[tuple[Style, str]], start: int, length: int
) -> None:
    row = RowText.of(runs)
    cut, expected = row.crop(start, start + length), _strip(runs).crop(start, start + length)
    assert _cells(list(cut.runs)) == _cells_of(expected)
    assert (row.width, cut.width) == (_strip(runs).cell_length, expected.cell_length)


@given(_RUNS)
def test_only_the_plain_background_is_replaced(runs: list[tuple[Style, str]]) -> None:
    ground = Style(color="green", bgcolor="yellow")
    for (style, text), (before, text_before) in zip(
        on_ground(runs, ground, Style()), runs, strict=True
    ):
        assert text == text_before
        assert (style.color, style.bold) == (before.color, before.bold)
        assert style.bgcolor == (before.bgcolor or ground.bgcolor)
