"""The form for rebuilding datasets: now, or on a schedule."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Static

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.errors import InvalidRequest, NotFound, StudioError
from studio_tui.presentation.form.line_checks import environment_problems
from studio_tui.presentation.form.problems import Level, Problem, unsendable_problems
from studio_tui.presentation.format import join_names
from studio_tui.presentation.pipelines.datasets import dataset_problems
from studio_tui.presentation.schedules.explanations import Explained, explain_time_or_expression
from studio_tui.service.commands.jobs import failure_message
from studio_tui.service.commands.trigger_pipeline import Triggered
from studio_tui.service.session import StudioSession
from studio_tui.tui.form.code_area import CodeArea
from studio_tui.tui.form.form_field import FieldInput, Flag, FormField
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import DialogBody, DialogButtons
from studio_tui.tui.frame.request_notices import WAITING
from studio_tui.tui.pipelines.dataset_input import DatasetInput
from studio_tui.tui.pipelines.dataset_list import DatasetList
from studio_tui.tui.pipelines.datasets import Rebuild, choose
from studio_tui.tui.sheets import FORM_DIALOGS
from studio_tui.tui.widgets.workers import start_worker

RESTORED = "This is the form as you left it; f3 starts over."

_TIMES = "a cron expression such as `0 3 * * *`, in UTC, or one time such as `tomorrow 15:00`."


@dataclass(frozen=True, slots=True)
class RebuildDraft:
    """The input of the form."""

    datasets: str = ""
    environment: str = field(default="", repr=False)
    is_proposed: bool = False
    """Whether typing replaces the datasets."""
    review: bool = True
    """Whether the pipeline starts paused, unless it is scheduled."""
    only: bool = False
    """Whether the sources of the datasets are not rebuilt."""
    time: str = ""
    """A cron expression or a single time as typed; empty for now."""

    def explained_time(self) -> Explained | None:
        """Return the explanation of `time`; `None` if it is empty."""
        typed = self.time.strip()
        return explain_time_or_expression(typed, clock.now(), clock.zone()) if typed else None


Rebuilt = Triggered | Job
"""The pipeline that was triggered, or the schedule that was created."""


class RebuildForm(Dialog[Rebuilt | None]):
    """A form that triggers a pipeline or schedules one; its answer is `None` if it is closed."""

    CSS_PATH = FORM_DIALOGS
    AUTO_FOCUS = ".first"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9,ctrl+j", "send", "send", id="trigger.send", tooltip="Trigger or schedule it"),
        Binding("f2", "datasets", "datasets", id="trigger.datasets", tooltip="Show all datasets"),
        Binding("f3", "anew", "start over", id="trigger.anew", tooltip="Discard the input"),
        Binding("escape", "close", "close", id="trigger.close", tooltip="Keep the input"),
    ]

    def __init__(
        self,
        session: StudioSession,
        datasets: DatasetList,
        fresh: RebuildDraft,
        drafts: dict[str, RebuildDraft],
        send: Callable[[RebuildDraft], Awaitable[Rebuilt | None]],
        *,
        first_field: str = "datasets",
    ) -> None:
        """Make a form that begins with the unfinished input for its datasets, if there is any.

        - `fresh`: the draft of a new form; `f3` restores it.
        - `drafts`: unfinished input, by the datasets that `fresh` proposes. The form updates it.
        - `send`: sends the request. It returns `None` if the user decided not to send it again, and
          raises `StudioError` if it failed or its outcome is unknown.
        - `first_field`: the field in which the cursor begins.
        """
        super().__init__("Rebuild datasets")
        self._session = session
        self._datasets = datasets
        self._fresh = fresh
        self._drafts = drafts
        self._send = send
        begin = drafts.get(fresh.datasets, fresh)
        self._is_restored = begin != fresh
        """Whether the form begins with input from an earlier form."""
        self._is_sending = False
        self._has_tried_to_send = False
        """Whether a missing value is a problem, as the user has tried to send the form."""
        self._refused: tuple[Problem, ...] = ()
        """Why Studio refused the last request, unless the field has been edited since."""
        self._is_local_studio = datasets.has_lineage
        self.line = DatasetInput(begin.datasets, datasets, is_proposed=begin.is_proposed)
        self.area = CodeArea(begin.environment, masked=True)
        """The environment variables."""
        self._review = Flag("Review its jobs first: it starts paused", begin.review)
        self._only = Flag("Their sources are not rebuilt", begin.only)
        self._time = FieldInput(begin.time, compact=True, select_on_focus=False)
        fields = [
            FormField("datasets", "Datasets", self.line),
            FormField("review", "Review", self._review),
            FormField("environment", "Environment", self.area),
        ]
        if self._is_local_studio:
            fields.insert(2, FormField("time", "When", self._time))
            fields.append(FormField("only", "Only these", self._only))
        self._fields = {each.field: each for each in fields}
        self._fields[first_field].editor.add_class("first")

    @property
    def draft(self) -> RebuildDraft:
        """The current input."""
        draft = RebuildDraft(
            self.line.value, self.area.text, self.line.is_proposed, self._review.value
        )
        if self._is_local_studio:
            return replace(draft, only=self._only.value, time=self._time.value)
        return draft

    def notes(self) -> Mapping[str, tuple[str, ...]]:
        """Return the lines below each field, by its name, for the current input."""
        draft, outdated = self.draft, self._datasets.outdated
        out_of_date = f"out of date: {join_names(outdated)}; f2 shows them"
        is_refused = any(problem.field == "datasets" for problem in self._refused)
        times, review = draft.explained_time(), "Its first jobs start immediately."
        if times is not None:
            review = "A schedule starts it without a review."
        elif draft.review:
            review = "Nothing runs until it is resumed."
        return {
            "datasets": (
                *(() if is_refused else self.line.notes()),
                *((out_of_date,) if outdated else ()),
            ),
            "review": (review,),
            "time": times.lines if times else (f"Empty: now. Else {_TIMES}",),
            "environment": ("Lines of NAME=VALUE for all its jobs.",),
            "only": (
                "Datasets made from them, or by the same jobs, are rebuilt too."
                if draft.only
                else "All datasets they were made from are rebuilt too.",
            ),
        }

    def _problems(self) -> tuple[Problem, ...]:
        draft = self.draft
        times, variables = draft.explained_time(), draft.environment
        problems = (
            *dataset_problems(draft.datasets, is_required=self._has_tried_to_send),
            *(unsendable_problems("environment", variables) or environment_problems(variables)),
        )
        if times is not None and not times.is_good:
            problems = (*problems, Problem("time", times.lines[0]))
        if times is not None and draft.only:
            problems = (*problems, Problem("only", "A schedule rebuilds their sources too."))
        return problems

    def body(self) -> ComposeResult:
        start_over = Button("f3  Start over", id="anew", action="screen.anew", compact=True)
        datasets = Button("f2  Datasets", id="datasets", action="screen.datasets", compact=True)
        yield DialogBody(*self._fields.values(), classes="fields")
        yield Static(markup=False, id="form-message")
        yield DialogButtons(
            Button("f9  Trigger", id="yes", action="screen.send", compact=True),
            *([datasets] if self._is_local_studio else ()),
            *([start_over] if self._is_restored else ()),
            Button("esc  Close", id="no", action="screen.close", compact=True),
        )

    def on_mount(self) -> None:
        self.check()
        if self._is_restored:
            self.show_message(RESTORED)
        loading = partial(self._datasets.load_all, self.while_alive(self.check))
        start_worker(self, loading, name="names", group="names")

    def action_anew(self) -> None:
        """Replace the input by the input of a new form, unless it is being sent."""
        if not self._is_sending:
            self._has_tried_to_send, self._refused = False, ()
            fresh = self._fresh
            self.line.propose(fresh.datasets)
            self.area.text, self._time.value = fresh.environment, fresh.time
            self._review.value, self._only.value = fresh.review, fresh.only
            self.line.focus()
            self.show_message("")

    def check(self) -> None:
        """Show the problems and notes of the input."""
        self._show((*self._problems(), *self._refused))

    def show_message(self, words: str) -> None:
        self.query_one("#form-message", Static).update(words)

    def action_close(self) -> None:
        """Close the form, unless it is being sent; its input is saved for the next time."""
        if self._is_sending:
            self.show_message("Studio has not answered yet.")
        else:
            self.dismiss(None)

    @work(name="send", group="command")
    async def action_send(self) -> None:
        """Send the input if it is valid; keep the form open if Studio refuses it."""
        if self._is_sending:
            return
        self._has_tried_to_send = True
        problems = self._problems()
        self._show(problems)
        wrong = {problem.field for problem in problems if problem.level is Level.ERROR}
        if first := next((field for name, field in self._fields.items() if name in wrong), None):
            first.editor.focus()
            return
        self._is_sending = True
        self.show_message(WAITING)
        try:
            answer = await self._send(self.draft)
        except StudioError as error:
            self._refuse(error)
        else:
            if answer is not None:
                self._keep(self._fresh)
                self.dismiss(answer)
            else:
                self.show_message(
                    "Not sent again. If the pipeline was created after all, the list will show it."
                )
        finally:
            self._is_sending = False

    def _show(self, problems: tuple[Problem, ...]) -> None:
        is_scheduled = bool(self.draft.time.strip())
        if is_scheduled != self._review.disabled:
            self._review.disabled = is_scheduled
            button = self.query_one("#yes", Button)
            button.label = "f9  Schedule" if is_scheduled else "f9  Trigger"
            button.refresh(layout=True)
        notes = self.notes()
        for name, form_field in self._fields.items():
            of_field = [problem for problem in problems if problem.field == name]
            is_lasting = name not in {"datasets", "environment"}
            form_field.set_notes(of_field, notes[name], lasting=is_lasting)

    def _refuse(self, error: StudioError) -> None:
        """Show an error of Studio at the field that it is about, or as the form's message."""
        self.show_message("")
        sentence = f"Studio says: {failure_message(error)}"
        if isinstance(error, InvalidRequest | NotFound):
            field = self._field_of_error(str(error).lower())
            if field == "datasets":
                self.line.start_next_name()
            self._refused = (Problem(field, sentence),)
            self.check()
            self._fields[field].editor.focus()
        else:
            self.show_message(f"{sentence} Your input is kept.")

    def _field_of_error(self, words: str) -> str:
        """Return the name of the field that an error with these lowercase `words` is about."""
        if self.draft.time and ("cron" in words or "start_after" in words):
            return "time"
        return "environment" if "environment" in words else "datasets"

    @on(FormField.Changed)
    def _changed(self, event: FormField.Changed) -> None:
        event.stop()
        self._refused = tuple(each for each in self._refused if each.field != event.field)
        if event.field == "datasets":
            self.line.note_typing()
        self.check()
        self._keep(self.draft)

    def _keep(self, draft: RebuildDraft) -> None:
        """Keep unfinished input for the next form about the same datasets."""
        self._drafts.pop(self._fresh.datasets, None)
        if draft != self._fresh:
            self._drafts[self._fresh.datasets] = draft

    @on(DatasetInput.Chose)
    def _chose(self) -> None:
        self._has_tried_to_send = False
        self.check()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _focus_moved(self) -> None:
        self.check()

    @work(name="datasets", group="dialog")
    async def action_datasets(self) -> None:
        """Show all datasets; if the user chooses some to rebuild, put their names into the form."""
        if not self._datasets.is_certain:
            self.show_message("This Studio does not list datasets.")
            return
        choice = await choose(
            self.app, self._session, self._datasets, can_rebuild=True, can_leave=False
        )
        if isinstance(choice, Rebuild):
            self.line.value = " ".join(choice.names)
            self._only.value = choice.only
            self.line.start_next_name()
            self.check()
