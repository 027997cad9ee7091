"""Commands on the page of a pipeline, by mouse and key, and why some of them are disabled."""

from functools import partial
from pathlib import Path

import pytest

from studio_tui.errors import ServerError
from studio_tui.tui.form.submit_screen import SubmitScreen
from studio_tui.tui.frame.actions import actions_of
from studio_tui.tui.pipelines.graph.memory import Mode
from studio_tui.tui.pipelines.graph.screen import PipelineScreen
from studio_tui.tui.pipelines.graph.state import UNKNOWN
from studio_tui.tui.pipelines.list_screen import PipelinesScreen
from tests.presentation.pipelines.graphs import chain_of_diamonds
from tests.presentation.pipelines.sample import sixteen
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

MODES = tuple(Mode)


async def test_clicks_on_the_line_of_modes_switch_the_mode_and_turn_options_off(
    tmp_path: Path,
) -> None:
    async def click(words: str) -> None:
        modes_line = next(line for line in screen_text(pilot).splitlines() if words in line)
        await pilot.click("#dag-modes", offset=(modes_line.index(words), 0))
        await pilot.pause()

    def is_shown_as(mode: str) -> bool:
        return screen_of(pilot).state.view.mode == mode

    def is_gone(words: str) -> bool:
        return words not in screen_text(pilot)

    async with pipeline_dashboard(DagStudio(), tmp_path) as pilot:
        for mode in (*MODES[1:], MODES[0]):
            await click(f"{mode} ")
            await until(pilot, partial(is_shown_as, mode))
        await press(pilot, ("exclamation_mark", "C", "b"))
        for words in ("! only problems", "C critical path"):
            await until_shown(pilot, words)
            await click(words)
            await until(pilot, partial(is_gone, words))
        await click("b by name")
        await until_shown(pilot, "b not grouped")


