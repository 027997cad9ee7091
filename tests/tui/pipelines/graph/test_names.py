"""Names use all available width, and counts keep their format when states change."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Pipeline
from studio_tui.presentation.pipelines.graph.view_model import loaded_pipeline
from studio_tui.tui.pipelines.graph.headlines import head_parts
from studio_tui.tui.widgets.bar import Bar
from tests.presentation.pipelines.graphs import STATES, pipeline_of, run
from tests.presentation.pipelines.sample import sixteen, thousand
from tests.steps import step
from tests.tui.dashboards import screen_text, until_shown
from tests.tui.pipelines.dag_stage import (
    DagStudio,
    pipeline_dashboard,
    press,
    refresh,
    screen_of,
    show_on_new_page,
)

NAMES = [
    f"{verb}_of_the_embeddings.py" for verb in ("ingest", "split", "embed", "merge", "publish")
]


def long_named_chain(*, done: bool) -> DagStudio:
    """Return a pipeline of jobs with long names, each of which waits for the previous one."""
    status = "COMPLETE" if done else "PENDING"
    chain = [*NAMES, *(f"later_{number}_{NAMES[-1]}" for number in range(3))]
    runs = [run(name, chain[place - 1 : place], status) for place, name in enumerate(chain)]
    return DagStudio(pipeline_of(runs, "COMPLETED" if done else "RUNNING"))


@pytest.mark.draws_dashboards
async def test_no_name_is_shortened_while_there_is_room(tmp_path: Path) -> None:
    studio = long_named_chain(done=True)
    names = [node.name or "" for node in studio.current_pipeline.job_runs]
    async with pipeline_dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        for mode in ("tree", "graph", "timeline", "table"):
            assert screen_of(pilot).state.view.mode == mode
            for done in (True, False) if mode in {"timeline", "table"} else ():
                with step(f"{mode}, {done=}"):
                    await refresh(pilot, studio, long_named_chain(done=done).current_pipeline)
                    await until_shown(pilot, *names)
            if mode == "tree":
                await until_shown(pilot, *names)
            await press(pilot, ("m",))


@pytest.mark.draws_dashboards
async def test_the_graph_shortens_names_only_where_there_is_no_room(tmp_path: Path) -> None:
    async with pipeline_dashboard(long_named_chain(done=True), tmp_path, size=(80, 24)) as pilot:
        await press(pilot, ("m",))
        await until_shown(pilot, *NAMES)
    wide = [run(f"{number}_{NAMES[2]}", [], "COMPLETE") for number in range(6)]
    async with pipeline_dashboard(
        DagStudio(pipeline_of(wide)), tmp_path / "wide", size=(80, 24)
    ) as pilot:
        await press(pilot, ("m",))
        await until_shown(pilot, "0_embed_of_the_embe…")


def pipeline_of_long_groups() -> Pipeline:
    """Return a pipeline whose groups have long titles; one title is too long for any screen."""
    shards = [f"ingest_and_clean_shard_{number:03}.py" for number in range(220)]
    models = [f"{letter}_model_of_the_embeddings.py" for letter in "abcdefgh"]
    return pipeline_of(
        [
            *(run(name, [], "FAILED" if name == shards[7] else "COMPLETE") for name in shards),
            run("merge_all_of_the_shards_again.py", shards),
            *(run(name, ["merge_all_of_the_shards_again.py"]) for name in models),
        ]
    )


@pytest.mark.draws_dashboards
async def test_groups_show_their_full_names_and_counts(tmp_path: Path) -> None:
    studio = DagStudio(pipeline_of_long_groups())
    async with pipeline_dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        with step("in layers with room for them"):
            await press(pilot, ("m", "n"))
            await until_shown(
                pilot,
                "ingest_and_clean_shard_*.py ×220 219/220 ✗1",
                "merge_all_of_the_shards_again.py",
                "⊘ a_model_of_the_embeddings.py, b_model_of_the_embeddings.py… ×8 0/8",
            )
        with step("counts of groups that share a layer"):
            stages = {
                "load": [],
                "thumbs": ["load"],
                "embed": ["load"],
                "join": ["thumbs", "embed"],
            }
            sent = pipeline_of(
                [
                    run(
                        f"{stage}_{number:02}",
                        [f"{parent}_{number:02}" for parent in parent_stages],
                        "COMPLETE" if stage == "load" or number % 3 else "FAILED",
                    )
                    for stage, parent_stages in stages.items()
                    for number in range(40)
                ]
            )
            await show_on_new_page(pilot, studio, sent, size=(80, 24))
            await press(pilot, ("m",))
            for group in (
                "load_* ×40 40/40",
                *(f"{stage}_* ×40 26/40 ✗14" for stage in [*stages][1:]),
            ):
                await until_shown(pilot, group)
        with step("counts of jobs without a row"):
            await show_on_new_page(pilot, studio, thousand(), size=(80, 24))
            await until_shown(pilot, "… 11 more running, 22 queued, 310 waiting, 131 done")
            assert "…  " not in screen_text(pilot)


@given(st.lists(st.sampled_from(STATES), min_size=16, max_size=16), st.integers(40, 220))
def test_the_counts_of_the_header_have_the_same_format_in_all_states(
    states: list[str], width: int
) -> None:
    running = sixteen()
    names = [each.job_id for each in running.job_runs]
    paused = sixteen("PAUSED", **dict(zip(names, states, strict=True)))
    texts = [
        "".join(part.text for part in head_parts(loaded_pipeline(sent, {}), width))
        for sent in (running, paused)
    ]
    assert len({" done" in text for text in texts}) == 1
    assert len({text.count("▕") and text.index("▏") - text.index("▕") for text in texts}) == 1


@pytest.mark.draws_dashboards
async def test_the_critical_path_has_its_own_line_below_the_failures(tmp_path: Path) -> None:
    studio = DagStudio()
    async with pipeline_dashboard(studio, tmp_path, size=(80, 24)) as pilot:
        row_before = screen_of(pilot).query_one("#dag-modes").region.y
        await press(pilot, "C")
        await pilot.pause()
        path = screen_of(pilot).headlines.path
        assert "critical: " in text_of(path)
        assert "dedupe 6:12" in text_of(path)
        assert "root failure" in text_of(screen_of(pilot).headlines.note)
        assert screen_of(pilot).query_one("#dag-modes").region.y == row_before + 1
        with step("why there is no estimate is not said beside the estimates of the path"):
            await refresh(pilot, studio, sixteen(embed="RUNNING"))
            await until_shown(pilot, "no ETA: no past runs")
            assert "no ETA" not in text_of(path)
        await press(pilot, "C")
        await pilot.pause()
        assert screen_of(pilot).query_one("#dag-modes").region.y == row_before


def text_of(bar: Bar) -> str:
    """Return the visible text of a bar."""
    return bar.render().plain
