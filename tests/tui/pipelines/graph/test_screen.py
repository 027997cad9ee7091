"""The page of a pipeline in its four modes, driven by keys, on a Studio in memory."""

import asyncio
from itertools import product
from pathlib import Path

import pytest

from studio_tui.api.models import PipelineJob
from studio_tui.errors import NotSent, ServerError
from studio_tui.presentation.pipelines.views.groups import MOST_CHILDREN
from studio_tui.tui.frame.actions import actions_of
from studio_tui.tui.jobs.detail_screen import JobScreen
from studio_tui.tui.logs.log_screen import LogScreen
from studio_tui.tui.logs.merged_screen import MergedScreen
from studio_tui.tui.logs.save_dialog import SaveLog
from studio_tui.tui.pipelines.graph.cursor import NO_JOB_HERE
from studio_tui.tui.pipelines.graph.memory import Mode
from studio_tui.tui.pipelines.graph.screen import PipelineScreen
from studio_tui.tui.pipelines.list_screen import PipelinesScreen
from tests.presentation.pipelines.graphs import chain_of_diamonds, fan, pipeline_of, run
from tests.presentation.pipelines.sample import SIXTEEN, sixteen
from tests.steps import step
from tests.tui.dashboards import screen_text, until, until_shown
from tests.tui.pipelines.dag_stage import (
    DagStudio,
    go_to,
    pipeline_dashboard,
    press,
    refresh,
    screen_of,
    show_on_new_page,
)

pytestmark = pytest.mark.draws_dashboards

MODES = ("tree", "graph", "timeline", "table")


async def test_each_mode_shows_every_job_once_with_its_state(tmp_path: Path) -> None:
    async with pipeline_dashboard(DagStudio(), tmp_path) as pilot:
        for size, mode in product([(80, 24), (120, 40), (200, 60)], MODES):
            await pilot.resize_terminal(*size)
            screen = screen_of(pilot)
            assert screen.state.view.mode == mode
            if mode == "graph":
                assert screen.views.drawing.canvas is not None
                assert set(screen.views.drawing.canvas.drawing.boxes) == set(SIXTEEN)
            else:
                assert sorted(screen.views.rows.widget.keys) == sorted(SIXTEEN)
            text = screen_text(pilot)
            assert "✗ FAILED     embed" in text if mode == "table" else "✗ embed" in text
            assert "6/16" in text
            assert "1 root failure" in text
            await press(pilot, ("m",))
        assert screen_of(pilot).state.view.mode == "tree"


async def test_the_cursor_stays_on_its_job_when_the_mode_or_the_pipeline_changes(
    tmp_path: Path,
) -> None:
    studio = DagStudio()
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        await go_to(pilot, "join_feats")
        for _ in MODES:
            await press(pilot, ("right_square_bracket",))
            assert screen_of(pilot).cursor.here() == "join_feats"
            await refresh(pilot, studio, sixteen(embed="RUNNING"))
            assert screen_of(pilot).cursor.here() == "join_feats"
            await refresh(pilot, studio, sixteen(embed="COMPLETE", join_feats="RUNNING"))
            assert screen_of(pilot).cursor.here() == "join_feats"
            await until_shown(pilot, "7/16")
        await press(pilot, ("left_square_bracket",))
        assert screen_of(pilot).state.view.mode is Mode.TABLE
        assert screen_of(pilot).cursor.here() == "join_feats"


