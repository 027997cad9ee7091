"""The log of one job, live while it runs."""

from collections.abc import Iterable
from datetime import datetime
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.widgets import Static

from studio_tui import clock
from studio_tui.api.connection_states import FollowPhase, TailState
from studio_tui.api.models import Job
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.format import SHORT_ID
from studio_tui.presentation.jobs.log_header import (
    END_BYTES,
    amount,
    describe_connection,
    failure_cause,
    job_parts,
    progress,
    progress_parts,
)
from studio_tui.presentation.jobs.rows import newer_attempt_words
from studio_tui.presentation.jobs.states import printed_nothing
from studio_tui.presentation.jobs.times import life_of
from studio_tui.presentation.jobs.waiting import why_waiting
from studio_tui.presentation.logs.line_clock import LineClock
from studio_tui.presentation.logs.progress import Progress
from studio_tui.tui.frame.commands import Basics, Command, bindings
from studio_tui.tui.frame.page import newer_version
from studio_tui.tui.frame.page_bars import breadcrumbs_below
from studio_tui.tui.frame.saving import file_name
from studio_tui.tui.jobs.attempts import AttemptSteps
from studio_tui.tui.jobs.naming import title
from studio_tui.tui.jobs.surroundings import surroundings_of
from studio_tui.tui.logs.export import LogExport
from studio_tui.tui.logs.job_of_log import JobOfLog
from studio_tui.tui.logs.log_memory import LogMemory
from studio_tui.tui.logs.log_page import LogPage, is_paused, pause_parts
from studio_tui.tui.logs.view.log_view import LogView
from studio_tui.tui.logs.view.restore import place_at
from studio_tui.tui.messages import OpenLog, Refreshed
from studio_tui.tui.widgets.bar import Bar, Part
from studio_tui.tui.widgets.prompt import PROMPT_HINTS

_BAR_FROM = 110
"""Screen width in cells from which the progress has a bar."""

_HINTS = ("logs.search", "logs.filter", "logs.error")


_COMMANDS: tuple[Command["LogScreen"], ...] = (
    Command(
        "log.full_screen",
        "f",
        "full screen",
        "Enter or leave full screen",
        lambda page: page.toggle_full(),
    ),
    Command(
        "log.head",
        "i",
        "job line",
        "Show or hide the line about the job",
        lambda page: page.toggle_head(),
    ),
)


