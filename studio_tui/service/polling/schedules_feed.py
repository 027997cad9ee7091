"""The known schedules: the newest jobs in the state TASK.

If Studio cannot filter by state, these are only the schedules among the newest jobs.
"""

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.errors import InvalidRequest

LIMIT = 1000

Schedules = tuple[Job, ...]
"""Newest first."""


class SchedulesFeed:
    """Requests the schedules; a poller calls `fetch`."""

    def __init__(self, client: StudioClient) -> None:
        self._client = client
        self._can_filter = True
        self._last_schedules: Schedules = ()

    async def fetch(self) -> Schedules:
        """Return the schedules; the same object as last time if nothing changed."""
        tasks = tuple(job for job in await self._read() if job.state is JobState.TASK)
        if tasks != self._last_schedules:
            self._last_schedules = tasks
        return self._last_schedules

    async def _read(self) -> tuple[Job, ...]:
        if self._can_filter:
            try:
                return (await self._client.jobs(limit=LIMIT, status=JobState.TASK)).items
            except InvalidRequest:
                # This Studio cannot filter by state.
                self._can_filter = False
        return (await self._client.jobs(limit=LIMIT)).items