async def test_keys_move_the_cursor_along_edges_and_to_the_job_that_causes_a_wait(
    tmp_path: Path,
) -> None:
    studio = DagStudio()
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        with step("along the edges of the graph"):
            await go_to(pilot, "dedupe")
            await press(pilot, ("m", "down"))
            assert screen_of(pilot).cursor.here() in {"thumbs", "embed"}
            child = screen_of(pilot).cursor.here()
            await press(pilot, ("right" if child == "thumbs" else "left",))
            assert {child, screen_of(pilot).cursor.here()} == {"thumbs", "embed"}
            await press(pilot, ("j", "j"))
            assert screen_of(pilot).cursor.here() == "merge_train"
            await press(pilot, ("k",))
            assert screen_of(pilot).cursor.here() in {"join_feats", "clean_labels"}
            await press(pilot, ("G",))
            canvas = screen_of(pilot).views.drawing.canvas
            assert canvas is not None
            assert screen_of(pilot).cursor.here() == list(canvas.drawing.boxes)[-1]
        with step("to parents and children"):
            await show_on_new_page(pilot, studio)
            await go_to(pilot, "eval")
            await press(pilot, ("left_curly_bracket",))
            assert screen_of(pilot).cursor.here() == "train_s"
            await press(pilot, ("right_curly_bracket", "right_curly_bracket"))
            assert screen_of(pilot).cursor.here() == "report"
            await press(pilot, ("right_curly_bracket",))
            await until_shown(pilot, "No other job waits for it")
            assert screen_of(pilot).cursor.here() == "report"
        with step("to the job that causes a wait"):
            await show_on_new_page(pilot, studio)
            await go_to(pilot, "publish")
            await until_shown(
                pilot, "blocked by embed, which", "(W goes there)", "after      ⊘ export"
            )
            await press(pilot, ("W",))
            assert screen_of(pilot).cursor.here() == "embed"
            await until_shown(pilot, "9 jobs", "ran 9:58 · waited 0:08", "after      ✓ dedupe")
            await press(pilot, ("W",))
            await until_shown(pilot, "It has ended: failed")
        with step("the arrow keys move the cursor after a search"):
            await show_on_new_page(pilot, studio, sixteen())
            await press(pilot, ("m",))
            for end in ("escape", "enter"):
                await press(pilot, ("slash", *"index", end))
                await until(
                    pilot, lambda: screen_of(pilot).focused is screen_of(pilot).views.drawing.widget
                )
                job_before = screen_of(pilot).cursor.here()
                await press(pilot, ("down",))
                assert screen_of(pilot).cursor.here() != job_before, end


async def test_ancestors_and_descendants_of_the_current_job_are_highlighted(tmp_path: Path) -> None:
    async with pipeline_dashboard(DagStudio(), tmp_path) as pilot:
        await go_to(pilot, "join_feats")

        def row(name: str) -> str:
            return next(line for line in screen_text(pilot).splitlines() if f" {name} " in line)

        await until(pilot, lambda: "↓          └─⊘ merge_train" in screen_text(pilot))
        # While the cursor keeps moving, the arrows are updated only now and then.
        await until(pilot, lambda: row("ingest_raw").startswith("  ↑"))
        assert row("publish").startswith("  ↓")
        assert row("clean_labels").startswith("    ")
        await press(pilot, ("m",))
        canvas = screen_of(pilot).views.drawing.canvas
        assert canvas is not None
        styles = {
            text.strip(): style
            for _, runs in canvas.lines(range(canvas.drawing.height), 0, 200)
            for style, text in runs
        }
        assert "faint" in styles["clean_labels"]
        assert "faint" not in styles["ingest_raw"]
        assert "cursor" in styles["join_feats"]


async def test_keys_move_the_cursor_through_matches_of_a_search_and_through_failures(
    tmp_path: Path,
) -> None:
    studio = DagStudio()
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        with step("a search moves the cursor, and back if it is canceled"):
            await go_to(pilot, "split")
            await press(pilot, ("slash", *"cuda"))
            assert screen_of(pilot).cursor.here() == "embed"
            await press(pilot, ("escape",))
            assert screen_of(pilot).cursor.here() == "split"
            await press(pilot, ("slash", *"TRAIN_", "enter"))
            await until_shown(pilot, "/TRAIN_ 2 found")
            assert screen_of(pilot).cursor.here() == "train_s"
            await press(pilot, ("n",))
            assert screen_of(pilot).cursor.here() == "train_l"
            await press(pilot, ("n",))
            assert screen_of(pilot).cursor.here() == "train_s"
            await press(pilot, ("escape", "slash", *"nowhere", "enter"))
            await until_shown(pilot, "Nothing matches nowhere")
            await press(pilot, ("n",))
            assert screen_of(pilot).cursor.here() == "embed"
        with step("a search without a match folds again what it has unfolded"):
            await go_to(pilot, "dedupe")
            await press(pilot, ("h", "slash", *"emb"))
            assert screen_of(pilot).cursor.here() == "embed"
            for keys in ((*"racing", "enter"), ("slash", *"emb", "escape")):
                await press(pilot, keys)
                assert screen_of(pilot).cursor.here() == "dedupe"
                assert screen_of(pilot).state.view.folds == {"dedupe"}
            await press(pilot, ("greater_than_sign",))
        with step("n and N go through failures and wrap around"):
            await show_on_new_page(
                pilot, studio, sixteen(ingest_labels="FAILED", clean_labels="PENDING")
            )
            visited = []
            for key in ("n", "n", "n", "N"):
                await press(pilot, (key,))
                visited.append(screen_of(pilot).cursor.here())
            assert visited == ["embed", "ingest_labels", "embed", "ingest_labels"]
        with step("only failed jobs and the jobs that they block are shown"):
            await show_on_new_page(pilot, studio)
            await press(pilot, ("exclamation_mark",))
            assert set(screen_of(pilot).views.rows.widget.keys) == {
                "embed", "join_feats", "merge_train", "split", "train_s", "train_l", "eval",
                "report", "export", "publish",
            }  # fmt: skip
            await press(pilot, ("m",))
            assert len(screen_of(pilot).views.drawing.canvas.drawing.boxes) == 10  # type: ignore[union-attr]
            await press(pilot, ("left_square_bracket", "slash", *"ingest_raw", "enter"))
            assert screen_of(pilot).cursor.here() == "ingest_raw"
            assert not screen_of(pilot).state.view.problems
            await press(pilot, ("escape", "exclamation_mark"))
            await refresh(pilot, studio, sixteen(embed="RUNNING"))
            await until_shown(pilot, "No problems")


