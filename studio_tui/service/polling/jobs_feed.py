"""The known jobs; a poll requests only jobs that may have changed.

The API has no offset, only a `limit`: an answer always begins with the newest job. So a poll
requests the newest page, the active jobs beyond it, and those that were active and no longer are;
all others are cached.
"""

import asyncio
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from studio_tui.api.client import StudioClient
from studio_tui.api.job_kinds import by_status
from studio_tui.api.models import Job
from studio_tui.api.pages import ResultPage
from studio_tui.api.states import JobState
from studio_tui.errors import InvalidRequest, NotFound, PermissionDenied
from studio_tui.service.polling.growing_feed import GrowingFeed, ItemLimit

PAGE = 100
"""Number of jobs in the newest page, and at least in each page that the user requests."""

READ_LIMIT = 1600
"""Maximum number of newest jobs that are requested until a known one is among them.

If none is, they replace all known jobs.
"""

MOST_KEPT = 5000
"""Number of newest jobs above which older ones that have ended are forgotten, unless the user
requested them: otherwise a dashboard that is open for weeks would need ever more memory."""

ACTIVE_LIMIT = 1000
SINGLE_LOOKUPS = 8
"""Maximum number of jobs that are requested one by one instead of in one long list."""

MANY = 2000
"""Number of jobs from which merging them, and then showing them, each takes longer than a frame."""
REST_FOR_KEYS = 0.02
"""Seconds between merging and showing many jobs, for the keys that were pressed meanwhile."""

_NEWEST = datetime.max.replace(tzinfo=UTC)
_OLDEST = datetime.min.replace(tzinfo=UTC)
_BEFORE_STUDIO = datetime(2015, 1, 1, tzinfo=UTC)
"""Earlier times are no times of jobs, but for example the year 1 of an unset value."""


@dataclass(frozen=True)
class JobList:
    jobs: tuple[Job, ...] = ()
    """Newest first, each id once; jobs without a creation time come first."""
    has_all: bool = True
    """Whether these are all jobs that Studio has."""
    unreadable: int = 0
    """Rows of the last answer that could not be parsed."""
    duplicates: int = 0
    """Rows of the last answer with an id that had appeared before."""

    @cached_property
    def by_status(self) -> dict[str | None, list[Job]]:
        """The jobs with each status, newest first; computed once, as there may be thousands."""
        return by_status(self.jobs)

    @cached_property
    def queued(self) -> tuple[Job, ...]:
        """The jobs that wait for workers, oldest first."""
        return tuple(reversed(self.by_status.get(JobState.QUEUED, ())))


