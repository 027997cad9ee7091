"""Commands on schedules that only the local Studio supports.

Each command sets a desired state or has an idempotency key, so that it can be sent again if no
clear answer arrives.
"""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Job, Pipeline
from studio_tui.api.own_inputs import NewPipelineSchedule, ScheduleTimes
from studio_tui.errors import NotSent, OutcomeUnknown
from studio_tui.service.commands.attempts import KeyedRequests, send_with_retries

T = TypeVar("T")


class ScheduleCommands:
    """Commands on schedules; after each one the lists are refreshed at once."""

    def __init__(self, studio: StudioClient, changed: Callable[[], None]) -> None:
        """Initialise; `changed` is called when schedules may have changed."""
        self._studio = studio
        self._changed = changed
        self._requests = KeyedRequests()

    @property
    def is_possible(self) -> bool:
        """Whether this Studio is known to have these commands."""
        return self._studio.is_local_studio

    async def change(self, job_id: str, times: ScheduleTimes) -> None:
        """Change the times of a schedule.

        Raises:
            StudioError: it was not changed, or it is not known whether it was.
        """
        await self._send(lambda: self._studio.own.change_schedule(job_id, times))

    async def run(self, job_id: str) -> Job:
        """Run a schedule exactly once, now; return the run.

        Raises:
            StudioError: it was not run, or it is not known whether it was.
        """
        studio = self._studio.own
        return await self._send_once(
            f"run {job_id}", lambda key: studio.run_schedule(job_id, idempotency_key=key)
        )

    async def trigger(self, job_id: str) -> Pipeline:
        """Trigger the pipeline of a schedule exactly once, now; return it.

        Raises:
            StudioError: it was not triggered, or it is not known whether it was.
        """
        studio = self._studio.own
        return await self._send_once(
            f"trigger {job_id}", lambda key: studio.trigger_schedule(job_id, idempotency_key=key)
        )

    async def schedule_pipeline(self, schedule: NewPipelineSchedule) -> Job:
        """Create exactly one schedule that triggers a pipeline; return it.

        Raises:
            StudioError: it was not created, or it is not known whether it was.
        """
        studio = self._studio.own
        return await self._send_once(
            f"schedule {schedule!r}",
            lambda key: studio.schedule_pipeline(schedule, idempotency_key=key),
        )

    async def suspend(self, job_id: str) -> Job | None:
        """Suspend a schedule, so that it creates no runs until it is resumed; return its new state.

        Raises:
            StudioError: it was not suspended, or it is not known whether it was.
        """
        return await self._send(lambda: self._studio.own.suspend_schedule(job_id))

    async def resume(self, job_id: str) -> Job | None:
        """Resume a suspended schedule; return its new state.

        Raises:
            StudioError: it was not resumed, or it is not known whether it was.
        """
        return await self._send(lambda: self._studio.own.resume_schedule(job_id))

    async def _send(self, send: Callable[[], Awaitable[T]]) -> T:
        """Send an idempotent request, again if it did not arrive or its outcome is unknown."""
        try:
            return await send_with_retries(send, retried_errors=(NotSent, OutcomeUnknown))
        finally:
            self._changed()

    async def _send_once(self, content: str, send: Callable[[str], Awaitable[T]]) -> T:
        """Send a request with an idempotency key, so that it takes effect at most once."""
        try:
            return await self._requests.send(content, send)
        finally:
            self._changed()
