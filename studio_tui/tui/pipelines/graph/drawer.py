"""The side panel of a pipeline, with details of the job or group under the cursor."""

from functools import partial

from studio_tui.api.states import JobState
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.pipelines.facts import plan_facts
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.views.node_facts import group_facts, node_facts
from studio_tui.tui.frame.page import Page
from studio_tui.tui.jobs.surroundings import surroundings
from studio_tui.tui.pipelines.graph.cursor import Cursor
from studio_tui.tui.pipelines.graph.state import GraphState
from studio_tui.tui.widgets.fact_sheet import FactSheet
from studio_tui.tui.widgets.workers import start_worker


class Drawer:
    """The content of the side panel."""

    def __init__(self, page: Page, state: GraphState, cursor: Cursor) -> None:
        self.sheet = FactSheet()
        self._page = page
        self._session = page.session
        self._state = state
        self._cursor = cursor
        self._loading: set[str] = set()
        """Ids of the runs whose datasets are being requested."""

    @property
    def is_shown(self) -> bool:
        """Whether to show the panel: as the user has chosen, else if there is room."""
        choice = self._state.view.drawer
        return self._page.has_class("-broad") if choice is None else choice

    def show(self) -> None:
        """Show the details of the job or group under the cursor, unless the panel is hidden."""
        self._page.set_class(self.is_shown, "-drawer")
        if not (self._state.is_loaded and self.is_shown):
            return
        facts: tuple[Fact, ...] = ()
        if (node := self._cursor.node()) is not None:
            self._request_datasets(node)
            facts = node_facts(
                self._state.view_model(),
                node.id,
                surroundings=surroundings(self._session),
                datasets=self._session.datasets.versions_of(node.run or ""),
            )
        elif (here := self._cursor.here()) is not None:
            waits_for, feeds = self._state.structure.connected_groups(here)
            facts = group_facts(self._state.view_model(), self._cursor.members(), waits_for, feeds)
        pipeline = self._session.commands.pipelines.with_removed(self._state.loaded.pipeline)
        self.sheet.show((*facts, *plan_facts(pipeline)))

    def _request_datasets(self, node: Node) -> None:
        run = node.run
        if node.state is not JobState.COMPLETE or not run or run in self._loading:
            return
        if self._session.datasets.can_request(run):
            self._loading.add(run)
            loading = partial(self._load_datasets, run)
            start_worker(self._page, loading, name="datasets made", group="datasets made")

    async def _load_datasets(self, run: str) -> None:
        try:
            is_known = await self._session.datasets.request_versions_of(run)
        finally:
            self._loading.discard(run)
        if is_known:
            self.show()
