"""A bar in segments has exactly its width and rounds nothing away."""

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.pipelines.graph.segments import BarSegment, bar, bar_cell, segments
from studio_tui.presentation.pipelines.graph.statuses import NodeState

_NUMBERS = st.dictionaries(st.sampled_from(NodeState), st.integers(0, 2000))


@given(_NUMBERS, st.integers(0, 60))
def test_a_bar_has_exactly_its_width(numbers: dict[NodeState, int], width: int) -> None:
    assert len("".join(cell.text for cell in bar(numbers, width))) == width


@given(_NUMBERS, st.integers(len(NodeState), 60))
def test_nothing_is_rounded_away_where_there_is_room(
    numbers: dict[NodeState, int], width: int
) -> None:
    drawn = {segment.state: segment.cells for segment in segments(numbers, width)}
    assert set(drawn) == {kind for kind, number in numbers.items() if number}
    total = sum(numbers.values())
    for kind, cells in drawn.items():
        assert cells >= 1
        # Others take a cell each at most that is not theirs in proportion.
        assert abs(cells - numbers[kind] * width / total) <= len(NodeState)


def test_segments_are_in_proportion() -> None:
    numbers = {
        NodeState.DONE: 612,
        NodeState.RUNNING: 14,
        NodeState.FAILED: 3,
        NodeState.WAITING: 371,
    }
    assert "".join(cell.text for cell in bar(numbers, 22)) == "▕███████████✗▓░░░░░░░▏"


def test_a_failure_has_the_last_cell() -> None:
    numbers = {NodeState.DONE: 999, NodeState.FAILED: 1}
    assert segments(numbers, 1) == (BarSegment(NodeState.FAILED, 1),)
    assert segments(numbers, 2) == (BarSegment(NodeState.DONE, 1), BarSegment(NodeState.FAILED, 1))


def test_a_bar_in_one_cell_has_the_tone_of_the_worst() -> None:
    assert bar_cell({NodeState.DONE: 1, NodeState.FAILED: 1}, 6) == Cell("▕██✗✗▏", Tone.BAD)
    assert bar_cell({NodeState.DONE: 2}, 6) == Cell("▕████▏", Tone.GOOD)
    assert bar_cell({}, 6) == NOTHING
