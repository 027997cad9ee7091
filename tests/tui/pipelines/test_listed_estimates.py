"""The list of pipelines estimates when active ones end, without requests of its own."""

from collections.abc import Iterable
from types import SimpleNamespace
from typing import Any, cast

import pytest

from studio_tui import clock
from studio_tui.api.models import Pipeline
from studio_tui.presentation.pipelines.rows import StatusCache
from studio_tui.service.commands.history import JobHistory
from studio_tui.tui.pipelines.listed_estimates import MOST_AGE, UPDATE_INTERVAL, ListedEstimates
from tests.jobs import NOON, job
from tests.pipelines import pipeline

ACTIVE = pipeline(1, runs={"a": "COMPLETE", "b": "RUNNING", "c": "PENDING"})
RUN = job(0, "RUNNING", id="run-1-b", started_at=NOON)
PAST: dict[str, tuple[float, ...]] = {"b.py": (60.0, 60.0, 60.0), "c.py": (100.0, 110.0, 120.0)}


class Estimating:
    """Updates estimates as the list does, and counts the updates."""

    def __init__(self) -> None:
        self.work: list[Any] = []
        self.updates = 0
        self.names: set[str] = set()
        history = cast(JobHistory, SimpleNamespace(durations=self._durations))
        self.estimates = ListedEstimates(history, self, self._updated)

    def run_worker(self, work: Any, **_: Any) -> Any:
        self.work.append(work)

    async def update(self, *pipelines: Pipeline, is_news: bool = False) -> None:
        jobs = {RUN.id: RUN}
        self.estimates.update(pipelines, StatusCache().statuses, jobs, {}, is_news=is_news)
        while self.work:
            await self.work.pop()()

    def _durations(self, names: Iterable[str]) -> dict[str, tuple[float, ...]]:
        self.names = set(names)
        return PAST

    def _updated(self) -> None:
        self.updates += 1


@pytest.fixture(name="time")
def _time(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    time = SimpleNamespace(seconds=20.0)
    monkeypatch.setattr(clock, "monotonic", lambda: time.seconds)
    monkeypatch.setattr(clock, "now", lambda: NOON.fromtimestamp(
        NOON.timestamp() + time.seconds, NOON.tzinfo
    ))  # fmt: skip
    return time


async def test_the_estimate_of_a_running_pipeline_decreases_also_without_news(
    time: SimpleNamespace,
) -> None:
    estimating = Estimating()
    paused = pipeline(2, "PAUSED", {"c": "PENDING"})
    await estimating.update(ACTIVE, paused)
    assert estimating.estimates.get(ACTIVE.pipeline_id).remaining == 150
    assert estimating.estimates.get(paused.pipeline_id).words == ""
    assert estimating.names == {"a.py", "b.py", "c.py"}
    time.seconds += UPDATE_INTERVAL - 1
    await estimating.update(ACTIVE)
    assert estimating.updates == 1
    await estimating.update(ACTIVE, is_news=True)
    assert estimating.estimates.get(ACTIVE.pipeline_id).remaining == 146
    time.seconds += UPDATE_INTERVAL
    await estimating.update(ACTIVE)
    assert estimating.estimates.get(ACTIVE.pipeline_id).remaining == 141
    assert estimating.updates == 3
    time.seconds += MOST_AGE + 1
    assert estimating.estimates.get(ACTIVE.pipeline_id).words == ""


async def test_without_the_start_of_a_running_job_there_is_no_estimate(
    time: SimpleNamespace,  # noqa: ARG001 (sets the clock)
) -> None:
    estimating, unknown = Estimating(), pipeline(3, runs={"b": "RUNNING"})
    await estimating.update(unknown)
    words = estimating.estimates.get(unknown.pipeline_id).words
    assert words == "no ETA: the start of a running job is not known"