class LogScreen(LogPage):
    """A log, with a line about its job above it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(JobOfLog, AttemptSteps, LogExport, _COMMANDS)
    ]

    def __init__(
        self, basics: Basics, job: Job, memory: LogMemory, start: int | None = None
    ) -> None:
        """Make a page of a job's log, at the line that begins at byte `start`.

        Without `start`, it is at the place saved in `memory`; if none is saved, at the end.

        Raises:
            SpoolError: the log cannot be stored on the local disk.
        """
        log = basics.session.logs.open(
            job.id, self.may_fetch, job.created_at, has_ended=job.state.is_finished
        )
        super().__init__(basics, memory, LogView(log.store))
        self._log, self._store, self._tail = log, log.store, log.tail
        self._job = job
        self._start = start
        self.commands.add(
            JobOfLog(self, lambda: self._job),
            AttemptSteps(self, lambda: self._job, self._show_other),
            LogExport(self, self.view, self._file_name, whole_log=self._store),
        )
        self.commands.add_to(self, _COMMANDS)
        self._was_offline = False
        """Whether the last poll failed."""
        self._progress: Progress | None = None
        self._newer_run = ""

    def body(self) -> ComposeResult:
        yield Bar(id="log-head")
        yield Static(markup=False, id="log-empty")
        yield self.view

    def on_mount(self) -> None:
        self.listen(self._tail.subscribe, self._state_changed)
        self.listen(self._log.preview.subscribe, self._show_end)
        self.listen(self._store.watch, self.note_growth)
        line_clock = LineClock(self._store, self.zones, lambda: life_of(self._job, clock.now()))
        self.view.times.line_times.clock_at = lambda _: line_clock
        self.view.times.zero_time = self._job.began_at
        self.view.appearance.apply(self.memory.look)
        place = self.memory.places.get(self._job.id)
        if self._start is not None:
            place = place_at(self._store, self._start, place)
        if place is not None:
            self.view.restore.return_to(place)
        self._show_end()
        self._newer_run = self._find_newer_run()
        self.show_head()

    def on_unmount(self) -> None:
        self._log.close()

    @property
    def saved_as(self) -> tuple[str, ...]:
        return ("log", self._job.id)

    def crumbs(self) -> tuple[str, ...]:
        return (*breadcrumbs_below(self), title(self._job), "Log")

    def hints(self) -> Iterable[str]:
        if self.view.prompt.is_open:
            return PROMPT_HINTS
        if self._job.state.is_finished:
            return (*_HINTS, "logs.wrap", "job.run_again", "page.back")
        first = "logs.follow" if is_paused(self.view) else "logs.wrap"
        return (first, *_HINTS, "job.cancel", "page.back")

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Show changes of the job; reconnect the log once Studio answers again."""
        self._newer_run = self._find_newer_run()
        is_back = self._was_offline and message.snapshot.error is None
        self._was_offline = message.snapshot.error is not None
        if is_back and self._tail.state.phase is FollowPhase.RECONNECTING:
            self._tail.poke()  # try now instead of at the end of the pause between attempts
        if job := newer_version(self, self._job, message, is_news=is_news):
            self._job = job
            self.view.times.zero_time = job.began_at
            self.view.times.adapt()
            self.show_head()

    def tick(self, now: datetime) -> None:  # noqa: ARG002 (overrides `Page.tick`)
        """Save the place, and update the times in the line about the job."""
        self.note_place()
        self.show_head()

    def _file_name(self) -> str:
        return file_name(self._job.name or "", self._job.id[:SHORT_ID])

    def _show_other(self, job: Job) -> None:
        self.post_message(OpenLog(job.id, job, in_place=True))

    def toggle_full(self) -> None:
        self.toggle_class("-full")

    def toggle_head(self) -> None:
        self.toggle_class("-headless")

    def escape(self) -> None:
        if self.has_class("-full"):
            self.remove_class("-full")
        else:
            super().escape()

    def ask_again(self) -> None:
        super().ask_again()
        self._tail.poke()

    def note_place(self) -> None:
        """Save the place, unless the view shows only the end of the log."""
        if self.view.store is self._store:
            self.memory.note(self._job.id, self.view.restore.place)

    def _find_newer_run(self) -> str:
        """Return which run the key of `AttemptSteps` shows; empty if this is the newest one."""
        related = self.session.known_items.related_jobs(self._job.id)
        if (newest := related.newest_run) is None:
            return ""
        newer = related.newer_attempt
        is_newest = newer is not None and newer.job_id == newest
        words = (
            newer_attempt_words(newer) if newer and is_newest else f"newer run {newest[:SHORT_ID]}"
        )
        return f"> {words}"

    # --- the end of a log that is still being loaded ----------------------------------------------

    def _show_end(self) -> None:
        """Show only the end while the view follows and most of the log is not loaded yet.

        Once it is loaded, show the whole log.
        """
        preview, shown = self._log.preview, self.view.store
        if preview.is_needed and preview.store is not None:
            if shown is self._store and self.view.following:
                self.view.exchange(preview.store, lambda _: 0, is_part=True)
        elif shown is not self._store:
            self.view.exchange(self._store, preview.offset_in_log)

    @on(LogView.EndRequested)
    def _end_requested(self, message: LogView.EndRequested) -> None:
        if message.end:
            self._show_end()
        elif self.view.store is not self._store:
            self.view.following = False
            self.view.exchange(self._store, lambda _: 0)

    # --- the line about the job ------------------------------------------------------------------

    def _state_changed(self, state: TailState) -> None:
        if _connection(state) != self._shown_connection:
            self.show_head()

    def _end_of_log(self) -> bytes:
        """Return the end of the log; empty if the job has ended and the end is not here yet."""
        store = self.view.store or self._store
        is_read = not store.is_closed and (self.view.is_all_here or not self._job.state.is_finished)
        return store.read(max(0, store.size - END_BYTES), END_BYTES) if is_read else b""

    def show_head(self) -> None:
        state = self._tail.state
        self._shown_connection = _connection(state)
        self.view.is_all_here = state.phase is FollowPhase.COMPLETE
        head = self.query_one("#log-head", Bar)
        outage, behind = self.session.reachability.outage, self._log.preview.behind
        words, tone, *_ = describe_connection(
            state, self._job, clock.now(), behind=behind, outage=outage
        )
        # The connection is good if the log is whole, or all that was printed so far is here.
        left = self._job_parts(self._end_of_log(), is_all_known=tone is Tone.GOOD)
        right = (*pause_parts(self.view), Part(f"{words} ", tone))
        log_size = Part(f"{amount(state).text}  ", Tone.DIM)
        # Where not everything fits, the size is the least important part.
        everything = "".join(part.text for part in (*left, log_size, *right))
        head.left = left
        head.right = (log_size, *right) if cell_len(everything) <= self.size.width else right

    def _job_parts(self, end: bytes, *, is_all_known: bool) -> tuple[Part, ...]:
        """Return what the line says about the job, given the end of its log.

        If the log has no lines, also show below the line why it has none.
        """
        self._progress = progress(self._job, end, self._progress)
        surroundings = surroundings_of(self.session, self._job)
        why, wait = failure_cause(self._job, end), why_waiting(self._job, surroundings)
        cells = job_parts(self._job, self.moment(), why, is_blocked=surroundings.is_blocked)
        if self._progress:
            cells = (*cells, *progress_parts(self._progress, wide=self.size.width >= _BAR_FROM))
        parts = [Part(" "), *(Part(f"{cell.text}  ", cell.tone) for cell in cells)]
        if self._newer_run:  # before the reason, which may be cut off
            parts.append(Part(f"{self._newer_run}  ", Tone.ACCENT))
        reason = Part(why, Tone.BAD) if wait is None else Part(wait.words, Tone.WAITING)
        # The line may cut the reason off; a log that has no lines has room for it below the line.
        is_empty = not (self.view.store or self._store).size
        if is_empty and is_all_known and not reason.text:
            reason = Part(printed_nothing(self._job), Tone.DIM)
        is_known = wait is not None or is_all_known or self.view.is_all_here
        is_below = bool(reason.text) and is_empty and is_known
        below = self.query_one("#log-empty", Static)
        below.display = is_below
        if below.content != reason.text:  # an update lays out the whole page
            below.update(reason.text)
        return tuple(parts) if is_below else (*parts, reason)


def _connection(state: TailState) -> tuple[object, ...]:
    """Return what the line about the job shows at once when it changes."""
    return state.phase, state.next_try, bool(state.size)
