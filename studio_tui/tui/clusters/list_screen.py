"""The clusters that jobs can run on, and how busy they are."""

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container, Vertical
from textual.getters import query_one

from studio_tui.api.ids import NO_ID, can_be_used
from studio_tui.api.models import Cluster, Job
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.clusters.rows import cells, facts, why_no_jobs, why_not_chosen
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.freshness import Aged
from studio_tui.presentation.jobs.filters import exactly
from studio_tui.service.session import StudioSession
from studio_tui.tui.clusters.cluster_choice import ClusterChoice
from studio_tui.tui.frame.page import Page
from studio_tui.tui.frame.progress_words import unreached
from studio_tui.tui.jobs.actions import READ_ONLY
from studio_tui.tui.messages import FilterJobs, OpenForm, Refreshed
from studio_tui.tui.terminal.clipboard import copy
from studio_tui.tui.widgets.bar import Bar, Part
from studio_tui.tui.widgets.big_table import BigTable
from studio_tui.tui.widgets.fact_sheet import FactSheet
from studio_tui.tui.widgets.table_layout import Align, Column

COLUMNS = (
    Column("status", "STATUS", 11),
    Column("name", "NAME", 12, grow=1, most=40),
    Column("default", "FOR NEW JOBS", 12, drop=2),
    Column("busy", "BUSY", 5, align=Align.RIGHT),
    Column("workers", "WORKERS", 7, align=Align.RIGHT),
    Column("provider", "PROVIDER", 8, drop=3),
    Column("region", "REGION", 12, drop=4),
    Column("size", "SIZE", 14, drop=5),
    Column("id", "ID", 10, drop=6),
)


