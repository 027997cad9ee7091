"""The known schedules: the newest jobs in the state TASK.

If Studio cannot filter by state, these are only the schedules among the newest jobs.
"""

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Job
from studio_tui.api.pages import ResultPage
from studio_tui.api.states import JobState
from studio_tui.errors import InvalidRequest
from studio_tui.service.polling.growing_feed import GrowingFeed

LIMIT = 1000

Schedules = tuple[Job, ...]
"""Newest first."""


class SchedulesFeed(GrowingFeed):
    """Requests the schedules; a poller calls `fetch`."""

    def __init__(self, client: StudioClient) -> None:
        super().__init__(LIMIT)
        self._client = client
        self._last_schedules: Schedules = ()

    async def fetch(self) -> Schedules:
        """Return the schedules; the same object as last time if nothing changed."""
        tasks = tuple(job for job in (await self._read()).items if job.state is JobState.TASK)
        if tasks != self._last_schedules:
            self._last_schedules = tasks
        return self._last_schedules

    async def _read(self) -> ResultPage[Job]:
        if self._can_filter:
            try:
                return await self._request_jobs(JobState.TASK)
            except InvalidRequest:
                # If the request without the filter succeeds, the filter was the reason.
                page = await self._request_jobs(None)
                self._note_refused_filter()
                return page
        return await self._request_jobs(None)

    async def _request_jobs(self, status: JobState | None) -> ResultPage[Job]:
        page, _ = await self._request(
            LIMIT, lambda limit: self._client.jobs(limit=limit, status=status)
        )
        return page
