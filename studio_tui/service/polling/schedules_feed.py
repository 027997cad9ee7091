"""The known schedules: the jobs in the state TASK, however old they are."""

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.errors import InvalidRequest

LIMIT = 1000
"""Newest schedules requested; newest jobs, if Studio cannot filter them."""

Schedules = tuple[Job, ...]
"""Newest first."""


class SchedulesFeed:
    """Provides `fetch` for a poller."""

    def __init__(self, client: StudioClient) -> None:
        self._client = client
        self._can_filter = True
        self._answer: Schedules = ()

    async def fetch(self) -> Schedules:
        """Return the schedules; the same object as last time if nothing changed.

        Raises:
            StudioError: the request failed.
        """
        tasks = tuple(job for job in await self._read() if job.state is JobState.TASK)
        if tasks != self._answer:
            self._answer = tasks
        return self._answer

    async def _read(self) -> tuple[Job, ...]:
        if self._can_filter:
            try:
                return (await self._client.jobs(limit=LIMIT, status=JobState.TASK)).items
            except InvalidRequest:
                # A server without this filter.
                self._can_filter = False
        return (await self._client.jobs(limit=LIMIT)).items
