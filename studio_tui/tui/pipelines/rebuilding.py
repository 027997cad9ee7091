"""Rebuilding datasets: opens the form that triggers a pipeline, and provides its completions."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import Any, ClassVar

from textual.app import App

from studio_tui.api.ids import is_usable_id
from studio_tui.api.listed_datasets import ListedDataset
from studio_tui.api.models import Job, Pipeline
from studio_tui.errors import StudioError
from studio_tui.presentation.pipelines.dataset_facts import rebuilding_words
from studio_tui.presentation.pipelines.datasets import KnownDatasets, short_name
from studio_tui.service.polling.ended_jobs import request_on_ends
from studio_tui.tui.frame.commands import Command, why_read_only
from studio_tui.tui.frame.list_page import ListPage
from studio_tui.tui.messages import OpenPipeline, SchedulePipeline
from studio_tui.tui.pipelines.kept_drafts import Beginning, KeptDrafts
from studio_tui.tui.pipelines.trigger_screen import TriggerDraft, TriggerScreen
from studio_tui.tui.schedules.pipeline_schedules import why_no_pipeline_schedule
from studio_tui.tui.widgets.workers import start_worker

logger = logging.getLogger(__name__)


class Rebuilding:
    """Controller of rebuilding datasets, on the list of pipelines."""

    def __init__(self, page: ListPage[Pipeline], at_hand: Callable[[], Pipeline | None]) -> None:
        self._page = page
        self._session = page.session
        self._at_hand = at_hand
        self._drafts: KeptDrafts[TriggerDraft] = KeptDrafts()
        self._last_sent = TriggerDraft()
        """Its `review` and `only` are the defaults of the next form."""
        self._listed: tuple[ListedDataset, ...] = ()
        self._has_all = False

    def why_not_trigger(self) -> str | None:
        """Return why no pipeline can be triggered."""
        return why_read_only(self._page)

    async def trigger(self) -> None:
        """Show the form for triggering a pipeline, and then the pipeline's page or its row."""
        pipeline, last = self._at_hand(), self._last_sent
        target = pipeline.datasets if pipeline else ""
        fresh = TriggerDraft(target, review=last.review, is_proposed=True, only=last.only)
        await self._fill_in(self._page.app, self._drafts.begin(target, fresh))

    def schedule(self) -> None:
        """Show the form for a schedule that rebuilds the datasets of the current pipeline."""
        pipeline = self._at_hand()
        self._page.post_message(SchedulePipeline(pipeline.datasets if pipeline else ""))

    async def rebuild(self, app: App[Any], names: Sequence[str], *, only: bool) -> None:
        """Show the form for rebuilding datasets over the current screen; `only` omits sources."""
        draft = TriggerDraft(" ".join(names), only=only)
        # A draft saved for these datasets may have another `only` than the new choice.
        beginning = replace(self._drafts.begin(draft.datasets, draft), draft=draft)
        await self._fill_in(app, beginning)

    async def _fill_in(self, app: App[Any], beginning: Beginning[TriggerDraft]) -> None:
        form = TriggerScreen(
            self._session.commands.pipeline_trigger,
            beginning,
            is_local_studio=self._session.client.is_local_studio,
            known_datasets=self._known_datasets,
            pipeline_ids=lambda: frozenset(each.pipeline_id for each in self._known_pipelines()),
        )
        loading = start_worker(
            app, partial(self._load_datasets, form), name="names", group="names", exclusive=True
        )
        try:
            pipeline = await app.push_screen_wait(form)
        finally:
            loading.cancel()
        if pipeline is not None:
            self._last_sent = form.draft
            self._session.endings.watch_pipelines((pipeline,))
            self._page.list.await_row(pipeline.pipeline_id)
            if self._last_sent.review and is_usable_id(pipeline.pipeline_id):
                app.post_message(OpenPipeline(pipeline.pipeline_id))

    async def _load_datasets(self, form: TriggerScreen) -> None:
        """Request the names of datasets, and again whenever jobs have ended, until canceled."""

        async def load(jobs: Sequence[Job]) -> bool:
            is_complete = await self._load(jobs)
            self._has_all = is_complete or bool(self._listed)
            if form.is_alive:
                form.check()
            return is_complete

        await request_on_ends(self._session.jobs, load)

    async def _load(self, jobs: Sequence[Job]) -> bool:
        """Request all datasets, or if Studio lists none, those of `jobs`.

        Return whether all have been received.
        """
        if not self._session.client.is_local_studio:
            await self._session.datasets.request_versions(jobs)
            return self._session.datasets.is_complete
        try:
            self._listed = await self._session.client.local.datasets()
        except StudioError as error:
            logger.info("datasets are not known: %s", error)
            return False
        return True

    def _known_datasets(self) -> KnownDatasets:
        names = self._session.datasets.names(self._known_pipelines())
        if self._session.is_local:
            listed = (each.name for each in self._listed)
            names = tuple(dict.fromkeys(map(short_name, (*names, *listed))))
        rebuilding = rebuilding_words(self._known_pipelines())
        return KnownDatasets(names, self._has_all, self._listed, rebuilding)

    def _known_pipelines(self) -> tuple[Pipeline, ...]:
        pipeline_list = self._session.pipelines.snapshot.value
        return pipeline_list.pipelines if pipeline_list else ()

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "pipelines.trigger",
            "t",
            "trigger",
            "Rebuild datasets: name them, review the jobs first or run them immediately",
            trigger,
            why_not_trigger,
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
