"""The base of forms about datasets: fields, validation, and drafts."""

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import ClassVar, Generic, TypeVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.widgets import Button, Static

from studio_tui.errors import InvalidRequest, NotFound, StudioError
from studio_tui.presentation.form.line_checks import environment_problems
from studio_tui.presentation.form.problems import Level, Problem, unsendable_problems
from studio_tui.presentation.pipelines.datasets import dataset_problems
from studio_tui.service.commands.jobs import failure_message
from studio_tui.tui.form.code_area import CodeArea
from studio_tui.tui.form.form_field import FormField
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import DialogBody, DialogButtons
from studio_tui.tui.frame.request_notices import WAITING
from studio_tui.tui.pipelines.dataset_input import DatasetInput
from studio_tui.tui.pipelines.dataset_list import DatasetList
from studio_tui.tui.sheets import FORM_DIALOGS
from studio_tui.tui.widgets.workers import start_worker

MOST_OFFERED = 4

NOT_ALL = "Not all names have been received yet."

RESTORED = "This is the form as you left it; f3 starts over."


@dataclass(frozen=True, slots=True)
class DatasetDraft:
    """The input of a form about datasets."""

    datasets: str = ""
    environment: str = field(default="", repr=False)
    is_proposed: bool = False
    """Whether typing replaces the datasets."""


Made = TypeVar("Made")
Draft = TypeVar("Draft", bound=DatasetDraft)


class DatasetForm(Dialog[Made | None], Generic[Made, Draft]):
    """A form that sends a request about datasets.

    Its answer is what Studio created, `None` if the form is closed. A subclass has bindings for the
    actions `send`, `anew` and `close`.
    """

    CSS_PATH = FORM_DIALOGS
    AUTO_FOCUS = "DatasetInput"

    send_words: ClassVar[str]

    def __init__(
        self, title: str, datasets: DatasetList, fresh: Draft, drafts: dict[str, Draft]
    ) -> None:
        """Make a form that begins with the unfinished input for its datasets, if there is any.

        - `fresh`: the draft of a new form; `f3` restores it.
        - `drafts`: unfinished input, by the datasets that `fresh` proposes. The form updates it.
        """
        super().__init__(title)
        self.datasets = datasets
        self._fresh = fresh
        self._drafts = drafts
        begin = drafts.get(fresh.datasets, fresh)
        self.is_restored = begin != fresh
        """Whether the form begins with input from an earlier form."""
        self.is_sending = False
        self.has_tried_to_send = False
        """Whether a missing value is a problem, as the user has tried to send the form."""
        self.refused: tuple[Problem, ...] = ()
        """Why Studio refused the last request, unless the field has been edited since."""
        self.line = DatasetInput(begin.datasets, datasets.names, is_proposed=begin.is_proposed)
        self.area = CodeArea(begin.environment, masked=True)
        """The environment variables."""
        self.fields = self.make_fields(
            begin,
            FormField("datasets", "Datasets", self.line),
            FormField("environment", "Environment", self.area),
        )

    @abstractmethod
    def make_fields(
        self, draft: Draft, datasets: FormField, environment: FormField
    ) -> dict[str, FormField]:
        """Return all fields by name, in order, with the values of `draft`."""

    @abstractmethod
    def notes(self) -> Mapping[str, tuple[str, ...]]:
        """Return the lines below each field, by its name, for the current input.

        Those below the datasets follow the completions. The field of the environment has its own.
        """

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

    def problems_of_its_own(self) -> tuple[Problem, ...]:
        """Return the problems that only this form finds."""
        return ()

    def more_buttons(self) -> tuple[Button, ...]:
        """Return the buttons between the ones for sending and for closing."""
        return ()

    def _completion_notes(self) -> tuple[str, ...]:
        """Return what the last name can become, and whether names are missing."""
        if any(problem.field == "datasets" for problem in self.refused):
            return ()
        return (*self._completions(), *(() if self.datasets.has_all else (NOT_ALL,)))

    def _completions(self) -> tuple[str, ...]:
        if not self.line.names():
            none = "; none is known yet" if self.datasets.has_all else ""
            return (f"namespace.project.name, several with a space between{none}.",)
        word, completions = self.line.last_word()[1], self.line.completions()
        if not completions:
            if self.datasets.is_certain:
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
        start_over = Button("f3  Start over", id="anew", action="screen.anew", compact=True)
        yield DialogBody(*self.fields.values(), classes="fields")
        yield Static(markup=False, id="form-message")
        yield DialogButtons(
            Button(f"f9  {self.send_words}", id="yes", action="screen.send", compact=True),
            *self.more_buttons(),
            *([start_over] if self.is_restored else ()),
            Button("esc  Close", id="no", action="screen.close", compact=True),
        )

    def on_mount(self) -> None:
        self.check()
        if self.is_restored:
            self.show_message(RESTORED)
        loading = partial(self.datasets.load_all, self._names_received)
        start_worker(self, loading, name="names", group="names")

    def _names_received(self) -> None:
        if self.is_alive:
            self.check()

    def action_anew(self) -> None:
        """Replace the input by the input of a new form, unless it is being sent."""
        if not self.is_sending:
            self.has_tried_to_send, self.refused = False, ()
            self.fill(self._fresh)
            self.line.focus()
            self.show_message("")

    def check(self) -> None:
        """Show the problems and notes of the input."""
        self._show((*self._problems(), *self.refused))

    def show_message(self, words: str) -> None:
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
                self._keep(self._fresh)
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

    @property
    def environment(self) -> str | None:
        return self.area.text if self.area.text.strip() else None

    def _show(self, problems: tuple[Problem, ...]) -> None:
        notes = {"environment": ("Lines of NAME=VALUE for all its jobs.",), **self.notes()}
        notes["datasets"] = (*self._completion_notes(), *notes["datasets"])
        for name, form_field in self.fields.items():
            of_field = [problem for problem in problems if problem.field == name]
            is_own = name not in {"datasets", "environment"}
            form_field.set_notes(of_field, notes[name], lasting=is_own)

    def _refuse(self, error: StudioError) -> None:
        """Show an error of Studio at the field that it is about, or as the form's message."""
        self.show_message("")
        sentence = f"Studio says: {failure_message(error)}"
        if isinstance(error, InvalidRequest | NotFound):
            field = self.field_of_error(str(error).lower())
            if field == "datasets":
                self.line.start_next_name()
            self.refused = (Problem(field, sentence),)
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
        self._keep(self.draft)

    def _keep(self, draft: Draft) -> None:
        """Keep unfinished input for the next form about the same datasets."""
        self._drafts.pop(self._fresh.datasets, None)
        if draft != self._fresh:
            self._drafts[self._fresh.datasets] = draft

    @on(DatasetInput.Chose)
    def _chose(self) -> None:
        self.has_tried_to_send = False
        self.check()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _focus_moved(self) -> None:
        self.check()
