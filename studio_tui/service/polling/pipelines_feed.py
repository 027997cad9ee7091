"""Which pipelines exist: the newest ones, as many as the user wants to see."""

from dataclasses import dataclass
from typing import Protocol

from studio_tui.api.client import Page
from studio_tui.api.models import JobState, Pipeline, PipelineState
from studio_tui.errors import AnswerTooLarge

PAGE = 50
"""Newest pipelines that are asked for at first; each comes with all its jobs, so it is long."""


_LETS_NONE_GO = frozenset(PipelineState) - {
    PipelineState.PENDING,
    PipelineState.RUNNING,
    PipelineState.UNKNOWN,
}


class ListsPipelines(Protocol):
    """The one question this feed puts to Studio."""

    async def pipelines(self, *, limit: int = ...) -> Page[Pipeline]:
        """Return pipelines, newest first."""
        ...


@dataclass(frozen=True, slots=True)
class Pipelines:
    """The pipelines that are known."""

    pipelines: tuple[Pipeline, ...] = ()
    """In Studio's order, newest first. Each id once."""
    has_all: bool = True
    """Whether these are all pipelines of the team; else older ones can be asked for."""
    unreadable: int = 0
    """Rows of the last answer that could not be read."""
    duplicates: int = 0
    """Rows of the last answer whose id had been there before."""

    def get(self, pipeline_id: str) -> Pipeline | None:
        """Return the pipeline with that id, if it is known."""
        return next((one for one in self.pipelines if one.pipeline_id == pipeline_id), None)

    def originals(self) -> dict[str, tuple[str, ...]]:
        """Return for each job that a pipeline made which jobs it repeats, nearest first."""
        repeated = {
            run.created_job_id: run.job_id
            for pipeline in self.pipelines
            for run in pipeline.job_runs
            if run.created_job_id is not None
        }
        found = {}
        for job_id in repeated:
            # What a pipeline repeats may have been made by one before; nothing goes in circles.
            chain: dict[str, None] = {}
            original = repeated.get(job_id)
            while original is not None and original != job_id and original not in chain:
                chain[original] = None
                original = repeated.get(original)
            found[job_id] = tuple(chain)
        return found

    def held(self) -> frozenset[str]:
        """Return the jobs of pipelines that let none go: they are paused, or have ended."""
        return frozenset(
            run.created_job_id
            for pipeline in self.pipelines
            if pipeline.state in _LETS_NONE_GO
            for run in pipeline.job_runs
            if run.created_job_id is not None
        )

    def owner(self, job_id: str) -> Pipeline | None:
        """Return the newest pipeline that runs a job, or ran it; `None` where none is known to."""
        return next(
            (
                pipeline
                for pipeline in self.pipelines
                if any(
                    run.created_job_id == job_id or job_id in run.attempts
                    for run in pipeline.job_runs
                )
            ),
            None,
        )


class PipelinesFeed:
    """Answers `fetch` for a poller."""

    def __init__(self, client: ListsPipelines) -> None:
        self.wanted = PAGE
        """How many of the newest pipelines the user wants to see."""
        self._client = client
        self._most: int | None = None
        """How many Studio's answer may tell of without being too large, where that is known."""
        self._answer = Pipelines()

    def want_more(self) -> None:
        """Ask for one more page from the next fetch on; pages grow with what is there."""
        self.wanted = max(self.wanted + PAGE, min(self.wanted * 2, self.wanted + 5 * PAGE))

    def want(self, count: int) -> None:
        """Ask for at least so many pipelines from the next fetch on, as an earlier run had."""
        self.wanted = max(self.wanted, count)

    async def fetch(self) -> Pipelines:
        """Return the pipelines. The same object as last time means that nothing changed.

        Raises:
            StudioError: when Studio could not be asked.
        """
        limit = self.wanted if self._most is None else min(self.wanted, self._most)
        try:
            page = await self._client.pipelines(limit=limit)
        except AnswerTooLarge:
            # Each tells of all its jobs; of few very large ones there is room.
            if limit == 1:
                raise
            self._most = max(1, limit // 4)
            return await self.fetch()
        received = len(page.items) + page.unreadable + page.duplicates
        answer = Pipelines(page.items, received < limit, page.unreadable, page.duplicates)
        if answer != self._answer:
            self._answer = answer
        return self._answer


def is_moving(pipeline: Pipeline) -> bool:
    """Whether a pipeline may be another at the next look, though nobody does anything to it.

    A paused one lets what runs come to its end.
    """
    return pipeline.state in {PipelineState.PENDING, PipelineState.RUNNING} or any(
        not run.state.is_finished and run.state is not JobState.PENDING for run in pipeline.job_runs
    )
