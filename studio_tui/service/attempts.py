"""The runs of a pipeline's job: the current one, and earlier ones that it replaced.

Only the local Studio lists earlier runs. In another Studio, an earlier run is known only if this
dashboard polled the pipeline while that run was the current one.
"""

from collections.abc import Iterable, Iterator

from studio_tui.api.models import Pipeline, PipelineJob
from studio_tui.api.states import JobState


def earlier_and_later_runs(
    job_id: str, pipelines: Iterable[Pipeline]
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the ids of the earlier and of the later runs of the same job, oldest first."""
    nodes = (node for pipeline in pipelines for node in pipeline.job_runs if node.attempts)
    runs = next((node.run_ids for node in nodes if job_id in node.run_ids), (job_id,))
    place = runs.index(job_id)
    return runs[:place], runs[place + 1 :]


def all_runs(pipeline: Pipeline) -> Iterator[PipelineJob]:
    """Yield each job of a pipeline and, as FAILED copies of it, its earlier runs."""
    for node in pipeline.job_runs:
        yield node
        for run_id in node.attempts:
            yield node.model_copy(
                update={"created_job_id": run_id, "status": JobState.FAILED.value, "attempts": ()}
            )


def with_attempts(pipeline: Pipeline, previous: Pipeline | None) -> Pipeline:
    """Return a pipeline with earlier runs added to the jobs for which Studio lists none.

    They are taken from `previous`, which this function returned for Studio's previous answer.
    """
    if previous is None:
        return pipeline
    previous_nodes = {node.job_id: node for node in previous.job_runs}
    nodes = tuple(
        _with_earlier_runs(node, previous_nodes.get(node.job_id)) for node in pipeline.job_runs
    )
    is_unchanged = nodes == pipeline.job_runs
    return pipeline if is_unchanged else pipeline.model_copy(update={"job_runs": nodes})


def _with_earlier_runs(node: PipelineJob, previous: PipelineJob | None) -> PipelineJob:
    if previous is None or node.created_job_id is None or node.attempts:
        return node
    earlier = tuple(run_id for run_id in previous.run_ids if run_id != node.created_job_id)
    return node.model_copy(update={"attempts": earlier}) if earlier else node
