"""What canceling, rerunning or removing jobs means for their pipeline, as text."""

from collections.abc import Collection, Iterator

from studio_tui.api.models import Pipeline
from studio_tui.api.states import JobState, PipelineState
from studio_tui.presentation.format import plural
from studio_tui.presentation.pipelines.graph.plan import Node, Plan
from studio_tui.presentation.pipelines.graph.statuses import JobStatuses, NodeState, statuses_of

_WAITS = frozenset({NodeState.WAITING, NodeState.BLOCKED})

_CAN_GO_ON = frozenset({NodeState.RUNNING, NodeState.QUEUED, NodeState.WAITING})
"""A paused pipeline with a job in one of these states goes on when it is resumed."""


def cancel_notes(pipeline: Pipeline, runs: Collection[str]) -> tuple[str, ...]:
    """Return what canceling `runs` means for a pipeline; empty if none of them is part of it."""
    statuses, run_ids = statuses_of(pipeline), frozenset(runs)
    nodes = [node for node in statuses.plan.nodes.values() if node.run in run_ids]
    if not nodes:
        return ()
    waiting = _waiting_for(statuses, *nodes)
    are_jobs, them = ("is a job", "it") if len(nodes) == 1 else ("are jobs", "them")
    consequence = (
        f"{_jobs_wait(len(waiting), other=True)} for {them} and will not run"
        if waiting
        else "no other job waits"
    )
    return (f"{len(nodes)} {are_jobs} of the pipeline {_name_or_id(pipeline)}: {consequence}.",)


def repeated_by_resume(pipeline: Pipeline, *, is_local: bool) -> tuple[Node, ...]:
    """Return the failed and canceled jobs that run again if a pipeline is resumed.

    A local Studio also repeats those of a paused pipeline in which no other job runs or can start.
    """
    statuses = statuses_of(pipeline)
    if pipeline.state is PipelineState.PAUSED:
        repeats = is_local and not any(statuses.numbers[state] for state in _CAN_GO_ON)
    else:
        repeats = pipeline.state in {PipelineState.FAILED, PipelineState.CANCELED}
    nodes = statuses.plan.nodes.values() if repeats else ()
    return tuple(node for node in nodes if node.state in {JobState.FAILED, JobState.CANCELED})


def removal_notes(plan: Plan, removed: Collection[str]) -> tuple[str, ...]:
    """Return what each remaining child of removed jobs will wait for, one line per child."""
    lines = []
    for node in plan.nodes.values():
        if node.id in removed or not any(parent in removed for parent in node.parents):
            continue
        waits = dict.fromkeys(_remaining_dependencies(plan, node, removed))
        names = ", ".join(plan.nodes[parent].name for parent in waits) or "nothing"
        lines.append(f"{node.name} will then wait for {names}.")
    return tuple(lines)


def _remaining_dependencies(plan: Plan, node: Node, removed: Collection[str]) -> Iterator[str]:
    """Yield the dependencies of a node; a removed job is replaced by its own dependencies."""
    seen: set[str] = set()
    above = list(reversed(node.parents))
    while above:
        parent = above.pop()
        if parent in seen:
            continue
        seen.add(parent)
        if parent in removed:
            above += reversed(plan.nodes[parent].parents)
        else:
            yield parent


def repeat_notes(pipeline: Pipeline, run: str) -> tuple[str, ...]:
    """Return what a rerun from the checkpoints of a failed or canceled run means in a local Studio.

    The result is empty for a run that has neither failed nor been canceled.
    """
    statuses = statuses_of(pipeline)
    node = _node_of_run(statuses.plan, run)
    if node is None or node.state not in {JobState.FAILED, JobState.CANCELED}:
        return ()
    waiting = len(_waiting_for(statuses, node))
    waits = f"{_jobs_wait(waiting)} for it." if waiting else "No other job waits for it."
    is_paused = pipeline.state is PipelineState.PAUSED
    return (
        f"The new job replaces it in the pipeline {_name_or_id(pipeline)}.",
        f"{waits} The pipeline is paused; p resumes it." if is_paused else waits,
    )


def ended_words(pipeline: Pipeline) -> str:
    """Return how a pipeline has ended: `The pipeline has ended: failed`."""
    return f"The pipeline has ended: {(pipeline.status or 'unknown').lower()}"


def _node_of_run(plan: Plan, run: str) -> Node | None:
    return next((node for node in plan.nodes.values() if node.run == run), None)


def _waiting_for(statuses: JobStatuses, *nodes: Node) -> frozenset[str]:
    """Return the other nodes that wait or are blocked, and depend on any of these."""
    ids = {node.id for node in nodes}
    descendants = statuses.plan.descendants(*ids) - ids
    return frozenset(each for each in descendants if statuses.states[each] in _WAITS)


def _jobs_wait(waiting: int, *, other: bool = False) -> str:
    noun = "other job" if other else "job"
    return f"{plural(waiting, noun)} {'waits' if waiting == 1 else 'wait'}"


def _name_or_id(pipeline: Pipeline) -> str:
    return pipeline.name or pipeline.pipeline_id
