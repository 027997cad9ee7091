"""The critical path is the heaviest one, with an estimate only if one is possible."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.format import duration
from studio_tui.presentation.logs.progress import Progress
from studio_tui.presentation.pipelines.graph.critical import (
    Weight,
    critical_path_of,
    estimated_bar,
    path_words,
    rough_duration,
    weight,
)
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import judge
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views.node_cells import usual_cell
from tests.presentation.pipelines.graphs import any_pipelines, chain_of_diamonds, pipeline_of, run
from tests.presentation.pipelines.sample import SIXTEEN, sixteen

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
_USUAL: Mapping[str, Sequence[float]] = dict.fromkeys(SIXTEEN, (50.0, 60.0, 70.0)) | {
    "train_l": (590.0, 600.0, 610.0)
}


def began(name: str, seconds: float, *, took: float | None = None, status: str = "RUNNING") -> Job:
    start = _NOON - timedelta(seconds=seconds)
    end = start + timedelta(seconds=took) if took is not None else None
    return Job(id=f"run-{name}", status=status, created_at=start, started_at=start, finished_at=end)


def known(
    sent: Pipeline,
    *jobs: Job,
    past: Mapping[str, Sequence[float]] = _USUAL,
    left: float | None = None,
    percent: float | None = 25.0,
) -> ViewModel:
    bars = {"run-embed": Progress("", None, None, percent, "", None, None, left)}
    by_run = {job.id: job for job in jobs}
    return ViewModel(judge(plan_of(sent), sent.state), _NOON, by_run, bars, past)


def test_the_path_goes_through_what_takes_longest_and_says_when_it_ends() -> None:
    seen = known(
        sixteen(embed="RUNNING"),
        began("dedupe", 900, took=372, status="COMPLETE"),
        began("embed", 20),
    )
    found = critical_path_of(seen)
    assert found.path == (
        *("dedupe", "embed", "join_feats", "merge_train", "split"),
        *("train_l", "eval", "export", "publish"),
    )
    # 40 s of embed, 600 s of train_l, and six of a minute each.
    assert found.remaining == 40 + 600 + 6 * 60
    assert found.words == "ETA ~17m"
    assert path_words(found, seen, 80) == (
        "dedupe 6:12 ▸ embed ~1:00 ▸ … 3 more ▸ train_l ~10:00 ▸ … 2 more ▸ publish ~1:00"
    )
    assert path_words(found, seen, 53) == "dedupe 6:12 ▸ … 4 more ▸ train_l ~10:00 ▸ … 3 more"
    assert path_words(found, seen, 1) == "… 5 more ▸ train_l ~10:00 ▸ … 3 more"
    assert "more" not in path_words(found, seen, 200)


def test_the_line_says_how_many_ended_jobs_come_before_it() -> None:
    seen = known(
        sixteen(embed="COMPLETE", join_feats="COMPLETE", merge_train="RUNNING"),
        began("dedupe", 900, took=372, status="COMPLETE"),
        began("embed", 500, took=60, status="COMPLETE"),
        began("join_feats", 400, took=60, status="COMPLETE"),
        began("merge_train", 20),
    )
    words = path_words(critical_path_of(seen), seen, 200)
    assert words.startswith("… 2 before ▸ join_feats 1:00 ▸ merge_train")


@given(st.integers(1, 200), st.lists(st.integers(1, 5000), min_size=1, max_size=30))
def test_the_line_of_a_path_names_the_longest_and_counts_all_others(
    room: int, seconds: list[int]
) -> None:
    names = [f"job{number}" for number in range(len(seconds))]
    sent = pipeline_of([run(name, names[at - 1 : at]) for at, name in enumerate(names)])
    past = {name: (float(took),) * 3 for name, took in zip(names, seconds, strict=True)}
    seen = known(sent, past=past)
    found = critical_path_of(seen)
    steps = path_words(found, seen, room).split(" ▸ ")
    left_out = [int(step.split()[1]) for step in steps if step.startswith("… ")]
    named = [step.split()[0] for step in steps if not step.startswith("… ")]
    assert sum(left_out) + len(named) == len(found.path)
    assert named == [name for name in found.path if name in named]
    assert max(past[name][0] for name in named) == max(past[name][0] for name in found.path)
    assert len(named) == 1 or len(path_words(found, seen, room)) <= room


@pytest.mark.parametrize(
    ("usual", "elapsed", "left", "expected"),
    [
        (60.0, 20.0, None, Weight(40.0, 60.0)),
        (60.0, 20.0, 10.0, Weight(40.0, 60.0)),
        (60.0, 20.0, 90.0, Weight(65.0, 85.0)),
        (60.0, 100.0, None, Weight(0.0, 100.0)),
        (None, 20.0, 90.0, Weight(90.0, 110.0)),
        (None, 20.0, None, None),
        (60.0, None, None, Weight(60.0, 60.0)),
    ],
)
def test_a_running_job_takes_what_its_bar_or_its_past_says_whichever_is_more(
    usual: float | None, elapsed: float | None, left: float | None, expected: Weight | None
) -> None:
    past = {"embed": (usual,) * 3} if usual is not None else {}
    jobs = [began("embed", elapsed)] if elapsed is not None else []
    seen = known(sixteen(embed="RUNNING"), *jobs, past=past, left=left)
    assert weight(seen.plan.nodes["embed"], seen) == expected


@given(
    usual=st.floats(1, 1e5),
    left=st.floats(0, 1e6),
    percents=st.lists(st.floats(0, 100), min_size=2, max_size=5).map(sorted),
)
def test_a_bar_that_has_hardly_begun_does_not_outweigh_the_past(
    usual: float, left: float, percents: list[float]
) -> None:
    def whole(percent: float) -> float:
        past = {"embed": (usual,)}
        seen = known(
            sixteen(embed="RUNNING"), began("embed", 1), past=past, left=left, percent=percent
        )
        found = weight(seen.plan.nodes["embed"], seen)
        assert found is not None
        return found.whole

    wholes = [whole(percent) for percent in percents]
    assert wholes == sorted(wholes)
    assert whole(0) == usual
    assert whole(100) == pytest.approx(max(usual, 1 + left))


@given(
    usual=st.floats(1, 1e5),
    elapsed=st.floats(1, 1e5),
    left=st.floats(1, 1e6),
    percent=st.floats(1, 100),
)
def test_a_pipeline_takes_no_less_than_each_running_job_is_said_to(
    usual: float, elapsed: float, left: float, percent: float
) -> None:
    past = {"embed": (usual,)}
    sent = pipeline_of([run("embed", [], "RUNNING")])
    seen = known(sent, began("embed", elapsed), past=past, left=left, percent=percent)
    node, found = seen.plan.nodes["embed"], critical_path_of(seen)
    bar = estimated_bar(node, seen)
    assert bar is not None
    assert bar.remaining is not None
    assert found.remaining is not None
    assert 0 < bar.remaining <= found.remaining
    assert usual_cell(node, seen).text == f"~{duration(bar.remaining)} left"


def test_a_job_that_failed_late_is_expected_to_take_no_less_when_it_is_run_again() -> None:
    tried = run("embed", [], "RUNNING").model_copy(update={"attempts": ("first", "second")})
    sent = pipeline_of([tried])
    failed = [
        began("embed", 500, took=took, status=status).model_copy(update={"id": id_})
        for id_, took, status in (("first", 320.0, "FAILED"), ("second", 400.0, "CANCELED"))
    ]
    seen = known(sent, began("embed", 20), *failed, past={"embed": (4.0,)})
    assert weight(seen.plan.nodes["embed"], seen) == Weight(300.0, 320.0)


def test_a_job_that_never_ran_leaves_no_estimate_but_a_path() -> None:
    past = {name: took for name, took in _USUAL.items() if name != "split"}
    found = critical_path_of(known(sixteen(embed="RUNNING"), past=past))
    assert found.remaining is None
    assert found.words == "no ETA: no past run of split"
    assert found.path[-1] == "publish"


@pytest.mark.parametrize(("runs", "said"), [(1, " from 1 run"), (2, " from 2 runs"), (3, "")])
def test_an_estimate_by_few_runs_says_of_how_few(runs: int, said: str) -> None:
    past = {**_USUAL, "split": (60.0,) * runs}
    found = critical_path_of(known(sixteen(embed="RUNNING"), past=past))
    assert found.words == f"ETA ~17m{said}"


def test_after_the_end_it_is_what_each_job_waited_for_longest() -> None:
    sent = pipeline_of(
        [
            run("long", [], "COMPLETE"),
            run("late", [], "COMPLETE"),
            run("end", ["long", "late"], "COMPLETE"),
        ],
        status="COMPLETED",
    )
    seen = known(
        sent,
        began("long", 100, took=50, status="COMPLETE"),
        began("late", 45, took=5, status="COMPLETE"),
        began("end", 40, took=10, status="COMPLETE"),
    )
    found = critical_path_of(seen)
    assert found.path == ("late", "end"), "late queued until long was done, and end waited for it"
    assert path_words(found, seen) == "late 0:05 ▸ end 0:10"


def test_nothing_known_is_no_path() -> None:
    found = critical_path_of(known(sixteen(embed="RUNNING"), past={}))
    assert found.path == ()
    assert found.words.endswith("embed, join_feats, merge_train and 7 more")


def test_what_is_blocked_will_not_run_and_takes_no_time() -> None:
    found = critical_path_of(
        known(sixteen(thumbs="RUNNING"), began("embed", 700, took=598, status="FAILED"))
    )
    assert found.remaining == 60
    assert found.path == ("thumbs",)


@pytest.mark.parametrize("state", ["COMPLETED", "FAILED", "CANCELED"])
def test_of_a_pipeline_that_has_ended_it_is_the_path_that_took_longest(state: str) -> None:
    done = dict.fromkeys(SIXTEEN, "COMPLETE")
    jobs = [began(name, 100, took=10, status="COMPLETE") for name in SIXTEEN if name != "thumbs"]
    slow = began("thumbs", 100, took=30, status="COMPLETE")
    seen = known(sixteen(state, **done), *jobs, slow)
    found = critical_path_of(seen)
    assert (found.remaining, found.words) == (None, "")
    assert found.path[:5] == ("ingest_raw", "index", "dedupe", "thumbs", "join_feats")
    assert path_words(found, seen, 70) == (
        "ingest_raw 0:10 ▸ … 2 more ▸ thumbs 0:30 ▸ … 6 more ▸ publish 0:10"
    )


def test_a_wide_fan_takes_as_long_as_its_jobs_one_after_the_other_at_few_workers() -> None:
    shards = [f"s{number}" for number in range(40)]
    states = ["RUNNING"] * 2 + ["QUEUED"] * 38
    sent = pipeline_of([run(name, [], state) for name, state in zip(shards, states, strict=True)])
    past = dict.fromkeys(shards, (10.0,) * 3)
    found = critical_path_of(known(sent, past=past))
    assert found.remaining == 200
    waiting = pipeline_of([run(name, [], "QUEUED") for name in shards])
    assert critical_path_of(known(waiting, past=past)).remaining == 10


def test_a_pause_has_no_end() -> None:
    assert (
        critical_path_of(known(sixteen("PAUSED", embed="RUNNING"))).words == "no ETA while paused"
    )


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        *(
            (0, "~0s"),
            (58.9, "~59s"),
            (59.9, "~1m"),
            (2460, "~41m"),
            (2461, "~42m"),
            (3600, "~1h 00m"),
        ),
        *((7500, "~2h 05m"), (172_800, "~2d 0h"), (276_000, "~3d 5h")),
    ],
)
def test_an_estimate_is_rough_and_says_so(seconds: float, words: str) -> None:
    assert rough_duration(seconds) == words


@given(any_pipelines())
def test_a_path_follows_edges_and_no_other_has_more_left(sent: Pipeline) -> None:
    past = {node: (float(len(node)),) * 3 for node in plan_of(sent).nodes}
    seen = known(sent, past=past)
    found = critical_path_of(seen)
    nodes = seen.plan.nodes
    for parent, child in pairwise(found.path):
        assert parent in nodes[child].parents
    left = sum(own.remaining for each in found.path if (own := weight(nodes[each], seen)))
    # The heaviest way down to each job, reckoned the other way round.
    most: dict[str, float] = {}
    for node_id in reversed(list(nodes)):
        own = weight(nodes[node_id], seen)
        below = max((most[child] for child in nodes[node_id].children), default=0.0)
        most[node_id] = below + (own.remaining if own else 0.0)
    assert left == max(most.values(), default=0.0)
    assert found.remaining is None or found.remaining >= left


def test_a_chain_of_diamonds_with_more_paths_than_could_be_tried_is_reckoned() -> None:
    sent = chain_of_diamonds(300)
    past = dict.fromkeys(plan_of(sent).nodes, (1.0, 1.0, 1.0))
    found = critical_path_of(known(sent, past=past))
    assert (len(found.path), found.remaining) == (601, 601.0)
