"""Everything about one job: summary, query, environment and the raw fields."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar

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
from studio_tui.presentation.jobs.facts import Fact, environment, facts, has_logins, raw
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.page import Page
from studio_tui.tui.jobs.actions import EDIT_BINDING, JOB_BINDINGS, JobActions, title
from studio_tui.tui.messages import Refreshed
from studio_tui.tui.widgets.fact_sheet import FactSheet
from studio_tui.tui.widgets.tab_pages import PageTabs, TabPages

TABS = (
    ("summary", "Summary"),
    ("query", "Query"),
    ("environment", "Environment"),
    ("raw", "JSON"),
)


class JobScreen(JobActions, Page):
    """One job, kept fresh while it is shown."""

    BINDINGS: ClassVar[list[BindingType]] = [
        *JOB_BINDINGS,
        EDIT_BINDING,
        Binding("L", "log", "log", show=False, id="job.log", tooltip="Show the job's log"),
        Binding(
            "s",
            "secrets",
            "values",
            id="job.secrets",
            tooltip="Show or hide the values of the environment, and logins in addresses",
        ),
        Binding("J", "neighbour(1)", "next job", id="job.next", tooltip="The next job of the list"),
        Binding(
            "K",
            "neighbour(-1)",
            "previous job",
            id="job.previous",
            tooltip="The previous job of the list",
        ),
        Binding(
            "right_square_bracket,right",
            "tab(1)",
            "next tab",
            key_display="→",
            show=False,
            id="job.next_tab",
            tooltip="The next tab",
        ),
        Binding(
            "left_square_bracket,left",
            "tab(-1)",
            "previous tab",
            key_display="←",
            show=False,
            id="job.previous_tab",
            tooltip="The previous tab",
        ),
        Binding("down,j", "scroll(1)", "down", show=False, id="job.down"),
        Binding("up,k", "scroll(-1)", "up", show=False, id="job.up"),
        Binding(
            "pagedown,space,ctrl+d", "scroll_page(1)", "page down", show=False, id="job.page_down"
        ),
        Binding("pageup,b,ctrl+u", "scroll_page(-1)", "page up", show=False, id="job.page_up"),
        Binding("g,home", "scroll_to('home')", "top", show=False, id="job.top"),
        Binding("G,end", "scroll_to('end')", "bottom", show=False, id="job.bottom"),
    ]

    tabs = query_one(TabPages)

    def __init__(
        self,
        session: StudioSession,
        home: str,
        job: Job,
        among: Sequence[str],
        *,
        read_only: bool,
    ) -> None:
        """Take the job as it is known, and the ids of the list it was chosen from."""
        super().__init__(session, home, read_only=read_only)
        self._job = job
        self._among = among
        self._secrets_shown = False

    def body(self) -> ComposeResult:
        """Compose the tabs."""
        with TabPages(initial="summary"):
            for key, name in TABS:
                with TabPane(name, id=key):
                    if key in {"summary", "environment"}:
                        yield FactSheet(id=f"{key}-facts")
                    else:
                        with VerticalScroll(can_focus=False, id=f"{key}-text"):
                            yield Static(markup=False)

    def on_mount(self) -> None:
        """Show the job."""
        # The arrows belong to the screen: the tabs follow them without the focus.
        self.query_one(PageTabs).can_focus = False
        self._show_job()

    def crumbs(self) -> tuple[str, ...]:
        """Return where this is."""
        return ("Jobs", title(self._job))

    def hints(self) -> Iterable[str]:
        """Return the keys for the job's state."""
        change = "job.run_again" if self._job.state.is_finished else "job.cancel"
        return ("job.log", change, "job.secrets", "job.next", "job.previous", "page.back")

    def job_at_hand(self) -> Job | None:
        """Return the job shown."""
        return self._job

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Take over what is new of the job; one that is no longer listed stays as it was."""
        if job := self.fresher(self._job, message, is_news=is_news):
            self._job = job
            self._show_job()

    def tick(self, now: datetime) -> None:
        """Let the times run on."""
        self.query_one("#summary-facts", FactSheet).show(
            facts(self._job, now, shown=self._secrets_shown)
        )

    def action_secrets(self) -> None:
        """Show or hide the values of the environment and logins, and go where they stand."""
        self._secrets_shown = not self._secrets_shown
        stays = self.tabs.active == "summary" and has_logins(self._job)
        self.tabs.active = "summary" if stays else "environment"
        self.tick(self.moment())
        self._show_environment()

    def action_neighbour(self, step: int) -> None:
        """Show the next or previous job of the list."""
        jobs = self.session.jobs.snapshot.value
        if jobs is None or self._job.id not in self._among:
            return
        place = list(self._among).index(self._job.id) + step
        if 0 <= place < len(self._among):
            wanted = self._among[place]
            if job := next((job for job in jobs.jobs if job.id == wanted), None):
                self._job = job
                self._secrets_shown = False
                self._show_job()
                self.paint_frame()

    def action_tab(self, step: int) -> None:
        """Show the next or previous tab."""
        keys = [key for key, _ in TABS]
        self.tabs.active = keys[(keys.index(self.tabs.active) + step) % len(keys)]

    def action_scroll(self, lines: int) -> None:
        """Scroll the tab in sight by lines."""
        self._pane().scroll_relative(y=lines, animate=False)

    def action_scroll_page(self, pages: int) -> None:
        """Scroll the tab in sight by pages."""
        pane = self._pane()
        pane.scroll_relative(y=pages * max(1, pane.size.height - 1), animate=False)

    def action_scroll_to(self, end: str) -> None:
        """Scroll the tab in sight to its top or bottom."""
        pane = self._pane()
        pane.scroll_home(animate=False) if end == "home" else pane.scroll_end(animate=False)

    def _pane(self) -> Widget:
        return self.query_one(f"#{self.tabs.active}", TabPane).children[0]

    def _show_job(self) -> None:
        self.tick(self.moment())
        query = self._job.query
        if query is None:
            text = Content("Studio did not send the query.")
        else:
            language = "bash" if self._job.query_type is QueryType.SHELL else "python"
            text = highlight(query.shown, language=language)
        self.query_one("#query-text Static", Static).update(text)
        self.query_one("#raw-text Static", Static).update(
            highlight(raw(self._job), language="json")
        )
        self._show_environment()

    def _show_environment(self) -> None:
        variables = environment(self._job, shown=self._secrets_shown)
        hint = "s hides the values" if self._secrets_shown else "s shows the values"
        nothing = Fact("", Cell("This job has no environment variables.", Tone.DIM))
        self.query_one("#environment-facts", FactSheet).show(
            (*variables, Fact("", Cell("")), Fact("", Cell(hint, Tone.DIM)))
            if variables
            else (nothing,)
        )
