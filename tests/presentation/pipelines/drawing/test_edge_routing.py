"""Lines between two layers never overlap, even if each would have to be above the other."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.pipelines.drawing.edge_lines import edges_of
from studio_tui.presentation.pipelines.drawing.edge_routing import Net, route_edges


def test_one_of_two_nets_that_must_each_be_above_the_other_takes_a_jog() -> None:
    swapped = [Net((0,), (3,)), Net((1,), (2,))]
    channel = route_edges(swapped, middle=[0, 10, 0, 10], widths=[1, 1, 1, 1])
    (jogged,) = (net for net in channel.nets if net.jog is not None)
    (other,) = (net for net in channel.nets if net.jog is None)
    assert jogged.row < other.row < jogged.low_row
    assert jogged.jog not in {0, 10}
    assert channel.height == 3


@given(st.permutations(range(8)))
def test_no_two_lines_share_a_cell_except_where_they_cross(order: list[int]) -> None:
    middle = [4 * column for column in (*range(8), *range(8))]
    nets = [Net((source,), (8 + target,)) for source, target in enumerate(order)]
    channel = route_edges(nets, middle, [1] * 16)
    edges = edges_of(channel, 1)
    vertical_cells: Counter[tuple[int, int]] = Counter()
    for part in edges.vertical_parts:
        vertical_cells.update((part.x, y) for y in range(part.top, part.bottom + 1))
    horizontal_cells: Counter[tuple[int, int]] = Counter()
    turns: Counter[tuple[int, int]] = Counter()
    for y, tracks in edges.tracks.items():
        for track in tracks:
            horizontal_cells.update((x, y) for x in range(track.left, track.right + 1))
            turns.update({(x, y) for x, _ in track.ends})
    assert all(count == 1 for count in (*vertical_cells.values(), *horizontal_cells.values()))
    assert not vertical_cells.keys() & turns.keys()
