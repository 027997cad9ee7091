"""The tab with the list of clusters, their status and busy workers."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.binding import BindingType

from studio_tui.api.ids import NO_ID, is_usable_id
from studio_tui.api.models import Cluster, Job
from studio_tui.api.pages import ResultPage
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.clusters.rows import (
    CLUSTERS,
    COLUMNS,
    cells,
    facts,
    why_jobs_unknown,
    why_not_chosen,
)
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.jobs.filters import exact_filter, id_filter
from studio_tui.service.polling.poller import Poller
from studio_tui.tui.clusters.cluster_choice import ClusterChoice
from studio_tui.tui.frame.commands import Basics, Command, bindings, why_read_only
from studio_tui.tui.frame.list_page import ListPage, list_commands
from studio_tui.tui.frame.list_view import ListView
from studio_tui.tui.messages import FilterList, OpenForm, Refreshed
from studio_tui.tui.terminal.clipboard import copy
from studio_tui.tui.widgets.bar import Part
from studio_tui.tui.widgets.big_table import BigTable

_COMMANDS: tuple[Command["ClustersScreen"], ...] = (
    Command(
        "clusters.jobs",
        "l,L",
        "its jobs",
        "Show the jobs of the cluster, or of all that are marked",
        lambda page: page.show_jobs(),
        lambda page: page.why_no_jobs(),
    ),
    Command(
        "clusters.choose",
        "asterisk",
        "for new jobs",
        "Choose the cluster for new jobs, or leave the choice to Studio again",
        lambda page: page.choose(),
        lambda page: page.why_not_choose(),
    ),
    Command(
        "clusters.new_job",
        "n",
        "new job here",
        "Open the form for a new job on the cluster",
        lambda page: page.open_form(),
        lambda page: page.why_no_form(),
    ),
    Command(
        "clusters.copy_id",
        "c",
        "copy id",
        "Copy the cluster's id",
        lambda page: page.copy_id(),
        lambda page: page.why_no_id(),
        repeats=True,
    ),
)


class ClustersScreen(ListPage[Cluster]):
    """A table of the clusters, with a preview of the cluster under the cursor."""

    tab = "clusters"
    kind = CLUSTERS
    columns = COLUMNS
    problems = "status=problem"
    is_stacked = True
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-middling"), (34, "-high")]  # noqa: RUF012

    LIST = list_commands(
        "clusters",
        "cluster",
        "words, status=, name~, provider=, region=",
        "Show only clusters with a problem, or all again",
        (("N", "name", "name"), ("S", "status", "status"), ("B", "busy", "busy workers")),
    )
    BINDINGS: ClassVar[list[BindingType]] = [*bindings(_COMMANDS), *LIST.bindings]

    def __init__(self, basics: Basics, view: ListView, choice: ClusterChoice) -> None:
        super().__init__(basics, view)
        self._choice = choice
        self.commands.add_to(self, _COMMANDS)

    # Overrides of Page.

    def row_hints(self) -> Iterable[str]:
        return ("clusters.jobs", "clusters.choose", "clusters.new_job", "page.refresh", "page.back")

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        if message.name == self.session.jobs.name and is_news:
            self.list.show_preview(self.moment())
        elif message.name == self.session.clusters.name:
            page = message.snapshot.value
            if is_news and page is not None:
                self.list.set_rows(page.items)
            self.list.show_notice()

    # Why commands are unavailable.

    def why_no_id(self) -> str | None:
        cluster = self.row_at_hand()
        if cluster is None:
            return "There is no cluster here"
        return None if is_usable_id(cluster.id) else NO_ID

    def why_no_jobs(self) -> str | None:
        clusters = self._marked_or_current()
        if not clusters:
            return "There is no cluster here"
        reasons = (why_jobs_unknown(cluster, self._jobs()) for cluster in clusters)
        return next(filter(None, reasons), None)

    def why_not_choose(self) -> str | None:
        """Return why the cluster cannot be chosen; if it is, why the choice cannot be cleared."""
        cluster = self.row_at_hand()
        is_chosen = cluster is not None and self._is_chosen(cluster)
        return why_read_only(self) if is_chosen else self.why_no_form()

    def why_no_form(self) -> str | None:
        cluster = self.row_at_hand()
        if (reason := why_read_only(self) or self.why_no_id()) or cluster is None:
            return reason
        return why_not_chosen(cluster)

    # Keys.

    def show_jobs(self) -> None:
        clusters = self._marked_or_current()
        # Use ids if jobs have them, as a later cluster may have the same name.
        if any(job.compute_cluster_id for job in self._jobs()):
            terms = id_filter("cluster_id", *(cluster.id for cluster in clusters))
        else:
            names = (cluster.name for cluster in clusters)
            terms = exact_filter("cluster", *filter(None, names))
        self.post_message(FilterList(terms))

    def choose(self) -> None:
        """Choose the cluster for new jobs; if it is chosen, clear the choice."""
        if cluster := self.row_at_hand():
            self._choice.name = None if self._is_chosen(cluster) else cluster.name
            self.table.show_again()
            self.list.show_title()

    def open_form(self) -> None:
        if cluster := self.row_at_hand():
            draft = Draft(compute_cluster_name=cluster.name or "")
            self.post_message(OpenForm(draft, about=f"cluster {cluster.id}"))

    async def copy_id(self) -> None:
        if cluster := self.row_at_hand():
            await copy(self.app, cluster.id)

    @on(BigTable.Opened)
    def _opened(self) -> None:
        self.commands.do("clusters.jobs")

    # Overrides of ListPage.

    def source(self) -> Poller[ResultPage[Cluster]]:
        return self.session.clusters

    def none_words(self) -> str:
        return "This team has no clusters."

    def cells_of(self, key: str) -> tuple[Cell, ...]:
        return cells(self.rows[key], self._choice.name)

    def facts_at_hand(self, now: datetime) -> tuple[Fact, ...]:  # noqa: ARG002 (no fact is an age)
        cluster, jobs = self.row_at_hand(), self.session.jobs.snapshot.value
        if cluster is None:
            return ()
        known = self.session.known_items
        return facts(
            cluster,
            self._jobs(),
            has_all=jobs is not None and jobs.has_all,
            blocked=known.pipelines().blocked,
            newer_attempts=known.newer_attempts(),
        )

    def title_notes(self) -> tuple[Part, ...]:
        has_problem = any(row.problem for row in self.rows.values())
        problem_note = Part("· the last change of clusters is not in effect ", Tone.WARN)
        notes = (problem_note,) if has_problem else ()
        chosen, page = self._choice.name, self.source().snapshot.value
        if chosen is None or page is None:
            return notes
        cluster = next((each for each in page.items if each.name == chosen), None)
        if cluster is None:
            words = f"· {chosen}, chosen for new jobs, no longer exists "
            return (*notes, Part(words, Tone.WARN))
        if reason := why_not_chosen(cluster):
            return (*notes, Part(f"· chosen for new jobs, but {reason} ", Tone.WARN))
        return (*notes, Part(f"· new jobs run on {chosen} ", Tone.ACCENT))

    def _marked_or_current(self) -> Sequence[Cluster]:
        return self.marked_rows() or tuple(filter(None, (self.row_at_hand(),)))

    def _jobs(self) -> Sequence[Job]:
        jobs = self.session.jobs.snapshot.value
        return jobs.jobs if jobs is not None else ()

    def _is_chosen(self, cluster: Cluster) -> bool:
        return cluster.name is not None and cluster.name == self._choice.name
