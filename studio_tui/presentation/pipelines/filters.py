"""Filter fields of a pipeline's jobs, in the language of `filter_terms`.

is:blocked  status=failed,blocked    also active, finished, problem, and Studio's states: is:init
name=emb  id=497  by=ann  error=memory  cluster=gpu
after=split  feeds=report            jobs directly after split, jobs directly before report
run>1m  waited>5m  age<2h            run time, queue time, age of the run
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import NamedTuple

from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.presentation.lists.filter_terms import Haystacks, Terms
from studio_tui.presentation.lists.kinds import Kind
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.statuses import NodeState
from studio_tui.presentation.pipelines.graph.view_model import ViewModel


class LoadedJob(NamedTuple):
    """A job of a pipeline with all data that rows show and filters read."""

    node: Node
    model: ViewModel

    @property
    def job(self) -> Job | None:
        """The run of the job; `None` if the run is not loaded."""
        return self.model.job(self.node)

    def names(self, node_ids: Sequence[str]) -> str:
        """Return the names of other jobs, one per line."""
        return "\n".join(self.model.plan.nodes[each].name for each in node_ids)


def _texts(loaded: LoadedJob) -> Iterable[str | None]:
    node, job = loaded.node, loaded.job
    error = job.error_message if job is not None else None
    state = loaded.model.statuses.states[node.id]
    return (node.name, node.id, node.run, node.status, state, error)


def _run_text(field_of: Callable[[Job], str | None]) -> Callable[[LoadedJob], str]:
    return lambda loaded: (field_of(loaded.job) or "") if loaded.job is not None else ""


def _run_seconds(loaded: LoadedJob, _: datetime) -> float | None:
    took = loaded.model.run_time(loaded.node)
    return took.seconds if took is not None else None


_GROUPS: dict[str, frozenset[NodeState]] = {
    "active": frozenset(
        {NodeState.RUNNING, NodeState.QUEUED, NodeState.WAITING, NodeState.CANCELING}
    ),
    "finished": frozenset({NodeState.DONE, NodeState.FAILED, NodeState.CANCELED}),
    "problem": frozenset(
        {NodeState.FAILED, NodeState.CANCELED, NodeState.BLOCKED, NodeState.UNKNOWN}
    ),
}


def _has_studio_state(state: JobState) -> Callable[[LoadedJob], bool]:
    return lambda loaded: loaded.node.state is state


_FIELDS: dict[str, Callable[[LoadedJob], str]] = {
    "name": lambda loaded: loaded.node.name,
    "id": lambda loaded: f"{loaded.node.run or ''}\n{loaded.node.id}",
    "by": _run_text(lambda job: job.created_by),
    "error": _run_text(lambda job: job.error_message),
    "cluster": _run_text(lambda job: job.compute_cluster_name),
    "after": lambda loaded: loaded.names(loaded.node.parents),
    "feeds": lambda loaded: loaded.names(loaded.node.children),
}

PIPELINE_JOBS = Kind[LoadedJob](
    noun="job",
    key=lambda loaded: loaded.node.id,
    made_at=lambda loaded: loaded.job.created_at if loaded.job is not None else None,
    texts=_texts,
    state=lambda loaded: loaded.model.statuses.states[loaded.node.id],
    states=NodeState,
    state_groups=_GROUPS,
    conditions={state.lower(): _has_studio_state(state) for state in JobState},
    other_fields=_FIELDS,
    other_spans={
        "run": _run_seconds,
        "waited": lambda loaded, now: loaded.model.queue_seconds(loaded.node),
    },
    suggestions=("run>1m", "run<1m", "waited>5m", "age<1h"),
    hint="words, is:blocked, name==embed, name~^e, after=split, run>1m, !not, or",
)


def haystacks_of(model: ViewModel) -> Haystacks:
    """Return the texts in which words are searched, by node id."""
    nodes = model.plan.nodes
    return Haystacks(lambda node_id: PIPELINE_JOBS.haystack(LoadedJob(nodes[node_id], model)))


def matching_jobs(text: str, model: ViewModel, haystacks: Haystacks) -> frozenset[str]:
    """Return the ids of the nodes that match all valid terms of a filter; none without such terms.

    `haystacks` may be from an earlier model, if the same pipeline and runs were loaded then.
    """
    terms = Terms(text, PIPELINE_JOBS)
    if not terms:
        return frozenset()
    rows = [(node_id, LoadedJob(node, model)) for node_id, node in model.plan.nodes.items()]
    return frozenset(node_id for node_id, _ in terms.passing_rows(rows, haystacks, model.now))
