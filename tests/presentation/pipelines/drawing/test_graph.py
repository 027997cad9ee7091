"""The drawn graph has one box for each job, and its lines show edges and nothing else."""

from collections import Counter
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Pipeline
from studio_tui.presentation.pipelines.drawing.graph import Drawing, draw
from studio_tui.presentation.pipelines.graph.plan import Plan, plan_of
from tests.bench import dag_pure
from tests.presentation.pipelines.graphs import (
    any_pipelines,
    chain_of_diamonds,
    fan,
    layered_pipeline,
    pipeline,
    random_dependencies,
    random_stages,
    two_components,
)
from tests.presentation.pipelines.planes import BOX, arms, crossings, loose_ends, plane
from tests.presentation.pipelines.sample import SIXTEEN, thousand

DRAWING_OF_SIXTEEN = """
· ingest_raw   · ingest_labels
      │               │
    · index   · clean_labels
       │            │
    · dedupe        │
    ╭───┴─────╮     │
· thumbs   · embed  │
    ╰──────┬──╯     │
     · join_feats   │
           ╰─────┬──╯
           · merge_train
                 │
              · split
           ╭─────┴─────╮
       · train_s   · train_l
           ╰─────┬─────╯
              · eval
            ╭────┴─────╮
        · report   · export
                       │
                   · publish
"""


def drawing_of(plan: Plan, extra: int = 0, *, all_edges: bool = False) -> Drawing:
    parents = {node.id: node.parents for node in plan.nodes.values()}
    widths = {node: len(node) + extra for node in parents}
    return draw(parents, widths, all_edges=all_edges)


Edges = set[tuple[str, str]]


def edges_of(plan: Plan, *, all_edges: bool = False) -> Edges:
    """Return the edges that are drawn, each as parent and child."""
    redundant = {} if all_edges else plan.redundant_parents
    return {
        (parent, node.id)
        for node in plan.nodes.values()
        for parent in node.parents
        if parent not in redundant.get(node.id, ())
    }


def drawings() -> st.SearchStrategy[tuple[Plan, Drawing, Edges]]:
    """Make a plan, its drawing, and the edges that are drawn."""
    return st.builds(
        lambda sent, extra, all_edges: (
            plan := plan_of(sent),
            drawing_of(plan, extra, all_edges=all_edges),
            edges_of(plan, all_edges=all_edges),
        ),
        st.one_of(any_pipelines(), tangles()),
        st.integers(0, 5),
        st.booleans(),
    )


@st.composite
def tangles(draw_from: st.DrawFn) -> Pipeline:
    """Make a pipeline of layers, in which a job may wait for any jobs of earlier layers."""
    layers = draw_from(st.lists(st.integers(1, 6), min_size=2, max_size=5))
    parents: dict[str, list[str]] = {}
    earlier: list[str] = []
    for number, size in enumerate(layers):
        names = [f"{'abcdef'[number]}{index}" for index in range(size)]
        for name in names:
            parents[name] = (
                draw_from(st.lists(st.sampled_from(earlier), unique=True)) if earlier else []
            )
        earlier += names
    return pipeline(**parents)


@given(drawings())
def test_lines_lead_from_each_job_to_its_children_and_to_no_other_job(
    drawn: tuple[Plan, Drawing, Edges],
) -> None:
    _, drawing, edges = drawn
    painted = plane(drawing)
    cells_followed: set[tuple[int, int]] = set()
    edges_followed = set()
    for node in drawing.boxes:
        reached, cells = painted.lines_down(node)
        edges_followed |= {(node, child) for child in reached}
        cells_followed |= cells
    assert edges_followed == edges
    line_cells = {cell for cell, character in painted.cells.items() if character != BOX}
    assert cells_followed == line_cells, "a line comes from nowhere"
    assert not list(loose_ends(painted))


