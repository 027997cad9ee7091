"""What the user can have done with a schedule where Studio has more than the document says.

Each is a state that is wanted, or goes under a key that makes one of it, so where no clear answer
comes it is asked for again.
"""

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol, TypeVar

from studio_tui.api.models import Job, Pipeline
from studio_tui.errors import NotSent, OutcomeUnknown

T = TypeVar("T")

_RESTS = (0.5, 1.0)
"""Seconds after each try but the last."""


@dataclass(frozen=True, slots=True)
class PipelineTimes:
    """A schedule of a pipeline that is wanted."""

    datasets: tuple[str, ...]
    environment: str | None = field(default=None, repr=False)
    """Lines of `NAME=VALUE`."""
    cron_expression: str | None = None
    start_after: datetime | None = None


class ChangesSchedules(Protocol):
    """What is asked of Studio here."""

    async def change_schedule(
        self,
        job_id: str,
        *,
        cron_expression: str | None = ...,
        start_after: datetime | None = ...,
        time_zone: str | None = ...,
    ) -> Job | None:
        """Let a schedule run at other times."""
        ...

    async def run_schedule(self, job_id: str, *, idempotency_key: str) -> Job:
        """Run a schedule once beside its times, the same run for the same key."""
        ...

    async def schedule_pipeline(
        self,
        datasets: tuple[str, ...],
        *,
        environment: str | None = ...,
        cron_expression: str | None = ...,
        start_after: datetime | None = ...,
        idempotency_key: str,
    ) -> Job:
        """Make a schedule that triggers a pipeline, the same one for the same key."""
        ...

    async def trigger_schedule(self, job_id: str, *, idempotency_key: str) -> Pipeline:
        """Trigger the pipeline of a schedule now, the same one for the same key."""
        ...

    async def suspend_schedule(self, job_id: str) -> Job | None:
        """Let a schedule make no runs before it is resumed."""
        ...

    async def resume_schedule(self, job_id: str) -> Job | None:
        """Let a schedule go on."""
        ...


class HasSchedules(Protocol):
    """A Studio, as far as schedules need it."""

    @property
    def is_local_studio(self) -> bool:
        """Whether it is known to have more than the document says."""
        ...

    @property
    def own(self) -> ChangesSchedules:
        """What it has then."""
        ...


class ScheduleCommands:
    """Commands about schedules; after each the lists are asked again at once."""

    def __init__(
        self,
        studio: HasSchedules,
        changed: Callable[[], None],
        *,
        rests: tuple[float, ...] = _RESTS,
    ) -> None:
        """Take also whom to tell that schedules have changed, and the seconds between tries."""
        self._studio = studio
        self._changed = changed
        self._rests = rests

    @property
    def is_possible(self) -> bool:
        """Whether this Studio is known to have these commands."""
        return self._studio.is_local_studio

    async def change(
        self, job_id: str, *, cron_expression: str | None, start_after: datetime | None,
        time_zone: str | None,
    ) -> None:  # fmt: skip
        """Let a schedule run at other times.

        Raises:
            StudioError: it was not changed, or it is not known whether it was.
        """
        await self._want(
            lambda: self._studio.own.change_schedule(
                job_id,
                cron_expression=cron_expression,
                start_after=start_after,
                time_zone=time_zone,
            )
        )

    async def run(self, job_id: str) -> Job:
        """Run a schedule once, now, and not twice; return the run.

        Raises:
            StudioError: it was not run, or it is not known whether it was.
        """
        key = uuid.uuid4().hex
        return await self._want(lambda: self._studio.own.run_schedule(job_id, idempotency_key=key))

    async def trigger(self, job_id: str) -> Pipeline:
        """Trigger the pipeline of a schedule, now, and not twice; return it.

        Raises:
            StudioError: it was not triggered, or it is not known whether it was.
        """
        key = uuid.uuid4().hex
        studio = self._studio.own
        return await self._want(lambda: studio.trigger_schedule(job_id, idempotency_key=key))

    async def schedule_pipeline(self, wish: PipelineTimes) -> Job:
        """Make a schedule that triggers a pipeline, and not two; return it.

        Raises:
            StudioError: it was not made, or it is not known whether it was.
        """
        key = uuid.uuid4().hex
        return await self._want(
            lambda: self._studio.own.schedule_pipeline(
                wish.datasets,
                environment=wish.environment,
                cron_expression=wish.cron_expression,
                start_after=wish.start_after,
                idempotency_key=key,
            )
        )

    async def suspend(self, job_id: str) -> Job | None:
        """Let a schedule make no runs before it is resumed; return it as it is then.

        Raises:
            StudioError: it was not suspended, or it is not known whether it was.
        """
        return await self._want(lambda: self._studio.own.suspend_schedule(job_id))

    async def resume(self, job_id: str) -> Job | None:
        """Let a schedule go on; return it as it is then.

        Raises:
            StudioError: it was not resumed, or it is not known whether it was.
        """
        return await self._want(lambda: self._studio.own.resume_schedule(job_id))

    async def _want(self, send: Callable[[], Awaitable[T]]) -> T:
        """Ask for what makes no difference when it is done twice, and again if it may be lost."""
        try:
            for rest in self._rests:
                try:
                    return await send()
                except (NotSent, OutcomeUnknown):
                    await asyncio.sleep(rest)
            return await send()
        finally:
            self._changed()
