"""Forms about datasets: names completed from what is known, checked as they are typed, kept."""

from abc import abstractmethod
from collections.abc import Callable, Collection, Mapping
from typing import ClassVar, Generic, TypeVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.widgets import Button, Input, Static

from studio_tui.errors import InvalidRequest, NotFound, StudioError
from studio_tui.presentation.form.line_checks import environment_problems
from studio_tui.presentation.jobs.problems import Level, Problem, unsendable
from studio_tui.presentation.pipelines.datasets import dataset_problems, matching
from studio_tui.service.commands.jobs import said
from studio_tui.tui.form.code_area import CodeArea
from studio_tui.tui.form.form_field import FieldInput, FormField
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import Answers, Middle
from studio_tui.tui.sheets import FORM_DIALOGS

Made = TypeVar("Made")

OFFERED = 4
"""Names that stand below the field while one is typed."""


class DatasetInput(FieldInput):
    """A line of names, of which tab completes the last; up and down choose with what."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "choose(1)", "next name", show=False, id="trigger.next"),
        Binding("up", "choose(-1)", "previous name", show=False, id="trigger.previous"),
    ]

    class Chose(Message):
        """Another of the names that are offered comes first."""

    def __init__(
        self, text: str, names: Callable[[], tuple[str, ...]], *, is_proposed: bool = False
    ) -> None:
        """Take what names there are; typing takes the place of a text that is only proposed."""
        super().__init__(
            text if is_proposed else apart(text), compact=True, select_on_focus=is_proposed
        )
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


class DatasetForm(Dialog[Made | None], Generic[Made]):
    """Has something made of datasets that are named; the answer is `None` when it was given up.

    A subclass has bindings of `send` and `close`, and a property `draft`.
    """

    CSS_PATH = FORM_DIALOGS
    AUTO_FOCUS = "DatasetInput"

    send_words: ClassVar[str]
    """What the button that sends is called."""
    lasting: ClassVar[Collection[str]] = ()
    """Fields whose notes stay in sight without the focus."""

    def __init__(self, line: DatasetInput, environment: str) -> None:
        """Take the line of names, and the variables of the jobs."""
        super().__init__()
        self.is_sending = False
        self.refused: tuple[Problem, ...] = ()
        """What Studio has said of what was sent, until it is changed."""
        self.line = line
        self.area = CodeArea(environment, masked=True)
        self.fields = self.make_fields(
            FormField("datasets", "Datasets", line),
            FormField("environment", "Environment", self.area),
        )

    @abstractmethod
    def make_fields(self, datasets: FormField, environment: FormField) -> dict[str, FormField]:
        """Return all fields by their names, in their order."""

    @abstractmethod
    def problems_of_its_own(self, *, is_sent: bool) -> tuple[Problem, ...]:
        """Return what is wrong beyond what is with names as such, and with variables."""

    @abstractmethod
    def notes(self) -> Mapping[str, tuple[str, ...]]:
        """Return what there is to say of each field as it stands."""

    @abstractmethod
    def keep(self, *, is_made: bool) -> None:
        """Keep what is typed, or what is left of it once it was made."""

    @abstractmethod
    async def send(self) -> Made | None:
        """Have it made; `None` when the user has given it up.

        Raises:
            StudioError: it was not made, or it is not known whether it was.
        """

    def about(self, words: str) -> str:
        """Return the field that Studio's words, in small letters, are about."""
        return "environment" if "environment" in words else "datasets"

    def refusal(self, field: str, sentence: str) -> Problem:
        """Return what Studio has said of a field."""
        return Problem(field, sentence)

    def more_answers(self) -> tuple[Button, ...]:
        """Return buttons between that which sends and that which closes."""
        return ()

    # The form.

    def body(self) -> ComposeResult:
        """Compose the fields and the answers."""
        yield Middle(*self.fields.values(), classes="fields")
        yield Static(markup=False, id="form-said")
        yield Answers(
            Button(f"f9  {self.send_words}", id="yes", compact=True),
            *self.more_answers(),
            Button("esc  Close", id="no", compact=True),
        )

    def on_mount(self) -> None:
        """Say what each field is for."""
        self.check()

    def check(self) -> None:
        """Say what is wrong with what is typed, and what there is to say of it."""
        self._show(self._problems(is_sent=False))

    def say(self, words: str) -> None:
        """Say something of the whole form."""
        self.query_one("#form-said", Static).update(words)

    def action_close(self) -> None:
        """Leave; what is typed is there the next time."""
        if self.is_sending:
            self.say("Studio was asked and has not answered yet.")
        else:
            self.dismiss(None)

    @work(name="send", group="command")
    async def action_send(self) -> None:
        """Send what is typed, if it can be sent; stay with it when Studio refuses."""
        if self.is_sending:
            return
        problems = self._problems(is_sent=True)
        self._show(problems)
        wrong = {one.field for one in problems if one.level is Level.ERROR}
        if first := next((field for name, field in self.fields.items() if name in wrong), None):
            first.editor.focus()
            return
        self.is_sending = True
        self.say("Asking Studio…")
        try:
            made = await self.send()
        except StudioError as error:
            self._refuse(error)
        else:
            if made is not None:
                self.keep(is_made=True)
                self.dismiss(made)
        finally:
            self.is_sending = False

    def _problems(self, *, is_sent: bool) -> tuple[Problem, ...]:
        variables = self.area.text
        return (
            *dataset_problems(self.line.value, is_sent=is_sent),
            *(unsendable("environment", variables) or environment_problems(variables)),
            *(() if is_sent else self.refused),
            *self.problems_of_its_own(is_sent=is_sent),
        )

    def _show(self, problems: tuple[Problem, ...]) -> None:
        notes = self.notes()
        for name, one in self.fields.items():
            of_field = [problem for problem in problems if problem.field == name]
            one.say(of_field, notes[name], lasting=name in self.lasting)

    def _refuse(self, error: StudioError) -> None:
        """Say what Studio says at the field that it is about."""
        self.say("")
        sentence = f"Studio says: {said(error)}"
        if isinstance(error, InvalidRequest | NotFound):
            field = self.about(str(error).lower())
            self.refused = (self.refusal(field, sentence),)
            self.check()
            self.fields[field].editor.focus()
        else:
            self.say(f"{sentence} What is typed is kept.")

    @on(FormField.Changed)
    def _changed(self, event: FormField.Changed) -> None:
        event.stop()
        self.refused = tuple(one for one in self.refused if one.field != event.field)
        if event.field == "datasets":
            self.line.typed()
        self.check()
        self.keep(is_made=False)

    @on(DatasetInput.Chose)
    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _looked(self) -> None:
        """Say of the names what matters now: how they may go on, or that they are not known."""
        self.check()

    @on(Button.Pressed, "#yes")
    def _send_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_send()

    @on(Button.Pressed, "#no")
    def _close_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_close()
