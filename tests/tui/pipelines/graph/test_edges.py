"""The graph says which edges it leaves out, and draws them on request."""

from pathlib import Path

import pytest

from studio_tui.presentation.pipelines.views.node_facts import node_facts
from studio_tui.tui.pipelines.graph.memory import Mode
from tests.presentation.pipelines.graphs import pipeline
from tests.steps import step
from tests.tui.dashboards import screen_text, until, until_shown
from tests.tui.pipelines.dag_stage import DagStudio, dag, go_to, press, screen_of, show_anew

pytestmark = pytest.mark.draws_dashboards

SPLIT = pipeline(
    list=[],
    split=["list"],
    train=["split"],
    evaluate=["list", "split", "train"],
    publish=["evaluate"],
)
"""Evaluation waits for what training waits for, too."""


async def test_a_box_counts_the_edges_that_are_not_drawn_and_a_key_draws_them(
    tmp_path: Path,
) -> None:
    def edges() -> int:
        canvas = screen_of(pilot).views.drawing.canvas
        return len(canvas.drawing.edges) if canvas is not None else 0

    async with dag(DagStudio(SPLIT), tmp_path) as pilot:
        await press(pilot, ("E",))
        await until_shown(pilot, "Only the graph omits edges")
        await press(pilot, ("m",))
        for size in ((80, 24), (120, 40), (200, 60)):
            with step(f"at {size}"):
                await pilot.resize_terminal(*size)
                await until_shown(pilot, "evaluate +2 direct")
                assert screen_text(pilot).count("+2 direct") == 1
                assert edges() == 4
                await press(pilot, ("E",))
                await until_shown(pilot, "E all edges")
                assert "+2 direct" not in screen_text(pilot)
                assert edges() == 6
                await press(pilot, ("E",))
                await until_shown(pilot, "evaluate +2 direct")


async def test_a_graph_that_leaves_nothing_out_says_so_and_groups_count_what_they_do(
    tmp_path: Path,
) -> None:
    studio = DagStudio(pipeline(a=[], b=["a"]))
    async with dag(studio, tmp_path) as pilot:
        with step("nothing is left out"):
            await press(pilot, ("m", "E"))
            await until_shown(pilot, "All edges are drawn")
        with step("groups count what is left out"):
            shards = {f"shard_{number}": ["list"] for number in range(12)}
            sent = pipeline(list=[], **shards, merge=["list", *shards])
            await show_anew(pilot, studio, sent)
            await press(pilot, ("m",))
            await until_shown(pilot, "merge +1 direct")


async def test_the_drawer_lists_them_and_the_text_has_a_line_of_them(tmp_path: Path) -> None:
    async with dag(DagStudio(SPLIT), tmp_path, size=(200, 60)) as pilot:
        await press(pilot, ("m",))
        await go_to(pilot, "evaluate")
        both = ("list → evaluate, also through split", "split → evaluate, also through train")
        await until_shown(pilot, *both)
        await go_to(pilot, "split")
        await until(pilot, lambda: both[0] not in screen_text(pilot))
        await until_shown(pilot, both[1])
        known = screen_of(pilot).state.view_model()
        assert not [fact for fact in node_facts(known, "publish") if fact.label == "direct"]
        await press(pilot, ("y",))
        await until_shown(pilot, "the graph, as text")
        await press(pilot, [*["down"] * 5, "enter"])
        await until(pilot, lambda: "evaluate +2 direct" in pilot.app.clipboard)
        assert "  list, split → evaluate\n" in pilot.app.clipboard


async def test_that_all_edges_are_drawn_is_remembered(tmp_path: Path) -> None:
    studio = DagStudio(SPLIT)
    async with dag(studio, tmp_path) as pilot:
        await press(pilot, ("m", "E", "q"))
    async with dag(studio, tmp_path) as pilot:
        await until(pilot, lambda: screen_of(pilot).views.drawing.canvas is not None)
        assert screen_of(pilot).state.view.mode is Mode.GRAPH
        await until_shown(pilot, "E all edges")