class ClustersScreen(Page):
    """A table of the clusters, with a preview of the one under the cursor."""

    place = "clusters"
    VERTICAL_BREAKPOINTS = [(0, "-low"), (20, "-middling"), (34, "-high")]  # noqa: RUF012

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "l,L",
            "cluster_jobs",
            "its jobs",
            id="clusters.jobs",
            tooltip="Show the jobs of the cluster",
        ),
        Binding(
            "asterisk",
            "choose",
            "for new jobs",
            key_display="*",
            id="clusters.choose",
            tooltip="Let new jobs run on the cluster; again leaves it to Studio",
        ),
        Binding(
            "n",
            "new_job",
            "new job here",
            id="clusters.new_job",
            tooltip="Fill in the form of a new job that runs on the cluster",
        ),
        Binding("c", "copy_id", "copy id", id="clusters.copy_id", tooltip="Copy the cluster's id"),
        Binding(
            "i", "preview", "preview", id="clusters.preview", tooltip="Show or hide the preview"
        ),
        Binding(
            "w",
            "wide",
            "wide",
            id="clusters.wide",
            tooltip="All columns, scrolled sideways with the arrows",
        ),
    ]

    table = query_one("#clusters-table", BigTable)
    preview = query_one(FactSheet)

    def __init__(
        self, session: StudioSession, home: str, choice: ClusterChoice, *, read_only: bool
    ) -> None:
        """Take also which cluster is chosen for new jobs."""
        super().__init__(session, home, read_only=read_only)
        self._choice = choice
        self._clusters: dict[str, Cluster] = {}

    def body(self) -> ComposeResult:
        """Compose the list above its preview."""
        with Vertical(id="list"):
            yield Bar(id="title", filler="─")
            yield BigTable(COLUMNS, self._cells, notice="Asking Studio…", id="clusters-table")
        with Container(id="preview"):
            yield FactSheet()

    def on_mount(self) -> None:
        """Give the list the keys."""
        self.table.focus()

    def crumbs(self) -> tuple[str, ...]:
        """Return where this is."""
        return ("Clusters",)

    def hints(self) -> Iterable[str]:
        """Return the most useful keys."""
        return ("clusters.jobs", "clusters.choose", "clusters.new_job", "page.refresh", "page.back")

    def aged(self) -> Aged:
        """Return the snapshot whose age the header shows."""
        return self.session.clusters.snapshot

    def cluster_at_hand(self) -> Cluster | None:
        """Return the cluster under the cursor."""
        return self._clusters.get(self.table.cursor or "") if self.is_mounted else None

    def why_not(self, action: str) -> str | None:
        """Return why `action` cannot work now, in words; `None` when it can."""
        if action == "new_job" and self.read_only:
            return READ_ONLY
        if action not in {"cluster_jobs", "choose", "copy_id", "new_job"}:
            return None
        cluster = self.cluster_at_hand()
        if cluster is None:
            return "There is no cluster here"
        if action != "cluster_jobs" and not can_be_used(cluster.id):
            return NO_ID
        if action == "new_job":
            return why_not_chosen(cluster)
        if action == "choose":
            return None if self._is_chosen(cluster) else why_not_chosen(cluster)
        return why_no_jobs(cluster, self._jobs()) if action == "cluster_jobs" else None

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Take over a new answer."""
        if message.name == self.session.jobs.name:
            if is_news:
                self._show_preview()
            return
        if message.name != self.session.clusters.name:
            return
        page = message.snapshot.value
        if is_news and page is not None:
            self._clusters = {cluster.id: cluster for cluster in page.items}
            self.table.show(tuple(self._clusters))
            self._show_preview()
            self.table.notice = "This team has no clusters."
            self._show_title()
        elif message.snapshot.error is not None:
            self.table.notice = unreached(message.snapshot.error, self.session)

    # The keys.

    def action_cluster_jobs(self) -> None:
        """Show the jobs of the cluster under the cursor."""
        cluster = self._cluster_for("cluster_jobs")
        if cluster is None:
            return
        # By its id where jobs tell it, as a later cluster may take the name.
        if any(job.compute_cluster_id for job in self._jobs()):
            self.post_message(FilterJobs(exactly("cluster_id", cluster.id)))
        elif cluster.name:
            self.post_message(FilterJobs(exactly("cluster", cluster.name)))

    def action_choose(self) -> None:
        """Choose the cluster under the cursor for new jobs, or choose none."""
        cluster = self._cluster_for("choose")
        if cluster is not None:
            self._choice.choose(None if self._is_chosen(cluster) else cluster.name)
            self.table.show_again()
            self._show_title()

    def action_new_job(self) -> None:
        """Fill in the form of a new job that runs on the cluster under the cursor."""
        if cluster := self._cluster_for("new_job"):
            draft = Draft(compute_cluster_name=cluster.name or "")
            self.post_message(OpenForm(draft, about=f"cluster {cluster.id}"))

    @work(name="copy", group="copy")
    async def action_copy_id(self) -> None:
        """Copy the whole id, and show it in case there is no clipboard."""
        if cluster := self._cluster_for("copy_id"):
            await copy(self.app, cluster.id)

    def action_preview(self) -> None:
        """Show or hide the preview."""
        self.toggle_class("-no-preview")

    def action_wide(self) -> None:
        """Show all columns, or those that fit."""
        self.table.wide = not self.table.wide

    @on(BigTable.Highlighted)
    def _highlighted(self) -> None:
        self.paint_hints()
        self._show_preview()

    @on(BigTable.Opened)
    def _opened(self) -> None:
        self.action_cluster_jobs()

    def _cluster_for(self, action: str) -> Cluster | None:
        """Return the cluster at hand if `action` can be done with it; else say why not."""
        reason = self.why_not(action)
        if reason is not None:
            self.app.notify(reason, severity="warning", markup=False)
            return None
        return self.cluster_at_hand()

    # Painting.

    def _jobs(self) -> Sequence[Job]:
        jobs = self.session.jobs.snapshot.value
        return jobs.jobs if jobs is not None else ()

    def _is_chosen(self, cluster: Cluster) -> bool:
        return cluster.name is not None and cluster.name == self._choice.name

    def _show_title(self) -> None:
        chosen = self._choice.name
        names = {cluster.name for cluster in self._clusters.values()}
        parts = [
            Part("── ", "rule"),
            Part("Clusters ", Tone.STRONG),
            Part(f"{len(self._clusters)} "),
        ]
        if chosen is not None and chosen in names:
            parts.append(Part(f"· new jobs run on {chosen} ", Tone.ACCENT))
        elif chosen is not None:
            parts.append(Part(f"· {chosen}, chosen for new jobs, is not here any more ", Tone.WARN))
        self.query_one("#title", Bar).left = tuple(parts)

    def _show_preview(self) -> None:
        cluster = self.cluster_at_hand()
        jobs = self.session.jobs.snapshot.value
        has_all = jobs is not None and jobs.has_all
        self.preview.show(facts(cluster, self._jobs(), has_all=has_all) if cluster else ())

    def _cells(self, cluster_id: str) -> tuple[Cell, ...]:
        return cells(self._clusters[cluster_id], self._choice.name)
