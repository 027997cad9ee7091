"""Jobs of pipelines that join the merged log as soon as they have started."""

from collections.abc import Iterable
from functools import partial
from itertools import islice

from studio_tui.api.states import JobState
from studio_tui.errors import SpoolError
from studio_tui.tui.logs.merged_jobs import MergedController, left_out
from studio_tui.tui.messages import JobToStart


class JoiningJobs(MergedController):
    awaited: tuple[JobToStart, ...] = ()
    """The jobs that have not started, as far as is known."""
    _has_told_limit = False
    """Whether the user knows that there is no room for more jobs."""

    def wait_for(self, jobs: Iterable[JobToStart]) -> None:
        """Wait for exactly these jobs; `look` adds them."""
        self.awaited = tuple(jobs)
        self._has_told_limit = False

    def look(self) -> None:
        """Add the awaited jobs that have started according to the known pipelines.

        Those for which there is no room stay awaited.
        """
        if not self.awaited:
            return
        started = self._started()
        too_many = len(started) - self._members.room
        if too_many > 0 and not self._has_told_limit:
            self._has_told_limit = True
            self._page.notify_user(f"{left_out(too_many)} so far", "warning")
        if started := dict(islice(started.items(), self._members.room)):
            self._work.run_if_idle(partial(self._add, started), "join jobs")

    def _started(self) -> dict[JobToStart, str]:
        """Return the ids of the jobs that were created for awaited ones and have started."""
        pipelines = self._page.session.known_items.pipelines()
        by_id = {each.pipeline_id: each for each in pipelines.pipelines}
        runs = {
            JobToStart(pipeline_id, run.job_id): run.created_job_id
            for pipeline_id in {each.pipeline_id for each in self.awaited} & by_id.keys()
            for run in by_id[pipeline_id].job_runs
            if run.created_job_id and run.state is not JobState.PENDING
        }
        return {each: runs[each] for each in self.awaited if each in runs}

    async def _add(self, started: dict[JobToStart, str]) -> None:
        # A job that Studio does not return now is looked up again after the next poll.
        jobs = await self._page.session.known_items.find_jobs(tuple(started.values()))
        found = {job.id for job in jobs}
        added = {each for each, job_id in started.items() if job_id in found}
        if not added <= set(self.awaited):
            return  # meanwhile, other jobs were chosen
        self.awaited = tuple(each for each in self.awaited if each not in added)
        if not (jobs and self._members.has_begun):
            return
        self._page.session.endings.watch(jobs)
        try:
            self._members.add(jobs)
        except SpoolError as error:
            self._page.notify_user(str(error), "error")
        self._page.members_changed()
