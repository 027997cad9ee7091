"""The state of a pipeline's page, shared by the modes and the controllers."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from studio_tui.api.models import Pipeline
from studio_tui.presentation.lists.filter_terms import Haystacks
from studio_tui.presentation.pipelines.filters import haystacks_of, matching_jobs
from studio_tui.presentation.pipelines.graph.view_model import (
    LoadedPipeline,
    ViewModel,
    loaded_pipeline,
)
from studio_tui.tui.pipelines.graph.memory import DagMemory
from studio_tui.tui.pipelines.graph.structure import GraphStructure

if TYPE_CHECKING:
    from studio_tui.tui.pipelines.graph.screen import PipelineScreen

UNKNOWN = "Studio has not sent the pipeline yet"


class GraphState:
    """What is known about a pipeline, and the reader's view of it."""

    is_loaded = False
    """Whether Studio has answered."""
    past: Mapping[str, Sequence[float]] = {}
    """Durations in seconds of successful runs, by job name."""
    _view_model: ViewModel | None = None

    def __init__(self, page: "PipelineScreen", pipeline_id: str, memory: DagMemory) -> None:
        self._page = page
        self.pipeline_id = pipeline_id
        self.loaded = loaded_pipeline(Pipeline(pipeline_id=pipeline_id), {})
        """Without jobs until Studio has answered."""
        self.view = memory.place(pipeline_id)
        self._memory = memory
        self.structure = GraphStructure(self)
        self._haystacks: Haystacks | None = None
        """Of the loaded pipeline, the texts that a search reads."""
        self._matching: dict[str, frozenset[str]] = {}
        """Of the view model, a cache of the nodes that pass a filter, by its text."""

    def change(self, **changes: Any) -> None:
        """Change fields of the view, and update the page if a value is different."""
        before = self.view
        self.view = before.model_copy(update=changes)
        if self.view != before:
            self._page.view_changed(before, changes.keys())

    def note(self, **changes: Any) -> None:
        """Change fields of the view that the page already shows."""
        self.view = self.view.model_copy(update=changes)

    def keep(self) -> None:
        """Save the view; the page may have been closed."""
        self._memory.note(self.pipeline_id, self.view)

    def load(self, loaded: LoadedPipeline) -> None:
        """Replace the loaded pipeline."""
        self.loaded, self.is_loaded, self._haystacks = loaded, True, None
        self.discard_view_model()

    def why_unknown(self) -> str | None:
        """Return why no command on jobs is available; `None` once Studio has answered."""
        return None if self.is_loaded else UNKNOWN

    def view_model(self) -> ViewModel:
        """Return the current view model; the same object until `discard_view_model`."""
        if self._view_model is None:
            statuses, jobs, bars = self.loaded.statuses, self.loaded.jobs, self._page.progress.bars
            self._view_model = ViewModel(statuses, self._page.moment(), jobs, bars, self.past)
        return self._view_model

    def discard_view_model(self) -> None:
        """Discard the view model: time has passed, or data or progress has changed."""
        self._view_model, self._matching = None, {}

    def shown_nodes(self) -> frozenset[str] | None:
        """Return the nodes that pass the filter and, with `!`, are problems; `None` for all."""
        if not self.is_loaded:
            return None
        shown = self.loaded.statuses.problems if self.view.problems else None
        if not self.view.filter:
            return shown
        passing = self.matching_jobs(self.view.filter)
        return passing if shown is None else shown & passing

    def marked_keys(self, members: Mapping[str, Sequence[str]]) -> frozenset[str]:
        """Return the marked nodes, and the keys of `members` whose nodes are all marked."""
        marks = frozenset(self.view.marks)
        return marks.union(key for key, nodes in members.items() if marks.issuperset(nodes))

    def hidden_marks(self) -> Sequence[str]:
        """Return the marked nodes that the filter or `!` hides."""
        only = self.shown_nodes()
        return [mark for mark in self.view.marks if only is not None and mark not in only]

    def matching_jobs(self, text: str) -> frozenset[str]:
        """Return the nodes that match the filter `text` now; none if it is empty."""
        if text not in self._matching:
            model = self.view_model()
            if self._haystacks is None:
                self._haystacks = haystacks_of(model)
            self._matching[text] = matching_jobs(text, model, self._haystacks)
        return self._matching[text]

    def empty_text(self) -> str:
        """Return a text that says why no job is shown."""
        if self.view.filter:
            return f"No job matches the filter {self.view.filter}\nesc removes the filter."
        if self.view.problems:
            return "No problems\n! shows all jobs again."
        return "This pipeline has no jobs"
