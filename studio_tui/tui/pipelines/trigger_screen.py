"""The form of a pipeline: which datasets to rebuild, with names completed from what is known."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Button, Input, Static

from studio_tui.api.models import Pipeline
from studio_tui.errors import InvalidRequest, NotFound, StudioError
from studio_tui.presentation.form.line_checks import environment_problems
from studio_tui.presentation.format import plural
from studio_tui.presentation.jobs.problems import Level, Problem, unsendable
from studio_tui.presentation.pipelines.datasets import (
    KnownDatasets,
    dataset_problems,
    datasets_in,
    matching,
    refused_names,
    unknown_datasets,
    version_notes,
)
from studio_tui.presentation.pipelines.graph.plan import named
from studio_tui.service.commands.jobs import said
from studio_tui.service.commands.trigger_pipeline import (
    PipelineTrigger,
    Triggered,
    TriggerRequest,
    Unconfirmed,
)
from studio_tui.tui.form.code_area import CodeArea
from studio_tui.tui.form.form_field import FieldInput, Flag, FormField
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import Answers, Middle
from studio_tui.tui.frame.dialogs import Confirm
from studio_tui.tui.pipelines.datasets import Rebuild, choose
from studio_tui.tui.sheets import FORM_DIALOGS

OFFERED = 4
"""Names that stand below the field while one is typed."""
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


class DatasetInput(FieldInput):
    """A line of names, of which tab completes the last; up and down choose with what."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "choose(1)", "next name", show=False, id="trigger.next"),
        Binding("up", "choose(-1)", "previous name", show=False, id="trigger.previous"),
    ]

    class Chose(Message):
        """Another of the names that are offered comes first."""

    def __init__(self, draft: TriggerDraft, names: Callable[[], tuple[str, ...]]) -> None:
        text = draft.datasets if draft.is_proposed else apart(draft.datasets)
        super().__init__(text, compact=True, select_on_focus=draft.is_proposed)
        self._names = names
        self._choice = 0

    def found(self) -> tuple[str, ...]:
        """Return the names that the last word may become, the chosen one first."""
        found = matching(self.last_word()[1], self._names())
        choice = self._choice % len(found) if found else 0
        return (*found[choice:], *found[:choice])

    @property
    def has_chosen(self) -> bool:
        """Whether the name that comes first was gone to."""
        return self._choice != 0

    def action_choose(self, step: int) -> None:
        """Let another of the names come first."""
        self._choice += step
        self.post_message(self.Chose())

    def typed(self) -> None:
        """Begin with the likeliest name again, and let what is typed by now stay."""
        self._choice = 0
        self.select_on_focus = False

    def go_on_after(self) -> None:
        """Let what is typed next be another name, and not more of the last."""
        with self.prevent(Input.Changed):
            self.value = apart(self.value)
        self.cursor_position = len(self.value)

    def action_complete(self) -> None:
        """Take the name that is offered first for the last word, or go on."""
        before, word = self.last_word()
        found = self.found() if word or self.has_chosen else ()
        if found and found[0] != word:
            self.value = before + found[0]
            self.cursor_position = len(self.value)
        else:
            self.screen.focus_next()

    def last_word(self) -> tuple[str, str]:
        """Return what stands before the last word, and that word."""
        bare = self.value.rstrip(", ") if not self.value.endswith((" ", ",")) else self.value
        word = bare.replace(",", " ").rpartition(" ")[2]
        return self.value[: len(bare) - len(word)], word


def apart(text: str) -> str:
    """Return names with a space after them, so that what is typed next is another."""
    return f"{text.rstrip()} " if text.strip() else ""


