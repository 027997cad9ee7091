"""What comes from Studio about a pipeline, taken over without losing the reader's place."""

import asyncio
from abc import abstractmethod
from datetime import datetime

from textual import work

from studio_tui.presentation.pipelines.graph.pipeline_state import Standing, standing
from studio_tui.presentation.pipelines.graph.statuses import Shown
from studio_tui.service.polling.pipeline_watch import PipelineDetail
from studio_tui.tui.frame.progress_words import told
from studio_tui.tui.messages import Refreshed
from studio_tui.tui.pipelines.graph.details import DagTelling
from studio_tui.tui.pipelines.graph.graph import AT_ONCE, DagGraph
from studio_tui.tui.pipelines.graph.marks import DagMarks
from studio_tui.tui.pipelines.graph.rows import DagRows


class DagNews(DagRows, DagGraph, DagTelling, DagMarks):
    """Mixin of the screen of a pipeline that takes over what is new."""

    _waiting: PipelineDetail | None = None
    """An answer that is to be reckoned when the one before it is."""
    _is_reckoning = False
    _past_of: tuple[str, int] | None = None
    """The shape, and how many jobs had ended, when the past was looked up."""

    @abstractmethod
    def show_all(self) -> None:
        """Show the rows, or the drawing, of the mode."""

    @abstractmethod
    def first_shown(self) -> None:
        """Hear that the pipeline is in sight for the first time."""

    def refreshed(self, message: Refreshed, *, is_news: bool) -> None:
        """Take over a new answer."""
        if message.name != self.source.name:
            return
        detail = message.snapshot.value
        if is_news and detail is not None:
            self._waiting = detail
            if self._is_large_and_new(detail):
                if not self._is_reckoning:
                    self._is_reckoning = True
                    self._reckon()
            else:
                self._waiting = None
                self.standing = standing(detail.pipeline, detail.jobs, self.standing)
                self._take_over()
        self.show_notice()

    def _is_large_and_new(self, detail: PipelineDetail) -> bool:
        """Whether more is to be read than states, of more jobs than the keys should wait for."""
        jobs = len(detail.pipeline.job_runs)
        known = len(self.standing.pipeline.job_runs) if self.standing is not None else 0
        return jobs > AT_ONCE and jobs != known

    @work(name="reckon", group="reckon")
    async def _reckon(self) -> None:
        """Reckon in a thread how a large pipeline stands; of several answers the last."""
        while (detail := self._waiting) is not None:
            self._waiting = None
            before = self.standing
            self.standing = await asyncio.to_thread(standing, detail.pipeline, detail.jobs, before)
            self._take_over()
        self._is_reckoning = False

    def _take_over(self) -> None:
        is_first = not self.table.keys and self.canvas is None
        self.drop_marks()
        self.expire()
        self.show_all()
        self.follow()
        if is_first:
            self.call_after_refresh(self.first_shown)
        self.call_after_refresh(self.look)
        self.paint_frame()
        self.tell_all()
        self._learn_past()

    def _learn_past(self) -> None:
        """Learn anew how long jobs usually take, once one has ended or another is there."""
        standing = self.stands()
        ended = sum(node.state.is_finished for node in standing.plan.nodes.values())
        if self._past_of != (standing.plan.shape, ended):
            self._past_of = standing.plan.shape, ended
            self._look_up_past(standing)

    @work(name="past", group="past", exclusive=True)
    async def _look_up_past(self, standing: Standing) -> None:
        """Ask the ledger, which may have to ask a disk."""
        ledger = self.session.ledger
        names = {node.name for node in standing.plan.nodes.values()}
        await asyncio.to_thread(ledger.note_ended, standing.jobs.values())
        past = await asyncio.to_thread(ledger.durations, names)
        if past != self.past:
            self.past = past
            self.expire()
            self._repaint()

    def tick(self, now: datetime) -> None:  # noqa: ARG002 (known() asks for it)
        """Let the times in sight run on."""
        if self.standing is not None:
            self.look()
            self.expire()
            self._repaint()

    def on_progressed(self) -> None:
        """Show how far the running jobs have come."""
        if self.standing is not None:
            self.expire()
            self._repaint()

    def _repaint(self) -> None:
        self.show_rows_again()
        self.repaint_graph()
        self.tell_head()
        self.tell_drawer()

    def look(self) -> None:
        """Find out first about the jobs in sight, and how far those that run are."""
        if self.standing is None or not self.listening.is_on:
            return
        in_sight = self.boxes_in_sight() if self.canvas else self.table.keys_in_sight
        shown, nodes = self.standing.verdicts.shown, self.standing.plan.nodes
        ids = [member for key in in_sight for member in self.members(key)]
        runs = [(shown[node_id], nodes[node_id].run) for node_id in ids]
        self.source.want(run for _, run in runs if run is not None)
        self.progress.look(run for kind, run in runs if run and kind is Shown.RUNNING)

    def show_notice(self) -> None:
        """Show why there is nothing to show."""
        snapshot = self.source.snapshot
        if snapshot.value is None and snapshot.error is not None:
            self.table.notice = told(snapshot.error, self.session)
        elif self.standing is not None:
            self.table.notice = self.nothing_words()
