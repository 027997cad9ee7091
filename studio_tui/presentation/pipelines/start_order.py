"""Text about rerunning jobs that depend on each other."""

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set

from studio_tui.api.models import Pipeline
from studio_tui.api.states import PipelineState
from studio_tui.presentation.format import join_names
from studio_tui.presentation.pipelines.graph.statuses import JobStatuses, statuses_of

IN_ORDER = "They run as one pipeline, each job after those it depends on."
_NOT_IN_ORDER = (
    "This Studio cannot keep that order: all would start at once,",
    "and read the old datasets.",
)


def order_lines(
    pipelines: Iterable[Pipeline],
    jobs: Set[str],
    originals: Mapping[str, Sequence[str]],
    *,
    is_kept: bool,
) -> tuple[str, ...]:
    """Return the lines about the order in which jobs are rerun; empty if none depends on another.

    `originals` has the ids of the jobs that a run repeats, by the id of the run. `is_kept` is
    whether Studio starts each job after those it depends on.
    """
    dependencies: list[str] = []
    alternatives: list[str] = []
    for pipeline, chosen in _pipelines_of(pipelines, jobs, originals):
        statuses = statuses_of(pipeline)
        dependent = statuses.plan.descendants(*chosen) & chosen
        if waiting := [n.name for n in statuses.plan.nodes.values() if n.id in dependent]:
            verb = "depends" if len(waiting) == 1 else "depend"
            name = pipeline.name or pipeline.pipeline_id
            dependencies.append(
                f"In the pipeline {name}, {join_names(waiting)} {verb} on others of these."
            )
            alternatives += _alternatives(pipeline, statuses, is_kept=is_kept)
    if not dependencies:
        return ()
    notes = (IN_ORDER,) if is_kept else _NOT_IN_ORDER
    return (*dict.fromkeys(dependencies), *notes, *dict.fromkeys(alternatives))


def _pipelines_of(
    pipelines: Iterable[Pipeline], jobs: Set[str], originals: Mapping[str, Sequence[str]]
) -> list[tuple[Pipeline, set[str]]]:
    """Return the pipelines that run several of the jobs, each with the node ids of these jobs.

    If one of the jobs is run by none of these pipelines, the result includes pipelines that repeat
    several of the jobs or of their originals.
    """
    jobs_and_originals = {*jobs}.union(*(originals.get(job_id, ()) for job_id in jobs))
    running: list[tuple[Pipeline, set[str]]] = []
    running_or_repeating: list[tuple[Pipeline, set[str]]] = []
    jobs_run: set[str] = set()
    for pipeline in pipelines:
        runs = [run for run in pipeline.job_runs if not jobs.isdisjoint(run.run_ids)]
        repeated = {run.job_id for run in pipeline.job_runs if run.job_id in jobs_and_originals}
        chosen = {run.job_id for run in runs}
        if len(chosen) > 1:
            running.append((pipeline, chosen))
            jobs_run.update(*(run.run_ids for run in runs))
        if len(chosen | repeated) > 1:
            running_or_repeating.append((pipeline, chosen | repeated))
    return running if jobs <= jobs_run else running_or_repeating


def _alternatives(pipeline: Pipeline, statuses: JobStatuses, *, is_kept: bool) -> Iterator[str]:
    """Yield what else the user may do: continue the pipeline, or rebuild its datasets in order."""
    roots = [statuses.plan.nodes[key].name for key in statuses.roots]
    if roots and pipeline.state is not PipelineState.COMPLETED:
        # Only the local Studio, which keeps the order, is known to replace the failed job.
        lets = "lets" if is_kept else "may let"
        name = pipeline.name or pipeline.pipeline_id
        yield f"Instead, R on {join_names(roots)} alone {lets} {name} go on."
    if not is_kept:
        yield f"t rebuilds {pipeline.datasets or 'its datasets'}, in order."
