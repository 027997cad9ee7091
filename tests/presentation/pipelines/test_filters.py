"""The jobs of a pipeline are filtered with the same terms as lists, by any state."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job, Pipeline
from studio_tui.api.states import JobState
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.pipelines.filters import PIPELINE_JOBS, haystacks_of, matching_jobs
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import NodeState, judge
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from tests.presentation.pipelines.graphs import any_pipelines
from tests.presentation.pipelines.sample import sixteen

_NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def view_model(sent: Pipeline) -> ViewModel:
    created = _NOON - timedelta(hours=1)
    jobs = [
        Job(id="run-dedupe", status="COMPLETE", created_at=created, started_at=created,
            finished_at=created + timedelta(minutes=6), created_by="ann"),
        Job(id="run-embed", status="FAILED", created_at=created, started_at=created,
            finished_at=created + timedelta(seconds=9), error_message="CUDA out of memory"),
    ]  # fmt: skip
    return ViewModel(judge(plan_of(sent), sent.state), _NOON, {job.id: job for job in jobs})


MODEL = view_model(sixteen(thumbs="RUNNING", index="QUEUED"))


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
def test_each_term_matches_the_expected_jobs(text: str, names: set[str]) -> None:
    assert matching_jobs(text, MODEL, haystacks_of(MODEL)) == names


@given(any_pipelines())
def test_every_job_matches_the_filter_of_its_state_and_of_no_other(sent: Pipeline) -> None:
    model = view_model(sent)
    by_state = {
        state: matching_jobs(f"is:{state}", model, haystacks_of(model)) for state in NodeState
    }
    assert sum(map(len, by_state.values())) == len(model.plan.nodes)
    for node_id, state in model.statuses.states.items():
        assert node_id in by_state[state]


@pytest.mark.parametrize("state", JobState)
def test_jobs_can_be_filtered_by_every_state_that_studio_sends(state: JobState) -> None:
    # With complete parents, the job is shown in its own state, not as blocked.
    model = view_model(sixteen(embed="COMPLETE", thumbs="COMPLETE", join_feats=state))
    matches = matching_jobs(f"is:{state.lower()}", model, haystacks_of(model))
    assert "join_feats" in matches
    for node_id in matches:
        assert state in {model.plan.nodes[node_id].state, model.statuses.states[node_id].upper()}


def test_an_unknown_state_is_reported_with_the_valid_ones() -> None:
    problem = Terms("is:sleeping", PIPELINE_JOBS).problem
    assert problem.startswith("“sleeping” is not a status; statuses are ")
    assert "blocked" in problem


@given(st.text(max_size=30))
def test_an_incomplete_filter_never_raises_an_error(text: str) -> None:
    assert matching_jobs(text, MODEL, haystacks_of(MODEL)) <= set(MODEL.plan.nodes)
