"""The estimated remaining times of the pipelines in a list, computed in a thread."""

import asyncio
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from functools import partial

from studio_tui import clock
from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.pipelines.graph.estimate import Estimate, estimate_of
from studio_tui.presentation.pipelines.graph.statuses import JobStatuses, NodeState
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.graph.waits import Bars
from studio_tui.service.commands.history import JobHistory
from studio_tui.tui.widgets.workers import RunsWorkers, start_worker

UPDATE_INTERVAL = 5.0
"""Seconds between updates without news: estimates decrease while nothing changes."""

MOST_AGE = 2 * UPDATE_INTERVAL
"""Age in seconds beyond which no estimate is shown: the list was hidden, or Studio silent."""

_NONE = Estimate()


class ListedEstimates:
    """The latest estimate of each active pipeline, from the jobs that are known without requests.

    Like the page of a pipeline, it uses the progress of the jobs whose logs are followed.
    """

    def __init__(
        self, history: JobHistory, screen: RunsWorkers, updated: Callable[[], object]
    ) -> None:
        """Initialize; workers end with `screen`; `updated` is called after estimates changed."""
        self._history = history
        self._screen = screen
        self._updated = updated
        self._estimates: Mapping[str, Estimate] = {}
        self._begun_at = -UPDATE_INTERVAL
        """When the last update began, in seconds of the monotonic clock."""

    def get(self, pipeline_id: str) -> Estimate:
        """Return the latest estimate of a pipeline; an empty one if there is none, or it is old.

        While Studio does not answer, an estimate would never decrease.
        """
        is_old = clock.monotonic() - self._begun_at > MOST_AGE
        return self._estimates.get(pipeline_id, _NONE) if not is_old else _NONE

    def update(
        self,
        pipelines: Iterable[Pipeline],
        statuses_of: Callable[[Pipeline], JobStatuses],
        jobs: Mapping[str, Job],
        bars: Bars,
        *,
        is_news: bool,
    ) -> None:
        """Update the estimates in a thread; without news, only if `UPDATE_INTERVAL` has passed."""
        now = clock.monotonic()
        if now - self._begun_at < UPDATE_INTERVAL and not is_news:
            return
        self._begun_at = now
        active = {
            each.pipeline_id: ViewModel(statuses_of(each), clock.now(), jobs, dict(bars))
            for each in pipelines
            if each.state.is_active
        }
        work = partial(self._update, active)
        start_worker(self._screen, work, name="estimates", group="estimates", exclusive=True)

    async def _update(self, active: Mapping[str, ViewModel]) -> None:
        before = self._estimates
        self._estimates = await asyncio.to_thread(self._compute, active)
        if self._estimates != before:
            self._updated()

    def _compute(self, active: Mapping[str, ViewModel]) -> Mapping[str, Estimate]:
        names = {node.name for model in active.values() for node in model.plan.nodes.values()}
        past = self._history.durations(names) if names else {}
        return {key: _estimate(model, past) for key, model in active.items()}


def _estimate(model: ViewModel, past: Mapping[str, Sequence[float]]) -> Estimate:
    states = model.statuses.states
    running = (node for node in model.plan.nodes.values() if states[node.id] is NodeState.RUNNING)
    if any(model.job(node) is None for node in running):
        return Estimate(reason="no ETA: the start of a running job is not known")
    return estimate_of(replace(model, past_seconds=past))
