"""The known pipelines: the newest ones, as many as the user wants to see."""

from dataclasses import dataclass
from functools import cached_property

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Pipeline
from studio_tui.api.states import NOT_QUEUED_STATES, JobState, PipelineState
from studio_tui.errors import AnswerTooLarge

PAGE = 50
"""Newest pipelines requested at first; each comes with all its jobs, so answers are long."""


_STOPPED = frozenset({JobState.FAILED, JobState.CANCELED})


@dataclass(frozen=True)
class PipelineList:
    """The known pipelines."""

    pipelines: tuple[Pipeline, ...] = ()
    """In Studio's order, newest first. Each id once."""
    has_all: bool = True
    """Whether these are all pipelines of the team; else older ones can be requested."""
    unreadable: int = 0
    """Rows of the last answer that could not be parsed."""
    duplicates: int = 0
    """Rows of the last answer with an id that had appeared before."""

    def get(self, pipeline_id: str) -> Pipeline | None:
        """Return the pipeline with that id, if it is known."""
        return next((one for one in self.pipelines if one.pipeline_id == pipeline_id), None)

    def originals(self) -> dict[str, tuple[str, ...]]:
        """Return, by the id of each job of a pipeline, the jobs it repeats, nearest first.

        Earlier attempts repeat the same jobs as the current ones.
        """
        repeated = {
            job_id: run.job_id
            for pipeline in self.pipelines
            for run in pipeline.job_runs
            for job_id in run.run_ids
        }
        originals = {}
        for job_id in repeated:
            # A pipeline may repeat jobs of an earlier pipeline; the chain must not loop.
            chain: dict[str, None] = {}
            original = repeated.get(job_id)
            while original is not None and original != job_id and original not in chain:
                chain[original] = None
                original = repeated.get(original)
            originals[job_id] = tuple(chain)
        return originals

    @cached_property
    def blocked(self) -> frozenset[str]:
        """The jobs that will not start because one that they depend on failed or was canceled."""
        return frozenset(job_id for pipeline in self.pipelines for job_id in _blocked_in(pipeline))

    def owner(self, job_id: str) -> Pipeline | None:
        """Return the newest known pipeline that has run a job, or `None`."""
        return next(
            (
                pipeline
                for pipeline in self.pipelines
                if any(job_id in run.run_ids for run in pipeline.job_runs)
            ),
            None,
        )


def _blocked_in(pipeline: Pipeline) -> set[str]:
    runs = pipeline.job_runs
    stopped = [run.job_id for run in runs if run.state in _STOPPED]
    pending = {run.job_id: run.created_job_id for run in runs if run.state in NOT_QUEUED_STATES}
    if not (stopped and pending):
        return set()
    children: dict[str, list[str]] = {}
    for run in runs:
        for parent in run.parent_job_ids:
            children.setdefault(parent, []).append(run.job_id)
    blocked: set[str] = set()
    while stopped:
        below = [each for each in children.get(stopped.pop(), ()) if each in pending]
        stopped += [each for each in below if each not in blocked]
        blocked.update(below)
    return {job_id for node_id in blocked if (job_id := pending[node_id]) is not None}


class PipelinesFeed:
    """Provides `fetch` for a poller."""

    def __init__(self, client: StudioClient) -> None:
        self.wanted = PAGE
        """How many of the newest pipelines the user wants to see."""
        self._client = client
        self._most: int | None = None
        """Maximum number per answer without the answer being too large, if known."""
        self._answer = PipelineList()

    def request_more(self) -> None:
        """Request another page from the next fetch on; pages grow with the number of pipelines."""
        self.wanted = max(self.wanted + PAGE, min(self.wanted * 2, self.wanted + 5 * PAGE))

    def want(self, count: int) -> None:
        """Request at least `count` pipelines from the next fetch on, as an earlier run had."""
        self.wanted = max(self.wanted, count)

    async def fetch(self) -> PipelineList:
        """Return the pipelines; the same object as last time if nothing changed.

        Raises:
            StudioError: the request failed.
        """
        limit = self.wanted if self._most is None else min(self.wanted, self._most)
        try:
            page = await self._client.pipelines(limit=limit)
        except AnswerTooLarge:
            # Each has all its jobs; fewer of them may fit.
            if limit == 1:
                raise
            self._most = max(1, limit // 4)
            return await self.fetch()
        has_all = page.received < limit
        answer = PipelineList(page.items, has_all, page.unreadable, page.duplicates)
        if answer != self._answer:
            self._answer = answer
        return self._answer


def is_moving(pipeline: Pipeline) -> bool:
    """Whether a pipeline may change without a command.

    In a paused one, running jobs still run to their end.
    """
    return pipeline.state in {PipelineState.PENDING, PipelineState.RUNNING} or any(
        not run.state.is_finished and run.state is not JobState.PENDING for run in pipeline.job_runs
    )
