"""Lookup of jobs and pipelines in all that is known: lists, watches and the recorder."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from operator import is_

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Job
from studio_tui.api.related_jobs import NewerAttempt, RelatedJobs
from studio_tui.api.states import JobState
from studio_tui.errors import StudioError
from studio_tui.service.attempts import earlier_and_later_runs
from studio_tui.service.commands.origins import Origins
from studio_tui.service.lists import Lists
from studio_tui.service.newer_attempts import Attempt, find_newer_attempts
from studio_tui.service.polling.jobs_feed import made_at
from studio_tui.service.polling.pipeline_watch import AT_ONCE
from studio_tui.service.polling.pipeline_watches import PipelineWatches
from studio_tui.service.polling.pipelines_feed import PipelineList
from studio_tui.service.recorder.archive import Archive
from studio_tui.service.recorder.recorder import Archived


class KnownItems:
    """The jobs that are listed, watched or recorded; the pipelines that are listed or watched."""

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
        self._newer: Mapping[str, NewerAttempt] = {}
        self._newer_from: tuple[object, ...] = ()
        """What `_newer` was computed from, to notice changes."""

    def jobs(self, job_ids: Collection[str]) -> dict[str, Job]:
        """Return the known ones of these jobs, by id."""
        ids = frozenset(job_ids)
        job_list = self._lists.jobs.snapshot.value
        listed = {job.id: job for job in job_list.jobs if job.id in ids} if job_list else {}
        archived = self._archive.snapshot.value or Archived()
        recorded = {job_id: archived.items[job_id] for job_id in ids & archived.items.keys()}
        # A job may be in several of these; the list is the newest, then the watches.
        return recorded | self._watches.jobs(ids) | listed

    def pipelines(self) -> PipelineList:
        """Return the known pipelines: those in the list, in its order, then the watched ones."""
        pipeline_list = self._lists.pipelines.snapshot.value or PipelineList()
        listed = {each.pipeline_id: each for each in pipeline_list.pipelines}
        watched = self._watches.pipelines()
        polled = {key: watched[key] for key in watched.keys() & self._watches.viewed()}
        # A pipeline that is polled is newer in its watch than in the list; one that is no longer
        # polled is newer in the list. The first `listed` is for the order.
        pipelines = listed | watched | listed | polled
        return replace(pipeline_list, pipelines=tuple(pipelines.values()))

    def newer_attempts(self) -> Mapping[str, NewerAttempt]:
        """Return the failed jobs that are no problem, by id, each with its newer attempt.

        That attempt continued or repeated the failed job at the request of this machine, or is a
        later attempt of the same job of a pipeline. If the failed job is the current run of a
        pipeline's job, only a complete attempt counts.
        """
        sources = (
            self._origins.changes,
            self._lists.jobs.snapshot.value,
            self._lists.pipelines.snapshot.value,
            self._archive.snapshot.value,
            *(watch.snapshot.value for watch in self._watches.all()),
        )
        before = self._newer_from
        # A poll without news returns the same objects.
        if len(sources) != len(before) or not all(map(is_, sources, before)):
            self._newer_from = sources
            self._newer = self._find_newer_attempts()
        return self._newer

    def _find_newer_attempts(self) -> Mapping[str, NewerAttempt]:
        later: dict[str, Sequence[str]] = dict(self._origins.later_runs())
        all_nodes = [node for each in self.pipelines().pipelines for node in each.job_runs]
        current_runs = {node.created_job_id for node in all_nodes if node.created_job_id}
        nodes = [node for node in all_nodes if node.attempts]
        job_ids = {job_id for ids in later.values() for job_id in ids}.union(
            later, *(node.run_ids for node in nodes)
        )
        jobs = self.jobs(job_ids) if job_ids else {}
        known = {job_id: Attempt(job.state, job.created_at) for job_id, job in jobs.items()}
        for node in nodes:
            # An unknown job has the state of its node. Of a known one, only COMPLETE is certain.
            if (current := node.created_job_id) is not None and (
                current not in known or node.state is JobState.COMPLETE
            ):
                created_at = known[current].created_at if current in known else None
                known[current] = Attempt(node.state, created_at)
            for run_id, next_id in pairwise(filter(known.__contains__, node.run_ids)):
                later[run_id] = (*later.get(run_id, ()), next_id)
        return find_newer_attempts(known, later, current_runs=current_runs)

    async def find_jobs(self, job_ids: Sequence[str]) -> tuple[Job, ...]:
        """Return these jobs; unknown ones are requested from Studio, and left out if that fails."""
        known = self.jobs(job_ids)
        requests = asyncio.Semaphore(AT_ONCE)

        async def find(job_id: str) -> Job | None:
            if job_id in known:
                return known[job_id]
            async with requests:
                try:
                    return await self._client.job(job_id)
                except StudioError:
                    return None

        jobs = await asyncio.gather(*map(find, job_ids))
        return tuple(job for job in jobs if job is not None)

    def related_jobs(self, job_id: str) -> RelatedJobs:
        """Return a job's origin, the jobs that continue it, and other attempts."""
        origin, continued_by = self._origins.origin(job_id), self._origins.continued_by(job_id)
        before, after = earlier_and_later_runs(job_id, self.pipelines().pipelines)
        repeat_of, newer = self._origins.repeat_of(job_id), self.newer_attempts().get(job_id)
        newer_id = newer.job_id if newer is not None else None
        later_ids = self._origins.all_later_runs(job_id).union(after)
        related_ids = later_ids.union(before, filter(None, (origin, repeat_of, newer_id)))
        jobs = self.jobs(related_ids) if related_ids else {}
        later = sorted(later_ids, key=lambda each: made_at(jobs.get(each)))
        return RelatedJobs(
            origin,
            tuple(each for each in later if each in continued_by),
            jobs,
            before,
            after,
            newer,
            repeat_of,
            newest_run=later[-1] if later else None,
        )
