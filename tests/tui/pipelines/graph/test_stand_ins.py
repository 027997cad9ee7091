"""If a view does not show the group under the cursor, the cursor moves to a related row."""

from pathlib import Path

import pytest
from textual.pilot import Pilot

from studio_tui.presentation.pipelines.views.groups import group_jobs
from studio_tui.tui.pipelines.graph.memory import Mode
from tests.presentation.pipelines.sample import thousand
from tests.steps import step
from tests.tui.dashboards import until
from tests.tui.pipelines.dag_stage import (
    DagStudio,
    pipeline_dashboard,
    press,
    screen_of,
)

pytestmark = pytest.mark.draws_dashboards

MODES = list(Mode)


async def until_at(pilot: Pilot[int], key: str) -> None:
    """Wait until the cursor is on a node or group."""
    await until(pilot, lambda: screen_of(pilot).cursor.here() == key)


async def walk_to(pilot: Pilot[int], key: str) -> None:
    """Move the cursor down from the first row to a row."""
    await press(pilot, ("home",))
    while screen_of(pilot).cursor.here() != key:
        await press(pilot, ("down",))


def group_of(pilot: Pilot[int], name: str) -> str:
    """Return the key of the group that has a job."""
    groups = group_jobs(screen_of(pilot).state.loaded.plan)
    return next(group.key for group in groups if name in group.members)


async def test_the_cursor_moves_to_a_related_row_where_its_group_is_not_shown(
    tmp_path: Path,
) -> None:
    studio = DagStudio(thousand())
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        with step("in each mode"):
            embeds = group_of(pilot, "03_embed_0042")
            for row, box in ((embeds, embeds), (f"{embeds}\0rest", embeds)):
                await walk_to(pilot, row)
                for expected in (box, "03_embed_0042", "03_embed_0042", row):
                    await press(pilot, ("m",))
                    await until_at(pilot, expected)


async def test_the_cursor_is_on_a_job_of_its_group_while_jobs_are_not_grouped(
    tmp_path: Path,
) -> None:
    async with pipeline_dashboard(DagStudio(thousand()), tmp_path) as pilot:
        embeds = group_of(pilot, "03_embed_0042")
        for mode in MODES:
            await walk_to(pilot, embeds)
            while screen_of(pilot).state.view.mode is not mode:
                await press(pilot, ("m",))
            shown_row = screen_of(pilot).cursor.here() or ""
            await press(pilot, ("b", "b"))
            await until_at(pilot, "03_embed_0042")
            await press(pilot, ("b",))
            await until_at(pilot, shown_row)
            while screen_of(pilot).state.view.mode is not Mode.TREE:
                await press(pilot, ("m",))
