"""Rebuilding datasets: opens its form, and sends what is filled in."""

from collections.abc import Sequence
from typing import Any, ClassVar

from textual.app import App

from studio_tui.api.ids import is_usable_id
from studio_tui.api.local_models import NewPipelineSchedule
from studio_tui.api.models import Job, Pipeline
from studio_tui.presentation.format import plural
from studio_tui.presentation.pipelines.datasets import datasets_in
from studio_tui.service.commands.trigger_pipeline import (
    Triggered,
    TriggerRequest,
    UnconfirmedPipeline,
)
from studio_tui.tui.frame.commands import Command, why_read_only
from studio_tui.tui.frame.dialogs import confirm_sending_again
from studio_tui.tui.frame.list_page import ListPage
from studio_tui.tui.messages import AwaitRow, OpenPipeline
from studio_tui.tui.pipelines.dataset_list import DatasetList
from studio_tui.tui.pipelines.rebuild_form import RebuildDraft, RebuildForm, Rebuilt
from studio_tui.tui.schedules.controller import why_no_pipeline_schedule


class Rebuilding:
    """Controller of rebuilding datasets, on the list of pipelines."""

    def __init__(self, page: ListPage[Pipeline]) -> None:
        self._page = page
        self._session = page.session
        self._datasets = DatasetList(page.session)
        self._drafts: dict[str, RebuildDraft] = {}
        self._last_triggered = RebuildDraft()
        """Its `review` and `only` are the defaults of the next form."""

    async def trigger(self) -> None:
        """Show the form, and then the page or row of the pipeline, or the row of the schedule."""
        last = self._last_triggered
        await self._fill_in(
            self._page.app,
            RebuildDraft(self._target(), is_proposed=True, review=last.review, only=last.only),
        )

    async def schedule(self) -> None:
        """Show the form with the cursor at the time."""
        await self.schedule_from(self._page.app, self._target())

    async def schedule_from(self, app: App[Any], datasets: str) -> None:
        """Show the form over the current screen, with the cursor at the first field to fill in."""
        fresh = RebuildDraft(datasets, is_proposed=True)
        await self._fill_in(app, fresh, "time" if datasets else "datasets")

    async def rebuild(self, app: App[Any], names: Sequence[str], *, only: bool) -> None:
        """Show the form for rebuilding datasets over the current screen; `only` omits sources."""
        draft = RebuildDraft(" ".join(names), only=only)
        # A draft kept for these datasets may have another `only` than the new choice.
        self._drafts.pop(draft.datasets, None)
        await self._fill_in(app, draft)

    def _target(self) -> str:
        pipeline = self._page.row_at_hand()
        return pipeline.datasets if pipeline else ""

    async def _fill_in(
        self, app: App[Any], fresh: RebuildDraft, first_field: str = "datasets"
    ) -> None:
        async def send(draft: RebuildDraft) -> Rebuilt | None:
            return await (
                self._schedule(draft) if draft.time.strip() else self._trigger(app, draft)
            )

        form = RebuildForm(
            self._session, self._datasets, fresh, self._drafts, send, first_field=first_field
        )
        rebuilt = await app.push_screen_wait(form)
        if isinstance(rebuilt, Job):
            hint = "" if getattr(app.screen, "tab", "") == "schedules" else "; 4 shows when it runs"
            app.notify(f"Scheduled: {rebuilt.name}{hint}", markup=False)
            app.post_message(AwaitRow("schedules", rebuilt.id))
        elif rebuilt is not None:
            _notify_triggered(app, rebuilt)
            pipeline, self._last_triggered = rebuilt.pipeline, form.draft
            self._session.endings.watch_pipelines((pipeline,))
            self._page.list.await_row(pipeline.pipeline_id)
            if form.draft.review and is_usable_id(pipeline.pipeline_id):
                app.post_message(OpenPipeline(pipeline.pipeline_id))

    async def _schedule(self, draft: RebuildDraft) -> Job:
        times = draft.explained_time()
        moment = times.moment if times is not None else None
        return await self._session.commands.schedules.schedule_pipeline(
            NewPipelineSchedule(
                datasets=datasets_in(draft.datasets),
                environment=_environment(draft),
                cron_expression=None if moment else draft.time.strip(),
                start_after=moment,
            )
        )

    async def _trigger(self, app: App[Any], draft: RebuildDraft) -> Triggered | None:
        """Trigger the pipeline; while the outcome is unknown, offer to send the request again."""
        names, pipeline_trigger = (
            datasets_in(draft.datasets),
            self._session.commands.pipeline_trigger,
        )
        request = TriggerRequest(names, _environment(draft), draft.review, draft.only)
        known = self._session.known_items.pipelines().pipelines
        ids = frozenset(each.pipeline_id for each in known)
        outcome = await pipeline_trigger.trigger(request, ids)
        while isinstance(outcome, UnconfirmedPipeline):
            details = (*(f"  {name}" for name in names), "", str(outcome.why))
            if not await app.push_screen_wait(confirm_sending_again("pipeline", details)):
                return None
            outcome = await pipeline_trigger.send_again(outcome)
        return outcome

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


def _environment(draft: RebuildDraft) -> str | None:
    return draft.environment if draft.environment.strip() else None


def _notify_triggered(app: App[Any], triggered: Triggered) -> None:
    pipeline = triggered.pipeline
    jobs = plural(pipeline.total or len(pipeline.job_runs), "job")
    name = pipeline.name or pipeline.pipeline_id
    reason = "it cannot be distinguished from one created elsewhere"
    guess = f", most likely: {reason}" if triggered.is_guess else ""
    app.notify(f"Triggered {name}: {jobs}{guess}", markup=False)
