"""Rebuilding datasets: opens the form that triggers a pipeline, or the one of a schedule."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import App

from studio_tui.api.ids import is_usable_id
from studio_tui.api.models import Pipeline
from studio_tui.tui.frame.commands import Command, why_read_only
from studio_tui.tui.frame.list_page import ListPage
from studio_tui.tui.messages import OpenPipeline, SchedulePipeline
from studio_tui.tui.pipelines.dataset_list import DatasetList
from studio_tui.tui.pipelines.trigger_screen import TriggerDraft, TriggerScreen
from studio_tui.tui.schedules.controller import why_no_pipeline_schedule


class Rebuilding:
    """Controller of rebuilding datasets, on the list of pipelines."""

    def __init__(self, page: ListPage[Pipeline]) -> None:
        self._page = page
        self._session = page.session
        self._datasets = DatasetList(page.session)
        self._drafts: dict[str, TriggerDraft] = {}
        self._last_sent = TriggerDraft()
        """Its `review` and `only` are the defaults of the next form."""

    async def trigger(self) -> None:
        """Show the form for triggering a pipeline, and then the pipeline's page or its row."""
        pipeline, last = self._page.row_at_hand(), self._last_sent
        target = pipeline.datasets if pipeline else ""
        fresh = TriggerDraft(target, is_proposed=True, review=last.review, only=last.only)
        await self._fill_in(self._page.app, fresh)

    def schedule(self) -> None:
        pipeline = self._page.row_at_hand()
        self._page.post_message(SchedulePipeline(pipeline.datasets if pipeline else ""))

    async def rebuild(self, app: App[Any], names: Sequence[str], *, only: bool) -> None:
        """Show the form for rebuilding datasets over the current screen; `only` omits sources."""
        draft = TriggerDraft(" ".join(names), only=only)
        # A draft kept for these datasets may have another `only` than the new choice.
        self._drafts.pop(draft.datasets, None)
        await self._fill_in(app, draft)

    async def _fill_in(self, app: App[Any], fresh: TriggerDraft) -> None:
        form = TriggerScreen(self._session, self._datasets, fresh, self._drafts)
        pipeline = await app.push_screen_wait(form)
        if pipeline is not None:
            self._last_sent = form.draft
            self._session.endings.watch_pipelines((pipeline,))
            self._page.list.await_row(pipeline.pipeline_id)
            if self._last_sent.review and is_usable_id(pipeline.pipeline_id):
                app.post_message(OpenPipeline(pipeline.pipeline_id))

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "pipelines.trigger",
            "t",
            "trigger",
            "Rebuild datasets: name them, review the jobs first or run them immediately",
            trigger,
            lambda self: why_read_only(self._page),
        ),
        Command(
            "pipelines.schedule",
            "P",
            "schedule",
            "Open the form for rebuilding datasets on a schedule",
            schedule,
            lambda self: why_no_pipeline_schedule(self._page),
        ),
    )
