"""The merged log of several jobs, live, with the job's name beside each line."""

from collections.abc import Iterable, Sequence
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
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.jobs.log_header import describe_connections, merged_amount
from studio_tui.service.logs.merged.merged_log import Moved
from studio_tui.tui.frame.commands import Basics, bindings
from studio_tui.tui.jobs.running_progress import RunningProgress
from studio_tui.tui.logs.export import LogExport
from studio_tui.tui.logs.job_of_log import JobOfLine
from studio_tui.tui.logs.joining_jobs import JoiningJobs
from studio_tui.tui.logs.log_memory import LogMemory
from studio_tui.tui.logs.log_page import LogPage, is_paused, pause_parts
from studio_tui.tui.logs.member_choice import MemberChoice
from studio_tui.tui.logs.member_names import JobLegend, MemberNames
from studio_tui.tui.logs.merged_jobs import MergedJobs, left_out
from studio_tui.tui.logs.merged_memory import MergedMemory
from studio_tui.tui.logs.view.log_view import LogView
from studio_tui.tui.messages import JobToStart, Progressed, Refreshed
from studio_tui.tui.widgets.bar import Bar, Part
from studio_tui.tui.widgets.prompt import PROMPT_HINTS

EMPTY = """\
Mark jobs with space in Jobs, then press L.
Or press L on a pipeline in Pipelines."""


