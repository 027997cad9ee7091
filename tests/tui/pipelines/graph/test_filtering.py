"""Jobs of a pipeline are searched and filtered with the same terms as lists, in every mode."""

import re
from pathlib import Path

import pytest
from textual.pilot import Pilot

from studio_tui.tui.messages import OpenPipeline
from studio_tui.tui.pipelines.graph.memory import Mode
from tests.presentation.pipelines.sample import sixteen, thousand
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

MODES = tuple(Mode)
BLOCKED = {"join_feats", "merge_train", "split", "train_s", "train_l", "eval", "report", "export",
           "publish"}  # fmt: skip


def jobs_shown(pilot: Pilot[int]) -> set[str]:
    """Return the jobs that have a row or a box."""
    views = screen_of(pilot).views
    if views.drawing.canvas is not None:
        return set(views.drawing.canvas.drawing.boxes)
    return set(views.rows.widget.keys)


async def until_jobs(pilot: Pilot[int], jobs: set[str]) -> None:
    """Wait until exactly these jobs are shown."""
    await until(pilot, lambda: jobs_shown(pilot) == jobs)


async def test_a_filter_by_state_shows_only_matching_jobs_until_it_is_removed(
    tmp_path: Path,
) -> None:
    studio = DagStudio()
    async with pipeline_dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        await go_to(pilot, "split")
        for mode in MODES:
            assert screen_of(pilot).state.view.mode is mode
            unfiltered_jobs = jobs_shown(pilot)
            await press(pilot, ("ampersand", *"is:blocked", "enter"))
            await until_jobs(pilot, BLOCKED)
            await until_shown(pilot, "& is:blocked")
            assert screen_of(pilot).cursor.here() == "split"
            await refresh(pilot, studio, sixteen(embed="RUNNING"))
            await until_shown(
                pilot, "No job matches the filter is:blocked", "esc removes the filter."
            )
            await refresh(pilot, studio, sixteen())
            await until_jobs(pilot, BLOCKED)
            await press(pilot, ("escape",))
            await until_jobs(pilot, unfiltered_jobs)
            assert screen_of(pilot).cursor.here() == "split"
            await press(pilot, ("m",))


async def test_a_filter_can_be_canceled_and_a_search_accepts_the_same_terms(tmp_path: Path) -> None:
    studio = DagStudio()
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        with step("escape cancels a filter"):
            await go_to(pilot, "thumbs")
            await press(pilot, ("ampersand", *"is:failed"))
            await until(pilot, lambda: jobs_shown(pilot) == {"embed"})
            await press(pilot, ("escape",))
            await until(pilot, lambda: len(jobs_shown(pilot)) == 16)
            assert screen_of(pilot).cursor.here() == "thumbs"
        with step("a search accepts terms, and becomes a filter"):
            await show_on_new_page(pilot, studio)
            await press(pilot, ("slash", *"is:blocked after=eval", "enter"))
            await until_shown(pilot, "2 jobs found; n and N go through them, & shows only them")
            await until_shown(pilot, "n next match")
            assert screen_of(pilot).cursor.here() == "report"
            await press(pilot, ("n",))
            assert screen_of(pilot).cursor.here() == "export"
            await press(pilot, ("ampersand", "enter"))
            await until(pilot, lambda: jobs_shown(pilot) == {"report", "export"})
        with step("going to a hidden job removes the filter, unless the search is canceled"):
            await show_on_new_page(pilot, studio)
            await press(pilot, ("ampersand", *"is:blocked", "enter", "slash", *"ingest_raw"))
            await until(pilot, lambda: screen_of(pilot).cursor.here() == "ingest_raw")
            await press(pilot, ("escape",))
            await until_shown(pilot, "& is:blocked")
            assert screen_of(pilot).cursor.here() == "join_feats"
            await press(pilot, ("W",))
            await until(pilot, lambda: screen_of(pilot).cursor.here() == "embed")
            assert "& is:blocked" not in screen_text(pilot)


