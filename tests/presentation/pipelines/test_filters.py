"""The jobs of a pipeline are filtered in the language of the lists, by any state."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job, Pipeline
from studio_tui.api.states import JobState
from studio_tui.presentation.lists.filter_terms import FilterError, Terms
from studio_tui.presentation.pipelines.filters import PIPELINE_JOBS, matching_jobs, terms_of
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import NodeState, judge
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from tests.presentation.pipelines.graphs import any_pipelines
from tests.presentation.pipelines.sample import sixteen

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def known(sent: Pipeline) -> ViewModel:
    made = _NOON - timedelta(hours=1)
    jobs = [
        Job(id="run-dedupe", status="COMPLETE", created_at=made, started_at=made,
            finished_at=made + timedelta(minutes=6), created_by="ann"),
        Job(id="run-embed", status="FAILED", created_at=made, started_at=made,
            finished_at=made + timedelta(seconds=9), error_message="CUDA out of memory"),
    ]  # fmt: skip
    return ViewModel(judge(plan_of(sent), sent.state), _NOON, {job.id: job for job in jobs})


SIXTEEN = known(sixteen(thumbs="RUNNING", index="QUEUED"))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("is:running", {"thumbs"}),
        ("status=running", {"thumbs"}),
        ("is:queued,failed", {"index", "embed"}),
        ("is:problem !is:blocked", {"embed"}),
        ("name~^train", {"train_s", "train_l"}),
        ("name~^train !train_s", {"train_l"}),
        ("after=eval", {"report", "export"}),
        ("feeds=report or feeds=publish", {"eval", "export"}),
        ("run>5m", {"dedupe"}),
        ("run<1m", {"embed"}),
        ("by=ann", {"dedupe"}),
        ('"out of memory"', {"embed"}),
        ("error=cuda is:done", set()),
        ("IS:Fail", {"embed"}),
        ("", set()),
    ],
)
def test_terms_find_the_jobs_that_they_mean(text: str, names: set[str]) -> None:
    assert matching_jobs(terms_of(text), SIXTEEN, {}) == names


@given(any_pipelines())
def test_every_job_is_found_by_its_state_and_by_no_other(sent: Pipeline) -> None:
    seen = known(sent)
    by_state = {shown: matching_jobs(terms_of(f"is:{shown}"), seen, {}) for shown in NodeState}
    assert sum(map(len, by_state.values())) == len(seen.plan.nodes)
    for node, shown in seen.statuses.states.items():
        assert node in by_state[shown]


@pytest.mark.parametrize("state", JobState)
def test_every_word_of_studio_finds_the_jobs_of_which_studio_says_it(state: JobState) -> None:
    # Of a node in the middle, so that nothing above it keeps it from being what Studio says.
    seen = known(sixteen(embed="COMPLETE", thumbs="COMPLETE", join_feats=state))
    asked = matching_jobs(terms_of(f"is:{state.lower()}"), seen, {})
    assert "join_feats" in asked
    for node_id in asked:
        assert state in {seen.plan.nodes[node_id].state, seen.statuses.states[node_id].upper()}


def test_a_state_that_there_is_not_is_named_with_those_that_there_are() -> None:
    with pytest.raises(FilterError, match=r"“sleeping” is not a status\. Statuses are .*blocked"):
        Terms("is:sleeping", PIPELINE_JOBS)


@given(st.text(max_size=30))
def test_what_is_half_typed_never_fails(text: str) -> None:
    assert matching_jobs(terms_of(text), SIXTEEN, {}) <= set(SIXTEEN.plan.nodes)
