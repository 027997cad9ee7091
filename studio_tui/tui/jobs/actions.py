"""What can be done with a job, the same from every screen that shows one."""

from abc import abstractmethod
from typing import TYPE_CHECKING, Any

from textual import work
from textual.binding import Binding

from studio_tui.api.ids import NO_ID, can_be_used
from studio_tui.api.models import Job, Pipeline
from studio_tui.errors import InvalidRequest, StudioError
from studio_tui.presentation.jobs.rows import SHORT_ID, first_line
from studio_tui.presentation.pipelines.impact import cancel_notes, repeat_notes
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.frame.progress_words import asked, told
from studio_tui.tui.messages import CreateJob, EditJobs, OpenLog, OpenPipeline
from studio_tui.tui.terminal.clipboard import copy

if TYPE_CHECKING:
    from textual.screen import Screen

    from studio_tui.tui.jobs.rerun import Repeat

    Base = Screen[None]
else:
    Base = object

JOB_BINDINGS = (
    Binding("l", "log", "log", id="job.log", tooltip="Show the job's log"),
    Binding("x", "cancel", "cancel", id="job.cancel", tooltip="Cancel the job, after asking"),
    Binding(
        "r", "run_again", "run again", id="job.run_again", tooltip="Run the job again as it was"
    ),
    Binding(
        "R",
        "resume",
        "resume",
        id="job.resume",
        tooltip="Run the job again from its checkpoints",
    ),
    Binding("c", "copy_id", "copy id", id="job.copy_id", tooltip="Copy the job's whole id"),
    Binding(
        "o", "open_url", "browser", id="job.open_url", tooltip="Open the job's page in a browser"
    ),
    Binding(
        "P",
        "pipeline",
        "pipeline",
        id="job.pipeline",
        tooltip="Show the pipeline that runs the job",
    ),
)
"""Keys of everything here; a screen puts them among its own."""

EDIT_BINDING = Binding(
    "e",
    "edit",
    "edit",
    id="job.edit",
    tooltip="Change query and settings, look at what changed, then run it",
)
"""The key of a list and of a job's page; in a log it has another meaning."""

EDIT_FROM_LOG_BINDING = Binding(
    "ctrl+e", "edit", "edit the job", show=False, id="log.edit", tooltip=EDIT_BINDING.tooltip
)
"""The key of the same in a log."""

_CHANGING = frozenset({"cancel", "run_again", "resume", "edit"})
_REPEATING = frozenset({"run_again", "resume", "edit"})

ABOUT_A_JOB = _CHANGING | {binding.action for binding in JOB_BINDINGS}
"""What needs a job; everything else can be done without one."""

_BY_ID = _CHANGING | {"log", "copy_id"}
"""What asks Studio about a job, or is of no use without its id."""

READ_ONLY = "Nothing can be changed: this dashboard was started with --read-only"


