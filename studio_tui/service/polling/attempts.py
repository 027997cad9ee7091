"""Earlier runs of a pipeline's job, before its current one.

The local Studio lists them. On other servers only runs that were seen being replaced are known.
"""

from collections.abc import Iterable, Iterator, Mapping
from operator import is_
from typing import NamedTuple

from studio_tui.api.models import Job, Pipeline, PipelineJob
from studio_tui.api.states import JobState


class RelatedJobs(NamedTuple):
    """The related jobs of a job, by id."""

    origin: str | None
    """The job whose checkpoints it continues from."""
    successors: tuple[str, ...]
    """The jobs that continued from its checkpoints, newest last."""
    jobs: Mapping[str, Job]
    """Those of these jobs that are known."""
    before: tuple[str, ...] = ()
    """Earlier runs of the same job of a pipeline, newest last."""
    after: tuple[str, ...] = ()
    """Later runs of it, newest last."""


class AttemptIndex:
    """Index of the runs before and after each run; rebuilt only when pipelines have changed."""

    def __init__(self) -> None:
        self._made_of: tuple[Pipeline, ...] = ()
        self._runs: dict[str, tuple[str, ...]] = {}
        """All runs of the same job of a pipeline, oldest first, by the id of each."""

    def neighbours(
        self, job_id: str, pipelines: tuple[Pipeline, ...]
    ) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the earlier and the later runs of the pipeline's job that `job_id` is a run of."""
        same = len(pipelines) == len(self._made_of) and all(map(is_, pipelines, self._made_of))
        if not same:
            self._made_of, self._runs = pipelines, dict(_several(pipelines))
        runs = self._runs.get(job_id, (job_id,))
        place = runs.index(job_id)
        return runs[:place], runs[place + 1 :]


def _several(pipelines: Iterable[Pipeline]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield each run of every job with several runs, together with all of its runs."""
    for pipeline in pipelines:
        for run in pipeline.job_runs:
            if run.attempts:
                runs = (*run.attempts, *filter(None, (run.created_job_id,)))
                yield from ((each, runs) for each in runs)


def all_runs(pipeline: Pipeline) -> Iterator[PipelineJob]:
    """Yield the jobs of a pipeline, and each earlier run as if it were another, failed job.

    Studio says how earlier runs really ended only when asked about each.
    """
    for run in pipeline.job_runs:
        yield run
        for attempt in run.attempts:
            yield run.model_copy(
                update={"created_job_id": attempt, "status": JobState.FAILED.value, "attempts": ()}
            )


def with_attempts(now: Pipeline, before: Pipeline | None) -> Pipeline:
    """Return a pipeline with its earlier runs as seen so far, if Studio lists none."""
    if before is None:
        return now
    known = {run.job_id: run for run in before.job_runs}
    runs = tuple(_with_earlier(run, known.get(run.job_id)) for run in now.job_runs)
    return now if runs == now.job_runs else now.model_copy(update={"job_runs": runs})


def _with_earlier(now: PipelineJob, before: PipelineJob | None) -> PipelineJob:
    if before is None or now.created_job_id is None or now.attempts:
        return now
    seen = [*before.attempts, before.created_job_id]
    earlier = tuple(run for run in seen if run and run != now.created_job_id)
    return now.model_copy(update={"attempts": earlier}) if earlier else now