class MergedScreen(LogPage):
    """The lines of several jobs in the order of their times, followed even while hidden."""

    tab = "logs"
    leads_to_pages = True
    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(JobOfLine, MemberChoice, MemberNames, LogExport)
    ]

    legend = query_one(JobLegend)

    def __init__(self, basics: Basics, memory: LogMemory) -> None:
        super().__init__(basics, memory, LogView())
        self.members = MergedJobs(
            self.session.logs,
            self.may_fetch,
            zones=self.zones,
            changed=self.while_alive(self.show_head),
        )
        self.choice = MemberChoice(self)
        self.joining = JoiningJobs(self)
        self.names = MemberNames(self)
        self.saved = MergedMemory(self)
        export = LogExport(self, self.view, lambda: "merged.log", text=self.names.with_text)
        self.commands.add(JobOfLine(self, self.choice), self.choice, self.names, export)
        self.progress = RunningProgress(self.session.log_ends, self)
        self.failure = ""
        """Why merging has ended; empty while it goes on."""

    def body(self) -> ComposeResult:
        yield Bar(id="log-head")
        yield JobLegend(id="merged-legend")
        yield self.view
        yield Static(markup=False, id="merged-empty")

    def on_mount(self) -> None:
        """Show the jobs, if there are any, else those of the previous run."""
        if self.members.has_begun:
            self._begin()
        elif self.memory.merged.jobs:
            self._restore()
        self.view.times.line_times.clock_at = self.members.clock_at
        self.view.times.is_being_read = self._is_being_read
        self.show_members()

    def on_unmount(self) -> None:
        super().on_unmount()
        self._end()

    def _end(self) -> None:
        self.failure = ""
        self.workers.cancel_group(self, "merge")
        self.members.close()

    def follow(self, jobs: Sequence[Job], awaited: Iterable[JobToStart] = ()) -> None:
        """Show exactly these jobs, and the awaited ones as soon as they have started.

        The user's place, filter and search are kept if one of the jobs was shown before.

        Raises:
            SpoolError: a log cannot be stored on the local disk.
        """
        self.saved.missing = ()
        is_new = not any(self.members.get(job.id) for job in jobs)
        if self.failure or (is_new and self.members.has_begun):
            self._end()
        if not self.members.has_begun:
            self.members.begin(self.viewed_lines, self.while_alive(self._moved))
            if self.is_alive:
                self._begin()
        if too_many := self.members.follow(jobs):
            self.notify_user(left_out(too_many), "warning")
        self.joining.wait_for(awaited)
        if self.is_alive:
            self.members_changed()

    @work(name="restore logs", group="restore")
    async def _restore(self) -> None:
        await self.saved.restore()

    def note_place(self) -> None:
        self.saved.note()

    def _begin(self) -> None:
        store = self.members.log.store
        self.view.show(store)
        self.view.pane.left = 0
        self.listen(store.watch, self.note_growth)
        self._merge()

    @work(name="merge logs", group="merge")
    async def _merge(self) -> None:
        try:
            await self.members.log.run()
        except SpoolError as error:
            self.failure = str(error)
            self.show_head()
            self.paint_hints()

    def viewed_lines(self) -> set[int]:
        """Return the starts of the lines that the view must find again once lines have moved.

        The lines of jobs that have left are about to be removed, so the view keeps none of these in
        its row of the screen.
        """
        of_line = self.members.of_line
        return self.view.restore.lines_to_track(lambda start: of_line(start) is not None)

    def _moved(self, moved: Moved) -> None:
        self.view.selection.end()
        self.view.restore.relocate(moved)
        self.paint_hints()

    @property
    def saved_as(self) -> tuple[str, ...]:
        return ("logs", *(member.job.id for member in self.members))

    def crumbs(self) -> tuple[str, ...]:
        return ("Logs",)

    def hints(self) -> Iterable[str]:
        if self.failure:
            return ("page.refresh", "job.log", "logs.search", "page.back")
        if not self.members:
            return ("page.jobs", "page.pipelines", "page.back")
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
            self.joining.look()
        if message.name == self.session.jobs.name and is_news:
            self._update_jobs()
            self.show_members()

    def tick(self, now: datetime) -> None:  # noqa: ARG002 (overrides `Page.tick`)
        self.show_members()

    def _unsubscribe(self) -> None:
        super()._unsubscribe()
        self.progress.stop_following()

    def ask_again(self) -> None:
        super().ask_again()
        if self.failure:
            self.note_place()
            self._end()
            self._restore()
        for member in self.members:
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
        self.show_names()

    def notify_style_update(self) -> None:
        super().notify_style_update()
        if self.is_alive:
            self.call_after_refresh(self.show_names)

    def members_changed(self) -> None:
        self.choice.forget_if_left()
        self._update_jobs()
        self.choice.apply_shown_jobs()
        self.show_names()
        self.paint_hints()

    def _update_jobs(self) -> None:
        """Replace the jobs by their newest versions."""
        if (job_list := self.session.jobs.snapshot.value) is not None:
            self.members.update({job.id: job for job in job_list.jobs})

    def show_names(self) -> None:
        self.names.update()
        self.view.settle()
        self.show_members()

    def _is_being_read(self) -> bool:
        is_outage = self.session.reachability.outage is not None
        return bool(self.members and self.members.are_being_read and not is_outage)

    def _why_empty(self) -> str:
        if self.saved.is_restoring:
            return "The jobs of the previous run are being looked up…"
        return EMPTY

    def show_members(self) -> None:
        self.set_class(not self.members, "-empty")
        empty = self.query_one("#merged-empty", Static)
        if not self.members and empty.content != (why := self._why_empty()):
            empty.update(why)
        if self.subscriptions.is_on:  # otherwise this page is not visible
            jobs = (member.job for member in self.members)
            self.progress.follow(job.id for job in jobs if job.state is JobState.RUNNING)
        self.names.show_row()
        self.view.times.zero_time = self.members.began_at
        self.view.times.adapt()
        self.show_head()

    def show_head(self) -> None:
        if self.members:
            self.view.is_all_here = self.members.are_complete and not self.joining.awaited
            head = self.query_one("#log-head", Bar)
            head.left, head.right = _amount_parts(self), _connection_parts(self)


def _amount_parts(page: MergedScreen) -> tuple[Part, ...]:
    """Return how many of the expected jobs are merged and shown, and the size of the log."""
    members, store = page.members, page.members.log.store
    size = merged_amount(len(members), page.saved.expected, store.lines, store.text_size)
    log_amount = Part(f" {size.text}  ", Tone.STRONG)
    if members.solo is not None:
        name = page.names.of(members.solo)
        return Part(f" only {name}, U shows all ", Tone.ACCENT), log_amount
    if members.muted:
        return Part(f" {len(members.muted)} muted, U shows all ", Tone.ACCENT), log_amount
    return (log_amount,)


def _connection_parts(page: MergedScreen) -> tuple[Part, ...]:
    """Return how many logs are in each state; only the failure if merging has ended."""
    if page.failure:
        return (Part(f"✗ {page.failure} ", Tone.BAD),)
    sorting = (Part("sorting…  ", Tone.DIM),) if page.members.log.is_ordering else ()
    states = ((member.state, member.job) for member in page.members)
    connections = describe_connections(states, page.session.reachability.outage)
    parts = (Part(f"{cell.text}  ", cell.tone) for cell in connections)
    return *sorting, *pause_parts(page.view), *parts
