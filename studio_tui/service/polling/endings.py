"""Which jobs and pipelines somebody here cares about, and that they have ended.

Cared for is what was submitted, run again, opened or marked in this dashboard. What had ended by
then is no news.
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
    """What was found to have ended at one look."""

    jobs: tuple[Job, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()

    def __add__(self, other: "Ended") -> "Ended":
        """Return both as one."""
        return Ended(self.jobs + other.jobs, self.pipelines + other.pipelines)

    @property
    def failed(self) -> int:
        """How many of it have failed."""
        return sum(job.state is JobState.FAILED for job in self.jobs) + sum(
            pipeline.state is PipelineState.FAILED for pipeline in self.pipelines
        )


@dataclass(frozen=True, slots=True)
class Badge:
    """What has ended in a place since it was looked at last."""

    ended: int = 0
    failed: int = 0
    """Those of them that have failed."""


Badges = dict[str, Badge]
"""By the name of the place; one where nothing has ended is not in it."""


class Endings:
    """Hears of every list, and tells of what has ended; its badges can be listened to."""

    name = "endings"

    def __init__(self) -> None:
        self.snapshot: Snapshot[Badges] = Snapshot({})
        self._jobs: set[str] = set()
        self._pipelines: dict[str, Pipeline] = {}
        """As they were when they began to be cared for."""
        self._seen: dict[str, object] = {}
        """The list last heard of, by what it is of; nothing when others are cared for since."""
        self._ended = Listeners[[Ended]]()
        self._listeners = Listeners[[Snapshot[Badges]]]()

    # What is cared for.

    def watch(self, jobs: Iterable[Job]) -> None:
        """Care for jobs, unless they have ended."""
        for job in jobs:
            if not job.state.is_finished and job.id not in self._jobs:
                self._jobs.add(job.id)
                self._seen.pop("jobs", None)

    def watch_pipelines(self, pipelines: Iterable[Pipeline]) -> None:
        """Care for pipelines; one that has ended counts once it has gone on."""
        for pipeline in pipelines:
            known = self._pipelines.get(pipeline.pipeline_id)
            if known is None or (known.state in OVER and pipeline is not known):
                self._pipelines[pipeline.pipeline_id] = pipeline
                self._seen.pop("pipelines", None)

    def watch_rows(self, rows: Sequence[object]) -> None:
        """Care for those rows of a list that are jobs or pipelines."""
        self.watch(row for row in rows if isinstance(row, Job))
        self.watch_pipelines(row for row in rows if isinstance(row, Pipeline))

    # What is heard.

    def hear_jobs(self, jobs: Iterable[Job]) -> None:
        """Look for what has ended in a list of jobs; the same list as before has nothing new."""
        if not self._jobs or self._seen.get("jobs") is jobs:
            return
        self._seen["jobs"] = jobs
        ended = [job for job in jobs if job.id in self._jobs and job.state.is_finished]
        self._jobs.difference_update(job.id for job in ended)
        if ended:
            self._ended.tell(Ended(jobs=tuple(ended)))

    def hear_pipelines(self, pipelines: Iterable[Pipeline]) -> None:
        """Look for what has ended in a list of pipelines."""
        if not self._pipelines or self._seen.get("pipelines") is pipelines:
            return
        self._seen["pipelines"] = pipelines
        ended = [pipeline for pipeline in pipelines if self._has_ended(pipeline)]
        for pipeline in ended:
            del self._pipelines[pipeline.pipeline_id]
        if ended:
            self._ended.tell(Ended(pipelines=tuple(ended)))

    def _has_ended(self, pipeline: Pipeline) -> bool:
        before = self._pipelines.get(pipeline.pipeline_id)
        if before is None or pipeline.state not in OVER:
            return False
        moved = (pipeline.state, pipeline.updated_at) != (before.state, before.updated_at)
        return moved or before.state not in OVER

    # What is told.

    def on_end(self, listener: Callable[[Ended], None]) -> Callable[[], None]:
        """Tell `listener` of what ends from now on; return a function that ends it."""
        return self._ended.add(listener)

    def subscribe(self, listener: Callable[[Snapshot[Badges]], None]) -> Callable[[], None]:
        """Tell `listener` of the badges from now on; return a function that ends it."""
        return self._listeners.add(listener)

    def badge(self, place: str, ended: int, failed: int) -> None:
        """Note that so many have ended in a place that nobody looks at."""
        badges = self.snapshot.value or {}
        before = badges.get(place, Badge())
        badge = Badge(before.ended + ended, before.failed + failed)
        self._publish({**badges, place: badge})

    def look_at(self, place: str) -> None:
        """Note that somebody looks at a place."""
        badges = self.snapshot.value or {}
        if place in badges:
            self._publish({name: badge for name, badge in badges.items() if name != place})

    def _publish(self, badges: Badges) -> None:
        self.snapshot = Snapshot(badges)
        self._listeners.tell(self.snapshot)
