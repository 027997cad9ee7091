"""The pipelines that are looked at, and those that lately were."""

import asyncio
from collections.abc import Callable, Set

from studio_tui.api.models import Job, Pipeline
from studio_tui.service.polling.pipeline_watch import PipelineWatch

KEPT = 8
"""Pipelines that are remembered after they were looked at."""


class PipelineWatches:
    """The pipelines that are, or lately were, looked at; `run` owns their tasks."""

    def __init__(self, make: Callable[[str], PipelineWatch]) -> None:
        """Take how a watch of a pipeline is made from its id."""
        self._make = make
        self._watches: dict[str, PipelineWatch] = {}
        """Those looked for last are the last."""
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._changed = asyncio.Event()

    def get(self, pipeline_id: str) -> PipelineWatch:
        """Return the watch of a pipeline, the same as long as somebody listens to it."""
        watch = self._watches.pop(pipeline_id, None) or self._make(pipeline_id)
        self._watches[pipeline_id] = watch
        self._changed.set()
        return watch

    def all(self) -> tuple[PipelineWatch, ...]:
        """Return all that are remembered."""
        return tuple(self._watches.values())

    def pipelines(self) -> dict[str, Pipeline]:
        """Return those that are known to them, by id."""
        details = [detail for watch in self.all() if (detail := watch.snapshot.value) is not None]
        return {detail.pipeline.pipeline_id: detail.pipeline for detail in details}

    def jobs(self, run_ids: Set[str]) -> dict[str, Job]:
        """Return those of these runs that are known to them, by id."""
        details = [detail for watch in self.all() if (detail := watch.snapshot.value) is not None]
        return {
            run_id: detail.jobs[run_id]
            for detail in details
            for run_id in run_ids & detail.jobs.keys()
        }

    async def run(self) -> None:
        """Let them ask, until cancelled. A bug is raised as it is."""
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._forget()
                for pipeline_id, watch in self._watches.items():
                    if pipeline_id not in self._tasks:
                        self._tasks[pipeline_id] = tasks.create_task(watch.run(), name=watch.name)
                await self._changed.wait()
                self._changed.clear()

    def _forget(self) -> None:
        """Let go of those that nobody has looked for lately."""
        silent = [key for key, watch in self._watches.items() if not watch.is_heard]
        # The last one may have been got just now, by somebody who is about to listen.
        for pipeline_id in silent[:-KEPT]:
            del self._watches[pipeline_id]
            if (task := self._tasks.pop(pipeline_id, None)) is not None:
                task.cancel()
