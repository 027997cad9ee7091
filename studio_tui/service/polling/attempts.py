"""The runs of a pipeline's job: the current one, and earlier ones that it replaced.

Only the local Studio lists earlier runs. At another one, an earlier run is known only if this
dashboard polled the pipeline while it was the current one.
"""

from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from studio_tui.api.models import Job, Pipeline, PipelineJob
from studio_tui.api.states import JobState
from studio_tui.service.newer_attempts import NewerAttempt


class RelatedJobs(NamedTuple):
    """The ids of the jobs that are related to a job, newest last, and these jobs.

    A single id is `None` if there is no such job, or if it is not known.
    """

    origin: str | None
    """The job from whose checkpoints this job continues."""
    continued_by: tuple[str, ...]
    """The jobs that continue from the checkpoints of this job."""
    jobs: Mapping[str, Job]
    """The related jobs that are loaded, by id."""
    earlier_runs: tuple[str, ...] = ()
    """Earlier runs of the same job of a pipeline."""
    later_runs: tuple[str, ...] = ()
    """Later runs of the same job of a pipeline."""
    newer_attempt: NewerAttempt | None = None
    """The attempt because of which this failed job is no problem."""
    repeated: str | None = None
    """The job that this one repeats."""
    newest_run: str | None = None
    """The newest run after this one, of any state."""


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

    They are those of `previous`, which is the result for the previous answer.
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
