"""The filter of every list accepts the status words of Studio and those of the counts."""

from typing import Any

import pytest

from studio_tui.api.job_kinds import by_status
from studio_tui.api.states import JobState, PipelineState
from studio_tui.presentation.clusters.rows import CLUSTERS, ClusterState
from studio_tui.presentation.jobs.filters import JOBS
from studio_tui.presentation.jobs.states import counts
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.kinds import Kind
from studio_tui.presentation.pipelines.filters import PIPELINE_JOBS
from studio_tui.presentation.pipelines.graph.statuses import NodeState
from studio_tui.presentation.pipelines.rows import PIPELINES
from studio_tui.presentation.schedules.rows import SCHEDULES
from tests.jobs import NOON, job
from tests.presentation.jobs.job_filter import Filter

LISTS: tuple[tuple[Kind[Any], tuple[str, ...]], ...] = (
    (JOBS, (*JobState, "done", "queued", "waiting", "active", "finished", "problem")),
    (PIPELINE_JOBS, (*JobState, *NodeState, "active", "finished", "problem")),
    (PIPELINES, (*PipelineState, "done", "active", "finished", "problem")),
    (SCHEDULES, (*JobState, "done", "suspended", "problem")),
    (CLUSTERS, (*ClusterState, "problem")),
)


@pytest.mark.parametrize(("kind", "words"), LISTS)
@pytest.mark.parametrize("field", ["is:", "status="])
def test_every_word_for_a_status_is_accepted_and_completed(
    kind: Kind[Any], words: tuple[str, ...], field: str
) -> None:
    for word in words:
        terms = Terms(f"{field}{word}", kind)
        assert terms
        assert not terms.problem
        assert f"{field}{word.lower()}" in kind.completions
    assert len(set(kind.completions)) == len(kind.completions)


@pytest.mark.parametrize("kind", [kind for kind, _ in LISTS])
def test_an_unknown_status_is_reported_with_all_valid_ones(kind: Kind[Any]) -> None:
    sentence = Terms("is:sleeping", kind).problem
    assert "“sleeping” is not a status" in sentence
    assert sentence.endswith(f"statuses are {', '.join(sorted(kind.words))}")


# Schedules are not counted.
@pytest.mark.parametrize("state", sorted({*JobState} - {JobState.TASK}))
def test_the_word_of_a_count_is_a_filter_for_the_counted_jobs(state: JobState) -> None:
    counted_job = job(1, state if state is not JobState.UNKNOWN else "WARMING")
    (word,) = [count.name for count in counts(by_status((counted_job,))) if count.number]
    assert Filter(f"is:{word}").matches(counted_job, NOON)
    assert Filter(f"is:{state}").matches(counted_job, NOON)
