"""The tree of a large pipeline is computed in a thread, once for each shape of the plan."""

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from studio_tui import clock
from studio_tui.presentation.pipelines.graph.estimate import estimate_of
from studio_tui.presentation.pipelines.views.tree import TreeRow, rows
from studio_tui.tui.pipelines.graph.drawing_view import MOST_WITHOUT_THREAD
from studio_tui.tui.pipelines.graph.headlines import Headlines
from tests.bench.dag_pure import next_response, pipeline
from tests.tui.dashboards import until, until_shown
from tests.tui.pipelines.dag_stage import DagStudio, pipeline_dashboard, press, screen_of

pytestmark = pytest.mark.draws_dashboards


async def test_a_thread_computes_the_tree_of_a_large_pipeline_once(tmp_path: Path) -> None:
    threads: list[threading.Thread] = []

    def rows_recording_thread(*arguments: Any) -> Sequence[TreeRow]:
        threads.append(threading.current_thread())
        return rows(*arguments)

    studio = DagStudio(pipeline(MOST_WITHOUT_THREAD + 1))
    with mock.patch("studio_tui.tui.pipelines.graph.structure.rows", rows_recording_thread):
        async with pipeline_dashboard(studio, tmp_path) as pilot:
            await until_shown(pilot, "00_stage_0000")
            loaded_before = screen_of(pilot).state.loaded
            studio.set_pipeline(next_response(studio.current_pipeline))
            await press(pilot, ("ctrl+r",))
            await until(pilot, lambda: screen_of(pilot).state.loaded is not loaded_before)
    assert len(threads) == 1
    assert threads[0] is not threading.main_thread()


async def test_the_estimate_of_a_large_pipeline_is_not_computed_each_second(tmp_path: Path) -> None:
    for jobs, expected in ((MOST_WITHOUT_THREAD, 4), (MOST_WITHOUT_THREAD + 1, 1)):
        async with pipeline_dashboard(DagStudio(pipeline(jobs)), tmp_path) as pilot:
            await until_shown(pilot, "00_stage_0000")
            screen = screen_of(pilot)
            with (
                mock.patch.object(clock, "monotonic", return_value=1000.0),
                mock.patch(f"{Headlines.__module__}.estimate_of", wraps=estimate_of) as compute,
            ):
                screen.headlines.show_status()
                for _ in range(3):
                    screen.headlines.pass_time()
            assert compute.call_count == expected
