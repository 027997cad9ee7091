"""The merged log of several jobs, live, with the job's name beside each line."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.getters import query_one
from textual.widgets import Static

from studio_tui.api.models import Job
from studio_tui.api.states import JobState
from studio_tui.errors import SpoolError
from studio_tui.presentation.pipelines.job_to_start import JobToStart
from studio_tui.service.logs.merged.merged_log import MergedLog, Moved
from studio_tui.tui.frame.commands import Basics, bindings
from studio_tui.tui.jobs.naming import title
from studio_tui.tui.jobs.running_progress import RunningProgress
from studio_tui.tui.logs.export import LogExport
from studio_tui.tui.logs.job_of_log import JobOfLine
from studio_tui.tui.logs.joining_jobs import JoiningJobs
from studio_tui.tui.logs.log_memory import LogMemory
from studio_tui.tui.logs.log_page import LogPage, is_paused, pause_parts
from studio_tui.tui.logs.member_choice import MemberChoice
from studio_tui.tui.logs.member_names import MemberNames
from studio_tui.tui.logs.merged_head import amount_parts, connection_parts
from studio_tui.tui.logs.merged_jobs import MergedJobs, left_out
from studio_tui.tui.logs.merged_memory import MergedMemory
from studio_tui.tui.logs.view.job_legend import JobLegend
from studio_tui.tui.logs.view.log_view import LogView
from studio_tui.tui.messages import Progressed, Refreshed
from studio_tui.tui.widgets.bar import Bar
from studio_tui.tui.widgets.prompt import PROMPT_HINTS

EMPTY = """\
Mark jobs with space in Jobs, then press L.
Or press L on a pipeline in Pipelines."""


class MergedScreen(LogPage):
    """The lines of several jobs in the order of their times, followed even while hidden."""

    tab = "logs"
    leads_to_pages = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(JobOfLine, MemberChoice, MemberNames, LogExport, without={"page.undo"})
    ]

    legend = query_one(JobLegend)

    def __init__(self, basics: Basics, memory: LogMemory) -> None:
        super().__init__(basics, memory, LogView())
        self.choice = MemberChoice(
            self,
            lambda: self.view if self.is_alive else None,
            members_changed=self.members_changed,
            show_members=self.show_members,
        )
        self._joining = JoiningJobs(self, self.choice, members_changed=self.members_changed)
        self._names = MemberNames(self.choice, changed=self._show_names)
        self._saved = MergedMemory(self, memory, self.choice, self._joining, self._names)
        export = LogExport(self, self.view, lambda: "merged.log", text=self._text_of)
        self.commands.add(JobOfLine(self, self.choice), self.choice, self._names, export)
        self._progress = RunningProgress(self.session.progress, self)
        self._failure = ""
        """Why merging has ended; empty while it goes on."""
        self._unwatch_store: Callable[[], None] = lambda: None

    def body(self) -> ComposeResult:
        yield Bar(id="log-head")
        yield JobLegend(id="merged-legend")
        yield self.view
        yield Static(markup=False, id="merged-empty")

    def on_mount(self) -> None:
        """Show the jobs, if there are any, else those of the previous run."""
        if self.choice.members is not None:
            self._begin(self.choice.members.log)
        elif self.memory.merged.jobs:
            self._restore()
        self.view.times.line_times.clock_at = self.choice.clock_at
        self.view.times.is_being_read = self._is_being_read
        self.show_members()

    def on_unmount(self) -> None:
        super().on_unmount()
        self._end()

    def _end(self) -> None:
        self._failure = ""
        self.workers.cancel_group(self, "merge")
        self._unwatch_store()
        if self.choice.members is not None:
            self.choice.members.close()
            self.choice.members.log.close()
            self.choice.members = None

    def follow(self, jobs: Sequence[Job], awaited: Iterable[JobToStart] = ()) -> None:
        """Show exactly these jobs, and the awaited ones as soon as they have started.

        Raises:
            SpoolError: a log cannot be stored on the local disk.
        """
        self._saved.missing = ()
        if self._failure:
            self._end()
        if self.choice.members is None:
            self.choice.members = MergedJobs(
                self.session.logs,
                self.may_fetch,
                zones=self.zones,
                viewed_lines=self.choice.viewed_lines,
                moved=self.while_alive(self._moved),
                changed=self.while_alive(self.show_head),
            )
            if self.is_alive:
                self._begin(self.choice.members.log)
        if too_many := self.choice.members.follow(jobs):
            self.notify_user(left_out(too_many), "warning")
        for problem in {member.log.why_not_kept for member in self.choice.members} - {""}:
            self.notify_user(problem, "warning")
        self._joining.wait_for(awaited)
        if self.is_alive:
            self.members_changed()

    @work(name="restore logs", group="restore")
    async def _restore(self) -> None:
        await self._saved.restore(self.follow, self.view)

    def note_place(self) -> None:
        self._saved.note(self.view)

    def _begin(self, log: MergedLog) -> None:
        self.view.show(log.store)
        self.view.pane.left = 0
        self._unwatch_store = self.listen(log.store.watch, self.note_growth)
        self._merge(log)

    @work(name="merge logs", group="merge")
    async def _merge(self, log: MergedLog) -> None:
        try:
            await log.run()
        except SpoolError as error:
            self._failure = str(error)
            self.show_head()
            self.paint_hints()

    def _moved(self, moved: Moved) -> None:
        self.view.selection.end()
        self.view.restore.relocate(moved)
        self.paint_hints()

    def _text_of(self, start: int) -> str:
        member = self.choice.member_of(start)
        text = self.view.pane.text_at(start)
        return text if member is None else f"{self._names.of(member.job.id)}  {text}"

    @property
    def saved_as(self) -> tuple[str, ...]:
        return ("logs", *(member.job.id for member in self.choice.members or ()))

    def crumbs(self) -> tuple[str, ...]:
        return ("Logs",)

    def hints(self) -> Iterable[str]:
        if self._failure:
            return ("page.refresh", "job.log", "logs.search", "page.back")
        if not self.choice.members:
            undo = ("page.undo",) if self.choice.last_removed is not None else ()
            return (*undo, "page.jobs", "page.pipelines", "page.back")
        if self.view.prompt.is_open:
            return PROMPT_HINTS
        return (
            *(("logs.follow",) if is_paused(self.view) else ()),
            "merged.solo",
            "merged.mute",
            "merged.next",
            "job.log",
            "logs.search",
            "page.back",
        )

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        if message.name == self.session.pipelines.name:
            self._joining.look()
        if message.name == self.session.jobs.name and is_news:
            self.choice.update_jobs()
            self.show_members()

    def tick(self, now: datetime) -> None:  # noqa: ARG002 (overrides `Page.tick`)
        self.show_members()

    def _unsubscribe(self) -> None:
        super()._unsubscribe()
        self._progress.stop_following()

    def ask_again(self) -> None:
        super().ask_again()
        if self._failure:
            self.note_place()
            self._end()
            self._restore()
        for member in self.choice.members or ():
            member.log.tail.poke()

    def escape(self) -> None:
        """Clear the choice of a job; if none is chosen, close the notices."""
        if self.choice.chosen is None:
            super().escape()
        else:
            self.choice.choose_none()

    @on(Progressed)
    def _progressed(self) -> None:
        self.show_members()

    def on_resize(self) -> None:
        super().on_resize()
        self._show_names()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self.is_alive:
            self.call_after_refresh(self._show_names)

    def members_changed(self) -> None:
        self.choice.forget_if_left()
        self.choice.update_jobs()
        self.choice.apply_shown_jobs()
        self._show_names()
        self.paint_hints()

    def _show_names(self) -> None:
        self._names.update(self.size.width, self.view.pane, self.legend)
        self.view.settle()
        self.show_members()

    def _is_being_read(self) -> bool:
        is_outage = self.session.reachability.outage is not None
        return bool(self.choice.members and self.choice.members.are_being_read and not is_outage)

    def _why_empty(self) -> str:
        if self._saved.is_restoring:
            return "The jobs of the previous run are being looked up…"
        if (removed := self.choice.last_removed) is not None:
            return f"z brings back {title(removed)}.\n\n{EMPTY}"
        return EMPTY

    def show_members(self) -> None:
        self.set_class(not self.choice.members, "-empty")
        empty = self.query_one("#merged-empty", Static)
        if not self.choice.members and empty.content != (why := self._why_empty()):
            empty.update(why)
        if self.subscriptions.is_on:  # otherwise this page is not visible
            jobs = (member.job for member in self.choice.members or ())
            self._progress.follow(job.id for job in jobs if job.state is JobState.RUNNING)
        self._names.show_row(self.legend, self._progress.get, self.session.reachability.outage)
        self.view.times.zero_time = self.choice.members.began_at if self.choice.members else None
        self.view.times.adapt()
        self.show_head()

    def show_head(self) -> None:
        if members := self.choice.members:
            self.view.is_all_here = members.are_complete and not self._joining.awaited
            head = self.query_one("#log-head", Bar)
            head.left = amount_parts(members, self._saved.expected, self._names.of)
            head.right = connection_parts(
                members,
                self.session.reachability.outage,
                self._failure,
                pause_parts(self.view),
            )
