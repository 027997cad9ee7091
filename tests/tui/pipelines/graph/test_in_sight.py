"""The cursor of a pipeline stays visible, whatever changes around it."""

from itertools import cycle, product
from pathlib import Path

import pytest
from textual.pilot import Pilot

from studio_tui.tui.pipelines.graph.drawing_view import AT_ONCE
from studio_tui.tui.pipelines.graph.memory import Mode
from tests.presentation.pipelines.graphs import chain_of_diamonds, fan, pipeline_of
from tests.soak import at_length
from tests.steps import step
from tests.tui.dashboards import until
from tests.tui.pipelines.dag_stage import DagStudio, dag, go_to, press, refresh, screen_of

pytestmark = pytest.mark.draws_dashboards

SIZES = [(80, 24), (120, 40), (200, 60)]
MODES = [Mode.TREE, Mode.GRAPH, Mode.TIMELINE, Mode.TABLE]
WIDE = AT_ONCE + 100
"""Jobs beside each other of a drawing that is laid out in a thread."""


def shows(pilot: Pilot[int], name: str) -> bool:
    """Return whether the cursor is on a job, and the job's name is on the screen."""
    screen = screen_of(pilot)
    lines = screen.views.shown.widget.lines()
    return screen.cursor.here() == name and any(name in line.text for line in lines)


async def until_seen(pilot: Pilot[int], name: str) -> None:
    """Wait until the cursor is on a job and in sight."""

    def seen() -> bool:
        return shows(pilot, name)

    await until(pilot, seen)


async def switch_to(pilot: Pilot[int], mode: Mode) -> None:
    """Press the key of the next mode until a mode is there."""
    while screen_of(pilot).state.view.mode is not mode:
        await press(pilot, ("m",))


async def leave(pilot: Pilot[int]) -> None:
    """Go back, and wait until the place is saved and the page is gone."""
    screen = screen_of(pilot)
    await pilot.press("q")
    await until(pilot, lambda: not screen.is_running)


def scroll_away(pilot: Pilot[int]) -> None:
    """Look at the beginning, as with the wheel, with the cursor where it was."""
    screen_of(pilot).views.shown.scroll_corner_to(0, 0)


async def test_the_cursor_is_in_sight_in_a_mode_that_is_entered(tmp_path: Path) -> None:
    combinations = at_length([*zip(MODES, cycle(SIZES), strict=False)], [*product(MODES, SIZES)])
    async with dag(DagStudio(fan(90)), tmp_path) as pilot:
        await press(pilot, ("b", "b", "b"))
        await go_to(pilot, "shard_0085")
        for mode, size in combinations:
            with step(f"{mode} at {size}"):
                await pilot.resize_terminal(*size)
                for _ in range(2):
                    await switch_to(pilot, mode)
                    await until_seen(pilot, "shard_0085")
                    scroll_away(pilot)
                    assert not shows(pilot, "shard_0085")
                    await press(pilot, ("m",))
                    await until_seen(pilot, "shard_0085")


async def test_the_cursor_is_in_sight_in_a_pipeline_that_is_opened_again(tmp_path: Path) -> None:
    studio = DagStudio(fan(90))
    async with dag(studio, tmp_path, size=(120, 40)) as pilot:
        await press(pilot, ("b", "b", "b"))
        await go_to(pilot, "shard_0085")
        await leave(pilot)
    for mode in at_length(MODES[1:3], MODES):
        async with dag(studio, tmp_path, size=(80, 24)) as pilot:
            await until_seen(pilot, "shard_0085")
            await pilot.resize_terminal(120, 40)
            await switch_to(pilot, mode)
            await until_seen(pilot, "shard_0085")
            scroll_away(pilot)
            await leave(pilot)
    async with dag(studio, tmp_path, size=(80, 24)) as pilot:
        await until_seen(pilot, "shard_0085")


async def test_the_cursor_of_a_drawing_made_in_a_thread_is_in_sight(tmp_path: Path) -> None:
    studio = DagStudio(fan(WIDE))
    far = f"shard_{WIDE - 5:04}"
    async with dag(studio, tmp_path, size=(80, 24)) as pilot:
        await press(pilot, ("b", "b", "b"))
        await go_to(pilot, far)
        await press(pilot, ("m",))
        await until_seen(pilot, far)
        corner = screen_of(pilot).views.shown.corner
        await leave(pilot)
    async with dag(studio, tmp_path, size=(80, 24)) as pilot:
        await until_seen(pilot, far)
        await until(pilot, lambda: screen_of(pilot).views.shown.corner == corner)


async def test_the_cursor_goes_to_the_nearest_job_when_its_own_is_taken_out(
    tmp_path: Path,
) -> None:
    studio = DagStudio(fan(90))
    whole = studio.now
    async with dag(studio, tmp_path, size=(80, 24)) as pilot:
        await press(pilot, ("b", "b", "b"))
        for mode in MODES:
            await go_to(pilot, "last")
            await switch_to(pilot, mode)
            await until_seen(pilot, "last")
            await refresh(pilot, studio, pipeline_of(whole.job_runs[:-1]))
            visible_key = screen_of(pilot).cursor.here() or ""
            assert visible_key.startswith("shard_"), mode
            await until_seen(pilot, visible_key)
            await refresh(pilot, studio, whole)


async def test_what_is_read_away_from_the_cursor_stays_through_answers(tmp_path: Path) -> None:
    studio = DagStudio(chain_of_diamonds(60))
    async with dag(studio, tmp_path, size=(80, 24)) as pilot:
        await press(pilot, ("b", "b", "b"))
        await go_to(pilot, "top55")
        await switch_to(pilot, Mode.GRAPH)
        await until_seen(pilot, "top55")
        scroll_away(pilot)
        await refresh(pilot, studio, pipeline_of(studio.now.job_runs[:-1]))
        assert screen_of(pilot).views.shown.corner == (0, 0)


async def test_the_cursor_stays_in_sight_beside_a_drawer(tmp_path: Path) -> None:
    async with dag(DagStudio(fan(60)), tmp_path, size=(120, 40)) as pilot:
        if screen_of(pilot).state.view.drawer:
            await press(pilot, ("i",))
        await press(pilot, ("b", "b", "b"))
        await switch_to(pilot, Mode.GRAPH)
        for name in (f"shard_{number:04}" for number in at_length(range(4, 14, 4), range(4, 14))):
            screen_of(pilot).views.shown.scroll_corner_to(0, 0)
            await go_to(pilot, name)
            await press(pilot, ("i",))
            await until_seen(pilot, name)
            await press(pilot, ("i",))