class JobActions(Base):
    """Mixin of a screen that has a job at hand."""

    session: StudioSession
    read_only: bool

    @abstractmethod
    def job_at_hand(self) -> Job | None:
        """Return the job that actions are about."""

    def why_not(self, action: str) -> str | None:
        """Return why `action` cannot work now, in words; `None` when it can."""
        if action not in ABOUT_A_JOB:
            return None
        job = self.job_at_hand()
        if job is None:
            return "There is no job here"
        if action in _BY_ID and not can_be_used(job.id):
            return NO_ID
        if action in _CHANGING and self.read_only:
            return READ_ONLY
        if action == "cancel" and not job.state.is_cancelable:
            return f"The job is over: {(job.status or 'unknown').lower()}"
        if action in _REPEATING and job.query is None:
            return "Studio did not send the job's query"
        if action == "pipeline" and self.owner_of(job) is None:
            return "No pipeline that is known here runs this job"
        if action == "open_url" and not job.url:
            return "Studio gave no page for this job"
        return None

    def job_for(self, action: str) -> Job | None:
        """Return the job at hand if `action` can be done with it; else say why not."""
        reason = self.why_not(action)
        if reason is not None:
            self._say(reason, "warning")
            return None
        return self.job_at_hand()

    def action_log(self) -> None:
        """Show the log of the job at hand."""
        if job := self.job_for("log"):
            self.post_message(OpenLog(job.id))

    @work(name="copy", group="copy")
    async def action_copy_id(self) -> None:
        """Copy the whole id, and show it in case there is no clipboard."""
        if job := self.job_for("copy_id"):
            await copy(self.app, job.id)

    @work(name="cancel", group="command")
    async def action_cancel(self) -> None:
        """Ask, then cancel."""
        job = self.job_for("cancel")
        if job is None:
            return
        sure = await self.app.push_screen_wait(
            Confirm(
                "Cancel this job?",
                (
                    *describe(job),
                    "",
                    "Its processes are stopped; what they wrote stays.",
                    *self._pipeline_notes(job, "cancel"),
                ),
                yes="Cancel the job",
                no="Leave it running",
            )
        )
        if sure:
            await self._run(
                self.session.commands.cancel(job.id), f"Cancel was asked for {title(job)}"
            )

    @work(name="run again", group="command")
    async def action_run_again(self) -> None:
        """Say what is known and what is not, then create the same job again."""
        job = self.job_for("run_again")
        if job is None or await self.repeat_marked(resume=False):
            return
        repeat = await self.repeat_of(job)
        if repeat is None:
            return
        sure = await self.app.push_screen_wait(
            Confirm(
                "Run this job again as it was?",
                (
                    *describe(job),
                    "",
                    *repeat.lines,
                    *self._pipeline_notes(job, "run_again"),
                ),
                yes="Run it again",
                no="Don't",
                default_yes=True,
            )
        )
        if sure:
            self.post_message(CreateJob(repeat.wish))

    @work(name="resume", group="command")
    async def action_resume(self) -> None:
        """Say what resuming is, then create the job again so that it uses its checkpoints."""
        job = self.job_for("resume")
        if job is None or await self.repeat_marked(resume=True):
            return
        repeat = await self.repeat_of(job)
        if repeat is None:
            return
        sure = await self.app.push_screen_wait(
            Confirm(
                "Resume this job from its checkpoints?",
                (
                    *describe(job),
                    "",
                    "A new job runs the same query. Datasets that this one has finished are",
                    "taken from its checkpoints as long as the query up to them is the same;",
                    "all else is done again. r runs all of it again.",
                    "",
                    *repeat.lines,
                    *self._pipeline_notes(job, "resume"),
                ),
                yes="Resume it",
                no="Don't",
                default_yes=True,
            )
        )
        if sure:
            changes = {"rerun_from_job_id": job.id}
            self.post_message(CreateJob(repeat.wish.model_copy(update=changes)))

    async def repeat_marked(self, *, resume: bool) -> bool:  # noqa: ARG002 (where there are marks)
        """Do it with the marked jobs instead; return whether there are any."""
        return False

    def action_pipeline(self) -> None:
        """Show the pipeline that runs the job."""
        job = self.job_for("pipeline")
        if job is not None and (owner := self.owner_of(job)):
            self.post_message(OpenPipeline(owner.pipeline_id, job.id))

    def owner_of(self, job: Job) -> Pipeline | None:
        """Return the pipeline that runs a job; `None` where none is known to."""
        known = self.session.pipelines.snapshot.value
        return known.owner(job.id) if known else None

    def _pipeline_notes(self, job: Job, action: str) -> tuple[str, ...]:
        """Return what an action means for the pipeline that runs the job, below an empty line."""
        owner, near = self.owner_of(job), self.session.is_near
        if owner is None:
            return ()
        if action == "cancel":
            notes = cancel_notes(owner, job.id, near=near)
        else:
            notes = repeat_notes(owner, job.id, near=near, resume=action == "resume")
        return ("", *notes) if notes else ()

    def action_edit(self) -> None:
        """Show the form of the job, to be changed and run."""
        if job := self.job_for("edit"):
            self.post_message(EditJobs((job.id,)))

    async def repeat_of(self, job: Job) -> "Repeat | None":
        """Return what makes a job again, or say why that cannot be."""
        from studio_tui.tui.jobs.rerun import Repeat  # noqa: PLC0415 (not before it is used)

        try:
            return await Repeat.of(job, self.session)
        except InvalidRequest as error:
            self._say(str(error), "error")
            return None

    @work(name="open", group="command")
    async def action_open_url(self) -> None:
        """Open the job's page, after asking if it is not Studio's own, or copy its address."""
        job = self.job_for("open_url")
        if job is None or not job.url:
            return
        # Not before it is used: it looks for browsers.
        from studio_tui.tui.frame.browser import open_page  # noqa: PLC0415

        await open_page(self.app, job.url, own=self.session.client.origin)

    async def _run(self, command: Any, done: str) -> None:
        """Run a command, and say how it ended."""
        try:
            await asked(self.app, self.session, command)
        except StudioError as error:
            self._say(told(error, self.session), "error")
        else:
            self._say(done, "information")

    def _say(self, words: str, severity: Any) -> None:
        self.app.notify(words, severity=severity, markup=False)


def title(job: Job) -> str:
    """Return what a job is called in a sentence: name and short id."""
    return f"{job.name or 'a job without a name'} ({job.id[:SHORT_ID]})"


def describe(job: Job) -> tuple[str, ...]:
    """Return the lines that name a job beyond doubt; names can look alike, ids cannot."""
    return (
        f"  name    {job.name or '–'}",
        f"  id      {job.id}",
        f"  status  {(job.status or 'UNKNOWN').lower()}",
        f"  by      {job.created_by or '–'}",
        *((f"  error   {first_line(job.error_message)}",) if job.error_message else ()),
    )