@given(drawings())
def test_each_job_has_one_box_that_is_connected_with_all_its_ancestors(
    drawn: tuple[Plan, Drawing, Edges],
) -> None:
    plan, drawing, edges = drawn
    assert list(drawing.boxes) == list(plan.nodes)
    ancestors: dict[str, set[str]] = {}
    for node in plan.nodes:
        parents = {parent for parent, child in edges if child == node}
        ancestors[node] = parents.union(*(ancestors[parent] for parent in parents))
        assert ancestors[node] == plan.ancestors(node)
    box_cells = [cell for cell in plane(drawing).cells.values() if cell == BOX]
    assert len(box_cells) == sum(box.width for box in drawing.boxes.values())


@given(drawings(), st.data())
def test_heavy_and_lit_lines_are_the_edges_between_highlighted_jobs(
    drawn: tuple[Plan, Drawing, Edges], data: st.DataObject
) -> None:
    plan, drawing, edges = drawn
    if not plan.nodes:
        return
    highlighted = data.draw(st.sets(st.sampled_from(list(plan.nodes))))
    edges_between = {(parent, node) for parent, node in edges if {parent, node} <= highlighted}
    highlight = drawing.highlight(highlighted)
    heavy = plane(drawing, heavy=highlight)
    heavy_edges = {(node, end) for node in drawing.boxes for end in heavy.lines_down(node, 2)[0]}
    assert heavy_edges == edges_between
    assert not list(loose_ends(heavy, 2))
    heavy_cells: set[tuple[int, int]] = set()
    for node in drawing.boxes:
        heavy_cells |= heavy.lines_down(node, 2)[1]
    cells_drawn_lit, cells_drawn_heavy = (
        {
            (x, y)
            for y in range(drawing.height)
            for run in drawing.line(y, 0, drawing.width, highlight, highlight)
            if run.node is None and (run.is_lit if which == "lit" else run.is_heavy)
            for x in range(run.x, run.x + run.width)
        }
        for which in ("lit", "heavy")
    )
    assert cells_drawn_lit == cells_drawn_heavy == heavy_cells
    plain = plane(drawing)
    assert plain.cells.keys() == heavy.cells.keys()
    for cell, character in plain.cells.items():
        if character != BOX:
            assert arms(character).keys() == arms(heavy.cells[cell]).keys()


@given(drawings(), st.integers(0, 60), st.integers(1, 40))
def test_a_visible_section_equals_that_part_of_the_whole_drawing(
    drawn: tuple[Plan, Drawing, Edges], x0: int, width: int
) -> None:
    _, drawing, _ = drawn
    whole = plane(drawing).cells
    for y in range(drawing.height):
        visible = {
            x: (BOX if run.node else run.text[x - run.x])
            for run in drawing.line(y, x0, x0 + width)
            for x in range(run.x, run.x + run.width)
            if x0 <= x < x0 + width
        }
        assert visible == {x: whole[x, y] for x in range(x0, x0 + width) if (x, y) in whole}


@given(drawings())
def test_neighbors_are_at_the_end_of_a_line_or_next_in_the_layer(
    drawn: tuple[Plan, Drawing, Edges],
) -> None:
    _, drawing, edges = drawn
    for node, box in drawing.boxes.items():
        up, down, left, right = (
            drawing.neighbor(node, way) for way in ("up", "down", "left", "right")
        )
        assert (up is None) == (not any(child == node for _, child in edges))
        assert up is None or (up, node) in edges
        assert (down is None) == (not any(parent == node for parent, _ in edges))
        assert down is None or (node, down) in edges
        beside = sorted(other.x for other in drawing.boxes.values() if other.y == box.y)
        assert (left is None) == (box.x == beside[0])
        assert (right is None) == (box.x == beside[-1])
        assert left is None or drawing.neighbor(left, "right") == node
        assert (
            drawing.node_at(box.x, box.y) == drawing.node_at(box.x + box.width - 1, box.y) == node
        )
        assert drawing.node_at(box.x - 1, box.y) is None


def text_of(drawing: Drawing) -> str:
    lines = []
    for y in range(drawing.height):
        line = ""
        for run in drawing.line(y, 0, drawing.width):
            line = line.ljust(run.x) + (run.text or f"· {run.node}")
        lines.append(line)
    return "\n".join(lines)


def test_the_sample_pipeline_has_the_expected_drawing() -> None:
    drawing = drawing_of(plan_of(pipeline(**SIXTEEN)), extra=2)
    assert text_of(drawing) == DRAWING_OF_SIXTEEN.strip("\n")


