"""Commands on pipelines: pause, resume, remove a job, stop safely.

Each one sets a desired state. If the outcome of a request is unknown, the pipeline is read again,
and the request repeated until the state is reached or a newer command replaces it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.models import Pipeline, PipelineJob, RemovedJob
from studio_tui.api.states import JobState, PipelineState
from studio_tui.errors import InvalidRequest, NotSent, OutcomeUnknown, StudioError
from studio_tui.service.commands.attempts import RESTS

CANCELS_AT_ONCE = 3
"""Maximum number of concurrent requests that cancel the jobs of a pipeline."""
ROUNDS = 3
"""Times that a pipeline being stopped is checked for running jobs."""

ENDING_RESTS = (0.5, 0.5, 1.0, 1.0, 2.0, 2.0, 3.0)
"""Seconds before each further check, while canceled jobs have not ended."""

_CANCELING = frozenset({JobState.CANCELING, JobState.CANCELING_SCHEDULED})
_ENDED = frozenset({JobState.COMPLETE, JobState.FAILED})


@dataclass(frozen=True, slots=True)
class StillRunning:
    """A job that still ran at the last check, though it was to be canceled."""

    run: PipelineJob
    error: StudioError | None = None
    """Why it could not be canceled, if Studio gave a reason."""


@dataclass(frozen=True, slots=True)
class StopOutcome:
    """The outcome of stopping a pipeline, as of the last check."""

    canceled: tuple[PipelineJob, ...]
    """Jobs that were running and are now canceled."""
    canceling: tuple[PipelineJob, ...]
    """Jobs that are still being canceled."""
    ended: tuple[PipelineJob, ...]
    """Jobs that ended by themselves before they could be canceled."""
    still_running: tuple[StillRunning, ...]
    pipeline: Pipeline
    """The pipeline itself."""
    starts_more_jobs: bool
    """Whether more jobs may start: it could not be paused, or somebody resumed it."""


class PipelineCommands:
    """Commands on pipelines; after each one the lists are refreshed at once."""

    def __init__(
        self,
        client: StudioClient,
        cancel: Callable[[str], Awaitable[None]],
        changed: Callable[[], None],
    ) -> None:
        """Initialise; `cancel` cancels a job, `changed` is called when data may have changed."""
        self._client = client
        self._cancel = cancel
        self._changed = changed
        self._removed: dict[str, dict[str, RemovedJob]] = {}
        """Jobs removed by this session, by pipeline id and job id in the plan."""
        self._latest_commands: dict[str, object] = {}
        """The latest command for each pipeline and subject."""
        self._newest: dict[str, Pipeline] = {}
        """The last read state of pipelines that were stopped."""

    async def pause(self, pipeline: Pipeline) -> bool:
        """Let running jobs finish and start no others.

        Returns whether that is reached; False if a newer command replaced this one.

        Raises:
            StudioError: it was not paused, or it is not known whether it was.
        """
        key = pipeline.pipeline_id
        return await self._reach(
            key,
            lambda: self._client.pause_pipeline(pipeline_id=key),
            lambda now: starts_no_jobs(now.state),
        )

    async def resume(self, pipeline: Pipeline) -> bool:
        """Start jobs that are ready; returns as `pause` does.

        Raises:
            StudioError: it was not resumed, or it is not known whether it was.
        """
        key, before = pipeline.pipeline_id, (pipeline.state, pipeline.updated_at)

        def is_resumed(now: Pipeline) -> bool:
            # A failed pipeline may have failed again by now, but then `updated_at` differs.
            return now.state is not PipelineState.PAUSED and (now.state, now.updated_at) != before

        return await self._reach(
            key, lambda: self._client.resume_pipeline(pipeline_id=key), is_resumed
        )

    async def remove_job(self, pipeline: Pipeline, job_id: str) -> bool:
        """Remove a job, by its id in the plan, from a paused pipeline; returns as `pause` does.

        Raises:
            StudioError: it was not removed, or it is not known whether it was.
        """
        key = pipeline.pipeline_id
        is_removed = await self._reach(
            key,
            lambda: self._client.remove_job(job_id, pipeline_id=key),
            lambda now: all(run.job_id != job_id for run in now.job_runs),
            about=job_id,
        )
        run = next((run for run in pipeline.job_runs if run.job_id == job_id), None)
        if is_removed and run is not None:
            self._removed.setdefault(key, {})[job_id] = RemovedJob(
                job_id=job_id,
                name=run.name,
                created_job_id=run.created_job_id,
                removed_at=clock.now(),
            )
        return is_removed

    def with_removed(self, pipeline: Pipeline) -> Pipeline:
        """Return a pipeline with the jobs removed here, unless Studio itself lists removed jobs."""
        removed = self._removed.get(pipeline.pipeline_id, {})
        if pipeline.removed is not None or not removed:
            return pipeline
        listed = {run.job_id for run in pipeline.job_runs}
        unlisted = tuple(job for key, job in removed.items() if key not in listed)
        return pipeline.model_copy(update={"removed": unlisted})

    async def restore_job(self, pipeline: Pipeline, job_id: str) -> bool:
        """Restore a removed job, by its id in the plan; returns as `pause` does.

        Raises:
            StudioError: it was not restored, or it is not known whether it was.
        """
        key = pipeline.pipeline_id
        return await self._reach(
            key,
            lambda: self._client.own.restore_job(job_id, pipeline_id=key),
            lambda now: any(run.job_id == job_id for run in now.job_runs),
            about=job_id,
        )

    async def stop(self, pipeline: Pipeline) -> StopOutcome:
        """Pause a pipeline, cancel its running jobs, and check again for jobs started meanwhile.

        Stops early if somebody resumes the pipeline. Returns once the canceled jobs have ended, or
        after ten seconds; the outcome is as of the last check.

        Raises:
            StudioError: it could not be paused or read; running jobs go on.
        """
        key = pipeline.pipeline_id
        requested = {run.job_id for run in to_cancel(pipeline)}
        errors: dict[str, StudioError] = {}
        now = pipeline
        try:
            if starts_no_jobs(pipeline.state) or await self._pause_unless_ended(pipeline):
                now = await self._read(key)
                for rest in (*RESTS, 0.0)[:ROUNDS]:
                    running = to_cancel(now)
                    if not running or not starts_no_jobs(now.state):
                        break
                    requested |= {run.job_id for run in running}
                    errors |= await self._cancel_all(running)
                    await asyncio.sleep(rest)
                    now = await self._read(key)
                for rest in ENDING_RESTS:
                    if not any(
                        run.job_id in requested and run.state in _CANCELING for run in now.job_runs
                    ):
                        break
                    await asyncio.sleep(rest)
                    now = await self._read(key)
        finally:
            self._changed()
        return _outcome(now, requested, errors)

    async def _read(self, pipeline_id: str) -> Pipeline:
        """Read a pipeline, and cache it until the lists are at least as new."""
        now = await self._client.pipeline(pipeline_id=pipeline_id)
        self._newest[pipeline_id] = now
        return now

    def newest(self, pipeline: Pipeline) -> Pipeline:
        """Return the pipeline as a command last read it, if that is newer than the one given."""
        read = self._newest.get(pipeline.pipeline_id)
        if read is None:
            return pipeline
        if read.updated_at and pipeline.updated_at and read.updated_at > pipeline.updated_at:
            return read
        del self._newest[pipeline.pipeline_id]
        return pipeline

    async def _pause_unless_ended(self, pipeline: Pipeline) -> bool:
        """Pause a pipeline; one that has ended by itself counts as paused."""
        try:
            return await self.pause(pipeline)
        except InvalidRequest:
            now = await self._client.pipeline(pipeline_id=pipeline.pipeline_id)
            if not starts_no_jobs(now.state):
                raise
            return True

    async def _cancel_all(self, runs: tuple[PipelineJob, ...]) -> dict[str, StudioError]:
        """Request cancellation of each job; return the errors by job id in the plan."""
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

    async def _reach(
        self,
        pipeline_id: str,
        send: Callable[[], Awaitable[object]],
        is_wanted: Callable[[Pipeline], bool],
        *,
        about: str = "",
    ) -> bool:
        """Bring a state about; return whether it is reached, False if a newer command replaced it.

        Commands on the same subject replace each other; `about` names a subject in the pipeline.

        Raises:
            StudioError: it is not reached, or its outcome is unknown.
        """
        key, command = f"{pipeline_id} {about}", object()
        self._latest_commands[key] = command
        rests = iter(RESTS)
        try:
            while True:
                try:
                    await send()
                except (OutcomeUnknown, NotSent) as error:
                    if isinstance(error, OutcomeUnknown) and await self._is_reached(
                        pipeline_id, is_wanted, error
                    ):
                        return True
                    if (rest := next(rests, None)) is None:
                        raise
                    await asyncio.sleep(rest)
                    if self._latest_commands.get(key) is not command:
                        return False
                else:
                    return True
        finally:
            if self._latest_commands.get(key) is command:
                del self._latest_commands[key]
            self._changed()

    async def _is_reached(
        self, pipeline_id: str, is_wanted: Callable[[Pipeline], bool], unknown: OutcomeUnknown
    ) -> bool:
        """Return whether a state is reached; if that is unknown, raise `unknown`."""
        try:
            return is_wanted(await self._client.pipeline(pipeline_id=pipeline_id))
        except StudioError:
            raise unknown from None


def _outcome(now: Pipeline, ids: Collection[str], errors: Mapping[str, StudioError]) -> StopOutcome:
    runs = [run for run in now.job_runs if run.job_id in ids]
    return StopOutcome(
        canceled=tuple(run for run in runs if run.state is JobState.CANCELED),
        canceling=tuple(run for run in runs if run.state in _CANCELING),
        ended=tuple(run for run in runs if run.state in _ENDED),
        still_running=tuple(StillRunning(run, errors.get(run.job_id)) for run in to_cancel(now)),
        pipeline=now,
        starts_more_jobs=not starts_no_jobs(now.state),
    )


def starts_no_jobs(state: PipelineState) -> bool:
    """Whether no further job of a pipeline in this state starts by itself."""
    return state not in {PipelineState.PENDING, PipelineState.RUNNING, PipelineState.UNKNOWN}


def to_cancel(pipeline: Pipeline) -> tuple[PipelineJob, ...]:
    """Return the jobs that run, or are about to, and are not being canceled yet."""
    return tuple(
        run
        for run in pipeline.job_runs
        if run.state is not JobState.PENDING and run.state.is_cancelable and run.created_job_id
    )
