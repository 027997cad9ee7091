"""What the user can have done with a pipeline: pause, resume, take a job out, stop it safely.

Each is a state that is wanted. Where the outcome of a request is unknown the pipeline is read
again, and the request repeated while the state is not there and nothing newer is wanted.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from studio_tui import clock
from studio_tui.api.models import JobState, Pipeline, PipelineJob, PipelineState, RemovedJob
from studio_tui.errors import InvalidRequest, NotSent, OutcomeUnknown, StudioError

CANCELS_AT_ONCE = 3
ROUNDS = 3
"""Times that a pipeline which is being stopped is looked at for jobs that run."""

ENDING_RESTS = (0.5, 0.5, 1.0, 1.0, 2.0, 2.0, 3.0)
"""Seconds before each further look, while jobs that were cancelled have not ended."""

_CANCELING = frozenset({JobState.CANCELING, JobState.CANCELING_SCHEDULED})
_ENDED = frozenset({JobState.COMPLETE, JobState.FAILED})

_RESTS = (0.5, 1.0)
"""Seconds after each try but the last."""


class SteersPipelines(Protocol):
    """What is asked of Studio here."""

    async def pipeline(self, *, pipeline_id: str | None = ...) -> Pipeline:
        """Return one pipeline."""
        ...

    async def pause_pipeline(self, *, pipeline_id: str | None = ...) -> Pipeline | None:
        """Start no more of its jobs."""
        ...

    async def resume_pipeline(self, *, pipeline_id: str | None = ...) -> Pipeline | None:
        """Start its jobs."""
        ...

    async def remove_job(self, job_id: str, *, pipeline_id: str | None = ...) -> Pipeline | None:
        """Take a job out."""
        ...

    @property
    def own(self) -> "RestoresJobs":
        """What a local Studio can do beside that."""
        ...


class RestoresJobs(Protocol):
    """What a local Studio can do here."""

    async def restore_job(self, job_id: str, *, pipeline_id: str) -> Pipeline | None:
        """Put a job back that was taken out."""
        ...


@dataclass(frozen=True, slots=True)
class Left:
    """A job that still ran at the last look, though it was to be cancelled."""

    run: PipelineJob
    error: StudioError | None = None
    """Why it could not be cancelled, if Studio said so."""


@dataclass(frozen=True, slots=True)
class Stopped:
    """What became of stopping a pipeline, by how it stood at the last look."""

    canceled: tuple[PipelineJob, ...]
    """Jobs that were running and are canceled now."""
    canceling: tuple[PipelineJob, ...]
    """Jobs that are being canceled still."""
    ended: tuple[PipelineJob, ...]
    """Jobs that were running and ended by themselves before they could be cancelled."""
    left: tuple[Left, ...]
    starts_more: bool
    """Whether more of its jobs may begin: it could not be held, or somebody resumed it."""


class PipelineCommands:
    """Commands about pipelines; after each the lists are asked again at once."""

    def __init__(
        self,
        client: SteersPipelines,
        cancel: Callable[[str], Awaitable[None]],
        changed: Callable[[], None],
        *,
        rests: tuple[float, ...] = _RESTS,
        now: Callable[[], datetime] = clock.now,
    ) -> None:
        """Take also how a job is cancelled, and whom to tell that something may have changed."""
        self._client = client
        self._cancel = cancel
        self._changed = changed
        self._rests = rests
        self._now = now
        self._removed: dict[str, dict[str, RemovedJob]] = {}
        """Jobs that were taken out here, by pipeline and their ids in the plan."""
        self._wishes: dict[str, object] = {}
        """The latest wish for each pipeline."""
        self._newest: dict[str, Pipeline] = {}
        """What was read of pipelines that were stopped."""

    async def pause(self, pipeline: Pipeline) -> bool:
        """Let what runs come to its end and nothing more start; see `_want` for what is returned.

        Raises:
            StudioError: it was not paused, or it is not known whether it was.
        """
        key = pipeline.pipeline_id
        return await self._want(
            key,
            lambda: self._client.pause_pipeline(pipeline_id=key),
            lambda now: starts_nothing(now.state),
        )

    async def resume(self, pipeline: Pipeline) -> bool:
        """Start what can start; see `_want` for what is returned.

        Raises:
            StudioError: it was not resumed, or it is not known whether it was.
        """
        key, before = pipeline.pipeline_id, (pipeline.state, pipeline.updated_at)

        def is_resumed(now: Pipeline) -> bool:
            # One that had failed may have failed again by now: then it has moved at least.
            return now.state is not PipelineState.PAUSED and (now.state, now.updated_at) != before

        return await self._want(
            key, lambda: self._client.resume_pipeline(pipeline_id=key), is_resumed
        )

    async def remove_job(self, pipeline: Pipeline, job_id: str) -> bool:
        """Take a job, by its id in the plan, out of a paused pipeline; see `_want`.

        Raises:
            StudioError: it was not taken out, or it is not known whether it was.
        """
        key = pipeline.pipeline_id
        is_out = await self._want(
            key,
            lambda: self._client.remove_job(job_id, pipeline_id=key),
            lambda now: all(run.job_id != job_id for run in now.job_runs),
            about=job_id,
        )
        run = next((run for run in pipeline.job_runs if run.job_id == job_id), None)
        if is_out and run is not None:
            self._removed.setdefault(key, {})[job_id] = RemovedJob(
                job_id=job_id,
                name=run.name,
                created_job_id=run.created_job_id,
                removed_at=self._now(),
            )
        return is_out

    def with_removed(self, pipeline: Pipeline) -> Pipeline:
        """Return a pipeline with the jobs taken out here, unless Studio tells which were."""
        removed = self._removed.get(pipeline.pipeline_id, {})
        if pipeline.removed is not None or not removed:
            return pipeline
        there = {run.job_id for run in pipeline.job_runs}
        out = tuple(job for key, job in removed.items() if key not in there)
        return pipeline.model_copy(update={"removed": out})

    async def restore_job(self, pipeline: Pipeline, job_id: str) -> bool:
        """Put a job, by its id in the plan, back that was taken out; see `_want`.

        Raises:
            StudioError: it was not put back, or it is not known whether it was.
        """
        key = pipeline.pipeline_id
        return await self._want(
            key,
            lambda: self._client.own.restore_job(job_id, pipeline_id=key),
            lambda now: any(run.job_id == job_id for run in now.job_runs),
            about=job_id,
        )

    async def stop(self, pipeline: Pipeline) -> Stopped:
        """Pause a pipeline, cancel what runs, and look again for what had slipped in meanwhile.

        Somebody who resumes it meanwhile ends that. It returns once what was cancelled has ended,
        or after ten seconds; what is told of is counted at the last look.

        Raises:
            StudioError: it could not be paused or looked at; what runs goes on.
        """
        key = pipeline.pipeline_id
        hit = {run.job_id for run in to_cancel(pipeline)}
        errors: dict[str, StudioError] = {}
        now = pipeline
        try:
            if starts_nothing(pipeline.state) or await self._paused(pipeline):
                now = await self._look(key)
                for rest in (*self._rests, 0.0)[:ROUNDS]:
                    running = to_cancel(now)
                    if not running or not starts_nothing(now.state):
                        break
                    hit |= {run.job_id for run in running}
                    errors |= await self._cancel_all(running)
                    await asyncio.sleep(rest)
                    now = await self._look(key)
                for rest in ENDING_RESTS:
                    if not any(
                        run.job_id in hit and run.state in _CANCELING for run in now.job_runs
                    ):
                        break
                    await asyncio.sleep(rest)
                    now = await self._look(key)
        finally:
            self._changed()
        return _outcome(now, hit, errors)

    async def _look(self, pipeline_id: str) -> Pipeline:
        """Read a pipeline, and remember it for as long as the lists have an older one."""
        now = await self._client.pipeline(pipeline_id=pipeline_id)
        self._newest[pipeline_id] = now
        return now

    def newest(self, pipeline: Pipeline) -> Pipeline:
        """Return a pipeline as it was read last by a command, if it has not moved since."""
        read = self._newest.get(pipeline.pipeline_id)
        if read is None:
            return pipeline
        if read.updated_at and pipeline.updated_at and read.updated_at > pipeline.updated_at:
            return read
        del self._newest[pipeline.pipeline_id]
        return pipeline

    async def _paused(self, pipeline: Pipeline) -> bool:
        """Pause a pipeline; one that has ended by itself is as good as paused."""
        try:
            return await self.pause(pipeline)
        except InvalidRequest:
            now = await self._client.pipeline(pipeline_id=pipeline.pipeline_id)
            if not starts_nothing(now.state):
                raise
            return True

    async def _cancel_all(self, runs: tuple[PipelineJob, ...]) -> dict[str, StudioError]:
        """Ask for each to be cancelled; return what Studio refused, by the job's id in the plan."""
        turns = asyncio.Semaphore(CANCELS_AT_ONCE)
        errors: dict[str, StudioError] = {}

        async def one(run: PipelineJob) -> None:
            async with turns:
                try:
                    await self._cancel(run.created_job_id or run.job_id)
                except StudioError as error:
                    errors[run.job_id] = error

        await asyncio.gather(*map(one, runs))
        return errors

    async def _want(
        self,
        pipeline_id: str,
        send: Callable[[], Awaitable[object]],
        is_there: Callable[[Pipeline], bool],
        *,
        about: str = "",
    ) -> bool:
        """Bring a state about; return whether it is there, or was given up for a newer wish.

        Wishes about one thing replace each other; `about` tells the things of a pipeline apart.

        Raises:
            StudioError: it is not there, or nobody knows.
        """
        key, wish = f"{pipeline_id} {about}", object()
        self._wishes[key] = wish
        rests = iter(self._rests)
        try:
            while True:
                try:
                    await send()
                except (OutcomeUnknown, NotSent) as error:
                    if isinstance(error, OutcomeUnknown) and await self._has_come(
                        pipeline_id, is_there, error
                    ):
                        return True
                    if (rest := next(rests, None)) is None:
                        raise
                    await asyncio.sleep(rest)
                    if self._wishes.get(key) is not wish:
                        return False
                else:
                    return True
        finally:
            if self._wishes.get(key) is wish:
                del self._wishes[key]
            self._changed()

    async def _has_come(
        self, pipeline_id: str, is_there: Callable[[Pipeline], bool], unknown: OutcomeUnknown
    ) -> bool:
        """Look whether a state is there; where nobody can tell, the outcome stays unknown."""
        try:
            return is_there(await self._client.pipeline(pipeline_id=pipeline_id))
        except StudioError:
            raise unknown from None


def _outcome(now: Pipeline, hit: Collection[str], errors: Mapping[str, StudioError]) -> Stopped:
    runs = [run for run in now.job_runs if run.job_id in hit]
    return Stopped(
        canceled=tuple(run for run in runs if run.state is JobState.CANCELED),
        canceling=tuple(run for run in runs if run.state in _CANCELING),
        ended=tuple(run for run in runs if run.state in _ENDED),
        left=tuple(Left(run, errors.get(run.job_id)) for run in to_cancel(now)),
        starts_more=not starts_nothing(now.state),
    )


def starts_nothing(state: PipelineState) -> bool:
    """Whether no job of a pipeline in this state begins by itself."""
    return state not in {PipelineState.PENDING, PipelineState.RUNNING, PipelineState.UNKNOWN}


def to_cancel(pipeline: Pipeline) -> tuple[PipelineJob, ...]:
    """Return the jobs of a pipeline that run, or are about to, and are not being cancelled yet."""
    return tuple(
        run
        for run in pipeline.job_runs
        if run.state is not JobState.PENDING and run.state.is_cancelable and run.created_job_id
    )
