"""What is told beside the rows or the drawing: the lines about the pipeline, and the drawer."""

import logging
from abc import abstractmethod
from collections.abc import Mapping, Sequence

from rich.cells import cell_len
from textual import work
from textual.getters import query_one
from textual.timer import Timer

from studio_tui.api.models import DatasetVersion, JobState
from studio_tui.errors import StudioError
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.jobs.facts import Fact
from studio_tui.presentation.pipelines.facts import warning_facts
from studio_tui.presentation.pipelines.graph.critical import critical, path_words
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.views.node_facts import group_facts, node_facts
from studio_tui.presentation.pipelines.views.timeline import LEGEND, QUEUED, RUNNING, STARTING
from studio_tui.service.polling.pipeline_watch import PipelineWatch
from studio_tui.tui.pipelines.graph.head import head_parts, mode_parts, note_parts
from studio_tui.tui.pipelines.graph.layout_cache import DagShape
from studio_tui.tui.pipelines.graph.memory import Mode
from studio_tui.tui.pipelines.graph.moving import DagMoving
from studio_tui.tui.widgets.bar import Bar, Part
from studio_tui.tui.widgets.fact_sheet import FactSheet

CATCH_UP_AFTER = 0.1
"""Seconds after which drawer, footer and kin follow the cursor.

Textual paints once a frame: what follows sooner makes the next key of a held one wait for it.
"""

SHORT_LEGEND = f"{QUEUED} queued  {STARTING} starting  {RUNNING} run"
LEGENDS = (LEGEND, SHORT_LEGEND)
"""What explains the signs of the timeline, most first; the first that there is room for is said."""

_KEPT = 200
"""Jobs of which it is remembered what they made."""

logger = logging.getLogger(__name__)


class DagTelling(DagMoving, DagShape):
    """Mixin of the screen of a pipeline that tells of it in words."""

    head = query_one("#dag-head", Bar)
    note = query_one("#dag-note", Bar)
    modes = query_one("#dag-modes", Bar)
    drawer = query_one(FactSheet)

    source: PipelineWatch
    """Where answers about the pipeline come from."""
    _catch_up_due: Timer | None = None
    _made: Mapping[str, Sequence[DatasetVersion]] = {}
    """What runs have made, by their ids; nothing while Studio is asked."""

    def has_drawer(self) -> bool:
        """Whether the drawer is in sight: as was wished, else where there is room beside."""
        wished = self.view.drawer
        return self.has_class("-broad") if wished is None else wished

    @abstractmethod
    def cursor_rests(self) -> None:
        """Hear that the cursor has not moved for a moment."""

    def follow_cursor(self) -> None:
        """Let what tells of the cursor's job follow it, soon."""
        if self._catch_up_due is None:
            self._catch_up_due = self.set_timer(CATCH_UP_AFTER, self._catch_up, name="catch up")

    def _catch_up(self) -> None:
        self._catch_up_due = None
        self.cursor_rests()
        self.tell_drawer()
        self.paint_hints()

    def tell_all(self) -> None:
        """Bring everything up to date that is told beside the rows."""
        if not self.is_mounted:
            return
        self.tell_head()
        self.tell_drawer()
        self.modes.left = mode_parts(self.view, len(self.matches()))
        marks = len(self.view.marks)
        said = [Part(f" {marks:,} marked ", Tone.ACCENT), Part("──", "rule")] if marks else []
        if self.view.mode is Mode.TIMELINE:
            taken = sum(cell_len(part.text) for part in (*self.modes.left, *said))
            room = self.size.width - taken - len("  ──")
            legend = next((each for each in LEGENDS if len(each) < room), "")
            said += [Part(f" {legend} ", Tone.DIM), Part("──", "rule")] if legend else []
        self.modes.right = tuple(said)
        self.paint_hints()

    def tell_head(self) -> None:
        """Tell how the pipeline stands."""
        if self.standing is None:
            return
        found = critical(self.known())
        # An estimate of an old answer would never come nearer to its end.
        is_told = found.left is not None and self.source.snapshot.error is None
        estimate = f"{found.words} " if is_told else ""
        self.head.right = (Part(estimate, Tone.STRONG),) if estimate else ()
        self.head.left = head_parts(self.standing, self.size.width - len(estimate) - 1)
        path = ""
        if self.view.critical:
            reason = f" ({found.reason})" if found.reason else ""
            path = (path_words(found, self.known()) or "no times are known yet") + reason
        self.note.left = note_parts(self.standing, path)

    def tell_drawer(self) -> None:
        """Tell all about the job under the cursor, if that is wanted."""
        self.set_class(self.has_drawer(), "-drawer")
        if self.standing is None or not self.has_drawer():
            return
        facts: tuple[Fact, ...] = ()
        clusters = self.session.clusters.snapshot.value
        if (node := self.node_at_hand()) is not None:
            self._ask_what_was_made(node)
            facts = node_facts(
                self.known(),
                node.id,
                clusters=clusters.items if clusters is not None else (),
                made=self._made.get(node.run or "", ()),
            )
        elif (here := self.here()) is not None:
            after, feeds = self.ways(here)
            facts = group_facts(self.known(), self._all_members(here), after, feeds)
        self.drawer.show((*facts, *warning_facts(self.standing.pipeline)))

    def _all_members(self, key: str) -> Sequence[str]:
        """Return the jobs of a group, whether they are shown or not, else what a row is about."""
        group = self.group(key)
        return group.members if group is not None else self.members(key)

    def _ask_what_was_made(self, node: Node) -> None:
        if node.state is JobState.COMPLETE and node.run and node.run not in self._made:
            kept = list(self._made.items())[1 - _KEPT :]
            self._made = {**dict(kept), node.run: ()}
            self._learn_what_was_made(node.run)

    @work(name="what was made", group="what was made")
    async def _learn_what_was_made(self, run: str) -> None:
        """Ask once which datasets a run has made; without an answer nothing is said of them."""
        try:
            made = await self.session.client.job_dataset_versions(run)
        except StudioError as error:
            logger.info("what a job has made is not known: %s", error)
        else:
            self._made = {**self._made, run: made}
            self.tell_drawer()
