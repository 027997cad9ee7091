"""A key shows the tree of a pipeline with lanes, unless too many would be needed."""

from pathlib import Path

import pytest

from tests.presentation.pipelines.graphs import fan
from tests.steps import step
from tests.tui.dashboards import screen_text, until_shown
from tests.tui.pipelines.dag_stage import DagStudio, go_to, pipeline_dashboard, press, screen_of

pytestmark = pytest.mark.draws_dashboards


async def test_lanes_show_where_branches_part_and_meet_and_leave_the_cursor_on_its_job(
    tmp_path: Path,
) -> None:
    async with pipeline_dashboard(DagStudio(), tmp_path) as pilot:
        for size in ((80, 24), (120, 40), (200, 60)):
            with step(f"at {size}"):
                await pilot.resize_terminal(*size)
                await go_to(pilot, "eval")
                await press(pilot, ("B",))
                await until_shown(pilot, "· B lanes", "├─✓ thumbs", "✗ │ embed", "⊘─╯ join_feats")
                assert screen_of(pilot).cursor.here() == "eval"
                await press(pilot, ("n",))
                assert screen_of(pilot).cursor.here() == "embed"
                await press(pilot, ("ampersand", *"is:blocked", "enter"))
                await until_shown(pilot, "├─⊘ train_s")
                assert "thumbs" not in screen_text(pilot).split("JOB")[1].split("▏")[0]
                await press(pilot, ("escape", "B"))
                await until_shown(pilot, "├─✓ thumbs  (")


async def test_lanes_are_remembered_and_a_notification_says_why_there_are_none(
    tmp_path: Path,
) -> None:
    studio = DagStudio()
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        await press(pilot, ("m", "B"))
        await until_shown(pilot, "Lanes are shown in the tree; m goes there")
        await press(pilot, ("m", "m", "m", "B", "q"))
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        await until_shown(pilot, "⊘─╯ join_feats")
    async with pipeline_dashboard(DagStudio(fan(40)), tmp_path / "other") as pilot:
        await press(pilot, ("B",))
        await until_shown(pilot, "Jobs are grouped; b shows each of them")
        await press(pilot, ("b", "b", "B"))
        await until_shown(pilot, "More than 8 lanes would be needed")
        assert not screen_of(pilot).state.view.lanes


async def test_lanes_that_only_a_filter_made_possible_end_with_the_filter(
    tmp_path: Path,
) -> None:
    async with pipeline_dashboard(DagStudio(fan(40)), tmp_path) as pilot:
        await press(pilot, ("b", "b", "ampersand", *"shard_000 or name=first", "enter", "B"))
        await until_shown(pilot, "├─·   shard_0000", "├───· shard_0001", "· B lanes")
        await press(pilot, ("escape",))
        await until_shown(pilot, "├─· shard_0000  (", "· B no lanes here")
