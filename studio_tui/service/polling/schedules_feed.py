"""Which schedules exist: the jobs in the state TASK, however old they are."""

from studio_tui.api.models import Job, JobState
from studio_tui.errors import InvalidRequest
from studio_tui.service.polling.jobs_feed import ListsJobs

LIMIT = 1000
"""Newest schedules that are asked for; of a Studio that cannot tell them apart, newest jobs."""

Schedules = tuple[Job, ...]
"""Newest first."""


class SchedulesFeed:
    """Answers `fetch` for a poller."""

    def __init__(self, client: ListsJobs) -> None:
        self._client = client
        self._can_filter = True
        self._answer: Schedules = ()

    async def fetch(self) -> Schedules:
        """Return the schedules. The same object as last time means that nothing changed.

        Raises:
            StudioError: when Studio could not be asked.
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
                # A server that does not know the word here.
                self._can_filter = False
        return (await self._client.jobs(limit=LIMIT)).items