class TriggerScreen(Dialog[Pipeline | None]):
    """Triggers a pipeline; the answer is `None` when that was given up."""

    CSS_PATH = FORM_DIALOGS
    AUTO_FOCUS = "DatasetInput"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9,ctrl+j", "trigger", "trigger", id="trigger.send", tooltip="Have it made"),
        Binding("f2", "datasets", "datasets", id="trigger.datasets", tooltip="Show all datasets"),
        Binding("escape", "close", "close", id="trigger.close", tooltip="Keep what is typed"),
    ]

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
        super().__init__()
        self._triggering = triggering
        self._known = known
        self._before = before
        self._keep = keep
        self._is_sending = False
        self._refused: tuple[Problem, ...] = ()
        self._line = DatasetInput(draft, self._names)
        self._flag = Flag("Look at its jobs first: it begins paused", draft.review)
        self._only = Flag("What they were made from stays as it is", draft.only)
        self._area = CodeArea(draft.environment, masked=True)
        self._fields = {
            "datasets": FormField("datasets", "Datasets", self._line),
            "review": FormField("review", "Review", self._flag),
            "environment": FormField("environment", "Environment", self._area),
            **({"only": FormField("only", "Only these", self._only)} if can_refresh else {}),
        }
        self._more = [Button("f2  Datasets", id="datasets", compact=True)] if can_refresh else []

    def heading(self) -> str:
        """Return what the form is for."""
        return "Rebuild datasets"

    def body(self) -> ComposeResult:
        """Compose the fields and the answers."""
        yield Middle(*self._fields.values(), classes="fields")
        yield Static(markup=False, id="trigger-said")
        yield Answers(
            Button("f9  Trigger", id="yes", compact=True),
            *self._more,
            Button("esc  Close", id="no", compact=True),
        )

    def on_mount(self) -> None:
        """Say what each field is for."""
        self._check()

    @property
    def draft(self) -> TriggerDraft:
        """The form as it stands."""
        only = "only" in self._fields and self._only.value
        return TriggerDraft(self._line.value, self._flag.value, self._area.text, only=only)

    def _names(self) -> tuple[str, ...]:
        return self._known().names

    def names_changed(self) -> None:
        """Offer names that have become known meanwhile."""
        self._check()

    @on(FormField.Changed)
    def _changed(self, event: FormField.Changed) -> None:
        event.stop()
        self._refused = tuple(one for one in self._refused if one.field != event.field)
        if event.field == "datasets":
            self._line.typed()
        self._check()
        self._keep(self.draft)

    @on(DatasetInput.Chose)
    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _looked(self) -> None:
        """Say of the names what matters now: how they may go on, or that they are not known."""
        self._check()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "yes":
            self.action_trigger()
        elif event.button.id == "datasets":
            self.action_datasets()
        else:
            self.action_close()

    def action_close(self) -> None:
        """Leave; what is typed is there the next time."""
        if self._is_sending:
            self._say("Studio was asked and has not answered yet.")
        else:
            self.dismiss(None)

    @work(name="trigger", group="command")
    async def action_trigger(self) -> None:
        """Send what is typed, if it can be sent; stay with it when Studio refuses."""
        if self._is_sending:
            return
        draft = self.draft
        problems = self._problems(draft, is_sent=True)
        self._show(draft, problems)
        wrong = next((one for one in problems if one.level is Level.ERROR), None)
        if wrong is not None:
            self._fields[wrong.field].editor.focus()
            return
        environment = draft.environment if draft.environment.strip() else None
        names = datasets_in(draft.datasets)
        wish = TriggerRequest(names, environment, draft.review, draft.only)
        self._is_sending = True
        self._say("Asking Studio…")
        try:
            made = await self._send(wish)
        except StudioError as error:
            self._refuse(error)
        else:
            if made is not None:
                self._keep(replace(draft, datasets="", environment=""))
                self.dismiss(made)
        finally:
            self._is_sending = False

    async def _send(self, wish: TriggerRequest) -> Pipeline | None:
        """Trigger, asking where nobody can tell; `None` when the user has given it up then."""
        outcome = await self._triggering.trigger(wish, self._before())
        while isinstance(outcome, Unconfirmed):
            if not await self.app.push_screen_wait(_confirm_again(outcome)):
                self._say("Not sent again. If it was made after all, the list will show it.")
                return None
            outcome = await self._triggering.send_again(outcome)
        self._inform(outcome)
        return outcome.pipeline

    def _inform(self, made: Triggered) -> None:
        jobs = plural(made.pipeline.total or len(made.pipeline.job_runs), "job")
        name = made.pipeline.name or made.pipeline.pipeline_id
        guess = ", most likely: nothing tells it from one made elsewhere" if made.is_guess else ""
        self.app.notify(f"Triggered {name}: {jobs}{guess}", markup=False)

    def _refuse(self, error: StudioError) -> None:
        """Say what Studio says at the field that it is about."""
        self._say("")
        sentence = f"Studio says: {said(error)}"
        if isinstance(error, InvalidRequest | NotFound):
            about = "environment" if "environment" in str(error).lower() else "datasets"
            if about == "datasets":
                self._line.go_on_after()
                self._refused = (refused_names(sentence, self._line.value, self._names()),)
            else:
                self._refused = (Problem(about, sentence),)
            self._check()
            self._fields[about].editor.focus()
        else:
            self._say(f"{sentence} What is typed is kept.")

    def _check(self) -> None:
        draft = self.draft
        self._show(draft, self._problems(draft, is_sent=False))

    def _problems(self, draft: TriggerDraft, *, is_sent: bool) -> tuple[Problem, ...]:
        return (
            *dataset_problems(draft.datasets, is_sent=is_sent),
            *(
                unsendable("environment", draft.environment)
                or environment_problems(draft.environment)
            ),
            *(() if is_sent else self._refused),
            *self._unknown(draft),
        )

    def _unknown(self, draft: TriggerDraft) -> tuple[Problem, ...]:
        """Return which names are not known here, unless one is typed now or Studio has said so."""
        is_said = self.focused is self._line or self._are_names_refused
        is_certain = bool(self._known().listed)
        names = self._names()
        return () if is_said else unknown_datasets(draft.datasets, names, is_certain=is_certain)

    @property
    def _are_names_refused(self) -> bool:
        return any(one.field == "datasets" for one in self._refused)

    def _show(self, draft: TriggerDraft, problems: tuple[Problem, ...]) -> None:
        notes = {
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
                "What is made from them, or beside them, is made anew too."
                if draft.only
                else "All that they were made from is made anew too.",
            ),
        }
        for name, one in self._fields.items():
            of_field = [problem for problem in problems if problem.field == name]
            one.say(of_field, notes[name], lasting=name in {"review", "only"})

    def _outdated_notes(self) -> tuple[str, ...]:
        """Return what is out of date, and how it is looked at."""
        names = self._known().outdated
        return (f"out of date: {named(names)}; f2 shows them",) if names else ()

    @work(name="datasets", group="dialog")
    async def action_datasets(self) -> None:
        """Show the datasets, and take over what is to be made anew."""
        known = self._known().listed
        if not known:
            self._say("This Studio does not list datasets.")
            return
        wanted = await choose(self.app, known, is_all_told=True, can_rebuild=True)
        if isinstance(wanted, Rebuild):
            self._line.value = " ".join(wanted.names)
            self._only.value = wanted.only
            self._line.go_on_after()
            self._check()

    def _offer(self) -> tuple[str, ...]:
        """Return the names that the last word may become, and whether more may be missing."""
        return (*self._offered(), *(() if self._known().is_all else (NOT_ALL,)))

    def _offered(self) -> tuple[str, ...]:
        if not self._names():
            return ("namespace.project.name, several with a space between; none is known yet.",)
        word, found = self._line.last_word()[1], self._line.found()
        if not found:
            if self._known().listed:
                return ("No dataset is called so.",)
            return ("No dataset that is known here is called so; Studio may know it.",)
        if found == (word,):
            return ("Names of others may follow after a space.",)
        left = len(found) - OFFERED
        more = (f"and {left} more: down goes to the next",) if left > 0 else ()
        sign = "tab: " if word or self._line.has_chosen else "known: "
        rest = (" " * len(sign) + name for name in found[1:OFFERED])
        return (f"{sign}{found[0]}", *rest, *more)

    def _say(self, words: str) -> None:
        self.query_one("#trigger-said", Static).update(words)


def _confirm_again(untold: Unconfirmed) -> Confirm:
    return Confirm(
        "Was this pipeline made? Nobody can tell. Ask Studio for it again?",
        (
            *(f"  {name}" for name in untold.wish.datasets),
            "",
            str(untold.why),
            "",
            "It is looked for once more before it is sent, and sent under the same key.",
            "A Studio that does not heed the key could still make two, if it is very late.",
        ),
        yes="Send it again",
        no="Don't",
    )
