"""Watched jobs and pipelines, notifications when they end, and requests that jobs' ends repeat.

Jobs and pipelines that were submitted, run again, opened or marked in this dashboard are watched;
those that had already ended are not reported, nor those canceled as requested here, since the
request itself is reported.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from studio_tui.api.models import Job, Pipeline
from studio_tui.api.states import JobState, PipelineState
from studio_tui.service.listeners import Listeners
from studio_tui.service.polling.snapshot import Snapshot, SnapshotPublisher


@dataclass(frozen=True, slots=True)
class Ended:
    """Watched jobs and pipelines found to have ended."""

    jobs: tuple[Job, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()

    def __add__(self, other: "Ended") -> "Ended":
        """Return both combined."""
        return Ended(self.jobs + other.jobs, self.pipelines + other.pipelines)

    @property
    def count(self) -> int:
        """Number of jobs and pipelines."""
        return len(self.jobs) + len(self.pipelines)

    @property
    def failed(self) -> int:
        """Number of failed jobs and pipelines."""
        return sum(job.state is JobState.FAILED for job in self.jobs) + sum(
            pipeline.state is PipelineState.FAILED for pipeline in self.pipelines
        )


@dataclass(frozen=True, slots=True)
class Badge:
    """The endings on a tab since it was last viewed."""

    ended: int = 0
    """Number of items that have ended, including failed ones."""
    failed: int = 0
    """Number of items that have failed."""


Badges = dict[str, Badge]
"""By tab; tabs without news are absent."""


class Endings(SnapshotPublisher[Badges]):
    """Watches lists for ended items and notifies listeners; its badges can be subscribed to."""

    def __init__(self) -> None:
        super().__init__("endings", Snapshot({}))
        self._jobs: set[str] = set()
        self._canceled_here: set[str] = set()
        """Jobs whose cancellation was requested here, until they have ended."""
        self._pipelines: dict[str, Pipeline] = {}
        """Pipelines as they were when watching began."""
        self._seen: dict[str, object] = {}
        """The last list checked of each kind, to skip it next time; removed when another item is
        watched, so that the same list is checked again."""
        self._ended = Listeners[[Ended]]()

    # Watching.

    def watch(self, jobs: Iterable[Job]) -> None:
        """Watch jobs, unless they have ended."""
        for job in jobs:
            if not job.state.is_finished and job.id not in self._jobs:
                self._jobs.add(job.id)
                self._seen.pop("jobs", None)

    def watch_pipelines(self, pipelines: Iterable[Pipeline]) -> None:
        """Watch pipelines; one that has ended is reported only once its state or `updated_at` has
        changed, which means that it ran again: unlike a job, a pipeline can."""
        for pipeline in pipelines:
            known = self._pipelines.get(pipeline.pipeline_id)
            if known is None or (known.state.is_finished and pipeline is not known):
                self._pipelines[pipeline.pipeline_id] = pipeline
                self._seen.pop("pipelines", None)

    def watch_rows(self, rows: Sequence[object]) -> None:
        """Watch those rows of a list that are jobs or pipelines."""
        self.watch(row for row in rows if isinstance(row, Job))
        self.watch_pipelines(row for row in rows if isinstance(row, Pipeline))

    @contextmanager
    def canceling(self, job_id: str) -> Iterator[None]:
        """Not report that a job was canceled, unless the request made meanwhile fails.

        A job that ends in another way, such as completing before, is reported.
        """
        self._canceled_here.add(job_id)
        try:
            yield
        except BaseException:
            self._canceled_here.discard(job_id)
            raise

    # Checking lists.

    def check_jobs(self, jobs: Iterable[Job]) -> None:
        """Check a list of jobs for ended ones, unless it is the same list object as before."""
        if not self._jobs or self._seen.get("jobs") is jobs:
            return
        self._seen["jobs"] = jobs
        ended = [job for job in jobs if job.id in self._jobs and job.state.is_finished]
        self._jobs.difference_update(job.id for job in ended)
        as_requested = self._canceled_here.intersection(
            job.id for job in ended if job.state is JobState.CANCELED
        )
        self._canceled_here.difference_update(job.id for job in ended)
        if check := tuple(job for job in ended if job.id not in as_requested):
            self._ended.notify(Ended(jobs=check))

    def check_pipelines(self, pipelines: Iterable[Pipeline]) -> None:
        """Check a list of pipelines for ended ones, unless it is the same list object as before."""
        if not self._pipelines or self._seen.get("pipelines") is pipelines:
            return
        self._seen["pipelines"] = pipelines
        ended = [pipeline for pipeline in pipelines if self._has_ended(pipeline)]
        for pipeline in ended:
            del self._pipelines[pipeline.pipeline_id]
        if ended:
            self._ended.notify(Ended(pipelines=tuple(ended)))

    def _has_ended(self, pipeline: Pipeline) -> bool:
        before = self._pipelines.get(pipeline.pipeline_id)
        if before is None or not pipeline.state.is_finished:
            return False
        has_changed = (pipeline.state, pipeline.updated_at) != (before.state, before.updated_at)
        return has_changed or not before.state.is_finished

    # Notifying.

    def on_end(self, listener: Callable[[Ended], None]) -> Callable[[], None]:
        """Call `listener` with each ending from now on; return a function that unsubscribes it."""
        return self._ended.add(listener)

    def add_to_badge(self, tab: str, ended: int, failed: int) -> None:
        """Add ended items to the badge of a tab that is not shown."""
        badges = self.snapshot.value or {}
        before = badges.get(tab, Badge())
        badge = Badge(before.ended + ended, before.failed + failed)
        self._publish(Snapshot({**badges, tab: badge}))

    def clear_badge(self, tab: str) -> None:
        """Remove the badge of a tab that is now shown."""
        badges = self.snapshot.value or {}
        if tab in badges:
            left = {name: badge for name, badge in badges.items() if name != tab}
            self._publish(Snapshot(left))


REST = 5.0
"""Seconds between two requests."""


class EndedJobs:
    """Tracks which jobs have ended, and calls back when more have."""

    def __init__(
        self,
        jobs: Callable[[], Sequence[Job] | None],
        ask: Callable[[Sequence[Job]], Awaitable[bool]],
        *,
        rest: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        """Initialise; `jobs` returns the known jobs, `ask` sends the request, returns success."""
        self._jobs = jobs
        self._ask = ask
        self._rest = rest
        self._came = asyncio.Event()

    def check(self) -> None:
        """Check the jobs again, as some may be new or have changed."""
        self._came.set()

    async def follow(self) -> None:
        """Call `ask` now, and then whenever further jobs have ended; never return.

        A failed request is repeated at the next call of `check`.
        """
        asked: frozenset[str] | None = None
        while True:
            self._came.clear()
            jobs = self._jobs()
            ended = None if jobs is None else frozenset(j.id for j in jobs if j.state.is_finished)
            if jobs is not None and ended != asked:
                asked = ended if await self._ask(jobs) else None
                await self._rest(REST)
            await self._came.wait()
