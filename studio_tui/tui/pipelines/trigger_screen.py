"""The form that triggers a pipeline, which rebuilds datasets."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widgets import Button

from studio_tui.api.models import Pipeline
from studio_tui.presentation.format import join_names, plural
from studio_tui.presentation.pipelines.datasets import datasets_in
from studio_tui.service.commands.trigger_pipeline import (
    Triggered,
    TriggerRequest,
    UnconfirmedPipeline,
)
from studio_tui.service.session import StudioSession
from studio_tui.tui.form.form_field import Flag, FormField
from studio_tui.tui.frame.dialogs import confirm_sending_again
from studio_tui.tui.pipelines.dataset_form import DatasetDraft, DatasetForm
from studio_tui.tui.pipelines.dataset_list import DatasetList
from studio_tui.tui.pipelines.datasets import Rebuild, choose


@dataclass(frozen=True, slots=True)
class TriggerDraft(DatasetDraft):
    """The input of the form."""

    review: bool = True
    """Whether the pipeline starts paused."""
    only: bool = False
    """Whether the sources of the datasets are not rebuilt."""


class TriggerScreen(DatasetForm[Pipeline, TriggerDraft]):
    """A form that triggers a pipeline; its answer is the pipeline, `None` if the form is closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9,ctrl+j", "send", "trigger", id="trigger.send", tooltip="Trigger it"),
        Binding("f2", "datasets", "datasets", id="trigger.datasets", tooltip="Show all datasets"),
        Binding("f3", "anew", "start over", id="trigger.anew", tooltip="Discard the input"),
        Binding("escape", "close", "close", id="trigger.close", tooltip="Keep the input"),
    ]

    send_words = "Trigger"

    def __init__(
        self,
        session: StudioSession,
        datasets: DatasetList,
        fresh: TriggerDraft,
        drafts: dict[str, TriggerDraft],
    ) -> None:
        self._session = session
        self._is_local_studio = datasets.has_lineage
        super().__init__("Rebuild datasets", datasets, fresh, drafts)

    def make_fields(
        self, draft: TriggerDraft, datasets: FormField, environment: FormField
    ) -> dict[str, FormField]:
        self._review = Flag("Review its jobs first: it starts paused", draft.review)
        self._only = Flag("Their sources are not rebuilt", draft.only)
        fields = {
            "datasets": datasets,
            "review": FormField("review", "Review", self._review),
            "environment": environment,
        }
        if self._is_local_studio:
            fields["only"] = FormField("only", "Only these", self._only)
        return fields

    def more_buttons(self) -> tuple[Button, ...]:
        button = Button("f2  Datasets", id="datasets", action="screen.datasets", compact=True)
        return (button,) if self._is_local_studio else ()

    @property
    def draft(self) -> TriggerDraft:
        only = self._is_local_studio and self._only.value
        names, environment, review = self.line.value, self.area.text, self._review.value
        return TriggerDraft(names, environment, self.line.is_proposed, review, only)

    def fill(self, draft: TriggerDraft) -> None:
        self.line.propose(draft.datasets)
        self.area.text = draft.environment
        self._review.value, self._only.value = draft.review, draft.only

    async def send(self) -> Pipeline | None:
        """Trigger the pipeline; while the outcome is unknown, offer to send the request again."""
        draft, pipeline_trigger = self.draft, self._session.commands.pipeline_trigger
        names = datasets_in(draft.datasets)
        request = TriggerRequest(names, self.environment, draft.review, draft.only)
        known = self._session.known_items.pipelines().pipelines
        ids = frozenset(each.pipeline_id for each in known)
        outcome = await pipeline_trigger.trigger(request, ids)
        while isinstance(outcome, UnconfirmedPipeline):
            details = (*(f"  {name}" for name in names), "", str(outcome.why))
            if not await self.app.push_screen_wait(confirm_sending_again("pipeline", details)):
                self.show_message(
                    "Not sent again. If the pipeline was created after all, the list will show it."
                )
                return None
            outcome = await pipeline_trigger.send_again(outcome)
        self._notify_success(outcome)
        return outcome.pipeline

    def _notify_success(self, triggered: Triggered) -> None:
        pipeline = triggered.pipeline
        jobs = plural(pipeline.total or len(pipeline.job_runs), "job")
        name = pipeline.name or pipeline.pipeline_id
        reason = "it cannot be distinguished from one created elsewhere"
        guess = f", most likely: {reason}" if triggered.is_guess else ""
        self.app.notify(f"Triggered {name}: {jobs}{guess}", markup=False)

    def notes(self) -> Mapping[str, tuple[str, ...]]:
        draft, outdated = self.draft, self.datasets.outdated
        out_of_date = f"out of date: {join_names(outdated)}; f2 shows them"
        return {
            "datasets": (out_of_date,) if outdated else (),
            "review": (
                "Nothing runs until it is resumed."
                if draft.review
                else "Its first jobs start immediately.",
            ),
            "only": (
                "Datasets made from them, or by the same jobs, are rebuilt too."
                if draft.only
                else "All datasets they were made from are rebuilt too.",
            ),
        }

    @work(name="datasets", group="dialog")
    async def action_datasets(self) -> None:
        """Show all datasets; if the user chooses some to rebuild, put their names into the form."""
        if not self.datasets.is_certain:
            self.show_message("This Studio does not list datasets.")
            return
        choice = await choose(
            self.app, self._session, self.datasets, can_rebuild=True, can_leave=False
        )
        if isinstance(choice, Rebuild):
            self.line.value = " ".join(choice.names)
            self._only.value = choice.only
            self.line.start_next_name()
            self.check()
