"""Lines between two layers do not turn on one another, even where each should be above another."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.pipelines.drawing.box_lines import edges_of
from studio_tui.presentation.pipelines.drawing.edge_routing import Net, route_edges


def test_nets_that_go_round_in_a_circle_take_a_jog() -> None:
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
    down: Counter[tuple[int, int]] = Counter()
    for column in edges.columns:
        down.update((column.x, y) for y in range(column.top, column.bottom + 1))
    across: Counter[tuple[int, int]] = Counter()
    ends: Counter[tuple[int, int]] = Counter()
    for y, tracks in edges.tracks.items():
        for track in tracks:
            across.update((x, y) for x in range(track.left, track.right + 1))
            ends.update({(x, y) for x, _ in track.ends})
    assert all(count == 1 for count in (*down.values(), *across.values()))
    assert not down.keys() & ends.keys()
