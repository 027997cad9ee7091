"""The base of forms about datasets: completion of names, validation, and drafts."""

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
from studio_tui.presentation.form.problems import Level, Problem, unsendable_problems
from studio_tui.presentation.pipelines.datasets import (
    KnownDatasets,
    dataset_problems,
    matching_names,
)
from studio_tui.service.commands.jobs import failure_message
from studio_tui.tui.form.code_area import CodeArea
from studio_tui.tui.form.form_field import FieldInput, FormField
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import DialogBody, DialogButtons
from studio_tui.tui.frame.request_notices import WAITING
from studio_tui.tui.pipelines.kept_drafts import RESTORED, Beginning
from studio_tui.tui.sheets import FORM_DIALOGS

Made = TypeVar("Made")
Draft = TypeVar("Draft")

MOST_OFFERED = 4

NOT_ALL = "Not all names have been received yet."


class DatasetInput(FieldInput):
    """An input of dataset names: tab completes the last name, up and down change the completion."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down", "choose(1)", "next name", show=False, id="trigger.next"),
        Binding("up", "choose(-1)", "previous name", show=False, id="trigger.previous"),
    ]

    class Chose(Message):
        """Another completion was chosen."""

    def __init__(
        self, text: str, names: Callable[[], tuple[str, ...]], *, is_proposed: bool
    ) -> None:
        super().__init__(
            text if is_proposed else with_trailing_space(text),
            compact=True,
            select_on_focus=is_proposed,
        )
        self.names = names
        self._proposed = text if is_proposed else None
        self._choice = 0

    def propose(self, text: str) -> None:
        """Show a default value that typing replaces."""
        self._proposed, self._choice, self.select_on_focus = text, 0, True
        self.value = text
        self.select_all()

    @property
    def is_proposed(self) -> bool:
        """Whether the text is a default value that the user has not changed."""
        return self.value == self._proposed

    def completions(self) -> tuple[str, ...]:
        """Return the completions of the last word, the chosen one first."""
        completions = matching_names(self.last_word()[1], self.names())
        choice = self._choice % len(completions) if completions else 0
        return (*completions[choice:], *completions[:choice])

    @property
    def has_chosen(self) -> bool:
        """Whether the user has gone to another completion than the first one."""
        return self._choice != 0

    def action_choose(self, step: int) -> None:
        """Choose another completion."""
        self._choice += step
        self.post_message(self.Chose())

    def note_typing(self) -> None:
        """Choose the first completion again, and no longer select the text on focus."""
        self._choice = 0
        self.select_on_focus = False

    def start_next_name(self) -> None:
        """Add a space after the text, so that typing starts another name."""
        with self.prevent(Input.Changed):
            self.value = with_trailing_space(self.value)
        self.cursor_position = len(self.value)

    def action_complete(self) -> None:
        """Complete the last word; if there is nothing to complete, focus the next field."""
        before, word = self.last_word()
        completions = self.completions() if word or self.has_chosen else ()
        if completions and completions[0] != word:
            self.value = before + completions[0]
            self.cursor_position = len(self.value)
        else:
            self.screen.focus_next()

    def last_word(self) -> tuple[str, str]:
        """Return the text before the last word, and this word: empty after a blank or comma."""
        word = self.value.replace(",", " ").rpartition(" ")[2]
        return self.value.removesuffix(word), word


def with_trailing_space(text: str) -> str:
    """Return names followed by a space, so that typing starts another name."""
    return f"{text.rstrip()} " if text.strip() else ""


class DatasetForm(Dialog[Made | None], Generic[Made, Draft]):
    """A form that sends a request about datasets.

    Its answer is what Studio created, `None` if the form is closed. A subclass has bindings for the
    actions `send`, `anew` and `close`.
    """

    CSS_PATH = FORM_DIALOGS
    AUTO_FOCUS = "DatasetInput"

    send_words: ClassVar[str]
    lasting: ClassVar[Collection[str]] = ()
    """Names of the fields whose notes stay while another field has the focus."""

    def __init__(
        self, title: str, line: DatasetInput, environment: str, beginning: Beginning[Draft]
    ) -> None:
        super().__init__(title)
        self.beginning = beginning
        self.is_sending = False
        self.has_tried_to_send = False
        """Whether a missing value is a problem, as the user has tried to send the form."""
        self.refused: tuple[Problem, ...] = ()
        """Why Studio refused the last request, unless the field has been edited since."""
        self.line = line
        self.area = CodeArea(environment, masked=True)
        """The environment variables."""
        self.fields = self.make_fields(
            FormField("datasets", "Datasets", line),
            FormField("environment", "Environment", self.area),
        )

    @abstractmethod
    def make_fields(self, datasets: FormField, environment: FormField) -> dict[str, FormField]:
        """Return all fields by name, in order."""

    @abstractmethod
    def problems_of_its_own(self) -> tuple[Problem, ...]:
        """Return the problems that only this form finds, such as unknown names."""

    @abstractmethod
    def notes(self) -> Mapping[str, tuple[str, ...]]:
        """Return the lines below each field, by its name, for the current input."""

    @property
    @abstractmethod
    def draft(self) -> Draft:
        """The current input."""

    @abstractmethod
    def fill(self, draft: Draft) -> None:
        """Show a draft; its datasets are a default value, which typing replaces."""

    @abstractmethod
    async def send(self) -> Made | None:
        """Send the request and return what Studio created; `None` if the user has canceled it.

        Raises:
            StudioError: the request failed, or its outcome is unknown.
        """

    def field_of_error(self, words: str) -> str:
        """Return the name of the field that an error with these lowercase `words` is about."""
        return "environment" if "environment" in words else "datasets"

    def refusal(self, field: str, sentence: str) -> Problem:
        """Return an error of Studio as a problem of a field."""
        return Problem(field, sentence)

    def more_buttons(self) -> tuple[Button, ...]:
        """Return the buttons between the ones for sending and for closing."""
        return ()

    def completion_notes(self, known: KnownDatasets) -> tuple[str, ...]:
        """Return what the last name can become, and whether names are missing."""
        return (*self._completions(known), *(() if known.has_all else (NOT_ALL,)))

    def _completions(self, known: KnownDatasets) -> tuple[str, ...]:
        if not self.line.names():
            none = "; none is known yet" if known.has_all else ""
            return (f"namespace.project.name, several with a space between{none}.",)
        word, completions = self.line.last_word()[1], self.line.completions()
        if not completions:
            if known.listed:
                return ("There is no dataset with this name.",)
            return ("No dataset known here has this name; Studio may know it.",)
        if completions == (word,):
            if self.line.is_proposed:
                return ("Typing replaces it; end and a space begin another name.",)
            return ("More names may follow after a space.",)
        unlisted = len(completions) - MOST_OFFERED
        more = (f"and {unlisted} more: down goes to the next",) if unlisted > 0 else ()
        prefix = "tab: " if word or self.line.has_chosen else "known: "
        others = (" " * len(prefix) + name for name in completions[1:MOST_OFFERED])
        return (f"{prefix}{completions[0]}", *others, *more)

    # The form.

    def body(self) -> ComposeResult:
        yield DialogBody(*self.fields.values(), classes="fields")
        yield Static(markup=False, id="form-message")
        yield DialogButtons(
            Button(f"f9  {self.send_words}", id="yes", compact=True),
            *self.more_buttons(),
            *self._restored_buttons(),
            Button("esc  Close", id="no", compact=True),
        )

    def _restored_buttons(self) -> tuple[Button, ...]:
        is_restored = self.beginning.is_restored
        return (Button("f3  Start over", id="anew", compact=True),) if is_restored else ()

    def on_mount(self) -> None:
        """Show the notes of the fields, and whether the input is from an earlier form."""
        self.check()
        if self.beginning.is_restored:
            self.show_message(RESTORED)

    def action_anew(self) -> None:
        """Replace the input by the input of a new form, unless it is being sent."""
        if not self.is_sending:
            self.has_tried_to_send, self.refused = False, ()
            self.fill(self.beginning.fresh)
            self.line.focus()
            self.show_message("")

    def check(self) -> None:
        """Show the problems and notes of the input."""
        self._show((*self._problems(), *self.refused))

    def show_message(self, words: str) -> None:
        """Show a message about the whole form."""
        self.query_one("#form-message", Static).update(words)

    def action_close(self) -> None:
        """Close the form, unless it is being sent; its input is saved for the next time."""
        if self.is_sending:
            self.show_message("Studio has not answered yet.")
        else:
            self.dismiss(None)

    @work(name="send", group="command")
    async def action_send(self) -> None:
        """Send the input if it is valid; keep the form open if Studio refuses it."""
        if self.is_sending:
            return
        self.has_tried_to_send = True
        problems = self._problems()
        self._show(problems)
        wrong = {problem.field for problem in problems if problem.level is Level.ERROR}
        if first := next((field for name, field in self.fields.items() if name in wrong), None):
            first.editor.focus()
            return
        self.is_sending = True
        self.show_message(WAITING)
        try:
            answer = await self.send()
        except StudioError as error:
            self._refuse(error)
        else:
            if answer is not None:
                self.beginning.keep(self.beginning.fresh)
                self.dismiss(answer)
        finally:
            self.is_sending = False

    def _problems(self) -> tuple[Problem, ...]:
        variables = self.area.text
        return (
            *dataset_problems(self.line.value, is_required=self.has_tried_to_send),
            *(unsendable_problems("environment", variables) or environment_problems(variables)),
            *self.problems_of_its_own(),
        )

    def _show(self, problems: tuple[Problem, ...]) -> None:
        notes = self.notes()
        for name, field in self.fields.items():
            of_field = [problem for problem in problems if problem.field == name]
            field.set_notes(of_field, notes[name], lasting=name in self.lasting)

    def _refuse(self, error: StudioError) -> None:
        """Show an error of Studio at the field that it is about, or as the form's message."""
        self.show_message("")
        sentence = f"Studio says: {failure_message(error)}"
        if isinstance(error, InvalidRequest | NotFound):
            field = self.field_of_error(str(error).lower())
            self.refused = (self.refusal(field, sentence),)
            self.check()
            self.fields[field].editor.focus()
        else:
            self.show_message(f"{sentence} Your input is kept.")

    @on(FormField.Changed)
    def _changed(self, event: FormField.Changed) -> None:
        event.stop()
        self.refused = tuple(each for each in self.refused if each.field != event.field)
        if event.field == "datasets":
            self.line.note_typing()
        self.check()
        self.beginning.keep(self.draft)

    @on(DatasetInput.Chose)
    def _chose(self) -> None:
        self.has_tried_to_send = False
        self.check()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _focus_moved(self) -> None:
        self.check()

    @on(Button.Pressed, "#yes")
    def _send_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_send()

    @on(Button.Pressed, "#no")
    def _close_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_close()

    @on(Button.Pressed, "#anew")
    def _anew_pressed(self, event: Button.Pressed) -> None:
        event.stop()
        self.action_anew()
