"""The jobs and pipelines that are known in any way: listed, watched or recorded."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from operator import is_

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.errors import StudioError
from studio_tui.service.commands.origins import Origins
from studio_tui.service.lists import Lists
from studio_tui.service.polling.attempts import AttemptIndex, RelatedJobs
from studio_tui.service.polling.pipeline_watch import AT_ONCE
from studio_tui.service.polling.pipeline_watches import PipelineWatches
from studio_tui.service.polling.pipelines_feed import PipelineList
from studio_tui.service.recorder.archive import Archive, Archived


class KnownItems:
    """Finds jobs and pipelines by id."""

    def __init__(
        self,
        client: StudioClient,
        lists: Lists,
        watches: PipelineWatches,
        archive: Archive[Job],
        origins: Origins,
    ) -> None:
        self._client = client
        self._lists = lists
        self._watches = watches
        self._archive = archive
        self._origins = origins
        self._attempts = AttemptIndex()
        self._fixed: Mapping[str, str] = {}
        self._fixed_from: tuple[object, ...] = ()
        """The answers, and the number of changes of links, that `_fixed` was found in."""

    def jobs(self, job_ids: Collection[str]) -> dict[str, Job]:
        """Return the known jobs among these: listed, in watched pipelines, or recorded."""
        ids = frozenset(job_ids)
        listed = self._lists.jobs.snapshot.value
        jobs = {job.id: job for job in listed.jobs if job.id in ids} if listed else {}
        recorded = self._archive.snapshot.value or Archived()
        ever_seen = {job_id: recorded.things[job_id] for job_id in ids & recorded.things.keys()}
        return ever_seen | self._watches.jobs(ids) | jobs

    def pipelines(self) -> PipelineList:
        """Return the known pipelines: those in the list, and those watched."""
        listed = self._lists.pipelines.snapshot.value or PipelineList()
        watched = self._watches.pipelines()
        polled = {key: watched[key] for key in watched.keys() & self._watches.viewed()}
        known = {each.pipeline_id: each for each in listed.pipelines}
        # What the list says of a pipeline is newer than a watch that has ended.
        return replace(listed, pipelines=tuple((known | watched | known | polled).values()))

    def fixed(self) -> Mapping[str, str]:
        """Return the completed run that fixed a failed job, by the ids of failed jobs.

        That run continued or repeated it at the request of this machine, or is a later attempt of
        the same job of a pipeline. A failure of which that is not known is not included.
        """
        found_in = (
            self._origins.changes,
            self._lists.jobs.snapshot.value,
            self._lists.pipelines.snapshot.value,
            self._archive.snapshot.value,
            *(watch.snapshot.value for watch in self._watches.all()),
        )
        before = self._fixed_from
        # A poll without news returns the same objects.
        if len(found_in) != len(before) or not all(map(is_, found_in, before)):
            self._fixed_from = found_in
            self._fixed = self._found_fixed()
        return self._fixed

    def _found_fixed(self) -> Mapping[str, str]:
        attempts = {
            attempt: run.created_job_id
            for pipeline in self.pipelines().pipelines
            for run in pipeline.job_runs
            if run.state is JobState.COMPLETE and run.created_job_id is not None
            for attempt in run.attempts
        }
        wanted = self._origins.linked() | attempts.keys()
        jobs = self.jobs(wanted) if wanted else {}
        fixed = {}
        for job_id, job in jobs.items():
            later = self._origins.fixed_by(job, jobs.get)
            if later is not None:
                fixed[job_id] = later.id
            elif job.state is JobState.FAILED and job_id in attempts:
                fixed[job_id] = attempts[job_id]
        return fixed

    async def find_jobs(self, job_ids: Sequence[str]) -> tuple[Job, ...]:
        """Return these jobs, requesting unknown ones concurrently, a few at a time.

        Jobs that cannot be read are left out.
        """
        listed = self.jobs(job_ids)
        turns = asyncio.Semaphore(AT_ONCE)

        async def one(job_id: str) -> Job | None:
            if job_id in listed:
                return listed[job_id]
            async with turns:
                try:
                    return await self._client.job(job_id)
                except StudioError:
                    return None

        found = await asyncio.gather(*map(one, job_ids))
        return tuple(job for job in found if job is not None)

    def related(self, job_id: str) -> RelatedJobs:
        """Return the job that this one continues, those that continue it, and other attempts."""
        origin, successors = self._origins.origin(job_id), self._origins.successors(job_id)
        before, after = self._attempts.neighbours(job_id, self.pipelines().pipelines)
        related = (*((origin,) if origin else ()), *successors, *before, *after)
        jobs = self.jobs(related) if related else {}
        return RelatedJobs(origin, successors, jobs, before, after)
