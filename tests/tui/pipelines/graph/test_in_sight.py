"""The cursor of a pipeline stays visible when the mode, the size or the pipeline changes."""

from itertools import cycle, product
from pathlib import Path

import pytest
from textual.pilot import Pilot

from studio_tui.tui.pipelines.graph.drawing_view import MOST_WITHOUT_THREAD
from studio_tui.tui.pipelines.graph.memory import Mode
from tests.presentation.pipelines.graphs import chain_of_diamonds, fan, pipeline_of
from tests.soak import at_length
from tests.steps import step
from tests.tui.dashboards import until
from tests.tui.pipelines.dag_stage import (
    DagStudio,
    go_to,
    pipeline_dashboard,
    press,
    refresh,
    screen_of,
)

pytestmark = pytest.mark.draws_dashboards

SIZES = [(80, 24), (120, 40), (200, 60)]
MODES = [Mode.TREE, Mode.GRAPH, Mode.TIMELINE, Mode.TABLE]
WIDE = MOST_WITHOUT_THREAD + 100
"""Number of jobs in a layer that makes the graph so large that a thread lays it out."""


def is_visible(pilot: Pilot[int], name: str) -> bool:
    """Return whether the cursor is on a job, and the job's name is on the screen."""
    screen = screen_of(pilot)
    lines = screen.views.shown.widget.lines()
    return screen.cursor.here() == name and any(name in line.text for line in lines)


async def until_visible(pilot: Pilot[int], name: str) -> None:
    """Wait until the cursor is on a job, and the job's name is on the screen."""
    await until(pilot, lambda: is_visible(pilot, name))


async def switch_to(pilot: Pilot[int], mode: Mode) -> None:
    """Press the key for the next mode until the mode is shown."""
    while screen_of(pilot).state.view.mode is not mode:
        await press(pilot, ("m",))


async def leave(pilot: Pilot[int]) -> None:
    """Leave the page, and wait until its place is saved and it is removed."""
    screen = screen_of(pilot)
    await pilot.press("q")
    await until(pilot, lambda: not screen.is_running)


def scroll_away(pilot: Pilot[int]) -> None:
    """Scroll to the beginning without moving the cursor, as the wheel does."""
    screen_of(pilot).views.shown.scroll_corner_to(0, 0)


async def test_the_cursor_is_visible_after_switching_to_each_mode(tmp_path: Path) -> None:
    combinations = at_length([*zip(MODES, cycle(SIZES), strict=False)], [*product(MODES, SIZES)])
    async with pipeline_dashboard(DagStudio(fan(90)), tmp_path) as pilot:
        await press(pilot, ("b", "b"))
        await go_to(pilot, "shard_0085")
        for mode, size in combinations:
            with step(f"{mode} at {size}"):
                await pilot.resize_terminal(*size)
                for _ in range(2):
                    await switch_to(pilot, mode)
                    await until_visible(pilot, "shard_0085")
                    scroll_away(pilot)
                    assert not is_visible(pilot, "shard_0085")
                    await press(pilot, ("m",))
                    await until_visible(pilot, "shard_0085")


async def test_the_cursor_is_visible_in_a_reopened_pipeline(tmp_path: Path) -> None:
    studio = DagStudio(fan(90))
    async with pipeline_dashboard(studio, tmp_path, size=(120, 40)) as pilot:
        await press(pilot, ("b", "b"))
        await go_to(pilot, "shard_0085")
        await leave(pilot)
    for mode in at_length(MODES[1:3], MODES):
        async with pipeline_dashboard(studio, tmp_path, size=(80, 24)) as pilot:
            await until_visible(pilot, "shard_0085")
            await pilot.resize_terminal(120, 40)
            await switch_to(pilot, mode)
            await until_visible(pilot, "shard_0085")
            scroll_away(pilot)
            await leave(pilot)
    async with pipeline_dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        await until_visible(pilot, "shard_0085")


async def test_the_cursor_is_visible_in_a_graph_that_a_thread_lays_out(tmp_path: Path) -> None:
    studio = DagStudio(fan(WIDE))
    far = f"shard_{WIDE - 5:04}"
    async with pipeline_dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        await press(pilot, ("b", "b"))
        await go_to(pilot, far)
        await press(pilot, ("m",))
        await until_visible(pilot, far)
        corner = screen_of(pilot).views.shown.widget.corner
        await leave(pilot)
    async with pipeline_dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        await until_visible(pilot, far)
        await until(pilot, lambda: screen_of(pilot).views.shown.widget.corner == corner)


async def test_the_cursor_moves_to_a_visible_parent_when_its_job_is_removed(
    tmp_path: Path,
) -> None:
    studio = DagStudio(fan(90))
    whole = studio.current_pipeline
    async with pipeline_dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        await press(pilot, ("b", "b"))
        for mode in MODES:
            await go_to(pilot, "last")
            await switch_to(pilot, mode)
            await until_visible(pilot, "last")
            await refresh(pilot, studio, pipeline_of(whole.job_runs[:-1]))
            visible_key = screen_of(pilot).cursor.here() or ""
            assert visible_key.startswith("shard_"), mode
            await until_visible(pilot, visible_key)
            await refresh(pilot, studio, whole)


async def test_a_refresh_does_not_scroll_back_to_the_cursor(tmp_path: Path) -> None:
    studio = DagStudio(chain_of_diamonds(60))
    async with pipeline_dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        await press(pilot, ("b", "b"))
        await go_to(pilot, "top55")
        await switch_to(pilot, Mode.GRAPH)
        await until_visible(pilot, "top55")
        scroll_away(pilot)
        await refresh(pilot, studio, pipeline_of(studio.current_pipeline.job_runs[:-1]))
        assert screen_of(pilot).views.shown.widget.corner == (0, 0)


async def test_the_cursor_stays_visible_when_the_drawer_opens(tmp_path: Path) -> None:
    async with pipeline_dashboard(DagStudio(fan(60)), tmp_path, size=(120, 40)) as pilot:
        if screen_of(pilot).state.view.drawer:
            await press(pilot, ("i",))
        await press(pilot, ("b", "b"))
        await switch_to(pilot, Mode.GRAPH)
        for name in (f"shard_{number:04}" for number in at_length(range(4, 14, 4), range(4, 14))):
            screen_of(pilot).views.shown.scroll_corner_to(0, 0)
            await go_to(pilot, name)
            await press(pilot, ("i",))
            await until_visible(pilot, name)
            await press(pilot, ("i",))
