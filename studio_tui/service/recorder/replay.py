"""Plays back a recording in place of Studio: answers requests with the data of one moment of it."""

import asyncio
from bisect import bisect_right
from collections.abc import AsyncGenerator, Callable
from datetime import datetime, timedelta
from typing import Any, NoReturn

from studio_tui import clock
from studio_tui.api.job_kinds import runs_on
from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.api.pages import ResultPage
from studio_tui.api.states import STATES_WITH_WORKERS, JobState
from studio_tui.errors import NotFound, ReadOnly
from studio_tui.service.recorder.bodies import JOB, MODELS, PIPELINE, model_of
from studio_tui.service.recorder.differences import GONE, apply_difference
from studio_tui.service.recorder.recording_file import Change, RecordingContents

CHECK_EVERY = 0.2
"""In seconds."""

MARGIN = timedelta(seconds=1)
"""A replay begins this long before the first change, and ends at least this long after it."""


class ReplayTime:
    """The time in a recording that is played back: at any speed, with pauses and steps."""

    def __init__(
        self,
        recording: RecordingContents,
        speed: float,
        monotonic: Callable[[], float] = clock.monotonic,
    ) -> None:
        self.begins = recording.begins - MARGIN
        self.ends = max(recording.ends, recording.begins + MARGIN)
        self.speed = speed
        """Recorded seconds per real second."""
        self.is_running = True
        self._moments = sorted({change.at for change in recording.changes})
        self._monotonic = monotonic
        self._set_to = self.begins
        """The time in the recording at the last start, pause, resumption or step."""
        self._set_at = monotonic()
        """When that was, in monotonic seconds."""

    def now(self) -> datetime:
        """Return the current time in the recording, at most its end."""
        if not self.is_running:
            return self._set_to
        elapsed = timedelta(seconds=(self._monotonic() - self._set_at) * self.speed)
        return min(self.ends, self._set_to + elapsed)

    @property
    def share(self) -> float:
        """The part of the recording that has been played, from 0 to 1."""
        return (self.now() - self.begins) / (self.ends - self.begins)

    def pause_or_resume(self) -> None:
        """Pause if the playback runs, else resume it; at the end, start over."""
        now = self.now()
        self._set(
            self.begins if now >= self.ends else now, runs=not self.is_running or now >= self.ends
        )

    def step(self, *, back: bool = False) -> None:
        """Go to the next change, or with `back` to the previous one, and pause there."""
        now = self.now()
        if back:
            moment = next((each for each in reversed(self._moments) if each < now), self.begins)
        else:
            moment = next((each for each in self._moments if each > now), self.ends)
        self._set(moment, runs=False)

    async def run(self, on_changed: Callable[[], None]) -> None:
        """Until canceled, call `on_changed` after the time has passed changes, also backwards."""
        before = 0
        while True:
            reached = bisect_right(self._moments, self.now())
            if reached != before:
                before = reached
                on_changed()
            await asyncio.sleep(CHECK_EVERY)

    def _set(self, moment: datetime, *, runs: bool) -> None:
        self._set_to, self._set_at, self.is_running = moment, self._monotonic(), runs