async def test_a_key_scrolls_the_current_job_to_the_middle(tmp_path: Path) -> None:
    async with pipeline_dashboard(
        DagStudio(chain_of_diamonds(20)), tmp_path, size=(80, 24)
    ) as pilot:
        views = screen_of(pilot).views

        def lines_above() -> int:
            if (canvas := views.drawing.canvas) is not None:
                return canvas.drawing.boxes["top10"].y - views.drawing.widget.top
            return list(views.rows.widget.keys).index("top10") - views.rows.widget.top

        def lines_from_middle() -> int:
            return abs(lines_above() - views.shown.widget.size.height // 2)

        await press(pilot, ("b", "b"))
        for mode in MODES:
            with step(mode):
                assert screen_of(pilot).state.view.mode is mode
                await press(pilot, ("home",))
                await go_to(pilot, "top10")
                assert lines_from_middle() > 1
                await press(pilot, ("full_stop",))
                await until(pilot, lambda: lines_from_middle() <= 1)
                assert screen_of(pilot).cursor.here() == "top10"
                await press(pilot, ("m",))


async def test_commands_that_need_the_pipeline_are_disabled_until_it_is_loaded(
    tmp_path: Path,
) -> None:
    studio = DagStudio()
    studio.error = ServerError(503, "Studio is being repaired.", retry_after=60)
    async with pipeline_dashboard(studio, tmp_path, loaded=False) as pilot:
        await until_shown(pilot, "Studio is being repaired.")
        reasons = {
            action.action.removeprefix("do('").removesuffix("')"): action.why_not
            for action in actions_of(screen_of(pilot))
            if not action.enabled
        }
        unknown = {name for name, why in reasons.items() if why == UNKNOWN}
        assert {"graph.next", "graph.cause", "graph.search", "graph.mark", "graph.save"} <= unknown
        assert not {"graph.mode", "graph.drawer", "graph.pipelines"} & reasons.keys()
        await press(pilot, ("less_than_sign",))
        await until_shown(pilot, UNKNOWN)
        await press(pilot, ("P",))
        await until(pilot, lambda: isinstance(pilot.app.screen, PipelinesScreen))


async def test_a_question_warns_if_dependent_jobs_would_start_at_once_and_defaults_to_no(
    tmp_path: Path,
) -> None:
    studio = DagStudio(chain_of_diamonds(2))
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        await press(pilot, ("a",))
        for key in ("r", "R"):
            with step(key):
                await press(pilot, (key,))
                await until_shown(pilot, "on others of these", "would start at once")
                await until_shown(pilot, "Run them all at once")
                await pilot.press("enter")
                await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
                assert studio.requests == []
        with step("edited jobs, with a second question"):
            await press(pilot, ("e",))
            await until_shown(pilot, "Edit 7 jobs", "workers")
            await pilot.press("f9")
            await until_shown(pilot, "changed jobs?")
            await pilot.press("f")
            await until_shown(pilot, "Start them all at once?", "t rebuilds")
            await pilot.press("enter")
            await until(pilot, lambda: isinstance(pilot.app.screen, SubmitScreen))
            assert studio.requests == []


async def test_a_pipeline_can_be_copied_as_a_command_and_as_json(tmp_path: Path) -> None:
    async with pipeline_dashboard(DagStudio(), tmp_path) as pilot:
        for place, shown, copied in (
            (4, "datachain pipeline status rathe-kyat", "datachain pipeline status rathe-kyat"),
            (9, "JSON", '"job_runs": ['),
        ):
            await press(pilot, ("y",))
            await until_shown(pilot, shown)
            await press(pilot, (*["down"] * place, "enter"))
            await until(pilot, lambda copied=copied: copied in pilot.app.clipboard)  # type: ignore[misc]


async def test_removed_jobs_and_datasets_are_shown_without_endpoints_for_them(
    tmp_path: Path,
) -> None:
    studio = DagStudio(sixteen("PAUSED"))
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        with step("a job that has ended is not said to have started"):
            await go_to(pilot, "dedupe")
            await press(pilot, ("D",))
            await until_shown(pilot, "It has ended: complete")
        with step("jobs that this program removed are listed"):
            await go_to(pilot, "publish")
            await press(pilot, ("D",))
            await until_shown(pilot, "Remove 1 job from the pipeline?")
            await press(pilot, ("y",))
            await until(pilot, lambda: ("remove", "publish") in studio.requests)
            await until_shown(pilot, "1 removed (Z)")
            await press(pilot, ("Z",))
            await until_shown(pilot, "Removed: 1 job", "publish", "cannot restore a job")
        with step("datasets have versions but no lineage"):
            await show_on_new_page(pilot, studio, sixteen(embed="COMPLETE"))
            await press(pilot, ("f2",))
            await until_shown(pilot, "Datasets", "embed", "@1.0.3")
            assert "out of date by" not in screen_text(pilot)
            await press(pilot, ("enter",))
            await until_shown(
                pilot, "@1.0.3", "This Studio does not say what datasets were made from"
            )
            assert "up to date" not in screen_text(pilot)


async def test_the_key_n_goes_to_canceled_jobs_only_if_they_block_others(
    tmp_path: Path,
) -> None:
    studio = DagStudio(sixteen("CANCELED", embed="CANCELED", thumbs="COMPLETE"))
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        await press(pilot, ("g", "n"))
        await until(pilot, lambda: screen_of(pilot).cursor.here() == "embed")
    one_canceled = DagStudio(chain_of_diamonds(1))
    runs = [
        run.model_copy(update={"status": "COMPLETE"})
        for run in one_canceled.current_pipeline.job_runs
    ]
    runs[-1] = runs[-1].model_copy(update={"status": "CANCELED"})
    one_canceled.set_pipeline(
        one_canceled.current_pipeline.model_copy(
            update={"status": "CANCELED", "job_runs": tuple(runs)}
        )
    )
    async with pipeline_dashboard(one_canceled, tmp_path) as pilot:
        await press(pilot, ("g", "n"))
        await until_shown(pilot, "No job has failed, and no canceled one blocks others")
