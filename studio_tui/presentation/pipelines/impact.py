"""Text about the consequences for a pipeline of an action on one of its jobs."""

from collections.abc import Collection, Iterator

from studio_tui.api.models import Pipeline
from studio_tui.api.states import JobState, PipelineState
from studio_tui.presentation.format import plural
from studio_tui.presentation.pipelines.graph.plan import Node, Plan, plan_of
from studio_tui.presentation.pipelines.graph.statuses import NodeState, judge

_WAITS = frozenset({NodeState.WAITING, NodeState.BLOCKED})

_RESUMED = frozenset({NodeState.RUNNING, NodeState.QUEUED, NodeState.WAITING})
"""With one of these, a paused pipeline goes on without repeating a job."""


def cancel_notes(pipeline: Pipeline, run: str, *, is_local: bool) -> tuple[str, ...]:
    """Return the consequences of canceling a run for its pipeline; `is_local` is the local Studio.

    Only there it is known that a job that continues a canceled one replaces it.
    """
    plan, node = _node(pipeline, run)
    if node is None:
        return ()
    waiting = _waiting(pipeline, plan, node)
    what = (
        f"{_jobs_wait(waiting)} for it and will not run (blocked)."
        if waiting
        else "No other job waits for it."
    )
    again = ("Afterwards, R on this job lets the pipeline go on.",) if is_local else ()
    return (
        f"It is a job of the pipeline {_named(pipeline)}.",
        what,
        *again,
        "To stop the whole pipeline instead, so that p resumes it, use X there.",
    )


def cancel_all_notes(pipeline: Pipeline, runs: Collection[str]) -> tuple[str, ...]:
    """Return the consequences of canceling several runs for a pipeline; empty if none."""
    plan, wanted = plan_of(pipeline), frozenset(runs)
    nodes = [node for node in plan.nodes.values() if node.run in wanted]
    if not nodes:
        return ()
    shown = judge(plan, pipeline.state).states
    below = {key for node in nodes for key in plan.descendants(node.id) if shown[key] in _WAITS}
    below -= {node.id for node in nodes}
    waits = (
        f"{_jobs_wait(len(below), other=True)} for them and will not run"
        if below
        else "no other job waits"
    )
    verb = "is a job" if len(nodes) == 1 else "are jobs"
    return (f"{len(nodes)} {verb} of the pipeline {_named(pipeline)}: {waits}.",)


def repeated_by_resume(pipeline: Pipeline, *, is_local: bool) -> tuple[Node, ...]:
    """Return the jobs that will run again if a pipeline is resumed; `is_local` as above.

    Those are its failed and canceled jobs if it has ended; the local Studio repeats them also when
    it is paused and nothing else in it can start.
    """
    plan = plan_of(pipeline)
    if pipeline.state is PipelineState.PAUSED:
        numbers = judge(plan, pipeline.state).numbers
        repeats = is_local and not any(numbers[kind] for kind in _RESUMED)
    else:
        repeats = pipeline.state in {PipelineState.FAILED, PipelineState.CANCELED}
    nodes = plan.nodes.values() if repeats else ()
    return tuple(node for node in nodes if node.state in {JobState.FAILED, JobState.CANCELED})


def waits_after(plan: Plan, removed: Collection[str]) -> tuple[str, ...]:
    """Return the new dependencies of the remaining jobs if some are removed from a plan."""
    lines = []
    for node in plan.nodes.values():
        if node.id in removed or not any(parent in removed for parent in node.parents):
            continue
        waits = dict.fromkeys(_left_above(plan, node, removed))
        names = ", ".join(plan.nodes[parent].name for parent in waits) or "nothing"
        lines.append(f"{node.name} will then wait for {names}.")
    return tuple(lines)


def _left_above(plan: Plan, node: Node, removed: Collection[str]) -> Iterator[str]:
    """Yield the dependencies of a node, replacing removed ones by their own dependencies."""
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


def repeat_notes(
    pipeline: Pipeline, run: str, *, is_local: bool, from_checkpoints: bool
) -> tuple[str, ...]:
    """Return the consequences for a pipeline of rerunning a failed or canceled run as a new job."""
    plan, node = _node(pipeline, run)
    if node is None or node.state not in {JobState.FAILED, JobState.CANCELED} or not is_local:
        return ()
    if not from_checkpoints:
        return (
            f"It does not replace the job in the pipeline {_named(pipeline)};",
            "a run from the checkpoints (R) does.",
        )
    waiting = _waiting(pipeline, plan, node)
    waits = f"{_jobs_wait(waiting)} for it." if waiting else "No other job waits for it."
    is_paused = pipeline.state is PipelineState.PAUSED
    return (
        f"The new job replaces it in the pipeline {_named(pipeline)}.",
        f"{waits} The pipeline is paused; p resumes it." if is_paused else waits,
    )


def edit_note(pipeline: Pipeline, run: str, *, is_local: bool) -> str:
    """Return which choice in a review lets the pipeline continue; empty if unknown."""
    if not repeat_notes(pipeline, run, is_local=is_local, from_checkpoints=True):
        return ""
    return (
        f"A run from its checkpoints replaces it in the pipeline {_named(pipeline)}; "
        "a run from the start does not."
    )


def over_words(pipeline: Pipeline) -> str:
    """Return that a pipeline is over."""
    return f"The pipeline has ended: {(pipeline.status or 'unknown').lower()}"


def _node(pipeline: Pipeline, run: str) -> tuple[Plan, Node | None]:
    plan = plan_of(pipeline)
    return plan, next((node for node in plan.nodes.values() if node.run == run), None)


def _waiting(pipeline: Pipeline, plan: Plan, node: Node) -> int:
    shown = judge(plan, pipeline.state).states
    return sum(shown[key] in _WAITS for key in plan.descendants(node.id))


def _jobs_wait(waiting: int, *, other: bool = False) -> str:
    noun = "other job" if other else "job"
    return f"{plural(waiting, noun)} {'waits' if waiting == 1 else 'wait'}"


def _named(pipeline: Pipeline) -> str:
    return pipeline.name or pipeline.pipeline_id