class ReplayClient:
    """Answers like `StudioClient`, but from a recording, in which nothing can be changed."""

    is_local_studio = False
    url = origin = ""

    def __init__(self, recording: RecordingContents, time: ReplayTime) -> None:
        self.time = time
        self._changes = recording.changes
        self._lists = recording.lists
        self._changed_jobs = {each.id for each in recording.changes if each.kind == JOB}
        self._applied = 0
        self._bodies: dict[tuple[str, str], Any] = {}
        self._models: dict[tuple[str, str], Job | Pipeline] = {}
        self._answers: dict[str, ResultPage[Any]] = {}

    async def job(self, job_id: str) -> Job | None:
        """Return a job at this time; `None` if it is not in the recording then."""
        return next((job for job in self._items(JOB) if job.id == job_id), None)

    async def jobs(self, *, limit: int = 100, status: str | None = None) -> ResultPage[Job]:
        """Return up to `limit` jobs at this time, newest first.

        With the status ACTIVE, return only unfinished ones; with TASK, all schedules. Any other
        status is ignored.
        """
        jobs: list[Any] = self._items(JOB)
        if status == JobState.TASK:
            tasks = [job for job in jobs if job.state is JobState.TASK]
            return self._page("schedules", (*tasks, *self._unrecorded_tasks()))
        if status == "ACTIVE":
            jobs = [job for job in jobs if not job.state.is_finished]
        return self._page(f"jobs {limit} {status}", tuple(jobs[:limit]))

    async def pipelines(self, *, limit: int = 100) -> ResultPage[Pipeline]:
        """Return up to `limit` pipelines at this time, newest first."""
        return self._page(f"pipelines {limit}", tuple(self._items(PIPELINE)[:limit]))

    async def pipeline(
        self, *, pipeline_id: str | None = None, name: str | None = None
    ) -> Pipeline:
        """Return a pipeline by id or, without an id, by name; raise `NotFound` if there is none."""
        for item in self._items(PIPELINE):
            if pipeline_id == item.pipeline_id or (pipeline_id is None and name == item.name):
                pipeline: Pipeline = item
                return pipeline
        raise NotFound(404, "This pipeline is not in the recording at this time.")

    async def clusters(self) -> ResultPage[Cluster]:
        """Return the clusters as recorded last, with the workers that are busy at this time."""
        clusters: list[Cluster] = self._listed("clusters", Cluster)
        jobs = [job for job in self._items(JOB) if job.state in STATES_WITH_WORKERS]
        updated = (_with_busy_workers(jobs, cluster, clusters) for cluster in clusters)
        return self._page("clusters", tuple(updated))

    async def follow_log(self, job_id: str) -> AsyncGenerator[Any, None]:
        """Raise `NotFound`, as there are no logs in a recording."""
        await self._raise_not_recorded(job_id)
        yield

    async def _raise_not_recorded(self, *_: object, **__: object) -> NoReturn:
        raise NotFound(404, "A recording has no logs and no datasets.")

    async def _refuse(self, *_: object, **__: object) -> NoReturn:
        raise ReadOnly("Nothing can be changed in a recording.")

    job_logs = job_log_end = job_dataset_versions = _raise_not_recorded
    create_job = cancel_job = upload_file = trigger_pipeline = _refuse
    pause_pipeline = resume_pipeline = remove_job = _refuse

    async def aclose(self) -> None:
        """Do nothing, as nothing is open."""

    def _items(self, kind: str) -> list[Any]:
        self._update_to(self.time.now())
        models = []
        for (item_kind, item_id), body in self._bodies.items():
            if item_kind != kind:
                continue
            model = self._models.get((item_kind, item_id)) or model_of(MODELS[kind], body)
            if isinstance(model, Job | Pipeline):
                self._models[item_kind, item_id] = model
                models.append(model)
        # Of items created at the same time, Studio lists the last one first.
        models.sort(key=lambda item: item.created_at or self.time.ends)
        return models[::-1]

    def _unrecorded_tasks(self) -> list[Job]:
        """Return the schedules that exist at this time and were never among the recorded jobs.

        Only their last version is recorded, so the timetable that they had at this time is unknown.
        """
        now = self.time.now()
        return [
            task.model_copy(update={"schedule": None})
            for task in self._listed("schedules", Job)
            if task.id not in self._changed_jobs and task.created_at and task.created_at <= now
        ]

    def _update_to(self, moment: datetime) -> None:
        """Apply the changes up to `moment`; to go back, all of them are applied again."""
        if self._applied and self._changes[self._applied - 1].at > moment:
            self._applied, self._bodies, self._models = 0, {}, {}
        while self._applied < len(self._changes) and self._changes[self._applied].at <= moment:
            self._apply(self._changes[self._applied])
            self._applied += 1

    def _apply(self, change: Change) -> None:
        key = change.kind, change.id
        self._models.pop(key, None)
        if change.difference == GONE:
            self._bodies.pop(key, None)
            return
        try:
            self._bodies[key] = apply_difference(self._bodies.get(key), change.difference)
        except ValueError:
            # The file lacks an earlier change of this item, or has one that does not fit. The item
            # appears with the next change that has its whole body.
            self._bodies.pop(key, None)

    def _listed(self, name: str, model: type[Any]) -> list[Any]:
        models = (model_of(model, body) for body in self._lists.get(name, ()))
        return [item for item in models if item is not None]

    def _page(self, name: str, items: tuple[Any, ...]) -> ResultPage[Any]:
        """Return an answer; the object returned last under this name if nothing has changed."""
        cached = self._answers.get(name)
        if cached is None or cached.items != items:
            cached = self._answers[name] = ResultPage(items)
        return cached


def _with_busy_workers(jobs: list[Job], cluster: Cluster, clusters: list[Cluster]) -> Cluster:
    """Return a cluster, counting the workers of the `jobs` that run on it as busy.

    If there is only one cluster, all jobs run on it. The number is unknown if any job runs on none
    of `clusters`, or if it was unknown in the recorded cluster.
    """
    own = [job for job in jobs if runs_on(job, cluster)]
    on_any_cluster = [job for job in jobs if any(runs_on(job, each) for each in clusters)]
    if len(clusters) == 1:
        own = on_any_cluster = jobs
    is_known = cluster.busy_workers is not None and len(on_any_cluster) == len(jobs)
    busy = sum(job.workers or 1 for job in own) if is_known else None
    return cluster.model_copy(update={"busy_workers": busy, "active_workers": None})
