"""Where the group under the cursor is not shown, a related row is under the cursor."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from studio_tui.presentation.pipelines.views.groups import GroupBy, group_jobs
from studio_tui.tui.pipelines.graph.memory import Mode
from tests.presentation.pipelines.sample import thousand
from tests.steps import step
from tests.tui.dashboards import until
from tests.tui.pipelines.dag_stage import DagStudio, dag, press, screen_of, show_anew

pytestmark = pytest.mark.draws_dashboards

MODES = list(Mode)


async def at(pilot: Pilot[int], key: str) -> None:
    """Wait until the cursor is on a node or group."""
    await until(pilot, lambda: screen_of(pilot).cursor.here() == key)


async def go(pilot: Pilot[int], key: str) -> None:
    """Walk down the list of groups to a row."""
    await press(pilot, ("home",))
    while screen_of(pilot).cursor.here() != key:
        await press(pilot, ("down",))


def group_of(pilot: Pilot[int], name: str) -> str:
    """Return the key of the group that has a job."""
    groups = group_jobs(screen_of(pilot).state.require_loaded().plan, GroupBy.NAME)
    return next(group.key for group in groups if name in group.members)


async def test_where_a_group_is_not_shown_a_related_row_is_under_the_cursor(tmp_path: Path) -> None:
    studio = DagStudio(thousand())
    async with dag(studio, tmp_path) as pilot:
        with step("in each mode"):
            embeds = group_of(pilot, "03_embed_0042")
            for row, box in ((embeds, embeds), (f"{embeds}\0rest", embeds)):
                await go(pilot, row)
                for expected in (box, "03_embed_0042", "03_embed_0042", row):
                    await press(pilot, ("m",))
                    await at(pilot, expected)
        with step("a part of another group"):
            await show_anew(pilot, studio, thousand())
            shards = group_of(pilot, "02_shard_000")
            await go(pilot, shards)
            await press(pilot, ("m", "b", "b"))
            stages = group_jobs(screen_of(pilot).state.require_loaded().plan, GroupBy.STAGE)
            await at(pilot, stages[1].key)
            await press(pilot, ("b", "b"))
            await at(pilot, shards)


async def test_a_job_of_the_group_is_under_the_cursor_while_jobs_are_not_grouped(
    tmp_path: Path,
) -> None:
    async with dag(DagStudio(thousand()), tmp_path) as pilot:
        embeds = group_of(pilot, "03_embed_0042")
        for mode in MODES:
            await go(pilot, embeds)
            while screen_of(pilot).state.view.mode is not mode:
                await press(pilot, ("m",))
            here = screen_of(pilot).cursor.here() or ""
            await press(pilot, ("b", "b", "b"))
            await at(pilot, "03_embed_0042")
            await press(pilot, ("b",))
            await at(pilot, here)
            while screen_of(pilot).state.view.mode is not Mode.TREE:
                await press(pilot, ("m",))
