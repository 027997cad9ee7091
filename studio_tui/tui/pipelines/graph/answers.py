"""What comes from Studio about a pipeline, taken over beside the keys where it is large."""

import asyncio
from collections.abc import Callable
from functools import partial

from studio_tui.presentation.pipelines.graph.pipeline_state import Standing, standing
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.polling.pipeline_watch import PipelineDetail
from studio_tui.tui.pipelines.graph.drawing_view import AT_ONCE
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.pipelines.graph.work import Begin


class Answers:
    """Works out from each answer how the pipeline stands, and how long its jobs usually take."""

    def __init__(
        self,
        state: GraphState,
        history: JobHistory,
        begin: Begin,
        *,
        taken_over: Callable[[], None],
        past_changed: Callable[[], None],
    ) -> None:
        """Take what is done once an answer is taken over, and once other durations are known."""
        self._state = state
        self._history = history
        self._begin = begin
        self._taken_over = taken_over
        self._past_changed = past_changed
        self._waiting: PipelineDetail | None = None
        """An answer that is worked out after the one before it."""
        self._is_working = False
        self._past_of: tuple[str, int] | None = None
        """The shape, and how many jobs had ended, when the past was looked up."""

    def take(self, detail: PipelineDetail) -> None:
        """Take over an answer, in a thread where that would hold up the keys."""
        self._waiting = detail
        if not self._is_large_and_new(detail):
            self._waiting = None
            self._state.standing = standing(detail.pipeline, detail.jobs, self._state.standing)
            self._take_over()
        elif not self._is_working:
            self._is_working = True
            self._begin(self._work_out, "work out")

    def _is_large_and_new(self, detail: PipelineDetail) -> bool:
        """Whether more is to be read than states, of more jobs than the keys should wait for."""
        jobs, before = len(detail.pipeline.job_runs), self._state.standing
        known = len(before.pipeline.job_runs) if before is not None else 0
        return jobs > AT_ONCE and jobs != known

    async def _work_out(self) -> None:
        """Work out in a thread how a large pipeline stands; of several answers the last."""
        while (detail := self._waiting) is not None:
            self._waiting = None
            before = self._state.standing
            self._state.standing = await asyncio.to_thread(
                standing, detail.pipeline, detail.jobs, before
            )
            self._take_over()
        self._is_working = False

    def _take_over(self) -> None:
        self._taken_over()
        now = self._state.stands()
        ended = sum(node.state.is_finished for node in now.plan.nodes.values())
        if self._past_of != (now.plan.shape, ended):
            self._past_of = now.plan.shape, ended
            self._begin(partial(self._look_up_past, now), "past", exclusive=True)

    async def _look_up_past(self, now: Standing) -> None:
        """Ask the history, which may have to ask a disk, how long jobs of these names took."""
        names = {node.name for node in now.plan.nodes.values()}
        await asyncio.to_thread(self._history.note_ended, now.jobs.values())
        past = await asyncio.to_thread(self._history.durations, names)
        if past != self._state.past:
            self._state.past = past
            self._past_changed()