@pytest.mark.parametrize("sent", [chain_of_diamonds(300), fan(1000), two_components()])
def test_large_graphs_are_no_wider_than_their_widest_layer(sent: Pipeline) -> None:
    plan = plan_of(sent)
    drawing = drawing_of(plan, extra=2)
    assert len(drawing.boxes) == len(plan.nodes)
    layers = Counter(plan.depths.values())
    longest = max(map(len, plan.nodes)) + 2
    assert drawing.width <= max(layers.values()) * (longest + 3) + longest


def test_lines_of_a_large_random_graph_lead_to_the_right_jobs() -> None:
    plan = plan_of(random_dependencies(400, 3, 60))
    drawing = drawing_of(plan)
    painted = plane(drawing)
    reached = {(node, end) for node in drawing.boxes for end in painted.lines_down(node)[0]}
    assert reached == edges_of(plan)
    assert not list(loose_ends(painted))


@given(drawings())
def test_the_layer_of_a_box_is_the_length_of_the_longest_path_to_it(
    drawn: tuple[Plan, Drawing, Edges],
) -> None:
    plan, drawing, _ = drawn
    rows = sorted({box.y for box in drawing.boxes.values()})
    layers = {node: rows.index(box.y) for node, box in drawing.boxes.items()}
    assert layers == plan.depths


CROSSINGS = {
    "wide": (layered_pipeline(), 632),
    "a thousand": (thousand(), 25116),
    "rings": (dag_pure.pipeline(200), 182),
    "dense": (random_stages(10, 20, 1), 977),
    "trees": (random_stages(6, 60, 5, 1), 0),
    "loose": (random_dependencies(200, 1, 40), 745),
    "fan": (fan(160), 0),
}
"""Pipelines, with the number of crossings in the layout of Graphviz's `dot` 2.43.

`tests/bench/crossings.py` counts them again.
"""


@pytest.mark.parametrize("name", CROSSINGS)
def test_lines_cross_at_most_twice_as_often_as_in_the_layout_of_graphviz(name: str) -> None:
    sent, graphviz_crossings = CROSSINGS[name]
    parents = {node.id: node.parents for node in plan_of(sent).nodes.values()}
    assert crossings(parents) <= 2 * graphviz_crossings


def random_parents(seed: int) -> dict[str, list[str]]:
    """Return the parents of random jobs; each waits for a few of the jobs shortly before it."""
    random = Random(seed)
    jobs, most_parents = random.randint(12, 80), random.choice([1, 1, 2, 2, 3])
    reach = random.choice([5, 10, 20, 40])
    parents: dict[str, list[str]] = {}
    for job in range(jobs):
        first = max(0, job - reach)
        fewest_parents = 0 if random.random() < 0.15 else 1
        count = min(job - first, random.randint(fewest_parents, most_parents)) if job else 0
        parents[f"n{job}"] = [f"n{each}" for each in random.sample(range(first, job), count)]
    return parents


@pytest.mark.parametrize(
    ("seed", "graphviz_crossings"),
    [
        (13, 4),
        (89, 2),
        (227, 2),
        (257, 1),
        (301, 20),
        (433, 1),
        (450, 3),
        (458, 1),
        (510, 0),
        (531, 2),
    ],
)
def test_lines_of_a_small_graph_cross_at_most_twice_as_often_as_in_graphviz(
    seed: int, graphviz_crossings: int
) -> None:
    # One crossing is allowed even if Graphviz's layout with the same layers has none.
    assert crossings(random_parents(seed)) <= max(1, 2 * graphviz_crossings)


@pytest.mark.parametrize("sent", [fan(160), thousand(), random_stages(6, 60, 5, 1)])
def test_the_layers_of_a_wide_graph_are_close_together(sent: Pipeline) -> None:
    plan = plan_of(sent)
    drawing = drawing_of(plan, extra=3)
    rows = sorted({box.y for box in drawing.boxes.values()})
    assert len(rows) == 1 + max(plan.depths.values())
    assert max(lower - upper for upper, lower in pairwise(rows)) < 8
