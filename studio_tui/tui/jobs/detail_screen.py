"""The page of one job: summary, query, environment and raw fields."""

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.getters import query_one
from textual.highlight import highlight
from textual.widget import Widget
from textual.widgets import Static, TabPane

from studio_tui.api.models import Job, QueryType
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.jobs.facts import (
    Fact,
    Values,
    environment,
    has_logins,
    next_values,
    raw_json,
    why_no_environment,
)
from studio_tui.tui.frame.commands import Basics, Command, bindings
from studio_tui.tui.frame.page import Page, newer_version
from studio_tui.tui.frame.page_bars import breadcrumbs_below
from studio_tui.tui.jobs.attempts import AttemptSteps
from studio_tui.tui.jobs.controller import JobController
from studio_tui.tui.jobs.naming import title
from studio_tui.tui.jobs.surroundings import facts_of
from studio_tui.tui.messages import Refreshed
from studio_tui.tui.widgets.fact_sheet import FactSheet
from studio_tui.tui.widgets.tab_pages import PageTabs, TabPages

TABS = (("summary", "Summary"), ("query", "Query"), ("environment", "Environment"), ("raw", "JSON"))
"""The id and the title of each tab."""


_SCROLLING: tuple[tuple[str, str, str, Callable[["JobScreen"], None]], ...] = (
    ("down", "down,j", "Scroll down a line", lambda page: page.pane.scroll_down(animate=False)),
    ("up", "up,k", "Scroll up a line", lambda page: page.pane.scroll_up(animate=False)),
    ("page_down", "pagedown,space,ctrl+d", "Scroll down a page", lambda page: page.scroll_pages(1)),
    ("page_up", "pageup,b,ctrl+u", "Scroll up a page", lambda page: page.scroll_pages(-1)),
    ("top", "g,home", "Scroll to the top", lambda page: page.pane.scroll_home(animate=False)),
    ("bottom", "G,end", "Scroll to the bottom", lambda page: page.pane.scroll_end(animate=False)),
)
"""Name, keys, help and action of each command that scrolls."""

_COMMANDS: tuple[Command["JobScreen"], ...] = (
    Command(
        "job.secrets",
        "s",
        "values",
        "Show the environment values that do not look secret, then all, then none",
        lambda page: page.toggle_values(),
    ),
    Command(
        "job.next",
        "J",
        "next job",
        "Show the next job of the list",
        lambda page: page.go(1),
        lambda page: page.why_not_go(1),
    ),
    Command(
        "job.previous",
        "K",
        "previous job",
        "Show the previous job of the list",
        lambda page: page.go(-1),
        lambda page: page.why_not_go(-1),
    ),
    Command(
        "job.next_tab",
        "right,right_square_bracket",
        "next tab",
        "Show the next tab",
        lambda page: page.switch_tab(1),
    ),
    Command(
        "job.previous_tab",
        "left,left_square_bracket",
        "previous tab",
        "Show the previous tab",
        lambda page: page.switch_tab(-1),
    ),
    *(
        Command(f"job.{name}", keys, name.replace("_", " "), words, scroll)
        for name, keys, words, scroll in _SCROLLING
    ),
)


