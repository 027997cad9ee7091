"""Watches jobs and pipelines until they end.

Watched are those that were submitted, run again, opened or marked in this dashboard.
"""

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from studio_tui.api.models import Job, Pipeline
from studio_tui.api.states import JobState, PipelineState
from studio_tui.service.listeners import Listeners
from studio_tui.service.polling.snapshot import Snapshot, SnapshotPublisher


@dataclass(frozen=True, slots=True)
class Ended:
    """Watched jobs and pipelines that have ended."""

    jobs: tuple[Job, ...] = ()
    pipelines: tuple[Pipeline, ...] = ()

    def __add__(self, other: "Ended") -> "Ended":
        return Ended(self.jobs + other.jobs, self.pipelines + other.pipelines)

    @property
    def failed_by_id(self) -> dict[str, bool]:
        """Whether each job or pipeline failed, by its id."""
        return {job.id: job.state is JobState.FAILED for job in self.jobs} | {
            each.pipeline_id: each.state is PipelineState.FAILED for each in self.pipelines
        }


@dataclass(frozen=True, slots=True)
class Badge:
    """The items that have ended since their tab or their page was last viewed."""

    failed_by_id: Mapping[str, bool]
    """Whether each failed when it ended last, by its id."""

    @property
    def ended(self) -> int:
        """Number of items, including the failed ones."""
        return len(self.failed_by_id)

    @property
    def failed(self) -> int:
        return sum(self.failed_by_id.values())


Badges = dict[str, Badge]
"""The badge of each tab; a tab is absent if nothing has ended since it was viewed."""


class Endings(SnapshotPublisher[Badges]):
    """Watches for the end of items in polled lists; its snapshots are the badges of tabs."""

    def __init__(self) -> None:
        super().__init__("endings", Snapshot({}))
        self._jobs: set[str] = set()
        self._ended_jobs: set[str] = set()
        """Ids of the watched jobs that have ended."""
        self._canceled_here: set[str] = set()
        """Ids of the jobs that this dashboard requests to cancel, until that fails or they end."""
        self._pipelines: dict[str, Pipeline] = {}
        """Watched pipelines by id, as they were when watching began.

        A pipeline that had ended then is replaced by each newer version that is to be watched.
        """
        self._checked: dict[str, object] = {}
        """The list that was checked last, by kind; removed when an item of the kind is added."""
        self._ended = Listeners[[Ended]]()

    # Watching.

    def watch(self, jobs: Iterable[Job]) -> None:
        """Watch jobs that have not ended.

        A job whose end was noticed is not watched again, as the row passed here may be old.
        """
        for job in jobs:
            is_known = job.id in self._jobs or job.id in self._ended_jobs
            if not job.state.is_finished and not is_known:
                self._jobs.add(job.id)
                self._checked.pop("jobs", None)

    def watch_pipelines(self, pipelines: Iterable[Pipeline]) -> None:
        """Watch pipelines, also those that have ended: unlike a job, a pipeline can run again."""
        for pipeline in pipelines:
            watched = self._pipelines.get(pipeline.pipeline_id)
            if watched is None or (watched.state.is_finished and pipeline is not watched):
                self._pipelines[pipeline.pipeline_id] = pipeline
                self._checked.pop("pipelines", None)

    def watch_rows(self, rows: Sequence[object]) -> None:
        """Watch the jobs and pipelines among the rows of a list."""
        self.watch(row for row in rows if isinstance(row, Job))
        self.watch_pipelines(row for row in rows if isinstance(row, Pipeline))

    @contextmanager
    def canceling(self, job_id: str) -> Iterator[None]:
        """Do not report the end of a job as CANCELED if the request in this context succeeds."""
        self._canceled_here.add(job_id)
        try:
            yield
        except BaseException:
            self._canceled_here.discard(job_id)
            raise

    # Checking lists.

    def check_jobs(self, jobs: Iterable[Job]) -> None:
        """Report the watched jobs of a list that have ended."""
        if not self._jobs or self._checked.get("jobs") is jobs:
            return
        self._checked["jobs"] = jobs
        ended = [job for job in jobs if job.id in self._jobs and job.state.is_finished]
        self._jobs.difference_update(job.id for job in ended)
        self._ended_jobs.update(job.id for job in ended)
        canceled_as_requested = self._canceled_here.intersection(
            job.id for job in ended if job.state is JobState.CANCELED
        )
        self._canceled_here.difference_update(job.id for job in ended)
        if reported := tuple(job for job in ended if job.id not in canceled_as_requested):
            self._ended.notify(Ended(jobs=reported))

    def check_pipelines(self, pipelines: Iterable[Pipeline]) -> None:
        """Report the watched pipelines of a list that have ended."""
        if not self._pipelines or self._checked.get("pipelines") is pipelines:
            return
        self._checked["pipelines"] = pipelines
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
        """Call `listener` when watched items end; return a function that unsubscribes it."""
        return self._ended.add(listener)

    def add_to_badge(self, tab: str, ended: Ended) -> None:
        """Add ended items to the badge of a tab that is not shown."""
        badges = self.snapshot.value or {}
        before = badges[tab].failed_by_id if tab in badges else {}
        self._publish(Snapshot({**badges, tab: Badge({**before, **ended.failed_by_id})}))

    def clear_badge(self, tab: str, ids: Container[str] | None = None) -> None:
        """Remove the badge of a tab that is now shown; with `ids`, only these items of it."""
        badges = self.snapshot.value or {}
        if tab not in badges:
            return
        before = badges[tab].failed_by_id
        left = {
            each: failed for each, failed in before.items() if ids is not None and each not in ids
        }
        if len(left) < len(before):
            others = {name: badge for name, badge in badges.items() if name != tab}
            self._publish(Snapshot({**others, tab: Badge(left)} if left else others))
