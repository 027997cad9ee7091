"""How long pollers rest: by what is active, where Studio runs, and whether anybody looks."""

from studio_tui.api.models import Job
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.polling.pipeline_watch import Pace
from studio_tui.service.polling.pipelines_feed import PipelineList, is_moving
from studio_tui.service.polling.poller import BACKOFF_CAP

BUSY_REST = 1.5
"""Seconds between polls of a list with active items."""
IDLE_REST = 10.0
"""Seconds between polls of a list without active items, on a server shared with others."""
CLUSTERS_REST = 30.0
NEAR_CLUSTERS_REST = 3.0
"""Seconds between polls of the clusters on this machine, whose file may be edited."""
SCHEDULES_REST = 30.0
PIPELINES_REST = 5.0
"""Seconds between polls of the list of pipelines, which is long, while one of them is active."""
RUNS_A_SECOND = 2000
"""Jobs of pipelines read per second at most, on average; the rest between polls follows from it."""
JOB_REST = 0.3
NEAR_JOB_REST = 0.05
"""Seconds to rest after a request about one job of a pipeline: remote Studio, local Studio.

Three such requests run concurrently.
"""
NEAR_BACKOFF_CAP = 5.0
"""Maximum seconds between attempts while a Studio on this machine does not answer."""
AWAY_FACTOR = 5.0
"""Factor by which polling slows down while the terminal has no focus."""


class Pacing:
    """The rests of one session's pollers, in seconds."""

    def __init__(self, *, near: bool) -> None:
        """Initialise; `near`: Studio is on this machine, and is polled more often."""
        self.focused = True
        """Whether the terminal has the focus."""
        self.backoff_cap = NEAR_BACKOFF_CAP if near else BACKOFF_CAP
        """Maximum seconds between attempts while Studio does not answer."""
        self._near = near
        self._idle = BUSY_REST if near else IDLE_REST

    def paced(self, seconds: float) -> float:
        """Return a rest, stretched while the terminal has no focus."""
        return seconds if self.focused else seconds * AWAY_FACTOR

    def jobs(self, jobs: JobList) -> float:
        """Return the rest after a list of jobs."""
        moving = any(not job.state.is_finished for job in jobs.jobs)
        return self.paced(BUSY_REST if moving else self._idle)

    def clusters(self, _page: object) -> float:
        """Return the rest after a list of clusters."""
        return self.paced(NEAR_CLUSTERS_REST if self._near else CLUSTERS_REST)

    def schedules(self, _schedules: tuple[Job, ...]) -> float:
        """Return the rest after a list of schedules."""
        return self.paced(SCHEDULES_REST)

    def pipelines(self, pipelines: PipelineList) -> float:
        """Return the rest after a list of pipelines."""
        moving = any(map(is_moving, pipelines.pipelines))
        rest = min(PIPELINES_REST, self._idle) if moving else self._idle
        runs = sum(len(pipeline.job_runs) for pipeline in pipelines.pipelines)
        return self.paced(max(rest, runs / RUNS_A_SECOND))

    def pipeline(self) -> Pace:
        """Return the rests of the watch of one pipeline."""
        return Pace(
            moving=BUSY_REST,
            resting=self._idle,
            job=NEAR_JOB_REST if self._near else JOB_REST,
            backoff_cap=self.backoff_cap,
            paced=self.paced,
        )
