"""The known jobs; a poll requests only jobs that may have changed.

The API has no offset, only a `limit`: an answer always begins with the newest job. Finished jobs
that have left the newest page are therefore cached instead of requested again. A poll requests the
newest page, the active jobs beyond it, and the jobs that were active and no longer are.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Job
from studio_tui.api.pages import ResultPage
from studio_tui.api.states import JobState
from studio_tui.errors import InvalidRequest
from studio_tui.service.polling.page_growth import with_more_pages

PAGE = 100
"""Jobs in the newest page, and at least in each further page that the user requests."""

READ_LIMIT = 1600
"""Number of newest jobs that are read in search of a known one.

If none of them is known, they replace all known jobs.
"""

ACTIVE_LIMIT = 1000
"""Maximum number of active jobs requested."""
SINGLE_LOOKUPS = 8
"""Maximum number of jobs, no longer active, that are requested one by one.

If there are more, one long list is requested instead.
"""

_NEWEST = datetime.max.replace(tzinfo=UTC)
_OLDEST = datetime.min.replace(tzinfo=UTC)


@dataclass(frozen=True)
class JobList:
    """The known jobs."""

    jobs: tuple[Job, ...] = ()
    """Newest first, each id once; jobs without a creation time come first."""
    has_all: bool = True
    """Whether these are all jobs of the team; else older ones can be requested."""
    unreadable: int = 0
    """Rows of the last answer that could not be parsed."""
    duplicates: int = 0
    """Rows of the last answer with an id that had appeared before."""

    @cached_property
    def queued(self) -> tuple[Job, ...]:
        """The jobs that wait for workers, oldest first."""
        return tuple(job for job in reversed(self.jobs) if job.status == JobState.QUEUED)


class JobsFeed:
    """Requests the jobs that may have changed, and caches the others; a poller calls `fetch`."""

    def __init__(self, client: StudioClient) -> None:
        self.requested_count = PAGE
        """How many of the newest jobs the user wants to see."""
        self._client = client
        self._known: dict[str, Job] = {}
        """By id."""
        self._unfinished: dict[str, None] = {}
        """Ids of the known jobs that have not ended, in the order in which they came.

        Each poll needs these ids, and it would take long to find them among all known jobs.
        """
        self._loaded = 0
        """The greatest number of newest jobs that was requested at once."""
        self._has_all = False
        self._back_to = _NEWEST
        """All jobs created at this time or later are known."""
        self._can_filter = True
        """Whether this Studio can list the active jobs alone."""
        self._last_pages: tuple[ResultPage[Job] | None, ResultPage[Job] | None] = (None, None)
        """The newest page and the active jobs of the last poll."""
        self._answer = JobList()
        self._counted: tuple[JobList | None, datetime, int] = (None, _NEWEST, 0)
        """An answer, a value of `_back_to`, and the result of `_count_reached` for these two."""

    def request_more(self) -> None:
        """Request more jobs from the next fetch on."""
        self.requested_count = with_more_pages(self.requested_count, PAGE)

    def request_at_least(self, count: int) -> None:
        """Request at least `count` jobs from the next fetch on, as many as an earlier run had."""
        self.requested_count = max(self.requested_count, count)

    @property
    def complete_since(self) -> datetime:
        """All jobs created at this time or later are known."""
        return self._back_to

    @property
    def count_for_next_run(self) -> int:
        """How many of the newest jobs a later run must request to have as many as this one.

        It is at most `READ_LIMIT`, unless the user requested more: otherwise each run would request
        more than the one before, as new jobs arrive.
        """
        reached = self._count_reached()
        if self._has_all:
            # Only an answer shorter than its limit shows that there are no more jobs.
            reached = (reached // PAGE + 1) * PAGE
        return max(self.requested_count, min(reached, READ_LIMIT))

    def _count_reached(self) -> int:
        """Return the number of jobs not older than `complete_since`; cached for the answer."""
        answer, back_to, reached = self._counted
        if answer is not self._answer or back_to != self._back_to:
            reached = sum(made_at(job) >= self._back_to for job in self._known.values())
            self._counted = self._answer, self._back_to, reached
        return reached

    async def fetch(self) -> JobList:
        """Return the known jobs; the same object as last time if nothing changed.

        Raises:
            StudioError: a request failed; the known jobs are kept.
        """
        limit = (
            PAGE
            if self._loaded >= self.requested_count and self._can_filter
            else self.requested_count
        )
        newest, active = await self._read(limit)
        while self._known and not self._reaches_known(newest) and limit < READ_LIMIT:
            # All of these jobs are new: read more, until one of them is known.
            limit = max(self.requested_count, limit * 4)
            newest, active = await self._read(limit)
        last_newest, last_active = self._last_pages
        is_unchanged = newest == last_newest and (active is None or active == last_active)
        if is_unchanged and self._loaded >= limit:
            return self._answer
        ended = await self._look_up(self._no_longer_active(newest, active))
        self._merge(newest, (*(active.items if active else ()), *ended), limit)
        self._last_pages = (newest, active)
        self._loaded = max(self._loaded, limit)
        return self._answer

    async def _read(self, limit: int) -> tuple[ResultPage[Job], ResultPage[Job] | None]:
        """Read the newest `limit` jobs, and all active jobs if some may be missing among those."""
        newest = await self._client.jobs(limit=limit)
        if not self._can_filter or not self._may_miss_active(newest, limit):
            return newest, None
        try:
            return newest, await self._client.jobs(limit=ACTIVE_LIMIT, status="ACTIVE")
        except InvalidRequest:
            # This Studio cannot list active jobs: each poll reads all jobs that the user wants.
            self._can_filter = False
            return await self._client.jobs(limit=self.requested_count), None

    def _may_miss_active(self, newest: ResultPage[Job], limit: int) -> bool:
        """Whether there may be active jobs that are not in the page.

        Each new job is in the newest page at first. If the page overlaps with the known jobs, all
        active jobs beyond the page are therefore known.
        """
        if newest.received < limit and len(self._known) <= limit:
            return False
        if not self._answer.jobs or not self._reaches_known(newest):
            return True
        in_page = {job.id for job in newest.items}
        return any(job_id not in in_page for job_id in self._unfinished)

    def _reaches_known(self, newest: ResultPage[Job]) -> bool:
        """Whether there is no gap between the page and the known jobs.

        There is none if they overlap, or if the page is so short that it has all jobs.
        """
        return newest.received < PAGE or any(job.id in self._known for job in newest.items)

    def _no_longer_active(
        self, newest: ResultPage[Job], active: ResultPage[Job] | None
    ) -> list[str]:
        """Return the ids of known active jobs in neither answer: they have ended or are deleted."""
        if active is None:
            return []
        received = {job.id for page in (newest, active) for job in page.items}
        return [job_id for job_id in self._unfinished if job_id not in received]

    async def _look_up(self, ids: Sequence[str]) -> tuple[Job, ...]:
        """Request these jobs; forget those that Studio no longer has."""
        jobs: dict[str, Job] = {}
        if len(ids) <= SINGLE_LOOKUPS:
            for job_id in ids:
                if (job := await self._client.job(job_id)) is not None:
                    jobs[job_id] = job
        else:
            # One long answer costs less than many short ones. How long it must be is unknown, so
            # the length doubles until all jobs are found or there are no more.
            limit, missing, page_is_full = (
                max(self.requested_count, len(self._known)),
                set(ids),
                True,
            )
            while missing and page_is_full:
                page = await self._client.jobs(limit=limit)
                jobs |= {job.id: job for job in page.items if job.id in missing}
                missing -= jobs.keys()
                page_is_full = page.received >= limit
                limit *= 2
        for job_id in ids:
            if job_id not in jobs:
                self._known.pop(job_id, None)
                self._unfinished.pop(job_id, None)
        return tuple(jobs.values())

    def _merge(self, newest: ResultPage[Job], others: Sequence[Job], limit: int) -> None:
        """Merge the newest page, requested with `limit`, and `others` into the known jobs.

        The page replaces all known jobs that are newer than the oldest job of the page. Older jobs
        are kept if the page overlaps with the known jobs. Otherwise jobs may be missing in between,
        and all known jobs are replaced; likewise if the page has all jobs of the team.
        """
        page_is_all = newest.received < limit
        merged: dict[str, Job] = {}
        oldest = min(map(made_at, newest.items), default=_NEWEST)
        if not page_is_all and newest.items and self._reaches_known(newest):
            merged = {job.id: job for job in self._known.values() if made_at(job) <= oldest}
        if page_is_all:
            self._back_to = _OLDEST
        else:
            self._back_to = min(oldest, self._back_to) if merged else oldest
        self._has_all = page_is_all or (self._has_all and bool(merged))
        unfinished = {job_id: None for job_id in self._unfinished if job_id in merged}
        for job in (*others, *newest.items):
            merged[job.id] = job
            if job.state.is_finished:
                unfinished.pop(job.id, None)
            else:
                unfinished[job.id] = None
        self._known, self._unfinished = merged, unfinished
        self._answer = JobList(
            jobs=tuple(sorted(merged.values(), key=made_at, reverse=True)),
            has_all=self._has_all,
            unreadable=newest.unreadable,
            duplicates=newest.duplicates,
        )


def made_at(job: Job | None) -> datetime:
    """Return when a job was created; as for new jobs, the latest time if that is unknown."""
    return (job.created_at if job is not None else None) or _NEWEST