class JobScreen(Page):
    """A page about one job, updated while it is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *bindings(JobController, AttemptSteps, _COMMANDS),
        # L does what l does. In the list of jobs, it shows the logs of all marked jobs as one.
        Binding("L", "do('job.log')", "log", id="job.log", tooltip="Show the job's log"),
    ]

    tabs = query_one(TabPages)

    def __init__(self, basics: Basics, job: Job, among: Sequence[str]) -> None:
        """Make a page of a job; `among` are the ids of the jobs in the list it was opened from."""
        super().__init__(basics)
        self._job = job
        self._past: tuple[Job, ...] = ()
        """Recorded jobs of the same name that are COMPLETE, the one that ended last first."""
        self._listed_ids = among
        self.commands.add(
            JobController(self, lambda: self._job),
            AttemptSteps(self, lambda: self._job, self._show_other),
        )
        self.commands.add_to(self, _COMMANDS)
        self._values = Values.NONE

    def body(self) -> ComposeResult:
        with TabPages(initial="summary"):
            for tab_id, name in TABS:
                with TabPane(name, id=tab_id):
                    if tab_id in {"summary", "environment"}:
                        yield FactSheet(id=f"{tab_id}-facts", more_hint="down scrolls to them")
                    else:
                        with VerticalScroll(can_focus=False, id=f"{tab_id}-text"):
                            yield Static(markup=False)

    def on_mount(self) -> None:
        # The screen handles the arrow keys, so the tabs do not need the focus.
        self.query_one(PageTabs).can_focus = False
        self._show_job()

    @property
    def saved_as(self) -> tuple[str, ...]:
        """Kind of page and ids that it shows, as saved for the next start."""
        return ("job", self._job.id)

    def crumbs(self) -> tuple[str, ...]:
        return (*breadcrumbs_below(self), title(self._job))

    def job_ids_at_hand(self) -> Sequence[str]:
        return (self._job.id,)

    def hints(self) -> Iterable[str]:
        change = "job.run_again" if self._job.state.is_finished else "job.cancel"
        return ("job.log", change, "job.secrets", "job.next", "job.previous", "page.back")

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Show changes of the job; a job that is no longer listed stays as it was."""
        if job := newer_version(self, self._job, message, is_news=is_news):
            self._job = job
            self._show_job()

    def tick(self, now: datetime) -> None:
        with_secrets = self._values is Values.ALL
        shown = facts_of(self.session, self._job, self._past, now, with_secrets=with_secrets)
        self.query_one("#summary-facts", FactSheet).show(shown)

    def toggle_values(self) -> None:
        """Show more of the environment's values, or none, and switch to the environment.

        On the summary, show or hide the logins in addresses instead, if there are any.
        """
        if self.tabs.active == "summary" and has_logins(self._job):
            self._values = Values.NONE if self._values is Values.ALL else Values.ALL
        else:
            self._values, _ = next_values(self._job, self._values)
            self.tabs.active = "environment"
        self.tick(self.moment())
        self._show_environment()

    def go(self, step: int) -> None:
        """Show the next (1) or previous (-1) job of the list."""
        if job := self._beside(step):
            self._show_other(job)

    def why_not_go(self, step: int) -> str | None:
        """Return why the next (1) or previous (-1) job of the list cannot be shown."""
        if self._job.id not in self._listed_ids:
            return "The job was not opened from a list"
        if self._listed_ids[-1 if step > 0 else 0] == self._job.id:
            return f"This is the {'last' if step > 0 else 'first'} job of the list"
        return None if self._beside(step) else "Studio no longer lists that job"

    def _beside(self, step: int) -> Job | None:
        ids, jobs = list(self._listed_ids), self.session.jobs.snapshot.value
        index = ids.index(self._job.id) + step if self._job.id in ids else -1
        if jobs is None or not 0 <= index < len(ids):
            return None
        return next((job for job in jobs.jobs if job.id == ids[index]), None)

    def _show_other(self, job: Job) -> None:
        self._job, self._past = job, ()
        self._values = Values.NONE
        self._show_job()
        self.paint_frame()

    def switch_tab(self, step: int) -> None:
        """Show the next (1) or previous (-1) tab; the first tab follows the last."""
        tab_ids = [tab_id for tab_id, _ in TABS]
        self.tabs.active = tab_ids[(tab_ids.index(self.tabs.active) + step) % len(tab_ids)]

    def scroll_pages(self, pages: int) -> None:
        self.pane.scroll_relative(y=pages * max(1, self.pane.size.height - 1), animate=False)

    @property
    def pane(self) -> Widget:
        """The content of the current tab."""
        return self.query_one(f"#{self.tabs.active}", TabPane).children[0]

    @work(exclusive=True, group="past runs")
    async def _read_past(self) -> None:
        self._past = await self.session.records.recorder.past_runs(self._job)
        self.tick(self.moment())

    def _show_job(self) -> None:
        self._read_past()
        self.tick(self.moment())
        query = self._job.query
        if query is None:
            text = Content("The query is not known here.")
        else:
            language = "bash" if self._job.query_type is QueryType.SHELL else "python"
            text = highlight(query.shown, language=language)
        self.query_one("#query-text Static", Static).update(text)
        self.query_one("#raw-text Static", Static).update(
            highlight(raw_json(self._job), language="json")
        )
        self._show_environment()

    def _show_environment(self) -> None:
        variables = environment(self._job, self._values)
        if variables:
            which_are_shown = Fact("", Cell(next_values(self._job, self._values)[1], Tone.DIM))
            lines = (*variables, Fact("", Cell("")), which_are_shown)
        else:
            lines = (Fact("", Cell(why_no_environment(self._job), Tone.DIM)),)
        self.query_one("#environment-facts", FactSheet).show(lines)
