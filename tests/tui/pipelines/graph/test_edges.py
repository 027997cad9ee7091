"""The graph omits redundant edges, says which, and draws them on request."""

from pathlib import Path

import pytest

from studio_tui.presentation.pipelines.views.node_facts import node_facts
from tests.presentation.pipelines.graphs import pipeline
from tests.presentation.pipelines.planes import plane
from tests.steps import step
from tests.tui.dashboards import screen_text, until, until_shown
from tests.tui.pipelines.dag_stage import (
    DagStudio,
    go_to,
    pipeline_dashboard,
    press,
    screen_of,
    show_on_new_page,
)

pytestmark = pytest.mark.draws_dashboards

WITH_REDUNDANT_EDGES = pipeline(
    list=[],
    split=["list"],
    train=["split"],
    evaluate=["list", "split", "train"],
    publish=["evaluate"],
)
"""The edges from `list` and `split` to `evaluate` are redundant, as `train` waits for both."""


async def test_a_box_counts_its_omitted_edges_and_a_key_draws_them(
    tmp_path: Path,
) -> None:
    def drawn_edges() -> int:
        canvas = screen_of(pilot).views.drawing.canvas
        assert canvas is not None
        drawn = plane(canvas.drawing)
        return sum(len(drawn.lines_down(node)[0]) for node in canvas.drawing.boxes)

    async with pipeline_dashboard(DagStudio(WITH_REDUNDANT_EDGES), tmp_path) as pilot:
        await press(pilot, ("E",))
        await until_shown(pilot, "Only the graph omits edges")
        await press(pilot, ("m",))
        for size in ((80, 24), (120, 40), (200, 60)):
            with step(f"at {size}"):
                await pilot.resize_terminal(*size)
                await until_shown(pilot, "evaluate +2 direct")
                assert screen_text(pilot).count("+2 direct") == 1
                assert drawn_edges() == 4
                await press(pilot, ("E",))
                await until_shown(pilot, "E all edges")
                assert "+2 direct" not in screen_text(pilot)
                assert drawn_edges() == 6
                await press(pilot, ("E",))
                await until_shown(pilot, "evaluate +2 direct")


async def test_a_graph_without_omitted_edges_says_so_and_groups_count_omitted_ones(
    tmp_path: Path,
) -> None:
    studio = DagStudio(pipeline(a=[], b=["a"]))
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        with step("no edge is omitted"):
            await press(pilot, ("m", "E"))
            await until_shown(pilot, "All edges are drawn")
        with step("a job below a group counts its omitted edges"):
            shards = {f"shard_{number}": ["list"] for number in range(12)}
            sent = pipeline(list=[], **shards, merge=["list", *shards])
            await show_on_new_page(pilot, studio, sent)
            await press(pilot, ("m",))
            await until_shown(pilot, "merge +1 direct")


async def test_the_drawer_and_the_copied_text_list_omitted_edges(tmp_path: Path) -> None:
    async with pipeline_dashboard(
        DagStudio(WITH_REDUNDANT_EDGES), tmp_path, size=(200, 60)
    ) as pilot:
        await press(pilot, ("m",))
        await go_to(pilot, "evaluate")
        omitted = ("list → evaluate, also through split", "split → evaluate, also through train")
        await until_shown(pilot, *omitted)
        await go_to(pilot, "split")
        await until(pilot, lambda: omitted[0] not in screen_text(pilot))
        await until_shown(pilot, omitted[1])
        model = screen_of(pilot).state.view_model()
        assert not [fact for fact in node_facts(model, "publish") if fact.label == "direct"]
        await press(pilot, ("y",))
        await until_shown(pilot, "the graph, as text")
        await press(pilot, [*["down"] * 6, "enter"])
        await until(pilot, lambda: "evaluate +2 direct" in pilot.app.clipboard)
        assert "  list, split → evaluate\n" in pilot.app.clipboard
