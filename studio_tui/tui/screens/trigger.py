"""The form of a pipeline: which datasets to rebuild, with names completed from what is known."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.screen import ModalScreen
from textual.widgets import Button, Static

from studio_tui.api.models import Pipeline
from studio_tui.errors import InvalidRequest, NotFound, StudioError
from studio_tui.presentation.datasets import dataset_problems, datasets_in, matching
from studio_tui.presentation.format import plural
from studio_tui.presentation.line_checks import environment_problems
from studio_tui.presentation.problems import Level, Problem
from studio_tui.service.commands import said
from studio_tui.service.triggering import Triggered, Triggering, Untold, Wish
from studio_tui.tui.screens.dialogs import Confirm
from studio_tui.tui.sheets import FORM_DIALOGS
from studio_tui.tui.widgets.code_area import CodeArea
from studio_tui.tui.widgets.form_field import FieldInput, Flag, FormField

OFFERED = 5
"""Names that stand below the field while one is typed."""


@dataclass(frozen=True, slots=True)
class TriggerDraft:
    """The form as it stands."""

    datasets: str = ""
    review: bool = True
    environment: str = field(default="", repr=False)
    is_proposed: bool = False
    """Whether nobody has typed the datasets, so that typing takes their place."""


class DatasetInput(FieldInput):
    """A line of names, of which tab completes the last."""

    def __init__(self, draft: TriggerDraft, names: Callable[[], tuple[str, ...]]) -> None:
        super().__init__(draft.datasets, compact=True, select_on_focus=draft.is_proposed)
        self._names = names

    def action_complete(self) -> None:
        """Take the first name that is offered for the last word, or go on."""
        before, word = self.last_word()
        found = matching(word, self._names()) if word else ()
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


class TriggerScreen(ModalScreen[Pipeline | None]):
    """Triggers a pipeline; the answer is `None` when that was given up."""

    CSS_PATH = FORM_DIALOGS
    AUTO_FOCUS = "DatasetInput"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9,ctrl+j", "trigger", "trigger", id="trigger.send", tooltip="Have it made"),
        Binding("escape", "close", "close", id="trigger.close", tooltip="Keep what is typed"),
    ]

    def __init__(
        self,
        triggering: Triggering,
        draft: TriggerDraft,
        names: Callable[[], tuple[str, ...]],
        before: Callable[[], frozenset[str]],
        keep: Callable[[TriggerDraft], None],
    ) -> None:
        """Take what gives known names of datasets and ids of pipelines, and what keeps the form."""
        super().__init__()
        self._triggering = triggering
        self._names = names
        self._before = before
        self._keep = keep
        self._is_sending = False
        self._refused: tuple[Problem, ...] = ()
        self._line = DatasetInput(draft, names)
        self._flag = Flag("Look at its jobs first: it begins paused", draft.review)
        self._area = CodeArea(draft.environment, masked=True)
        self._fields = {
            "datasets": FormField("datasets", "Datasets", self._line),
            "review": FormField("review", "Review", self._flag),
            "environment": FormField("environment", "Environment", self._area),
        }

    def compose(self) -> ComposeResult:
        """Compose the fields and the answers."""
        with Vertical(classes="dialog"):
            yield Static("Rebuild datasets", markup=False, classes="question")
            with VerticalScroll(can_focus=False, classes="fields"):
                yield from self._fields.values()
            yield Static(markup=False, id="trigger-said")
            with Horizontal(classes="answers"):
                yield Button("f9  Trigger", id="yes", compact=True)
                yield Button("esc  Close", id="no", compact=True)

    def on_mount(self) -> None:
        """Say what each field is for."""
        self._check()

    @property
    def draft(self) -> TriggerDraft:
        """The form as it stands."""
        return TriggerDraft(self._line.value, self._flag.value, self._area.text)

    def names_changed(self) -> None:
        """Offer names that have become known meanwhile."""
        self._check()

    @on(FormField.Changed)
    def _changed(self, event: FormField.Changed) -> None:
        event.stop()
        self._refused = tuple(one for one in self._refused if one.field != event.field)
        self._check()
        self._keep(self.draft)

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "yes":
            self.action_trigger()
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
        wish = Wish(datasets_in(draft.datasets), environment, draft.review)
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

    async def _send(self, wish: Wish) -> Pipeline | None:
        """Trigger, asking where nobody can tell; `None` when the user has given it up then."""
        outcome = await self._triggering.trigger(wish, self._before())
        while isinstance(outcome, Untold):
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
            *environment_problems(draft.environment),
            *(() if is_sent else self._refused),
        )

    def _show(self, draft: TriggerDraft, problems: tuple[Problem, ...]) -> None:
        notes = {
            "datasets": self._offer(),
            "review": (
                "Nothing runs before it is resumed."
                if draft.review
                else "Its first jobs start at once.",
            ),
            "environment": ("Lines of NAME=VALUE for all its jobs.",),
        }
        for name, one in self._fields.items():
            of_field = [problem for problem in problems if problem.field == name]
            one.say(of_field, notes[name], lasting=name == "review")

    def _offer(self) -> tuple[str, ...]:
        """Return the names that the last word may become."""
        names = self._names()
        word = self._line.last_word()[1]
        found = matching(word, names)
        if not names:
            return ("namespace.project.name, several with a space between; none is known yet.",)
        if not found:
            return ("No dataset that is known here is called so; Studio may know it.",)
        if found[0] == word:
            return ("Names of others may follow after a space.",)
        left = len(found) - OFFERED
        more = (f"and {left} more",) if left > 0 else ()
        sign = "tab: " if word else "known: "
        rest = (" " * len(sign) + name for name in found[1:OFFERED])
        return (f"{sign}{found[0]}", *rest, *more)

    def _say(self, words: str) -> None:
        self.query_one("#trigger-said", Static).update(words)


def _confirm_again(untold: Untold) -> Confirm:
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