async def test_a_command_on_a_folded_row_of_the_tree_does_not_apply_to_its_hidden_jobs(
    tmp_path: Path,
) -> None:
    studio = DagStudio()
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        with step("rows are folded and unfolded"):
            await go_to(pilot, "split")
            await press(pilot, ("left",))
            await until_shown(pilot, "⊘ split  +6: 6⊘")
            await press(pilot, ("left",))
            assert screen_of(pilot).cursor.here() == "merge_train"
            await go_to(pilot, "publish")
            assert "+6" not in screen_text(pilot)
            await press(pilot, ("less_than_sign",))
            assert list(screen_of(pilot).views.rows.widget.keys) == ["ingest_raw", "ingest_labels"]
            assert screen_of(pilot).cursor.here() == "ingest_raw"
            assert screen_of(pilot).state.view.cursor == "publish"
            folds = screen_of(pilot).state.view.folds
            await press(pilot, ("m", "less_than_sign", "m", "greater_than_sign"))
            await until_shown(pilot, "Only the tree can be folded; m goes there")
            assert screen_of(pilot).state.view.folds == folds
            await press(pilot, ("m", "m", "greater_than_sign"))
            assert screen_of(pilot).cursor.here() == "publish"
        with step("a command applies to the job of the folded row"):
            await show_on_new_page(pilot, studio, sixteen(embed="RUNNING"))
            await go_to(pilot, "embed")
            await press(pilot, ("less_than_sign", "x"))
            await until_shown(pilot, "The job has ended: complete")
            assert studio.requests == []


async def test_marks_stay_on_their_jobs_and_the_logs_of_marked_jobs_are_merged(
    tmp_path: Path,
) -> None:
    studio = DagStudio()
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        with step("marks stay on their jobs"):
            await go_to(pilot, "train_l")
            await press(pilot, ("a",))
            assert screen_of(pilot).state.view.marks == (
                "train_l",
                "eval",
                "report",
                "export",
                "publish",
            )
            await press(pilot, ("m", "m", "u"))
            assert screen_of(pilot).state.view.marks == ()
            await press(pilot, ("u",))
            await until_shown(pilot, "Nothing is marked")
            await press(pilot, ("m", "m"))
            await go_to(pilot, "thumbs")
            await press(pilot, ("space", "down", "v"))
            assert screen_of(pilot).state.view.marks == ("thumbs", "embed", "join_feats")
            await refresh(
                pilot, studio, pipeline_of([*sixteen().job_runs[:4], *sixteen().job_runs[5:]])
            )
            assert screen_of(pilot).state.view.marks == ("thumbs", "join_feats")
            await until_shown(pilot, "1 marked job is no longer in the pipeline")
            await press(pilot, ("L",))
            await until(pilot, lambda: isinstance(pilot.app.screen, MergedScreen))
            await until_shown(pilot, "thumbs", "join_feats")
            merged = pilot.app.screen
            assert isinstance(merged, MergedScreen)
            assert [each.job_id for each in merged.joining.awaited] == ["join_feats"]
        with step("a key removes the marks of ended jobs"):
            await show_on_new_page(pilot, studio, sixteen(embed="RUNNING"))
            await go_to(pilot, "thumbs")
            await press(pilot, ("space", "down", "v"))
            assert screen_of(pilot).state.view.marks == ("thumbs", "embed", "join_feats")
            await press(pilot, ("U",))
            assert screen_of(pilot).state.view.marks == ("embed", "join_feats")
            await press(pilot, ("U",))
            await until_shown(pilot, "No marked job has ended")
            await refresh(pilot, studio, sixteen())
            await press(pilot, ("U",))
            assert screen_of(pilot).state.view.marks == ("join_feats",)


