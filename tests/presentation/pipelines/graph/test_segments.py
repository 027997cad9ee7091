"""A bar has the requested width, and a segment for each state with jobs."""

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.pipelines.graph.segments import bar, segments
from studio_tui.presentation.pipelines.graph.statuses import NodeState

_NUMBERS = st.dictionaries(st.sampled_from(NodeState), st.integers(0, 2000))


@given(_NUMBERS, st.integers(0, 60))
def test_a_bar_has_exactly_its_width(numbers: dict[NodeState, int], width: int) -> None:
    assert len("".join(cell.text for cell in bar(numbers, width))) == width


@given(_NUMBERS, st.integers(len(NodeState), 60))
def test_every_state_with_jobs_has_a_cell_if_the_bar_is_wide_enough(
    numbers: dict[NodeState, int], width: int
) -> None:
    cells_by_state = segments(numbers, width)
    assert set(cells_by_state) == {state for state, number in numbers.items() if number}
    total = sum(numbers.values())
    for state, cells in cells_by_state.items():
        assert cells >= 1
        # Each state may take one cell from the others, as it has at least one.
        assert abs(cells - numbers[state] * width / total) <= len(NodeState)


def test_segments_are_proportional_to_the_numbers_of_jobs() -> None:
    numbers = {
        NodeState.DONE: 612,
        NodeState.RUNNING: 14,
        NodeState.FAILED: 3,
        NodeState.WAITING: 371,
    }
    assert "".join(cell.text for cell in bar(numbers, 22)) == "▕███████████✗▓░░░░░░░▏"


def test_a_failure_is_drawn_even_if_the_bar_has_one_cell() -> None:
    numbers = {NodeState.DONE: 999, NodeState.FAILED: 1}
    assert segments(numbers, 1) == {NodeState.FAILED: 1}
    assert segments(numbers, 2) == {NodeState.DONE: 1, NodeState.FAILED: 1}