class JobsFeed(GrowingFeed):
    """Requests the jobs that may have changed, and caches the others; a poller calls `fetch`."""

    def __init__(self, client: StudioClient) -> None:
        super().__init__(PAGE)
        self._client = client
        self._known: dict[str, Job] = {}
        self._unfinished: list[str] = []
        """Ids of the known jobs that have not ended."""
        self._loaded = 0
        """The greatest number of newest jobs that was requested at once."""
        self._active_limit = ItemLimit(ACTIVE_LIMIT)
        self._has_all = False
        self.complete_since = _NEWEST
        """All jobs created at this time or later are known."""
        self._last_pages: tuple[ResultPage[Job] | None, ResultPage[Job] | None] = (None, None)
        """The newest page and the active jobs of the last poll."""
        self._answer = JobList()
        self._reached = 0
        """Number of known jobs that are not older than `complete_since`."""

    @property
    def count_for_next_run(self) -> int:
        """How many of the newest jobs a later run must request to have as many as this one.

        It is at most `READ_LIMIT`, unless the user requested more: otherwise it would grow with
        each run.
        """
        reached = self._reached
        if self._has_all:
            # Only an answer shorter than its limit shows that there are no more jobs.
            reached = (reached // PAGE + 1) * PAGE
        return max(self.requested_count, min(reached, READ_LIMIT))

    def request_more(self) -> None:
        """Request older jobs than those known; more may be known than were requested."""
        self.request_at_least(self._reached)
        self._active_limit.most = ACTIVE_LIMIT
        super().request_more()

    async def fetch(self) -> JobList:
        """Return the known jobs; the same object as last time if nothing changed."""
        limit = (
            PAGE
            if self._loaded >= self.requested_count and self._can_filter
            else self.requested_count
        )
        newest, active, limit = await self._read(limit)
        while (
            self._known
            and not self._reaches_known(newest, limit)
            and limit < min(READ_LIMIT, self._limit.most)
        ):
            # All of these jobs are new: read more, until one of them is known.
            limit = max(self.requested_count, limit * 4)
            newest, active, limit = await self._read(limit)
        last_newest, last_active = self._last_pages
        is_unchanged = newest == last_newest and (active is None or active == last_active)
        if is_unchanged and self._loaded >= limit:
            return self._answer
        ended = await self._look_up(self._no_longer_active(newest, active))
        self._merge(newest, (*(active.items if active else ()), *ended), limit)
        self._last_pages = (newest, active)
        self._loaded = max(self._loaded, limit)
        if len(self._answer.jobs) >= MANY:
            await asyncio.sleep(REST_FOR_KEYS)
        return self._answer

    async def _read(self, limit: int) -> tuple[ResultPage[Job], ResultPage[Job] | None, int]:
        """Return the newest jobs, the active ones if they were requested, and the limit."""
        newest, limit = await self._request_newest(limit)
        if not self._can_filter or not self._may_miss_active(newest, limit):
            return newest, None, limit
        try:
            return newest, await self._request_active(), limit
        except InvalidRequest:
            # This Studio cannot list active jobs: each poll reads all jobs that the user wants.
            newest, limit = await self._request_newest(self.requested_count)
            self._note_refused_filter()
            return newest, None, limit

    async def _request_newest(self, count: int) -> tuple[ResultPage[Job], int]:
        return await self._request(count, lambda limit: self._client.jobs(limit=limit))

    async def _request_active(self) -> ResultPage[Job]:
        page, _ = await self._active_limit.request(
            ACTIVE_LIMIT, lambda limit: self._client.jobs(limit=limit, status="ACTIVE")
        )
        return page

    def _may_miss_active(self, newest: ResultPage[Job], limit: int) -> bool:
        """Whether there may be active jobs that are not in the page.

        Each new job is in the newest page at first. If the page overlaps with the known jobs, all
        active jobs beyond the page are therefore known.
        """
        if newest.received < limit and len(self._known) <= limit:
            return False
        if not self._answer.jobs or not self._reaches_known(newest, limit):
            return True
        in_page = {job.id for job in newest.items}
        return any(job_id not in in_page for job_id in self._unfinished)

    def _reaches_known(self, newest: ResultPage[Job], limit: int) -> bool:
        """Whether the page overlaps with the known jobs, or is so short that it has all jobs."""
        return newest.received < limit or any(job.id in self._known for job in newest.items)

    def _no_longer_active(
        self, newest: ResultPage[Job], active: ResultPage[Job] | None
    ) -> list[str]:
        if active is None:
            return []
        received = {job.id for page in (newest, active) for job in page.items}
        return [job_id for job_id in self._unfinished if job_id not in received]

    async def _look_up(self, ids: Sequence[str]) -> tuple[Job, ...]:
        """Return these known jobs, and forget those that Studio does not return."""
        if len(ids) <= SINGLE_LOOKUPS:
            jobs = {job.id: job for job_id in ids if (job := await self._look_up_one(job_id))}
        else:
            jobs = await self._look_up_many(ids)
        for job_id in ids:
            if job_id not in jobs:
                self._known.pop(job_id, None)
        return tuple(jobs.values())

    async def _look_up_one(self, job_id: str) -> Job | None:
        try:
            return await self._client.job(job_id)
        except (InvalidRequest, NotFound, PermissionDenied):
            return None  # one job that is gone must not make the whole list unavailable

    async def _look_up_many(self, ids: Sequence[str]) -> dict[str, Job]:
        """Return these known jobs, by id, from one long list, as many short answers cost more.

        The list must reach the oldest of them. How long it must be is unknown, so its length is
        doubled until it does.
        """
        limit, missing = max(self.requested_count, len(self._known)), set(ids)
        times = [job.created_at for job_id in ids if (job := self._known.get(job_id))]
        oldest = min((time or _OLDEST for time in times), default=_NEWEST)
        jobs: dict[str, Job] = {}
        while True:
            page, count = await self._request_newest(limit)
            jobs |= {job.id: job for job in page.items if job.id in missing}
            missing -= jobs.keys()
            is_last = page.received < limit or count < limit
            if not missing or is_last or min(map(made_at, page.items), default=_NEWEST) < oldest:
                return jobs
            limit *= 2

    def _merge(self, newest: ResultPage[Job], others: Sequence[Job], limit: int) -> None:
        """Merge the newest page, requested with `limit`, and `others` into the known jobs.

        The page replaces all known jobs that are newer than its oldest job. If it does not overlap
        with the known jobs, it replaces all, as jobs may be missing in between.
        """
        page_is_all = newest.received < limit
        kept: list[Job] = []
        oldest = min(map(made_at, newest.items), default=_NEWEST)
        if not page_is_all and newest.items and self._reaches_known(newest, limit):
            before = self._answer.jobs
            first = bisect_left(before, True, key=lambda job: made_at(job) <= oldest)
            kept = [job for job in before[first:] if job.id in self._known]
        if page_is_all:
            self.complete_since = _OLDEST
        else:
            self.complete_since = min(oldest, self.complete_since) if kept else oldest
        self._has_all = page_is_all or (self._has_all and bool(kept))
        received = {job.id: job for job in (*others, *newest.items)}
        unfinished = dict.fromkeys((*self._unfinished, *received))
        # Mostly, only those not among `kept` need sorting, and they are newer than all of these.
        have_moved = any(
            made_at(job) != made_at(self._known.get(job.id, job)) for job in received.values()
        )
        kept = [received.pop(job.id, job) for job in kept]
        jobs = sorted(received.values(), key=made_at, reverse=True)
        are_newer = not jobs or not kept or made_at(jobs[-1]) >= made_at(kept[0])
        jobs += kept
        if have_moved or not are_newer:
            jobs.sort(key=made_at, reverse=True)
        jobs = self._without_oldest(jobs)
        self._known = {job.id: job for job in jobs}
        self._unfinished = [
            job_id
            for job_id in unfinished
            if (job := self._known.get(job_id)) and not job.state.is_finished
        ]
        self._reached = bisect_left(jobs, True, key=lambda job: made_at(job) < self.complete_since)
        self._answer = JobList(
            tuple(jobs), self._has_all, unreadable=newest.unreadable, duplicates=newest.duplicates
        )

    def _without_oldest(self, jobs: list[Job]) -> list[Job]:
        """Return jobs, newest first, without the oldest ended ones if there are too many."""
        most = max(MOST_KEPT, self.requested_count)
        if len(jobs) <= most:
            return jobs
        self.complete_since, self._has_all = (
            max(self.complete_since, made_at(jobs[most - 1])),
            False,
        )
        return [
            job for job in jobs if made_at(job) >= self.complete_since or not job.state.is_finished
        ]


def made_at(job: Job | None) -> datetime:
    """Return when a job was created; if unknown, the latest time, so that it sorts as new."""
    created_at = job.created_at if job is not None else None
    return created_at if created_at is not None and created_at > _BEFORE_STUDIO else _NEWEST
