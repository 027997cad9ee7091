"""The known pipelines: the newest ones, as many as the user wants to see."""

from dataclasses import dataclass
from functools import cached_property

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Pipeline
from studio_tui.api.states import NOT_YET_QUEUED_STATES, STOPPED_STATES, JobState
from studio_tui.service.polling.growing_feed import GrowingFeed

PAGE = 50
"""Number of newest pipelines requested at first; an answer is long, as it has all their jobs."""


@dataclass(frozen=True)
class PipelineList:
    pipelines: tuple[Pipeline, ...] = ()
    """In Studio's order, newest first, each id once."""
    has_all: bool = True
    """Whether these are all pipelines that Studio has."""
    unreadable: int = 0
    """Rows of the last answer that could not be parsed."""
    duplicates: int = 0
    """Rows of the last answer with an id that had appeared before."""

    def get(self, pipeline_id: str) -> Pipeline | None:
        return next(
            (pipeline for pipeline in self.pipelines if pipeline.pipeline_id == pipeline_id), None
        )

    def originals(self) -> dict[str, tuple[str, ...]]:
        """Return the ids of the jobs that each run in a pipeline repeats, by the id of the run.

        First comes the job from which the run was planned. If that job was itself a run in another
        known pipeline, the job from which it was planned follows, and so on. Removed jobs are
        included.
        """
        original_of = {
            run_id: node.job_id
            for pipeline in self.pipelines
            for node in pipeline.job_runs
            for run_id in node.run_ids
        } | {
            job.created_job_id: job.job_id
            for pipeline in self.pipelines
            for job in pipeline.removed or ()
            if job.created_job_id is not None
        }
        originals = {}
        for run_id in original_of:
            # An untrusted answer may contain a cycle.
            chain: dict[str, None] = {}
            original = original_of.get(run_id)
            while original is not None and original != run_id and original not in chain:
                chain[original] = None
                original = original_of.get(original)
            originals[run_id] = tuple(chain)
        return originals

    @cached_property
    def blocked(self) -> frozenset[str]:
        """Ids of the jobs that will not start, as a job before them failed or was canceled."""
        return frozenset(job_id for pipeline in self.pipelines for job_id in _blocked_in(pipeline))

    def pipeline_of(self, job_id: str) -> Pipeline | None:
        """Return the newest known pipeline that has a job as a run; `None` if there is none."""
        return next(
            (
                pipeline
                for pipeline in self.pipelines
                if any(job_id in node.run_ids for node in pipeline.job_runs)
            ),
            None,
        )


def _blocked_in(pipeline: Pipeline) -> set[str]:
    nodes = pipeline.job_runs
    pending = {
        node.job_id: node.created_job_id for node in nodes if node.state in NOT_YET_QUEUED_STATES
    }
    blocking = [node.job_id for node in nodes if node.state in STOPPED_STATES]
    if not (blocking and pending):
        return set()
    dependents: dict[str, list[str]] = {}
    for node in nodes:
        for parent in node.parent_job_ids:
            dependents.setdefault(parent, []).append(node.job_id)
    blocked: set[str] = set()
    while blocking:
        waiting = [node_id for node_id in dependents.get(blocking.pop(), ()) if node_id in pending]
        blocking += [node_id for node_id in waiting if node_id not in blocked]
        blocked.update(waiting)
    return {job_id for node_id in blocked if (job_id := pending[node_id]) is not None}


class PipelinesFeed(GrowingFeed):
    """Requests the newest pipelines; a poller calls `fetch`."""

    def __init__(self, client: StudioClient) -> None:
        super().__init__(PAGE)
        self._client = client
        self._answer = PipelineList()

    async def fetch(self) -> PipelineList:
        """Return the pipelines; the same object as last time if nothing changed."""
        page, limit = await self._request(
            self.requested_count, lambda limit: self._client.pipelines(limit=limit)
        )
        has_all = page.received < limit
        answer = PipelineList(page.items, has_all, page.unreadable, page.duplicates)
        if answer != self._answer:
            self._answer = answer
        return self._answer


def is_moving(pipeline: Pipeline) -> bool:
    """Whether a pipeline may change without a command; a paused one may while its jobs run."""
    return pipeline.state.is_active or any(
        not node.state.is_finished and node.state is not JobState.PENDING
        for node in pipeline.job_runs
    )
