"""Turns Studio's answers about a pipeline into the state of its screen."""

import asyncio
from collections.abc import Callable
from functools import partial

from studio_tui.presentation.pipelines.graph.loaded_pipeline import LoadedPipeline, loaded_pipeline
from studio_tui.presentation.pipelines.graph.plan import Plan
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.polling.pipeline_watch import PipelineDetail
from studio_tui.tui.pipelines.graph.drawing_view import AT_ONCE
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.widgets.workers import RunsWorkers, start_worker


class GraphAnswers:
    """Updates a pipeline's state, and the durations of past runs of its jobs, from each answer.

    A pipeline with more than `AT_ONCE` jobs is processed in a thread, so that keys are not delayed.
    """

    def __init__(
        self,
        state: GraphState,
        history: JobHistory,
        screen: RunsWorkers,
        *,
        prepare: Callable[[Plan], object],
        updated: Callable[[], None],
        past_changed: Callable[[], None],
    ) -> None:
        """Initialise with the state to update and the source of past durations.

        Workers end with `screen`. `prepare` is called in the thread with the plan of a large
        pipeline, `updated` after each update of the state, `past_changed` when its `past` has
        changed.
        """
        self._state = state
        self._history = history
        self._screen = screen
        self._prepare = prepare
        self._updated = updated
        self._past_changed = past_changed
        self._waiting: PipelineDetail | None = None
        """The latest answer that has not been processed."""
        self._is_working = False
        self._past_as_of: tuple[str, int] | None = None
        """The plan's shape and the number of ended jobs when `past` was last looked up."""

    def take(self, detail: PipelineDetail) -> None:
        """Process an answer, at once or in the thread."""
        self._waiting = detail
        if not self._is_large_and_new(detail):
            self._waiting = None
            self._state.loaded = loaded_pipeline(detail.pipeline, detail.jobs, self._state.loaded)
            self._announce()
        elif not self._is_working:
            self._is_working = True
            start_worker(self._screen, self._process_in_thread, name="process", group="process")

    def _is_large_and_new(self, detail: PipelineDetail) -> bool:
        """Whether the pipeline is large and its number of jobs has changed."""
        jobs, before = len(detail.pipeline.job_runs), self._state.loaded
        known = len(before.pipeline.job_runs) if before is not None else 0
        return jobs > AT_ONCE and jobs != known

    async def _process_in_thread(self) -> None:
        """Process the latest answer, and again if another has come meanwhile."""
        while (detail := self._waiting) is not None:
            self._waiting = None
            self._state.loaded = await asyncio.to_thread(
                self._large_pipeline, detail, self._state.loaded
            )
            self._announce()
        self._is_working = False

    def _large_pipeline(
        self, detail: PipelineDetail, before: LoadedPipeline | None
    ) -> LoadedPipeline:
        now = loaded_pipeline(detail.pipeline, detail.jobs, before)
        self._prepare(now.plan)
        return now

    def _announce(self) -> None:
        """Report the new state, and look up durations again if more jobs have ended."""
        self._updated()
        now = self._state.require_loaded()
        ended = sum(node.state.is_finished for node in now.plan.nodes.values())
        if self._past_as_of != (now.plan.shape, ended):
            self._past_as_of = now.plan.shape, ended
            looking_up = partial(self._look_up_past, now)
            start_worker(self._screen, looking_up, name="past", group="past", exclusive=True)

    async def _look_up_past(self, now: LoadedPipeline) -> None:
        """Look up the durations of jobs with these names, which may read from disk."""
        names = {node.name for node in now.plan.nodes.values()}
        await asyncio.to_thread(self._history.note_ended, now.jobs.values())
        past = await asyncio.to_thread(self._history.durations, names)
        if past != self._state.past:
            self._state.past = past
            self._past_changed()