async def test_an_invalid_term_is_explained_while_typed_and_stays_in_the_input(
    tmp_path: Path,
) -> None:
    studio = DagStudio()
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        for key in ("slash", "ampersand"):
            with step(key):
                await press(pilot, (key, *"is:sleeping"))
                await until_shown(pilot, "“sleeping” is not a status;", "is:sleeping")
                await press(pilot, ("enter",))
                await until_shown(pilot, "“sleeping” is not a status;", "is:sleeping")
                await press(pilot, (*["backspace"] * 8, *"fai", "tab", "enter"))
                await until_shown(pilot, "is:failed")
                assert screen_of(pilot).cursor.here() == "embed"
                await press(pilot, ("escape", "home"))


async def test_a_filter_applies_to_groups_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    async with pipeline_dashboard(DagStudio(thousand()), tmp_path, size=(80, 24)) as pilot:
        with step("only groups with a matching job are shown"):
            await press(pilot, ("ampersand", *"is:queued", "enter"))
            await until_shown(pilot, "03_embed_*", "◌ 03_embed_0146", "… 12 more queued")
            heading = next(line for line in screen_text(pilot).splitlines() if "▾" in line)
            assert re.search(r"03_embed_\* +22 ", heading)
            assert "02_shard_*" not in screen_text(pilot)
        with step("keys that move the cursor to a shown group keep the filter"):
            await press(pilot, ("down", "left", "left"))
            group = screen_of(pilot).cursor.here()
            assert group in screen_of(pilot).views.rows.listing.foldable
            assert screen_of(pilot).state.view.filter == "is:queued"
            await press(pilot, ("right", "slash", *"0150", "escape"))
            assert screen_of(pilot).cursor.here() == group
            assert screen_of(pilot).state.view.filter == "is:queued"
        with step("the graph shows the same groups, and its export all"):
            await press(pilot, ("m",))
            await until_shown(pilot, "03_embed_* ×22")
            assert "02_shard_*" not in screen_text(pilot)
            drawn = screen_of(pilot).export._formats()[1].text()
            assert "02_shard_* ×" in drawn
            assert "? 02_shard" not in drawn


async def test_a_filter_without_matches_keeps_the_place_and_hidden_marks_are_counted(
    tmp_path: Path,
) -> None:
    studio = DagStudio(sixteen(train_s="RUNNING", train_l="RUNNING", eval="RUNNING"))
    async with pipeline_dashboard(studio, tmp_path) as pilot:
        with step("new answers do not move the cursor back to the job that the page was opened at"):
            pilot.app.post_message(OpenPipeline(studio.current_pipeline.pipeline_id, "run-embed"))
            await until(pilot, lambda: screen_of(pilot).cursor.here() == "embed")
            await press(pilot, ("up", "ampersand", *"is:canceling", "enter"))
            await until_shown(pilot, "No job matches the filter")
            await refresh(pilot, studio, sixteen(train_s="RUNNING", train_l="RUNNING"))
            await press(pilot, ())
            assert screen_of(pilot).state.view.filter == "is:canceling"
            await press(pilot, ("escape",))
            await until(pilot, lambda: screen_of(pilot).cursor.here() == "thumbs")
        with step("a range does not include hidden jobs"):
            await press(pilot, ("ampersand", *"name~train", "enter", "home", "space", "end", "v"))
            assert screen_of(pilot).state.view.marks == ("merge_train", "train_s", "train_l")
        with step("the question says how many of the marked jobs are hidden"):
            await press(pilot, ("escape", "ampersand", *"name~train_s", "enter"))
            await until_shown(pilot, "3 marked, 2 hidden")
            await press(pilot, ("x",))
            await until_shown(
                pilot, "Cancel 3 marked jobs?", "The filter hides 2 of the marked jobs."
            )
            await press(pilot, ("n",))


async def test_a_notice_does_not_cover_what_is_typed(tmp_path: Path) -> None:
    async with pipeline_dashboard(DagStudio(), tmp_path, size=(80, 24)) as pilot:
        await press(pilot, ("slash", *"emb"))
        pilot.app.notify("5 jobs ended\nfailed: embed.py", severity="error")
        await until(pilot, lambda: screen_of(pilot).query_one("Toast").region)
        prompt = screen_of(pilot).prompt.region
        assert prompt
        assert not prompt.overlaps(screen_of(pilot).query_one("Toast").region)