async def test_the_cursor_stays_on_its_job_while_its_log_or_page_is_open(tmp_path: Path) -> None:
    studio = DagStudio()
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        with step("the log and the page of a job"):
            await go_to(pilot, "embed")
            await press(pilot, ("l",))
            await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
            pipeline = sixteen().name
            await until_shown(pilot, f"› Pipelines › {pipeline} › embed", "› Log")
            await press(pilot, ("q",))
            assert screen_of(pilot).cursor.here() == "embed"
            await press(pilot, ("enter",))
            await until(pilot, lambda: isinstance(pilot.app.screen, JobScreen))
            await until_shown(pilot, "exit code 1")
            await press(pilot, ("q", "m"))
            assert screen_of(pilot).cursor.here() == "embed"
            await press(pilot, ("enter",))
            await until(pilot, lambda: isinstance(pilot.app.screen, JobScreen))
        with step("the raw response"):
            await show_on_new_page(pilot, studio)
            await go_to(pilot, "embed")
            await press(pilot, ("d",))
            await until_shown(pilot, '"job_id": "embed"', '"created_job_id": "run-embed"')


async def test_mode_cursor_and_marks_are_restored_in_the_next_session(tmp_path: Path) -> None:
    async with pipeline_dashboard(DagStudio(), tmp_path) as pilot:
        await go_to(pilot, "train_l")
        await press(pilot, ("space", "m", "m", "m", "C", "i"))
        view_before = screen_of(pilot).state.view
        await press(pilot, ("q",))
        await until(pilot, lambda: not isinstance(pilot.app.screen, PipelineScreen))
    async with pipeline_dashboard(DagStudio(), tmp_path) as pilot:
        view = screen_of(pilot).state.view
        assert view.mode is Mode.TABLE
        assert view.marks == ("train_l",)
        assert view.critical
        assert view.drawer is False
        assert screen_of(pilot).cursor.here() == view_before.cursor
        await until_shown(pilot, "1 marked", "C critical path")


async def test_the_scroll_position_survives_a_session_in_which_studio_does_not_answer(
    tmp_path: Path,
) -> None:
    studio = DagStudio(chain_of_diamonds(20))
    async with pipeline_dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        await press(pilot, ("b", "b"))
        await go_to(pilot, "top10")
        top = screen_of(pilot).views.rows.widget.top
        await press(pilot, ("q",))
    assert top > 0
    studio.error = ServerError(503, "Studio is being repaired.", retry_after=60)
    async with pipeline_dashboard(studio, tmp_path, size=(80, 24), loaded=False) as pilot:
        await until_shown(pilot, "server error 503")
        await press(pilot, ("q",))
    studio.error = None
    async with pipeline_dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        await until(pilot, lambda: screen_of(pilot).views.rows.widget.top == top)


async def test_a_group_can_be_expanded_and_counts_its_jobs_that_are_shown(tmp_path: Path) -> None:
    studio = DagStudio(fan(MOST_CHILDREN + 1))
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        with step("a large pipeline is shown in groups that can be expanded"):
            await until_shown(pilot, "shard_*")
            assert len(screen_of(pilot).views.rows.widget.keys) == 3
            await press(pilot, ("slash", *"shard_0003", "enter", "escape"))
            assert "shard_0003" in screen_of(pilot).views.rows.widget.keys
            await press(pilot, ("less_than_sign", "m"))
            await until_shown(pilot, f"shard_* ×{MOST_CHILDREN + 1}")
            assert len(screen_of(pilot).cursor.members()) == MOST_CHILDREN + 1
            await press(pilot, ("enter",))
            assert screen_of(pilot).state.view.mode is Mode.TREE
            assert len(screen_of(pilot).views.rows.widget.keys) == 3 + MOST_CHILDREN + 1
            await press(pilot, ("b", "b"))
            await until_shown(pilot, "b not grouped")
            await press(pilot, ("m",))
            assert len(screen_of(pilot).views.drawing.canvas.drawing.boxes) == MOST_CHILDREN + 3  # type: ignore[union-attr]
        with step("the graph of groups says that there are no problems"):
            await show_on_new_page(pilot, studio, fan(MOST_CHILDREN + 1))
            await press(pilot, ("m", "exclamation_mark"))
            await until_shown(pilot, "No problems")
            await until_shown(pilot, "! shows all jobs again.")
        with step("a group counts only problems while only these are shown"):
            names = [f"shard_{number:02}" for number in range(12)]
            states = ["FAILED", *["COMPLETE"] * 10, "RUNNING"]
            shards = [run(name, [], state) for name, state in zip(names, states, strict=True)]
            await show_on_new_page(pilot, studio, pipeline_of(shards))
            await press(pilot, ("b", "exclamation_mark"))
            screen = screen_of(pilot)
            head, *rows = screen.views.rows.widget.keys
            assert rows == ["shard_00"]
            assert screen.views.rows.cells_of(head)[2].text == "1"  # type: ignore[union-attr]
            assert list(screen.views.shown.members(head)) == ["shard_00"]
            await press(pilot, ("m",))
            await until_shown(pilot, "shard_* ×1 0/1 ✗1")
        with step("descendants are highlighted after the grouping changes"):
            await show_on_new_page(pilot, studio, fan(4))

            def sign_beside_shard() -> str:
                return screen_of(pilot).views.rows.cells_of("shard_0001")[0].text  # type: ignore[union-attr]

            await until(pilot, lambda: sign_beside_shard() == "↓")
            await press(pilot, ("b",))
            await until(pilot, lambda: "↓  ▸· shard_*" in screen_text(pilot))
        with step("and after the pipeline has changed, while the cursor stays"):
            await show_on_new_page(pilot, studio, pipeline_of([run("a", []), run("b", [])]))
            await press(pilot, ("home",))
            assert screen_of(pilot).views.rows.cells_of("b")[0].text == ""  # type: ignore[union-attr]
            await refresh(pilot, studio, pipeline_of([run("a", []), run("b", ["a"])]))
            assert screen_of(pilot).views.rows.cells_of("b")[0].text == "↓"  # type: ignore[union-attr]


