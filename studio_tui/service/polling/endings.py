"""Watched jobs and pipelines, and notifications when they end.

Watched is what was submitted, run again, opened or marked in this dashboard. What had already
ended by then is not reported.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from studio_tui.api.models import Job, JobState, Pipeline, PipelineState
from studio_tui.service.listeners import Listeners
from studio_tui.service.polling.snapshot import Snapshot

OVER = frozenset({PipelineState.COMPLETED, PipelineState.FAILED, PipelineState.CANCELED})
"""States of pipelines that have ended."""


@dataclass(frozen=True, slots=True)
class Ended:
    """What had ended in one poll."""

    jobs: tuple[Job, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()

    def __add__(self, other: "Ended") -> "Ended":
        """Return both combined."""
        return Ended(self.jobs + other.jobs, self.pipelines + other.pipelines)

    @property
    def failed(self) -> int:
        """Number of failed jobs and pipelines."""
        return sum(job.state is JobState.FAILED for job in self.jobs) + sum(
            pipeline.state is PipelineState.FAILED for pipeline in self.pipelines
        )


@dataclass(frozen=True, slots=True)
class Badge:
    """What has ended in a place since it was last viewed."""

    ended: int = 0
    failed: int = 0
    """Number of those that failed."""


Badges = dict[str, Badge]
"""By the name of the place; places where nothing has ended are left out."""


class Endings:
    """Watches lists for ended items and notifies listeners; its badges can be subscribed to."""

    name = "endings"

    def __init__(self) -> None:
        self.snapshot: Snapshot[Badges] = Snapshot({})
        self._jobs: set[str] = set()
        self._pipelines: dict[str, Pipeline] = {}
        """Pipelines as they were when watching began."""
        self._seen: dict[str, object] = {}
        """The last list checked, by its name; removed when more items are watched."""
        self._ended = Listeners[[Ended]]()
        self._listeners = Listeners[[Snapshot[Badges]]]()

    # Watching.

    def watch(self, jobs: Iterable[Job]) -> None:
        """Watch jobs, unless they have ended."""
        for job in jobs:
            if not job.state.is_finished and job.id not in self._jobs:
                self._jobs.add(job.id)
                self._seen.pop("jobs", None)

    def watch_pipelines(self, pipelines: Iterable[Pipeline]) -> None:
        """Watch pipelines; one that has ended is reported only after running again."""
        for pipeline in pipelines:
            known = self._pipelines.get(pipeline.pipeline_id)
            if known is None or (known.state in OVER and pipeline is not known):
                self._pipelines[pipeline.pipeline_id] = pipeline
                self._seen.pop("pipelines", None)

    def watch_rows(self, rows: Sequence[object]) -> None:
        """Watch those rows of a list that are jobs or pipelines."""
        self.watch(row for row in rows if isinstance(row, Job))
        self.watch_pipelines(row for row in rows if isinstance(row, Pipeline))

    # Checking lists.

    def check_jobs(self, jobs: Iterable[Job]) -> None:
        """Check a list of jobs for ended ones, unless it is the same list object as before."""
        if not self._jobs or self._seen.get("jobs") is jobs:
            return
        self._seen["jobs"] = jobs
        ended = [job for job in jobs if job.id in self._jobs and job.state.is_finished]
        self._jobs.difference_update(job.id for job in ended)
        if ended:
            self._ended.notify(Ended(jobs=tuple(ended)))

    def check_pipelines(self, pipelines: Iterable[Pipeline]) -> None:
        """Check a list of pipelines for ended ones."""
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
        if before is None or pipeline.state not in OVER:
            return False
        moved = (pipeline.state, pipeline.updated_at) != (before.state, before.updated_at)
        return moved or before.state not in OVER

    # Notifying.

    def on_end(self, listener: Callable[[Ended], None]) -> Callable[[], None]:
        """Call `listener` with what ends from now on; return a function that unsubscribes it."""
        return self._ended.add(listener)

    def subscribe(self, listener: Callable[[Snapshot[Badges]], None]) -> Callable[[], None]:
        """Call `listener` with the badges from now on; return a function that unsubscribes it."""
        return self._listeners.add(listener)

    def badge(self, place: str, ended: int, failed: int) -> None:
        """Add ended items to the badge of a place that is not shown."""
        badges = self.snapshot.value or {}
        before = badges.get(place, Badge())
        badge = Badge(before.ended + ended, before.failed + failed)
        self._publish({**badges, place: badge})

    def look_at(self, place: str) -> None:
        """Remove the badge of a place that is now shown."""
        badges = self.snapshot.value or {}
        if place in badges:
            self._publish({name: badge for name, badge in badges.items() if name != place})

    def _publish(self, badges: Badges) -> None:
        self.snapshot = Snapshot(badges)
        self._listeners.notify(self.snapshot)
