"""The form that triggers a pipeline, which rebuilds datasets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widgets import Button

from studio_tui.api.models import Pipeline
from studio_tui.presentation.form.problems import Problem
from studio_tui.presentation.format import join_names, plural
from studio_tui.presentation.pipelines.datasets import (
    KnownDatasets,
    datasets_in,
    refusal_problem,
    unknown_datasets,
    version_notes,
)
from studio_tui.service.commands.trigger_pipeline import (
    PipelineTrigger,
    Triggered,
    TriggerRequest,
    UnconfirmedPipeline,
)
from studio_tui.tui.form.form_field import Flag, FormField
from studio_tui.tui.frame.dialogs import Confirm, confirm_sending_again
from studio_tui.tui.pipelines.dataset_form import DatasetForm, DatasetInput
from studio_tui.tui.pipelines.datasets import Rebuild, choose
from studio_tui.tui.pipelines.kept_drafts import Beginning


@dataclass(frozen=True, slots=True)
class TriggerDraft:
    """The input of the form."""

    datasets: str = ""
    review: bool = True
    """Whether the pipeline starts paused."""
    environment: str = field(default="", repr=False)
    is_proposed: bool = False
    """Whether typing replaces the datasets."""
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
    lasting = ("review", "only")

    def __init__(
        self,
        pipeline_trigger: PipelineTrigger,
        beginning: Beginning[TriggerDraft],
        known_datasets: Callable[[], KnownDatasets],
        pipeline_ids: Callable[[], frozenset[str]],
        *,
        is_local_studio: bool = False,
    ) -> None:
        """Make a form; only a local Studio can list datasets, and rebuild them without sources."""
        draft = beginning.draft
        self._pipeline_trigger = pipeline_trigger
        self._known = known_datasets
        self._pipeline_ids = pipeline_ids
        self._is_local_studio = is_local_studio
        self._review = Flag("Review its jobs first: it starts paused", draft.review)
        self._only = Flag("Their sources are not rebuilt", draft.only)
        line = DatasetInput(draft.datasets, self._names, is_proposed=draft.is_proposed)
        super().__init__("Rebuild datasets", line, draft.environment, beginning)

    def make_fields(self, datasets: FormField, environment: FormField) -> dict[str, FormField]:
        fields = {
            "datasets": datasets,
            "review": FormField("review", "Review", self._review),
            "environment": environment,
        }
        if self._is_local_studio:
            fields["only"] = FormField("only", "Only these", self._only)
        return fields

    def more_buttons(self) -> tuple[Button, ...]:
        button = Button("f2  Datasets", id="datasets", compact=True)
        return (button,) if self._is_local_studio else ()

    @property
    def draft(self) -> TriggerDraft:
        only = self._is_local_studio and self._only.value
        names, review, environment = self.line.value, self._review.value, self.area.text
        return TriggerDraft(names, review, environment, self.line.is_proposed, only)

    def fill(self, draft: TriggerDraft) -> None:
        self.line.propose(draft.datasets)
        self.area.text = draft.environment
        self._review.value, self._only.value = draft.review, draft.only

    def _names(self) -> tuple[str, ...]:
        return self._known().names

    async def send(self) -> Pipeline | None:
        """Trigger the pipeline; while the outcome is unknown, offer to send the request again."""
        draft = self.draft
        environment = draft.environment if draft.environment.strip() else None
        names = datasets_in(draft.datasets)
        request = TriggerRequest(names, environment, draft.review, draft.only)
        outcome = await self._pipeline_trigger.trigger(request, self._pipeline_ids())
        while isinstance(outcome, UnconfirmedPipeline):
            if not await self.app.push_screen_wait(_send_again_question(outcome)):
                self.show_message(
                    "Not sent again. If the pipeline was created after all, the list will show it."
                )
                return None
            outcome = await self._pipeline_trigger.send_again(outcome)
        self._notify_success(outcome)
        return outcome.pipeline

    def _notify_success(self, triggered: Triggered) -> None:
        pipeline = triggered.pipeline
        jobs = plural(pipeline.total or len(pipeline.job_runs), "job")
        name = pipeline.name or pipeline.pipeline_id
        reason = "it cannot be distinguished from one created elsewhere"
        guess = f", most likely: {reason}" if triggered.is_guess else ""
        self.app.notify(f"Triggered {name}: {jobs}{guess}", markup=False)

    def refusal(self, field: str, sentence: str) -> Problem:
        if field != "datasets":
            return Problem(field, sentence)
        self.line.start_next_name()
        return refusal_problem(sentence, self.line.value, self._names())

    def problems_of_its_own(self) -> tuple[Problem, ...]:
        if self.focused is self.line or self._are_names_refused:
            return ()
        is_certain = bool(self._known().listed)
        return unknown_datasets(self.line.value, self._names(), is_certain=is_certain)

    @property
    def _are_names_refused(self) -> bool:
        return any(problem.field == "datasets" for problem in self.refused)

    def notes(self) -> Mapping[str, tuple[str, ...]]:
        draft = self.draft
        return {
            "datasets": (
                *(() if self._are_names_refused else self.completion_notes(self._known())),
                *version_notes(draft.datasets),
                *self._outdated_notes(),
            ),
            "review": (
                "Nothing runs until it is resumed."
                if draft.review
                else "Its first jobs start immediately.",
            ),
            "environment": ("Lines of NAME=VALUE for all its jobs.",),
            "only": (
                "Datasets made from them, or by the same jobs, are rebuilt too."
                if draft.only
                else "All datasets they were made from are rebuilt too.",
            ),
        }

    def _outdated_notes(self) -> tuple[str, ...]:
        names = self._known().outdated
        return (f"out of date: {join_names(names)}; f2 shows them",) if names else ()

    @on(Button.Pressed, "#datasets")
    @work(name="datasets", group="dialog")
    async def action_datasets(self) -> None:
        """Show all datasets; if the user chooses some to rebuild, put their names into the form."""
        listed = self._known().listed
        if not listed:
            self.show_message("This Studio does not list datasets.")
            return

        async def no_request() -> None:
            """The form requests them whenever jobs have ended."""

        choice = await choose(
            self.app, lambda: self._known().listed or listed, no_request,
            rebuilding=lambda: self._known().rebuilding,
            has_lineage=True, can_rebuild=True, can_leave=False,
        )  # fmt: skip
        if isinstance(choice, Rebuild):
            self.line.value = " ".join(choice.names)
            self._only.value = choice.only
            self.line.start_next_name()
            self.check()


def _send_again_question(unconfirmed: UnconfirmedPipeline) -> Confirm:
    names = (f"  {name}" for name in unconfirmed.request.datasets)
    return confirm_sending_again("pipeline", (*names, "", str(unconfirmed.why)))