async def test_the_graph_of_a_thousand_jobs_is_drawn_and_reacts_to_keys(
    tmp_path: Path,
) -> None:
    async with pipeline_dashboard(DagStudio(chain_of_diamonds(333)), tmp_path) as pilot:
        await until_shown(pilot, "0/1000")
        await press(pilot, ("b", "b", "m"))
        await until(pilot, lambda: screen_of(pilot).views.drawing.canvas is not None)
        assert len(screen_of(pilot).views.drawing.canvas.drawing.boxes) == 1000  # type: ignore[union-attr]
        await press(pilot, ("G",))
        assert screen_of(pilot).cursor.here() == "top333"
        await until_shown(pilot, "top333")


async def test_a_job_is_removed_from_a_paused_pipeline_which_then_resumes(tmp_path: Path) -> None:
    studio = DagStudio(sixteen(embed="RUNNING"))
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        await go_to(pilot, "split")
        await press(pilot, ("D",))
        await until_shown(pilot, "Jobs can be removed while the pipeline is paused")
        await press(pilot, ("p",))
        await until_shown(
            pilot, "‖ paused: 1 still running, 9 waiting", "p resume pipeline", "D remove"
        )
        await press(pilot, ("D",))
        await until_shown(
            pilot, "train_s will then wait for merge_train.", "train_l will then wait"
        )
        await press(pilot, ("y",))
        await until_shown(pilot, "/15")
        await press(pilot, ("p",))
        await until_shown(pilot, "● RUNNING")
        assert studio.requests == [
            ("pause", "ec036e81"),
            ("remove", "split"),
            ("resume", "ec036e81"),
        ]


async def test_running_jobs_can_be_canceled_and_are_no_problems(
    tmp_path: Path,
) -> None:
    studio = DagStudio(sixteen(embed="RUNNING"))
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        with step("a job is canceled by the id of its run"):
            await go_to(pilot, "embed")
            await press(pilot, ("x",))
            await until_shown(
                pilot, "Cancel this job?", "run-embed", "9 other jobs wait for it and"
            )
            await press(pilot, ("y",))
            await until(pilot, lambda: studio.requests == [("cancel", "run-embed")])
        with step("each mode says that there are no problems"):
            await show_on_new_page(pilot, studio, sixteen(embed="RUNNING"))
            await press(pilot, ("exclamation_mark",))
            for _ in MODES:
                assert "No problems" in screen_text(pilot)
                assert "⏎ open" not in screen_text(pilot)
                await press(pilot, ("W",))
                await until_shown(pilot, NO_JOB_HERE)
                pilot.app.clear_notifications()
                await press(pilot, ("down", "m"))


async def test_a_pending_request_to_a_studio_that_does_not_answer_is_reported(
    tmp_path: Path,
) -> None:
    class UnreachableStudio(DagStudio):
        async def pause_pipeline(self, *, pipeline_id: str | None = None) -> None:  # noqa: ARG002
            await connection_fails.wait()
            raise NotSent("studio.test refuses connections.")

    connection_fails = asyncio.Event()
    async with pipeline_dashboard(UnreachableStudio(sixteen()), tmp_path) as pilot:
        await press(pilot, ("p",))
        await until_shown(pilot, "Pausing 0 of 1")
        connection_fails.set()
        await until_shown(pilot, "studio.test refuses connections: `studio-tui")
        await until(pilot, lambda: "Pausing" not in screen_text(pilot))


