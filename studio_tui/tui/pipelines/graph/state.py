"""What a pipeline's screen shows, and how: shared by the modes and the controllers."""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any

from studio_tui.presentation.pipelines.filters import found, terms_of
from studio_tui.presentation.pipelines.graph.pipeline_state import Standing
from studio_tui.presentation.pipelines.graph.view_model import Known
from studio_tui.tui.jobs.running_progress import RunningProgress
from studio_tui.tui.pipelines.graph.memory import DagMemory, DagPlace

UNKNOWN = "Studio has not sent the pipeline yet"

Changed = Callable[[DagPlace, AbstractSet[str]], None]
"""Given the view before a change, and the names of what was changed."""


class GraphState:
    """A pipeline as far as it is known, and the reader's view of it."""

    standing: Standing | None = None
    """`None` until Studio has answered."""
    past: Mapping[str, Sequence[float]] = {}
    """By name: the seconds that runs took which ended well."""
    _known: Known | None = None

    def __init__(
        self,
        pipeline_id: str,
        memory: DagMemory,
        progress: RunningProgress,
        moment: Callable[[], datetime],
        changed: Changed,
    ) -> None:
        """Take where views are remembered, the time of what is shown, and who shows a change."""
        self.pipeline_id = pipeline_id
        self.view = memory.place(pipeline_id)
        self._memory = memory
        self._progress = progress
        self._moment = moment
        self._changed = changed
        self._haystacks: tuple[Standing | None, dict[str, str]] = (None, {})
        """What words are looked for in, by node, for as long as nothing else is sent."""
        self._found: tuple[Known | None, dict[str, frozenset[str]]] = (None, {})
        """What filters find, for as long as nothing else is known."""

    def change(self, **changes: Any) -> None:
        """Change the view, and have the change shown."""
        before = self.view
        self.view = before.replace(**changes)
        if self.view != before:
            self._changed(before, changes.keys())

    def note(self, **changes: Any) -> None:
        """Change what the view says of where the reader is, which is in sight already."""
        self.view = self.view.replace(**changes)

    def remember(self, left: int, top: int) -> None:
        """Remember the view, with what is at the upper left corner."""
        self.note(left=left, top=top)
        self.keep()

    def keep(self) -> None:
        """Remember the view as it is; also of a pipeline that has been left."""
        self._memory.note(self.pipeline_id, self.view)

    def stands(self) -> Standing:
        """Return how the pipeline stands; nothing is painted before Studio has answered."""
        if self.standing is None:
            raise RuntimeError("the pipeline is not known yet")
        return self.standing

    def why_unknown(self) -> str | None:
        """Return why nothing can be done with the jobs; `None` once Studio has answered."""
        return UNKNOWN if self.standing is None else None

    def known(self) -> Known:
        """Return what is known now, the same until `expire`."""
        if self._known is None:
            standing, bars = self.stands(), self._progress.bars
            self._known = Known(standing.verdicts, self._moment(), standing.jobs, bars, self.past)
        return self._known

    def expire(self) -> None:
        """Work out anew what is known: time has passed, or there is news."""
        self._known = None

    def only(self) -> frozenset[str] | None:
        """Return the nodes that are shown; `None` for all."""
        if self.standing is None:
            return None
        shown = self.standing.verdicts.problems if self.view.problems else None
        if not self.view.filter:
            return shown
        passing = self.found(self.view.filter)
        return passing if shown is None else shown & passing

    def found(self, text: str) -> frozenset[str]:
        """Return the nodes that pass a filter as of now; none where it asks for nothing."""
        standing, known = self.stands(), self.known()
        if self._haystacks[0] is not standing:
            self._haystacks = standing, {}
        if self._found[0] is not known:
            self._found = known, {}
        if text not in self._found[1]:
            self._found[1][text] = found(terms_of(text), known, self._haystacks[1])
        return self._found[1][text]

    def nothing_words(self) -> str:
        """Return why no job is in sight."""
        if self.view.filter:
            return f"No job passes the filter {self.view.filter}"
        return "No problems" if self.view.problems else "This pipeline has no jobs"
