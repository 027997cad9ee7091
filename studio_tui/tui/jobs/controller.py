"""The commands on a job, shared by all screens that show a job."""

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from studio_tui.api.ids import NO_ID, is_usable_id
from studio_tui.api.models import Job, Pipeline
from studio_tui.api.states import JobState
from studio_tui.presentation.jobs.filters import id_filter
from studio_tui.tui.frame.commands import Command, Host, why_read_only
from studio_tui.tui.jobs.marked import MarkedJobs
from studio_tui.tui.messages import EditJobs, FilterList, OpenLog, OpenPipeline
from studio_tui.tui.terminal.clipboard import copy

if TYPE_CHECKING:
    from studio_tui.tui.jobs.bulk import BulkJobs

NO_JOB = "There is no job here"


def show_runs(host: Host, tasks: Sequence[Job]) -> None:
    """Show the jobs that schedules created; if all of them trigger pipelines, these pipelines."""
    job_schedules = [task.id for task in tasks if not (task.schedule and task.schedule.datasets)]
    tab = "jobs" if job_schedules else "pipelines"
    ids = job_schedules or [task.id for task in tasks]
    host.post_message(FilterList(id_filter("task", *ids), tab))


class JobController:
    """Controller of a screen with a current job and possibly marked jobs.

    If there are marked jobs, the commands to cancel, rerun, edit and copy apply to these instead.
    """

    def __init__(
        self,
        host: Host,
        at_hand: Callable[[], Job | None],
        *,
        marked: MarkedJobs | None = None,
        owner_of: Callable[[Job], Pipeline | None] | None = None,
        why_no_job: Callable[[], str] = lambda: NO_JOB,
    ) -> None:
        """Make a controller; by default there are no marked jobs.

        `at_hand` returns the current job; if there is none, `why_no_job` returns why. `owner_of`
        returns the pipeline that runs a job; by default it searches the list of pipelines.
        """
        self._host = host
        self._at_hand = at_hand
        self.marked = marked or MarkedJobs()
        self.owner_of = owner_of or self._known_owner
        self._why_no_job = why_no_job

    @cached_property
    def _bulk(self) -> "BulkJobs":
        from studio_tui.tui.jobs.bulk import BulkJobs  # noqa: PLC0415 (faster start)

        return BulkJobs(self._host, self.marked, self.owner_of)

    def _only(self, job: Job) -> "BulkJobs":
        """Return the commands on marked jobs, with `job` as the only marked one."""
        from studio_tui.presentation.jobs.bulk import why_not_cancel  # noqa: PLC0415 (faster start)
        from studio_tui.tui.jobs.bulk import BulkJobs  # noqa: PLC0415 (faster start)

        noun = "schedule" if job.state is JobState.TASK else "job"
        single = MarkedJobs(lambda: (job,), noun=lambda: noun)
        return BulkJobs(self._host, single, self.owner_of, why_not_cancel)

    def log_label(self) -> str:
        """Return the label of the key that shows the log of a job, or the runs of a schedule."""
        job = self._at_hand()
        return "runs" if job is not None and job.state is JobState.TASK else "log"

    # Why commands are unavailable.

    def _why_not(self, reason: Callable[[Job], str | None]) -> str | None:
        """Return why there is no current job; if there is one, what `reason` returns for it."""
        job = self._at_hand()
        return self._why_no_job() if job is None else reason(job)

    def why_no_id(self) -> str | None:
        """Return why no request about the job is possible."""
        return self._why_not(lambda job: None if is_usable_id(job.id) else NO_ID)

    def why_not_cancel(self) -> str | None:
        if self.marked.count():
            return self._bulk.why_not_cancel()
        if reason := self._why_no_change():
            return reason
        job = self._at_hand()
        if job is None or job.state.is_cancelable:
            return None
        if not job.state.is_finished:
            return "The job is being canceled already"
        return f"The job has ended: {(job.status or 'unknown').lower()}"

    def why_not_rerun(self) -> str | None:
        if self.marked.count():
            return self._bulk.why_not_rerun()
        job = self._at_hand()
        if job is not None and job.state is JobState.TASK:
            # As a job it would run once, and its times would be lost.
            return self._why_no_change() or "In Schedules (4), t runs a schedule and e changes it"
        return self.why_not_rerun_at_hand()

    def why_not_rerun_at_hand(self) -> str | None:
        if reason := self._why_no_change():
            return reason
        job = self._at_hand()
        if job is not None and job.schedule and job.schedule.datasets:
            return "The schedule triggers a pipeline and runs no query"
        return "Its query is not known here" if job is None or job.query is None else None

    def why_not_copy(self) -> str | None:
        return self._bulk.why_not_copy() if self.marked.count() else self.why_no_id()

    def why_no_pipeline(self) -> str | None:
        none = "No known pipeline runs this job"
        return self._why_not(lambda job: None if self.owner_of(job) is not None else none)

    def why_no_page(self) -> str | None:
        return self._why_not(lambda job: None if job.url else "Studio has no page for it")

    def _why_no_change(self) -> str | None:
        return self.why_no_id() or why_read_only(self._host)

    # Commands.

    def open_log(self) -> None:
        """Show the log of the current job; a schedule has no log, so its runs are shown."""
        if (job := self._at_hand()) and job.state is JobState.TASK:
            show_runs(self._host, (job,))
        elif job:
            self._host.post_message(OpenLog(job.id))

    async def copy_id(self) -> None:
        if self.marked.count():
            await self._bulk.copy_ids()
        elif job := self._at_hand():
            await copy(self._host.app, job.id)

    async def cancel(self) -> None:
        """Ask, then cancel the marked jobs; if there are none, the current job."""
        if self.marked.count():
            await self._bulk.cancel()
        elif job := self._at_hand():
            await self._only(job).cancel()

    async def run_again(self) -> None:
        await self._rerun(from_checkpoints=False)

    async def run_from_checkpoints(self) -> None:
        await self._rerun(from_checkpoints=True)

    async def _rerun(self, *, from_checkpoints: bool) -> None:
        if self.marked.count():
            await self._bulk.rerun(from_checkpoints=from_checkpoints)
        elif job := self._at_hand():
            await self._only(job).rerun(from_checkpoints=from_checkpoints)

    async def edit(self) -> None:
        if self.marked.count():
            if ids := await self._bulk.ids_to_edit():
                self._host.post_message(EditJobs(ids, self.marked.unmark))
        elif job := self._at_hand():
            self._host.post_message(EditJobs([job.id]))

    def open_pipeline(self) -> None:
        job = self._at_hand()
        if job is not None and (owner := self.owner_of(job)):
            self._host.post_message(OpenPipeline(owner.pipeline_id, job.id))

    async def open_page(self) -> None:
        if (job := self._at_hand()) and job.url:
            from studio_tui.tui.frame.browser import open_page  # noqa: PLC0415 (faster start)

            await open_page(self._host.app, job.url, own=self._host.session.client.origin)

    def _known_owner(self, job: Job) -> Pipeline | None:
        pipelines = self._host.session.pipelines.snapshot.value
        return pipelines.pipeline_of(job.id) if pipelines else None

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "job.log",
            "l",
            "log",
            "Show the job's log, or a schedule's runs",
            open_log,
            why_no_id,
            search_words="tail output",
            label_now=log_label,
        ),
        Command(
            "job.cancel",
            "x",
            "cancel",
            "Cancel the job, after confirmation",
            cancel,
            why_not_cancel,
            search_words="kill stop abort terminate delete",
        ),
        Command(
            "job.run_again",
            "r",
            "run again",
            "Run the job again as it was",
            run_again,
            why_not_rerun,
            search_words="rerun resubmit retry restart",
        ),
        Command(
            "job.continue",
            "R",
            "continue",
            "Run the job again from its checkpoints",
            run_from_checkpoints,
            why_not_rerun,
            search_words="resume rerun",
        ),
        Command(
            "job.copy_id",
            "c",
            "copy id",
            "Copy the job's full id",
            copy_id,
            why_not_copy,
            repeats=True,
        ),
        Command(
            "job.open_page",
            "o",
            "browser",
            "Open the job's page in a browser",
            open_page,
            why_no_page,
            repeats=True,
        ),
        Command(
            "job.pipeline",
            "P",
            "pipeline",
            "Show the pipeline that runs the job",
            open_pipeline,
            why_no_pipeline,
        ),
        Command(
            "job.edit",
            "e,ctrl+e",
            "edit",
            "Change the query in $EDITOR, then the settings in the form; review, then run it",
            edit,
            why_not_rerun,
            search_words="modify resubmit",
        ),
    )