async def test_the_cursor_of_the_graph_is_visible_without_colors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with pipeline_dashboard(DagStudio(sixteen()), tmp_path) as pilot:
        await press(pilot, ("m",))
        await until_shown(pilot, "ingest_raw")
        strips = pilot.app.screen._compositor.render_strips()
        names = [part for strip in strips for part in strip if part.style and part.style.reverse]
        assert any("ingest_raw" in part.text for part in names)


async def test_the_key_l_opens_the_log_in_every_mode(tmp_path: Path) -> None:
    studio = DagStudio(sixteen("PAUSED", split="RUNNING", eval="CANCELED"))
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        for mode in MODES:
            assert screen_of(pilot).state.view.mode == mode
            for name in ("embed", "split", "index"):
                await go_to(pilot, name)
                await until_shown(pilot, "l log  ")
            await press(pilot, ("slash", *"eval", "enter", "escape"))
            await until_shown(pilot, "l log  ")
            await press(pilot, ("l",))
            await until(pilot, lambda: isinstance(pilot.app.screen, LogScreen))
            await press(pilot, ("q",))
            assert screen_of(pilot).cursor.here() == "eval"
            await press(pilot, ("m",))


async def test_the_footer_names_the_key_that_pauses_the_pipeline_in_every_mode(
    tmp_path: Path,
) -> None:
    studio = DagStudio(sixteen(embed="RUNNING"))
    async with pipeline_dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        for _ in MODES:
            for name in ("embed", "split", "index"):
                await go_to(pilot, name)
                await until_shown(pilot, "p pause pipeline  ")
            await press(pilot, ("m",))
        await refresh(pilot, studio, sixteen())
        await go_to(pilot, "embed")
        await until_shown(pilot, "p pause pipeline  ")
        await press(pilot, ("b", "home"))
        await until_shown(pilot, "p pause pipeline  ")


async def test_every_grouping_is_named_and_leaves_errors_readable(tmp_path: Path) -> None:
    studio = DagStudio(sixteen())
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        with step("the line of modes shows the grouping without a notification"):
            for words in ("by name", "not grouped"):
                await press(pilot, ("b",))
                await until_shown(pilot, words)
            assert not pilot.app._notifications
            await press(pilot, ("question_mark", *"alike"))
            await until_shown(pilot, "that are alike: auto, by name, not")
        with step("an error is readable beside the drawer in every grouping"):
            await show_on_new_page(pilot, studio)
            for _ in range(2):
                rows = [line for line in screen_text(pilot).splitlines() if "✗ embed" in line]
                assert any("OutOfMemoryError: CUDA" in row.partition("▏ name")[0] for row in rows)
                await press(pilot, ("b",))


async def test_the_footer_names_the_key_that_continues_a_canceled_job_in_every_mode(
    tmp_path: Path,
) -> None:
    canceled = sixteen("CANCELED", embed="CANCELED")
    async with pipeline_dashboard(DagStudio(canceled), tmp_path) as pilot:
        await go_to(pilot, "embed")
        for _ in range(4):
            await until_shown(pilot, "R continue  ")
            await press(pilot, ("m",))
        await press(pilot, ("p",))
        await until_shown(pilot, "Resume 1 pipeline?", "will run again:", "embed")
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
        await press(pilot, ("R",))
        await until_shown(pilot, "The new job replaces it in the pipeline", "jobs wait for it.")


async def test_a_read_only_dashboard_sends_no_command(tmp_path: Path) -> None:
    studio = DagStudio(sixteen("PAUSED", embed="RUNNING"))
    async with pipeline_dashboard(studio, tmp_path, read_only=True) as pilot:
        await go_to(pilot, "embed")
        for key in ("x", "r", "R", "e", "p", "X", "D"):
            await press(pilot, (key,))
        await until_shown(pilot, "Nothing can be changed")
        assert studio.requests == []


