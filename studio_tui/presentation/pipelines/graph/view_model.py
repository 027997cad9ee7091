"""All data about a pipeline at one time: what has been loaded, and what the views show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from statistics import median
from typing import NamedTuple

from studio_tui.api.models import Job, Pipeline
from studio_tui.api.states import JobState
from studio_tui.presentation.format import seconds_between
from studio_tui.presentation.jobs.times import (
    guessed_seconds,
    left_queue_at,
    released_at,
    run_seconds,
)
from studio_tui.presentation.jobs.waiting import Wait
from studio_tui.presentation.logs.progress import Progress
from studio_tui.presentation.pipelines.graph.plan import Node, Plan, plan_of
from studio_tui.presentation.pipelines.graph.statuses import JobStatuses, NodeState, judge
from studio_tui.presentation.pipelines.graph.waits import Bars, wait_of

FEWEST_SAMPLES = 3
"""Minimum number of past runs for a usual duration."""


@dataclass(frozen=True)
class LoadedPipeline:
    """A pipeline, the states of its jobs, and the runs loaded so far."""

    pipeline: Pipeline
    statuses: JobStatuses
    jobs: Mapping[str, Job]
    """Loaded runs by id."""

    @property
    def plan(self) -> Plan:
        """The dependency graph of the jobs."""
        return self.statuses.plan

    def node(self, node_id: str | None) -> Node | None:
        """Return a node; `None` for `None` (a group) and for an id that is not in the pipeline."""
        return self.plan.nodes.get(node_id) if node_id is not None else None

    def job(self, node_id: str | None) -> Job | None:
        """Return the run of a node; `None` if it is not loaded."""
        node = self.node(node_id)
        return self.jobs.get(node.run) if node is not None and node.run is not None else None


def loaded_pipeline(
    pipeline: Pipeline, jobs: Mapping[str, Job], before: LoadedPipeline | None = None
) -> LoadedPipeline:
    """Return a loaded pipeline that shares unchanged parts with `before`."""
    if before is not None and pipeline is before.pipeline:
        return LoadedPipeline(pipeline, before.statuses, jobs)
    plan = plan_of(pipeline, before.plan if before is not None else None)
    return LoadedPipeline(pipeline, judge(plan, pipeline.state), jobs)


class RunTime(NamedTuple):
    """Seconds that a job ran."""

    seconds: float
    is_estimate: bool = False
    """Whether the start is unknown, so that `seconds` can include time in the queue."""


@dataclass(frozen=True)
class ViewModel:
    """Data about the jobs of a pipeline; everything except `statuses` and `now` is optional."""

    statuses: JobStatuses
    now: datetime
    jobs: Mapping[str, Job] = field(default_factory=dict)
    """Loaded runs by id (`Node.run` and `Node.attempts`), with times and errors."""
    bars: Bars = field(default_factory=dict[str, Progress])
    past_seconds: Mapping[str, Sequence[float]] = field(default_factory=dict)
    """Seconds that each successful run took, newest first, by name of the job."""

    @property
    def plan(self) -> Plan:
        """The dependency graph of the jobs."""
        return self.statuses.plan

    def job(self, node: Node) -> Job | None:
        """Return the run of a node; `None` if it is not loaded."""
        return self.jobs.get(node.run) if node.run is not None else None

    def bar(self, node: Node) -> Progress | None:
        """Return the progress of a running job, if it shows any; a starting job has none."""
        return self.bars.get(node.run or "") if node.state is JobState.RUNNING else None

    def wait_of(self, node_id: str) -> Wait | None:
        """Return why a job does not run its query; `None` if it does or has ended."""
        job = self.job(self.plan.nodes[node_id])
        if self.statuses.states[node_id] is NodeState.QUEUED and job is not None and job.waits_for:
            return Wait(f"queued: waits for {job.waits_for}", shorter=("queued",))
        return wait_of(self.statuses, node_id, self.bars)

    def usual_seconds(self, node: Node) -> float | None:
        """Return the usual duration of a job in seconds; `None` if there are too few past runs."""
        took = self.past_seconds.get(node.name, ())
        return median(took) if len(took) >= FEWEST_SAMPLES else None

    def longest_failure_seconds(self, node: Node) -> float:
        """Return how long the longest failed attempt ran; 0 without one."""
        if not node.attempts:
            return 0.0
        jobs = (self.jobs.get(run) for run in node.attempts)
        failed = (job for job in jobs if job is not None and job.state is JobState.FAILED)
        return max((run_seconds(job, self.now) or 0.0 for job in failed), default=0.0)

    def run_time(self, node: Node) -> RunTime | None:
        """Return how long a job has run; `None` if it has not run, or if the time is unknown."""
        job = self.job(node)
        state = self.statuses.states[node.id]
        if job is None or state in {NodeState.BLOCKED, NodeState.WAITING, NodeState.QUEUED}:
            return None
        if node.state.is_finished and not job.state.is_finished:
            # The plan says that the job has ended, but the loaded run is older.
            return None
        seconds = run_seconds(job, self.now)
        if seconds is not None:
            return RunTime(seconds)
        if state not in {NodeState.DONE, NodeState.FAILED, NodeState.RUNNING}:
            return None
        guessed = guessed_seconds(job, self.now)
        if guessed is not None and not job.steps:
            # Without steps, the guess counts from the creation of the run, which is far too early:
            # the runs of a pipeline are created together.
            end = job.finished_at if job.state.is_finished else self.now
            guessed = seconds_between(self.ready_at(node), end)
        return RunTime(guessed, is_estimate=True) if guessed is not None else None

    def queue_seconds(self, node: Node) -> float | None:
        """Return how long a job has waited for a worker since its dependencies were complete.

        `None` if unknown, or if the job is not in the queue yet.
        """
        job = self.job(node)
        if job is None:
            return None
        if (left_queue := left_queue_at(job)) is not None:
            return seconds_between(self.ready_at(node), left_queue)
        is_queued = self.statuses.states[node.id] is NodeState.QUEUED
        return seconds_between(self.ready_at(node), self.now) if is_queued else None

    def ready_at(self, node: Node) -> datetime | None:
        """Return when a job was ready to be queued; `None` if unknown.

        That is when its last parent ended or, if later, when its run began to wait for workers. The
        creation of its run alone would be too early: all runs are created with the pipeline.
        """
        job = self.job(node)
        moments = [released_at(job) if job is not None else None]
        for parent in node.parents:
            above = self.job(self.plan.nodes[parent])
            moments.append(above.finished_at if above is not None else None)
        known_moments = [moment for moment in moments if moment is not None]
        return max(known_moments) if len(known_moments) == len(moments) else None
