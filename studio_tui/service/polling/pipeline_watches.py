"""The watches of pipelines that are viewed, or were viewed recently."""

import asyncio
from collections.abc import Callable, Set

from studio_tui.api.models import Job, Pipeline
from studio_tui.service.polling.pipeline_watch import PipelineWatch

MAX_UNVIEWED = 8
"""Maximum number of watches that are kept while nobody views their pipeline."""


class PipelineWatches:
    """The watches of recently viewed pipelines; `run` owns their tasks."""

    def __init__(self, make: Callable[[str], PipelineWatch]) -> None:
        self._make = make
        self._watches: dict[str, PipelineWatch] = {}
        """By pipeline id, least recently requested first."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._was_requested = asyncio.Event()

    def get(self, pipeline_id: str) -> PipelineWatch:
        """Return the watch of a pipeline, created if necessary; it is kept while viewed."""
        watch = self._watches.pop(pipeline_id, None) or self._make(pipeline_id)
        self._watches[pipeline_id] = watch
        self._was_requested.set()
        return watch

    def all(self) -> tuple[PipelineWatch, ...]:
        return tuple(self._watches.values())

    def pipelines(self) -> dict[str, Pipeline]:
        """Return the pipelines of the watches, by id.

        Each is as polled last or, before the first answer, as recorded.
        """
        details = [detail for watch in self.all() if (detail := watch.snapshot.value) is not None]
        return {detail.pipeline.pipeline_id: detail.pipeline for detail in details}

    def viewed(self) -> set[str]:
        """Return the ids of the pipelines that are viewed now, and therefore polled."""
        return {pipeline_id for pipeline_id, watch in self._watches.items() if watch.is_viewed}

    def jobs(self, job_ids: Set[str]) -> dict[str, Job]:
        """Return the jobs among `job_ids` that a watch knows, by id."""
        details = [detail for watch in self.all() if (detail := watch.snapshot.value) is not None]
        return {
            job_id: detail.jobs[job_id]
            for detail in details
            for job_id in job_ids & detail.jobs.keys()
        }

    async def run(self) -> None:
        """Run the watches until canceled; an unexpected exception propagates."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._forget()
                for pipeline_id, watch in self._watches.items():
                    if pipeline_id not in self._tasks:
                        self._tasks[pipeline_id] = tasks.create_task(watch.run(), name=watch.name)
                await self._was_requested.wait()
                self._was_requested.clear()

    def _forget(self) -> None:
        unviewed = [
            pipeline_id for pipeline_id, watch in self._watches.items() if not watch.is_viewed
        ]
        # The newest may have been returned just now, to a caller that is about to subscribe.
        for pipeline_id in unviewed[:-MAX_UNVIEWED]:
            del self._watches[pipeline_id]
            if (task := self._tasks.pop(pipeline_id, None)) is not None:
                task.cancel()