async def test_unknown_states_warnings_and_flaws_of_a_pipeline_are_shown(tmp_path: Path) -> None:
    unknown = sixteen(embed="WARMING").model_copy(update={"status": "DREAMING"})
    studio = DagStudio(unknown)
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        with step("states of a newer Studio"):
            await until_shown(pilot, "? DREAMING")
            await go_to(pilot, "embed")
            await until_shown(pilot, "unknown status WARMING")
            await press(pilot, ("m",))
            await until_shown(pilot, "? embed")
        with step("each count has the sign of its state"):
            states = ["RUNNING", "QUEUED", "FAILED", "PENDING", "CANCELED", "COMPLETE", "NEWWORD"]
            jobs = [run(f"job-{place}", [], state) for place, state in enumerate(states)]
            await show_on_new_page(pilot, studio, pipeline_of(jobs))
            await until_shown(pilot, "✓1 ●1 ◌1 ✗1 ·1 ◇1 ?1")
        with step("warnings beside a pause and in the drawer"):
            warnings = ("raw stays as it is", "labels [b]stay[/b] too", "cars is left")
            full_name, *others = warnings
            sent_warnings = (f"local.local.{full_name}", *others)
            reviewed = sixteen("PAUSED", **dict.fromkeys(SIXTEEN, "PENDING"))
            await show_on_new_page(
                pilot, studio, reviewed.model_copy(update={"warnings": sent_warnings})
            )
            await until_shown(pilot, "⚠ 1 of 3: raw stays as it is")
            await until_shown(pilot, *(f"⚠ {warning}" for warning in warnings))
        with step("flaws of the graph"):
            flawed = pipeline_of([run("a", ["gone"]), run("b", ["c"]), run("c", ["b"])])
            await show_on_new_page(pilot, studio, flawed, size=(200, 40))
            await until_shown(
                pilot, "Waits for a job that is not in the pipeline: a", "Waits for itself"
            )
            for _ in MODES:
                await press(pilot, ("m",))
                await until_shown(pilot, " c")


async def test_no_estimate_is_shown_during_an_outage(tmp_path: Path) -> None:
    studio = DagStudio(sixteen(**dict.fromkeys(SIXTEEN, "COMPLETE") | {"embed": "RUNNING"}))
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        screen = screen_of(pilot)
        screen.state.past = {"embed": (900.0,) * 3}
        screen.state.discard_view_model()
        screen.headlines.show_status()
        await until_shown(pilot, "ETA ~")
        studio.error = ServerError(503, "Studio is being repaired.", retry_after=60)
        screen.source.poke()
        await until(pilot, lambda: "ETA" not in screen_text(pilot))


HOSTILE = ("[red]x[/]", "a\x1b[31mb", "new\nline", "列车" * 9, "[/]", "…" * 40)


async def test_hostile_names_of_jobs_are_shown_as_plain_text(tmp_path: Path) -> None:
    runs = [run(f"n{number}", [], "FAILED") for number in range(len(HOSTILE))]
    hostile_runs = [
        PipelineJob.model_validate(each.model_dump() | {"name": name})
        for each, name in zip(runs, HOSTILE, strict=True)
    ]
    hostile = pipeline_of([*hostile_runs, run("last", [each.job_id for each in runs])])
    async with pipeline_dashboard(DagStudio(hostile), tmp_path) as pilot:
        for _ in MODES:
            await until_shown(pilot, "[red]x[/]", "a␛[31mb", "new␊line", "列车列车")
            assert "\x1b" not in screen_text(pilot)
            await press(pilot, ("slash", *"[/", "enter", "escape", "m"))
        await press(pilot, ("y",))
        await until_shown(pilot, "name of the job")


async def test_the_page_of_a_pipeline_that_cannot_be_loaded_shows_the_error(tmp_path: Path) -> None:
    studio = DagStudio()
    studio.error = ServerError(503, "Studio is being repaired.", retry_after=60)
    async with pipeline_dashboard(studio, tmp_path, loaded=False) as pilot:
        await until_shown(pilot, "Studio is being repaired.")
        common = [action for action in actions_of(screen_of(pilot)) if action.rank in {1, 2}]
        assert len(common) > 5
        assert [action for action in common if not action.enabled] == [], (
            "keys common to all pages stay enabled"
        )
        for key in (
            "m",
            "n",
            "W",
            "space",
            "L",
            "d",
            "y",
            "ctrl+s",
            "p",
            "enter",
            "C",
            "less_than_sign",
        ):
            await press(pilot, (key,))
        studio.error = None
        await press(pilot, ("ctrl+r",))
        await until_shown(pilot, "6/16")


async def test_a_saved_pipeline_names_every_job_in_each_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with pipeline_dashboard(DagStudio(), tmp_path) as pilot:
        for place, suffix in enumerate(("txt", "graph.txt", "mmd", "dot", "json")):
            await press(pilot, ("ctrl+s",))
            await until(pilot, lambda: isinstance(pilot.app.screen, SaveLog))
            await press(pilot, ["down"] * place)
            file = tmp_path / f"rathe-kyat-ec036e81.{suffix}"
            await until_shown(pilot, f"./{file.name}")
            await press(pilot, ("enter",))
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelineScreen))
            text = file.read_text("utf-8")
            assert all(name in text for name in SIXTEEN), suffix


