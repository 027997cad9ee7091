"""Commands on schedules that only the local Studio supports."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from studio_tui.api.client import StudioClient
from studio_tui.api.local_models import NewPipelineSchedule, ScheduleTimes
from studio_tui.api.models import Job, Pipeline
from studio_tui.errors import NotSent, OutcomeUnknown
from studio_tui.service.commands.retries import KeyedRequests, send_with_retries

T = TypeVar("T")


class ScheduleCommands:
    """Each command raises `StudioError` if it had no effect, or if that is not known."""

    def __init__(self, studio: StudioClient) -> None:
        self._studio = studio
        self._requests = KeyedRequests()

    @property
    def is_possible(self) -> bool:
        """Whether this Studio is known to have these commands."""
        return self._studio.is_local_studio

    async def change(self, job_id: str, times: ScheduleTimes) -> None:
        await self._send(lambda: self._studio.local.change_schedule(job_id, times))

    async def run(self, job_id: str) -> Job:
        """Run a schedule exactly once, now; return the run."""
        studio = self._studio.local
        return await self._requests.send(
            f"run {job_id}", lambda key: studio.run_schedule(job_id, idempotency_key=key)
        )

    async def trigger(self, job_id: str) -> Pipeline:
        """Trigger the pipeline of a schedule exactly once, now; return it."""
        studio = self._studio.local
        return await self._requests.send(
            f"trigger {job_id}", lambda key: studio.trigger_schedule(job_id, idempotency_key=key)
        )

    async def schedule_pipeline(self, schedule: NewPipelineSchedule) -> Job:
        """Create exactly one schedule that triggers a pipeline; return it."""
        studio = self._studio.local
        return await self._requests.send(
            f"schedule {schedule!r}",
            lambda key: studio.schedule_pipeline(schedule, idempotency_key=key),
        )

    async def suspend(self, job_id: str) -> Job | None:
        """Suspend a schedule: it creates no runs until it is resumed; return its new state."""
        return await self._send(lambda: self._studio.local.suspend_schedule(job_id))

    async def resume(self, job_id: str) -> Job | None:
        """Resume a suspended schedule; return its new state."""
        return await self._send(lambda: self._studio.local.resume_schedule(job_id))

    async def _send(self, send: Callable[[], Awaitable[T]]) -> T:
        return await send_with_retries(send, retried_errors=(NotSent, OutcomeUnknown))
