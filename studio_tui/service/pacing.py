"""How long pollers rest after an answer, until the next poll."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from studio_tui import clock
from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.api.pages import ResultPage
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.polling.pipelines_feed import PipelineList, is_moving
from studio_tui.service.polling.poller import BACKOFF_CAP

_GROWTH = 1.25
"""Factor by which a rest grows with each answer that is the same as the one before."""


@dataclass(slots=True)
class GrowingRest:
    """A rest that grows while answers are the same and nothing in them is active.

    Once it has grown to `most`, it ends at multiples of `most` on the clock, so that idle lists are
    polled in one burst.
    """

    least: float
    most: float
    turn: float = 0.0
    """Seconds from such a multiple to the end of the rest; each list has its own turn."""
    busy: float = 0.0
    """The rest while something is active."""
    is_active: bool = False
    _seconds: float = 0.0
    _answer: object = None

    def after(self, answer: object, check: Callable[[], bool] = lambda: False) -> float:
        """Return the seconds to rest after `answer`; an unchanged answer is the same object.

        `check` returns whether something in it is active.
        """
        if answer is not self._answer:
            self._answer, self._seconds, self.is_active = answer, 0.0, check()
        if self.is_active:
            return self.busy
        if not self._seconds:
            self._seconds = self.least
            return self._seconds
        self._seconds = min(self._seconds * _GROWTH, self.most)
        if self.least < self._seconds == self.most:
            rest = clock.until_multiple(self.most) + self.turn
            # At least half the longest rest, which makes `most` the average.
            return rest if rest > self.most / 2 else rest + self.most
        return self._seconds

    def start_over(self) -> None:
        """Begin again with `least`, because a change is expected."""
        self._seconds, self._answer = 0.0, None


BUSY_INTERVAL = 1.5
"""Seconds between polls of the jobs, or of a viewed pipeline, while any of them is active.

On this machine, this is also the rest of the list of pipelines while one is active, and the first
rest of both lists while none is.
"""
IDLE_INTERVAL = 10.0
"""Seconds between polls of jobs or pipelines, none of them active, on a shared server."""
LOCAL_IDLE_INTERVAL = 3.0
"""Seconds between polls of the jobs on this machine, once they have been unchanged for a while."""
LOCAL_OTHERS_INTERVAL = 2 * LOCAL_IDLE_INTERVAL
"""The same for clusters and pipelines, which are also polled whenever the jobs have changed."""
CLUSTERS_INTERVAL = 30.0
LOCAL_CLUSTERS_INTERVAL = 3.0
"""The shortest rest of the clusters on this machine, whose file the user may be editing."""
SCHEDULES_INTERVAL = 30.0
PIPELINES_INTERVAL = 5.0
"""Seconds between polls of the list of pipelines while one is active, on a shared server.

Its answers are large.
"""
RUNS_A_SECOND = 2000
"""Maximum number of jobs of pipelines received per second, on average; it may lengthen a rest."""
JOB_INTERVAL = 0.3
"""Seconds after a request about one job of a pipeline; three such requests run at once."""
LOCAL_JOB_INTERVAL = 0.05
LOCAL_BACKOFF_CAP = 5.0
AWAY_FACTOR = 5.0

_TURN = 0.05


class Pacing:
    """The rests of one session's pollers, in seconds."""

    def __init__(self, *, is_local: bool) -> None:
        self.focused = True
        self._is_local = is_local
        self.backoff_cap = LOCAL_BACKOFF_CAP if is_local else BACKOFF_CAP
        least = BUSY_INTERVAL if is_local else IDLE_INTERVAL
        self._idle = least
        self._job = LOCAL_JOB_INTERVAL if is_local else JOB_INTERVAL
        self._jobs = GrowingRest(
            least, LOCAL_IDLE_INTERVAL if is_local else least, busy=BUSY_INTERVAL
        )
        self._pipelines = GrowingRest(
            least,
            LOCAL_OTHERS_INTERVAL if is_local else least,
            _TURN,
            busy=min(PIPELINES_INTERVAL, least),
        )
        clusters = LOCAL_CLUSTERS_INTERVAL if is_local else CLUSTERS_INTERVAL
        self._clusters = GrowingRest(
            clusters, LOCAL_OTHERS_INTERVAL if is_local else clusters, 2 * _TURN
        )

    def stretch(self, seconds: float) -> float:
        """Return `seconds`, or a multiple of it while the terminal has no focus.

        While a local Studio is active, it is never a multiple: the user may be working in another
        window and looking at this one.
        """
        is_active = self._jobs.is_active or self._pipelines.is_active
        return seconds if self.focused or (self._is_local and is_active) else seconds * AWAY_FACTOR

    def expect_changes(self) -> None:
        """Begin with the shortest rests again, because the lists may have changed."""
        for rest in (self._jobs, self._pipelines, self._clusters):
            rest.start_over()

    def jobs(self, jobs: JobList) -> float:
        rest = self._jobs.after(jobs, lambda: any(not job.state.is_finished for job in jobs.jobs))
        return self.stretch(rest)

    def clusters(self, clusters: ResultPage[Cluster]) -> float:
        return self.stretch(self._clusters.after(clusters))

    def schedules(self, _schedules: Sequence[Job]) -> float:
        return self.stretch(SCHEDULES_INTERVAL)

    def pipelines(self, pipelines: PipelineList) -> float:
        rest = self._pipelines.after(pipelines, lambda: any(map(is_moving, pipelines.pipelines)))
        runs = sum(len(pipeline.job_runs) for pipeline in pipelines.pipelines)
        return self.stretch(max(rest, runs / RUNS_A_SECOND))

    def pipeline(self, pipeline: Pipeline) -> float:
        """Return the rest after an answer about one viewed pipeline."""
        return self.stretch(BUSY_INTERVAL if is_moving(pipeline) else self._idle)

    def job(self) -> float:
        """Return the rest after a request for one job of a pipeline."""
        return self.stretch(self._job)