async def test_clicks_select_and_open_jobs_and_sort_the_table(tmp_path: Path) -> None:
    studio = DagStudio()
    async with pipeline_dashboard(studio, tmp_path, size=(80, 24), frames=True) as pilot:
        with step("clicks on a box of the graph"):
            await press(pilot, ("m",))
            screen = screen_of(pilot)
            assert screen.views.drawing.canvas is not None
            box = screen.views.drawing.canvas.drawing.boxes["dedupe"]
            await pilot.click("#dag-graph", offset=(box.label_x + 3, box.y))
            await until(pilot, lambda: screen.cursor.here() == "dedupe")
            await pilot.click("#dag-graph", offset=(box.label_x + 3, box.y))
            await until(pilot, lambda: isinstance(pilot.app.screen, JobScreen))
        with step("clicks on a column title of the table"):
            await show_on_new_page(pilot, studio)
            await press(pilot, ("left_square_bracket",))
            assert screen_of(pilot).views.rows.widget.keys[0] == "ingest_raw"
            await pilot.click("#dag-list", offset=(20, 0))
            await until(pilot, lambda: screen_of(pilot).views.rows.widget.keys[0] == "clean_labels")
            await pilot.click("#dag-list", offset=(20, 0))
            await until(pilot, lambda: screen_of(pilot).views.rows.widget.keys[0] == "train_s")


async def test_the_drawer_is_below_the_jobs_on_a_narrow_screen_and_beside_them_on_a_wide_one(
    tmp_path: Path,
) -> None:
    async with pipeline_dashboard(DagStudio(), tmp_path, size=(80, 24)) as pilot:
        assert not screen_of(pilot).drawer.sheet.region
        await press(pilot, ("i",))
        drawer, table = (
            screen_of(pilot).drawer.sheet.region,
            screen_of(pilot).views.rows.widget.region,
        )
        assert drawer.y >= table.bottom
        await until_shown(pilot, "waits for no other job")
    studio = DagStudio()
    async with pipeline_dashboard(studio, tmp_path / "wide", size=(140, 40)) as pilot:
        drawer, table = (
            screen_of(pilot).drawer.sheet.region,
            screen_of(pilot).views.rows.widget.region,
        )
        assert drawer.x >= table.right
        await until_shown(pilot, "made       local.local.ingest_raw@1.0.3")
        with step("after a request for datasets has failed, no other is sent for a while"):
            studio.dataset_error = ServerError(500, "broken")
            for name in ("index", "dedupe", "thumbs"):
                await go_to(pilot, name)
                await until_shown(pilot, f"run-{name}")
                await until(pilot, lambda: len(studio.dataset_requests) >= 2)
            assert studio.dataset_requests == ["run-ingest_raw", "run-index"]


async def test_the_timeline_explains_its_signs(tmp_path: Path) -> None:
    studio = DagStudio()
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        await show_on_new_page(pilot, studio, size=(80, 24))
        await press(pilot, ("m", "m"))
        await until_shown(pilot, "░ queued  █ run  ┊ now")
        await press(pilot, ("exclamation_mark", "C"))
        await until_shown(pilot, "! only problems", "C critical path")
        assert "queued  █" not in screen_text(pilot)


async def test_other_pages_lead_back_to_the_pipeline(tmp_path: Path) -> None:
    studio = DagStudio()
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        with step("the list of pipelines leads back to the pipeline"):
            await press(pilot, ("P",))
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelinesScreen))
            await until_shown(pilot, "rathe-kyat")
            await press(pilot, ("enter",))
            await until_shown(pilot, "1 root failure")
            assert screen_of(pilot).cursor.here() == "ingest_raw"
        with step("merged logs stay open while other pages are visited"):
            await show_on_new_page(pilot, studio, sixteen())
            here = pilot.app.screen
            await go_to(pilot, "index")
            await press(pilot, ("space", "space", "L"))
            await until(pilot, lambda: isinstance(pilot.app.screen, MergedScreen))
            await press(pilot, ("q",))
            await until(pilot, lambda: pilot.app.screen is here)
            await press(pilot, ("L",))
            await until(pilot, lambda: isinstance(pilot.app.screen, MergedScreen))
            await press(pilot, ("5", "q"))
            await until_shown(pilot, "Press q again to quit")
            await press(pilot, ("2",))
            await until(pilot, lambda: isinstance(pilot.app.screen, PipelinesScreen))
            await press(pilot, ("5",))
            await until(pilot, lambda: isinstance(pilot.app.screen, MergedScreen))
