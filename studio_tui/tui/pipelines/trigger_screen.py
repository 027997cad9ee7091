"""The form of a pipeline: which datasets to rebuild, with names completed from what is known."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widgets import Button

from studio_tui.api.models import Pipeline
from studio_tui.presentation.format import plural
from studio_tui.presentation.jobs.problems import Problem
from studio_tui.presentation.pipelines.datasets import (
    KnownDatasets,
    datasets_in,
    refused_names,
    unknown_datasets,
    version_notes,
)
from studio_tui.presentation.pipelines.graph.plan import named
from studio_tui.service.commands.trigger_pipeline import (
    PipelineTrigger,
    Triggered,
    TriggerRequest,
    Unconfirmed,
)
from studio_tui.tui.form.form_field import Flag, FormField
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.pipelines.dataset_form import OFFERED, DatasetForm, DatasetInput
from studio_tui.tui.pipelines.datasets import Rebuild, choose

NOT_ALL = "Not all names have come from Studio yet."
"""A note while names may be missing."""


@dataclass(frozen=True, slots=True)
class TriggerDraft:
    """The form as it stands."""

    datasets: str = ""
    review: bool = True
    environment: str = field(default="", repr=False)
    is_proposed: bool = False
    """Whether nobody has typed the datasets, so that typing takes their place."""
    only: bool = False
    """Whether what they were made from stays as it is."""


class TriggerScreen(DatasetForm[Pipeline]):
    """Triggers a pipeline; the answer is `None` when that was given up."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9,ctrl+j", "send", "trigger", id="trigger.send", tooltip="Have it made"),
        Binding("f2", "datasets", "datasets", id="trigger.datasets", tooltip="Show all datasets"),
        Binding("escape", "close", "close", id="trigger.close", tooltip="Keep what is typed"),
    ]

    send_words = "Trigger"
    lasting = ("review", "only")

    def __init__(
        self,
        triggering: PipelineTrigger,
        draft: TriggerDraft,
        known: Callable[[], KnownDatasets],
        before: Callable[[], frozenset[str]],
        keep: Callable[[TriggerDraft], None],
        *,
        can_refresh: bool = False,
    ) -> None:
        """Take what gives known names of datasets and ids of pipelines, and what keeps the form.

        `can_refresh` says whether Studio can leave what datasets were made from as it is.
        """
        self._triggering = triggering
        self._known = known
        self._before = before
        self._keep = keep
        self._can_refresh = can_refresh
        self._flag = Flag("Look at its jobs first: it begins paused", draft.review)
        self._only = Flag("What they were made from stays as it is", draft.only)
        line = DatasetInput(draft.datasets, self._names, is_proposed=draft.is_proposed)
        super().__init__(line, draft.environment)

    def heading(self) -> str:
        """Return what the form is for."""
        return "Rebuild datasets"

    def make_fields(self, datasets: FormField, environment: FormField) -> dict[str, FormField]:
        """Return the fields, with that of `only` where Studio can."""
        only = {"only": FormField("only", "Only these", self._only)} if self._can_refresh else {}
        review = FormField("review", "Review", self._flag)
        return {"datasets": datasets, "review": review, "environment": environment, **only}

    def more_answers(self) -> tuple[Button, ...]:
        """Return the way to the datasets, where Studio lists them."""
        return (Button("f2  Datasets", id="datasets", compact=True),) if self._can_refresh else ()

    @property
    def draft(self) -> TriggerDraft:
        """The form as it stands."""
        only = self._can_refresh and self._only.value
        return TriggerDraft(self.line.value, self._flag.value, self.area.text, only=only)

    def keep(self, *, is_made: bool) -> None:
        """Keep the form; of one that was made the flags."""
        draft = self.draft
        self._keep(replace(draft, datasets="", environment="") if is_made else draft)

    def _names(self) -> tuple[str, ...]:
        return self._known().names

    def names_changed(self) -> None:
        """Offer names that have become known meanwhile."""
        self.check()

    async def send(self) -> Pipeline | None:
        """Trigger, asking where nobody can tell; `None` when the user has given it up then."""
        draft = self.draft
        environment = draft.environment if draft.environment.strip() else None
        names = datasets_in(draft.datasets)
        wish = TriggerRequest(names, environment, draft.review, draft.only)
        outcome = await self._triggering.trigger(wish, self._before())
        while isinstance(outcome, Unconfirmed):
            if not await self.app.push_screen_wait(_confirm_again(outcome)):
                self.say("Not sent again. If it was created after all, the list will show it.")
                return None
            outcome = await self._triggering.send_again(outcome)
        self._inform(outcome)
        return outcome.pipeline

    def _inform(self, made: Triggered) -> None:
        jobs = plural(made.pipeline.total or len(made.pipeline.job_runs), "job")
        name = made.pipeline.name or made.pipeline.pipeline_id
        guess = ", most likely: nothing tells it from one made elsewhere" if made.is_guess else ""
        self.app.notify(f"Triggered {name}: {jobs}{guess}", markup=False)

    def refusal(self, field: str, sentence: str) -> Problem:
        """Return what Studio has said, of names with what may be meant by them."""
        if field != "datasets":
            return Problem(field, sentence)
        self.line.go_on_after()
        return refused_names(sentence, self.line.value, self._names())

    def problems_of_its_own(self, *, is_sent: bool) -> tuple[Problem, ...]:  # noqa: ARG002 (the form of the base)
        """Return which names are not known here, unless one is typed now or Studio has said so."""
        is_said = self.focused is self.line or self._are_names_refused
        is_certain = bool(self._known().listed)
        names = self._names()
        return () if is_said else unknown_datasets(self.line.value, names, is_certain=is_certain)

    @property
    def _are_names_refused(self) -> bool:
        return any(one.field == "datasets" for one in self.refused)

    def notes(self) -> Mapping[str, tuple[str, ...]]:
        """Return what there is to say of each field as it stands."""
        draft = self.draft
        return {
            "datasets": (
                *(() if self._are_names_refused else self._offer()),
                *version_notes(draft.datasets),
                *self._outdated_notes(),
            ),
            "review": (
                "Nothing runs before it is resumed."
                if draft.review
                else "Its first jobs start at once.",
            ),
            "environment": ("Lines of NAME=VALUE for all its jobs.",),
            "only": (
                "What is made from them, or beside them, is rebuilt too."
                if draft.only
                else "All that they were made from is rebuilt too.",
            ),
        }

    def _outdated_notes(self) -> tuple[str, ...]:
        """Return what is out of date, and how it is looked at."""
        names = self._known().outdated
        return (f"out of date: {named(names)}; f2 shows them",) if names else ()

    @on(Button.Pressed, "#datasets")
    @work(name="datasets", group="dialog")
    async def action_datasets(self) -> None:
        """Show the datasets, and take over what is to be made anew."""
        known = self._known().listed
        if not known:
            self.say("This Studio does not list datasets.")
            return
        wanted = await choose(self.app, known, is_all_told=True, can_rebuild=True)
        if isinstance(wanted, Rebuild):
            self.line.value = " ".join(wanted.names)
            self._only.value = wanted.only
            self.line.go_on_after()
            self.check()

    def _offer(self) -> tuple[str, ...]:
        """Return the names that the last word may become, and whether more may be missing."""
        return (*self._offered(), *(() if self._known().is_all else (NOT_ALL,)))

    def _offered(self) -> tuple[str, ...]:
        if not self._names():
            return ("namespace.project.name, several with a space between; none is known yet.",)
        word, found = self.line.last_word()[1], self.line.found()
        if not found:
            if self._known().listed:
                return ("No dataset is called so.",)
            return ("No dataset that is known here is called so; Studio may know it.",)
        if found == (word,):
            return ("Names of others may follow after a space.",)
        left = len(found) - OFFERED
        more = (f"and {left} more: down goes to the next",) if left > 0 else ()
        sign = "tab: " if word or self.line.has_chosen else "known: "
        rest = (" " * len(sign) + name for name in found[1:OFFERED])
        return (f"{sign}{found[0]}", *rest, *more)


def _confirm_again(untold: Unconfirmed) -> Confirm:
    return Confirm(
        "Was this pipeline created? There is no way to know. Send it again?",
        (
            *(f"  {name}" for name in untold.wish.datasets),
            "",
            str(untold.why),
            "",
            "It is looked for once more before it is sent again, with the same key.",
            "A Studio that ignores the key could still create two, if it is very late.",
        ),
        yes="Send it again",
        no="Don't",
    )
