"""Processes Studio's answers about a pipeline, in a thread if it is large."""

import asyncio
from collections.abc import Callable
from functools import partial

from studio_tui.presentation.pipelines.graph.loaded_pipeline import LoadedPipeline, loaded_pipeline
from studio_tui.presentation.pipelines.graph.plan import Plan
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.polling.pipeline_watch import PipelineDetail
from studio_tui.tui.pipelines.graph.drawing_view import AT_ONCE
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.pipelines.graph.work import StartWorker


class GraphAnswers:
    """Computes the state of the pipeline, and the usual duration of its jobs, from each answer."""

    def __init__(
        self,
        state: GraphState,
        history: JobHistory,
        begin: StartWorker,
        *,
        prepare: Callable[[Plan], object],
        taken_over: Callable[[], None],
        past_changed: Callable[[], None],
    ) -> None:
        """Make it; `prepare` is called with the plan of a large pipeline in the thread, the others
        after an answer was processed, and if durations have changed."""
        self._state = state
        self._history = history
        self._begin = begin
        self._prepare = prepare
        self._taken_over = taken_over
        self._past_changed = past_changed
        self._waiting: PipelineDetail | None = None
        """The latest answer that has not been processed."""
        self._is_working = False
        self._past_of: tuple[str, int] | None = None
        """The shape, and the number of ended jobs, when durations were last looked up."""

    def take(self, detail: PipelineDetail) -> None:
        """Process an answer, in a thread if it would delay keys."""
        self._waiting = detail
        if not self._is_large_and_new(detail):
            self._waiting = None
            self._state.loaded = loaded_pipeline(detail.pipeline, detail.jobs, self._state.loaded)
            self._take_over()
        elif not self._is_working:
            self._is_working = True
            self._begin(self._work_out, "work out")

    def _is_large_and_new(self, detail: PipelineDetail) -> bool:
        """Return whether the pipeline is large and its jobs have changed, not only their states."""
        jobs, before = len(detail.pipeline.job_runs), self._state.loaded
        known = len(before.pipeline.job_runs) if before is not None else 0
        return jobs > AT_ONCE and jobs != known

    async def _work_out(self) -> None:
        """Process a large pipeline in a thread; of several queued answers, the latest."""
        while (detail := self._waiting) is not None:
            self._waiting = None
            self._state.loaded = await asyncio.to_thread(
                self._worked_out, detail, self._state.loaded
            )
            self._take_over()
        self._is_working = False

    def _worked_out(self, detail: PipelineDetail, before: LoadedPipeline | None) -> LoadedPipeline:
        now = loaded_pipeline(detail.pipeline, detail.jobs, before)
        self._prepare(now.plan)
        return now

    def _take_over(self) -> None:
        self._taken_over()
        now = self._state.require_loaded()
        ended = sum(node.state.is_finished for node in now.plan.nodes.values())
        if self._past_of != (now.plan.shape, ended):
            self._past_of = now.plan.shape, ended
            self._begin(partial(self._look_up_past, now), "past", exclusive=True)

    async def _look_up_past(self, now: LoadedPipeline) -> None:
        """Look up the durations of jobs with these names, which may read from disk."""
        names = {node.name for node in now.plan.nodes.values()}
        await asyncio.to_thread(self._history.note_ended, now.jobs.values())
        past = await asyncio.to_thread(self._history.durations, names)
        if past != self._state.past:
            self._state.past = past
            self._past_changed()
