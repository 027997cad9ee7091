"""A bar in segments has exactly its width and rounds nothing away."""

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.pipelines.graph.segments import BarSegment, bar, bar_cell, segments
from studio_tui.presentation.pipelines.graph.statuses import Shown

_NUMBERS = st.dictionaries(st.sampled_from(Shown), st.integers(0, 2000))


@given(_NUMBERS, st.integers(0, 60))
def test_a_bar_has_exactly_its_width(numbers: dict[Shown, int], width: int) -> None:
    assert len("".join(cell.text for cell in bar(numbers, width))) == width


@given(_NUMBERS, st.integers(len(Shown), 60))
def test_nothing_is_rounded_away_where_there_is_room(numbers: dict[Shown, int], width: int) -> None:
    drawn = {segment.kind: segment.cells for segment in segments(numbers, width)}
    assert set(drawn) == {kind for kind, number in numbers.items() if number}
    total = sum(numbers.values())
    for kind, cells in drawn.items():
        assert cells >= 1
        # Others take a cell each at most that is not theirs in proportion.
        assert abs(cells - numbers[kind] * width / total) <= len(Shown)


def test_segments_are_in_proportion() -> None:
    numbers = {Shown.DONE: 612, Shown.RUNNING: 14, Shown.FAILED: 3, Shown.WAITING: 371}
    assert "".join(cell.text for cell in bar(numbers, 22)) == "▕███████████✗▓░░░░░░░▏"


def test_a_failure_has_the_last_cell() -> None:
    numbers = {Shown.DONE: 999, Shown.FAILED: 1}
    assert segments(numbers, 1) == (BarSegment(Shown.FAILED, 1),)
    assert segments(numbers, 2) == (BarSegment(Shown.DONE, 1), BarSegment(Shown.FAILED, 1))


def test_a_bar_in_one_cell_has_the_tone_of_the_worst() -> None:
    assert bar_cell({Shown.DONE: 1, Shown.FAILED: 1}, 6) == Cell("▕██✗✗▏", Tone.BAD)
    assert bar_cell({Shown.DONE: 2}, 6) == Cell("▕████▏", Tone.GOOD)
    assert bar_cell({}, 6) == NOTHING
