"""The lines above the jobs of a pipeline name its failures and explain signs."""

from pathlib import Path

import pytest

from studio_tui.presentation.pipelines.graph.statuses import NodeState
from studio_tui.presentation.pipelines.graph.view_model import loaded_pipeline
from studio_tui.presentation.pipelines.views.timeline import AHEAD, BEYOND, NOW, QUEUED, RUNNING
from studio_tui.tui.pipelines.graph.headlines import legend_of, note_parts
from studio_tui.tui.pipelines.graph.memory import Mode
from tests.presentation.pipelines.sample import sixteen
from tests.steps import step
from tests.tui.dashboards import until_shown
from tests.tui.pipelines.dag_stage import DagStudio, jobs_of, pipeline_dashboard, press

OOM = "OutOfMemoryError: CUDA out of memory"


def test_the_first_failure_is_named_with_its_error_instead_of_that_of_the_pipeline() -> None:
    sent = sixteen("FAILED").model_copy(update={"error_message": "The cluster is gone"})
    jobs = {job.id: job for job in jobs_of(sent)}
    note = "".join(part.text for part in note_parts(loaded_pipeline(sent, jobs), 0))
    assert note.strip() == f"1 root failure: embed: {OOM}"


def test_a_failure_whose_run_is_not_loaded_shows_the_error_of_its_pipeline() -> None:
    error = "thumbs (run-thumbs) failed, and 1 more: KeyError: 'path'"
    sent = sixteen("FAILED", thumbs="FAILED").model_copy(update={"error_message": error})
    note = "".join(part.text for part in note_parts(loaded_pipeline(sent, {}), 0))
    assert note.strip() == f"2 root failures: thumbs · {error}"


SIGNS = {
    80: ("⊘ blocked  ↑ upstream  ↓ downstream", "✗ failed  ⊘ blocked", "░ queued", "↑ upstream"),
    120: ("⊘ blocked  ↑ upstream  ↓ downstream", "✓ done  ✗ failed", "┊ now", "↓ downstream"),
    200: ("↑ upstream  ↓ downstream", "✓6 done", "┊ now  ↑ upstream", "↑ upstream"),
}
"""By the width of a terminal: an explanation in each mode, in the order of the modes."""


@pytest.mark.draws_dashboards
async def test_the_signs_of_each_mode_are_explained(tmp_path: Path) -> None:
    async with pipeline_dashboard(DagStudio(), tmp_path) as pilot:
        for width, explanations in SIGNS.items():
            with step(f"at a width of {width}"):
                await pilot.resize_terminal(width, 24)
                for words in explanations:
                    await until_shown(pilot, words)
                    await press(pilot, ("m",))
                await press(pilot, ("space", "m"))
                signs = "⊘ blocked" if width < 200 else "✓6 done"
                await until_shown(pilot, "graph", "1 marked", signs)
                await press(pilot, ("u", "m", "m", "m"))


def test_a_short_legend_explains_only_the_less_obvious_states() -> None:
    states = {NodeState.DONE, NodeState.FAILED, NodeState.WAITING, NodeState.BLOCKED}
    full_legend = "✓ done  ✗ failed  ⊘ blocked  · waiting"
    assert legend_of(Mode.GRAPH, states, len(full_legend)) == full_legend
    assert legend_of(Mode.GRAPH, states, len(full_legend) - 1) == "✗ failed  ⊘ blocked  · waiting"
    assert legend_of(Mode.GRAPH, states, len("⊘ blocked")) == "⊘ blocked"
    assert legend_of(Mode.GRAPH, states, 3) == ""


def test_a_short_legend_of_the_tree_explains_arrows_before_obvious_states() -> None:
    states = {NodeState.DONE, NodeState.FAILED, NodeState.BLOCKED}
    arrows = "↑ upstream  ↓ downstream"
    assert legend_of(Mode.TREE, states, 100) == f"✓ done  ✗ failed  ⊘ blocked  {arrows}"
    assert legend_of(Mode.TREE, states, len(f"⊘ blocked  {arrows}")) == f"⊘ blocked  {arrows}"
    assert legend_of(Mode.TREE, states, len(arrows)) == arrows
    assert legend_of(Mode.TREE, (), 100) == arrows


def test_the_legend_of_a_timeline_leaves_out_absent_signs_then_obvious_ones() -> None:
    arrows = "↑ upstream  ↓ downstream"
    signs = {QUEUED, RUNNING, AHEAD, BEYOND, NOW}
    whole = "░ queued  █ run  · estimate  → later  ┊ now"
    by_room = {
        100: f"{whole}  {arrows}",
        len(whole): whole,
        len(whole) - 1: "░ queued  █ run  · estimate  → later",
        30: "░ queued  · estimate  → later",
        25: "· estimate  → later",
        3: "",
    }
    for room, legend in by_room.items():
        assert legend_of(Mode.TIMELINE, (), room, signs) == legend
