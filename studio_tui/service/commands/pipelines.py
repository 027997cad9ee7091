"""Commands on pipelines: pause, resume, remove or restore a job, stop.

Each command has a desired state of the pipeline. A command that did not arrive, or whose outcome is
unknown, is repeated a few times, unless the state is reached or a newer command on the same
pipeline or job replaces it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass
from enum import Enum, auto

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.models import Pipeline, PipelineJob, RemovedJob
from studio_tui.api.states import CANCELING_STATES, JobState, PipelineState
from studio_tui.errors import InvalidRequest, NotSent, OutcomeUnknown, StudioError
from studio_tui.service.commands.retries import RESTS, send_with_retries, still_unknown

CANCELS_AT_ONCE = 3
ROUNDS = 3
"""Maximum number of times that `stop` cancels running jobs, as more may have started meanwhile."""

ENDING_RESTS = (0.5, 0.5, 1.0, 1.0, 2.0, 2.0, 3.0)
"""Seconds before each check whether the canceled jobs have ended."""

_ENDED_BY_ITSELF = frozenset({JobState.COMPLETE, JobState.FAILED})


class PauseOutcome(Enum):
    """What became of a request to pause a pipeline."""

    PAUSED = auto()
    REQUESTED = auto()
    """Studio accepted it, and answered that the pipeline is not paused yet."""
    REPLACED = auto()
    """A newer command on the same pipeline replaced it."""


@dataclass(frozen=True, slots=True)
class StillRunning:
    """A job that ran at the last check and was not being canceled."""

    run: PipelineJob
    error: StudioError | None = None
    """Why the request to cancel it failed; `None` if none failed."""


@dataclass(frozen=True, slots=True)
class StopOutcome:
    """The outcome of stopping a pipeline, as of the last check."""

    canceled: tuple[PipelineJob, ...]
    canceling: tuple[PipelineJob, ...]
    ended: tuple[PipelineJob, ...]
    still_running: tuple[StillRunning, ...]
    pipeline: Pipeline
    starts_more_jobs: bool
    """Whether the pipeline may start jobs again, as a newer command or another user resumed it."""


class PipelineCommands:
    """Commands on pipelines.

    `resume`, `remove_job` and `restore_job` return True once the desired state is reached, and
    False if a newer command replaced this one. Like `pause`, they raise `StudioError` if the state
    is not reached, or if that is not known.
    """

    def __init__(
        self,
        client: StudioClient,
        cancel: Callable[[str], Awaitable[None]],
        on_stopped: Callable[[], None],
    ) -> None:
        """Initialize; `cancel` cancels a job, `on_stopped` is called after each `stop`."""
        self._client = client
        self._cancel = cancel
        self._on_stopped = on_stopped
        self._removed: dict[str, dict[str, RemovedJob]] = {}
        """Jobs removed by this session, by pipeline id and job id in the plan."""
        self._latest_commands: dict[str, object] = {}
        """The latest running command, by pipeline and subject; see `_reach`."""

    async def pause(self, pipeline: Pipeline) -> PauseOutcome:
        """Start no more jobs of a pipeline; running ones finish."""
        pipeline_id = pipeline.pipeline_id
        answered: Pipeline | None = None

        async def send() -> None:
            nonlocal answered
            answered = await self._client.pause_pipeline(pipeline_id=pipeline_id)

        if not await self._reach(
            pipeline_id, send, lambda current: not current.state.may_start_jobs
        ):
            return PauseOutcome.REPLACED
        is_paused = answered is None or not answered.state.may_start_jobs
        return PauseOutcome.PAUSED if is_paused else PauseOutcome.REQUESTED

    async def resume(self, pipeline: Pipeline) -> bool:
        """Start the jobs of a pipeline that are ready."""
        pipeline_id = pipeline.pipeline_id
        before = pipeline.state, pipeline.updated_at

        def is_resumed(current: Pipeline) -> bool:
            # A failed pipeline may have failed again by now, but then `updated_at` differs.
            return (
                current.state is not PipelineState.PAUSED
                and (current.state, current.updated_at) != before
            )

        return await self._reach(
            pipeline_id,
            lambda: self._client.resume_pipeline(pipeline_id=pipeline_id),
            is_resumed,
        )

    def sent_id(self, job_id: str, run_id: str | None) -> str:
        """Return the id to send for removing or restoring a job: at a local Studio that of its run.

        Another Studio gets the `job_id` of the plan, as the API document mentions no other id.
        """
        return run_id if run_id is not None and self._client.is_local_studio else job_id

    async def remove_job(self, pipeline: Pipeline, job_id: str) -> bool:
        """Remove a job, by its id in the plan, from a paused pipeline."""
        pipeline_id = pipeline.pipeline_id
        run = next((run for run in pipeline.job_runs if run.job_id == job_id), None)
        sent_id = self.sent_id(job_id, run.created_job_id if run is not None else None)
        is_removed = await self._reach(
            pipeline_id,
            lambda: self._client.remove_job(sent_id, pipeline_id=pipeline_id),
            lambda current: all(run.job_id != job_id for run in current.job_runs),
            job_id=job_id,
        )
        if is_removed and run is not None:
            self._removed.setdefault(pipeline_id, {})[job_id] = RemovedJob(
                job_id=job_id,
                name=run.name,
                created_job_id=run.created_job_id,
                removed_at=clock.now(),
            )
        return is_removed

    def with_removed(self, pipeline: Pipeline) -> Pipeline:
        """Return a pipeline with the jobs that this session removed, unless Studio lists them."""
        removed = self._removed.get(pipeline.pipeline_id, {})
        if pipeline.removed is not None or not removed:
            return pipeline
        listed = {run.job_id for run in pipeline.job_runs}
        unlisted = tuple(job for job_id, job in removed.items() if job_id not in listed)
        return pipeline.model_copy(update={"removed": unlisted})

    async def restore_job(self, pipeline: Pipeline, job_id: str) -> bool:
        """Restore a removed job, by its id in the plan."""
        pipeline_id = pipeline.pipeline_id
        removed = next((job for job in pipeline.removed or () if job.job_id == job_id), None)
        sent_id = self.sent_id(job_id, removed.created_job_id if removed is not None else None)
        return await self._reach(
            pipeline_id,
            lambda: self._client.local.restore_job(sent_id, pipeline_id=pipeline_id),
            lambda current: any(run.job_id == job_id for run in current.job_runs),
            job_id=job_id,
        )

    async def stop(self, pipeline: Pipeline) -> StopOutcome:
        """Pause a pipeline, and cancel its running jobs, also those that started meanwhile.

        Cancels no further jobs once the pipeline has been resumed. Waits up to about ten seconds
        for the canceled jobs to end.

        Raises:
            StudioError: the pipeline could not be paused or read; its jobs may still be
                running.
        """
        pipeline_id = pipeline.pipeline_id
        requested = {run.job_id for run in runs_to_cancel(pipeline)}
        errors: dict[str, StudioError] = {}
        current = pipeline
        try:
            if not pipeline.state.may_start_jobs or await self._pause_unless_ended(pipeline):
                current = await self._read(pipeline_id)
                for rest in (*RESTS, 0.0)[:ROUNDS]:
                    running = runs_to_cancel(current)
                    if not running or current.state.may_start_jobs:
                        break
                    requested |= {run.job_id for run in running}
                    errors |= await self._cancel_all(running)
                    await asyncio.sleep(rest)
                    current = await self._read(pipeline_id)
                for rest in ENDING_RESTS:
                    if not any(
                        run.job_id in requested and run.state in CANCELING_STATES
                        for run in current.job_runs
                    ):
                        break
                    await asyncio.sleep(rest)
                    current = await self._read(pipeline_id)
        finally:
            self._on_stopped()
        return _outcome(current, requested, errors)

    async def _read(self, pipeline_id: str) -> Pipeline:
        return await self._client.pipeline(pipeline_id=pipeline_id)

    async def _pause_unless_ended(self, pipeline: Pipeline) -> bool:
        """Pause a pipeline unless it has ended; return False if a newer command replaced this."""
        try:
            return await self.pause(pipeline) is not PauseOutcome.REPLACED
        except InvalidRequest:
            current = await self._read(pipeline.pipeline_id)
            if current.state.may_start_jobs:
                raise
            return True

    async def _cancel_all(self, runs: tuple[PipelineJob, ...]) -> dict[str, StudioError]:
        """Cancel runs; return the errors of those that failed, by job id in the plan."""
        turns = asyncio.Semaphore(CANCELS_AT_ONCE)
        errors: dict[str, StudioError] = {}

        async def cancel(run: PipelineJob) -> None:
            async with turns:
                try:
                    await self._cancel(run.created_job_id or run.job_id)
                except StudioError as error:
                    errors[run.job_id] = error

        await asyncio.gather(*map(cancel, runs))
        return errors

    async def _reach(
        self,
        pipeline_id: str,
        send: Callable[[], Awaitable[object]],
        has_state: Callable[[Pipeline], bool],
        *,
        job_id: str = "",
    ) -> bool:
        """Send a command, if need be again, so that a pipeline gets the desired state.

        `has_state` returns whether a pipeline has that state. A newer command on the same subject,
        the pipeline or its job `job_id`, replaces this one.
        """
        key, command = f"{pipeline_id} {job_id}", object()
        self._latest_commands[key] = command

        async def send_unless_replaced() -> bool:
            if self._latest_commands.get(key) is not command:
                return False
            await send()
            return True

        async def look_up(error: StudioError) -> bool | None:
            try:
                return has_state(await self._read(pipeline_id)) or None
            except StudioError:
                raise still_unknown(error) from None

        try:
            return await send_with_retries(
                send_unless_replaced, retried_errors=(NotSent, OutcomeUnknown), look_up=look_up
            )
        finally:
            if self._latest_commands.get(key) is command:
                del self._latest_commands[key]


def _outcome(
    current: Pipeline, ids: Collection[str], errors: Mapping[str, StudioError]
) -> StopOutcome:
    runs = [run for run in current.job_runs if run.job_id in ids]
    return StopOutcome(
        canceled=tuple(run for run in runs if run.state is JobState.CANCELED),
        canceling=tuple(run for run in runs if run.state in CANCELING_STATES),
        ended=tuple(run for run in runs if run.state in _ENDED_BY_ITSELF),
        still_running=tuple(
            StillRunning(run, errors.get(run.job_id)) for run in runs_to_cancel(current)
        ),
        pipeline=current,
        starts_more_jobs=current.state.may_start_jobs,
    )


def runs_to_cancel(pipeline: Pipeline) -> tuple[PipelineJob, ...]:
    """Return the jobs that were queued or started, have not ended, and are not being canceled."""
    return tuple(
        run
        for run in pipeline.job_runs
        if run.state is not JobState.PENDING and run.state.is_cancelable and run.created_job_id
    )
