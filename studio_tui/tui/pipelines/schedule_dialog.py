"""The form of a schedule that triggers a pipeline: which datasets, and when."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.widgets import Button, Static

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.errors import InvalidRequest, NotFound, StudioError
from studio_tui.presentation.form.line_checks import environment_problems
from studio_tui.presentation.jobs.problems import Level, Problem, unsendable
from studio_tui.presentation.pipelines.datasets import (
    dataset_problems,
    datasets_in,
    short_name,
    unknown_datasets,
)
from studio_tui.presentation.schedules.times import explain_time
from studio_tui.service.commands.jobs import said
from studio_tui.service.commands.schedules import PipelineTimes
from studio_tui.service.session import StudioSession
from studio_tui.tui.form.code_area import CodeArea
from studio_tui.tui.form.form_field import FieldInput, FormField
from studio_tui.tui.frame.dialog import Dialog
from studio_tui.tui.frame.dialog_box import Answers, Middle
from studio_tui.tui.pipelines.trigger_screen import OFFERED, DatasetInput, TriggerDraft
from studio_tui.tui.sheets import FORM_DIALOGS

_NO_TIME = "A cron such as `0 3 * * *`, in UTC, or one time such as `tomorrow 15:00`."


@dataclass(frozen=True, slots=True)
class ScheduleDraft:
    """The form as it stands."""

    datasets: str = ""
    time: str = ""
    environment: str = field(default="", repr=False)


class SchedulePipeline(Dialog[Job | None]):
    """Has a schedule made that triggers a pipeline; the answer is `None` when it was given up."""

    CSS_PATH = FORM_DIALOGS
    AUTO_FOCUS = "DatasetInput"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9,ctrl+j", "schedule", "schedule", id="plan.send", tooltip="Have it made"),
        Binding("escape", "close", "close", id="plan.close", tooltip="Keep what is typed"),
    ]

    def __init__(
        self,
        session: StudioSession,
        draft: ScheduleDraft,
        keep: Callable[[ScheduleDraft], None],
        *,
        zone: tzinfo,
    ) -> None:
        """Take what keeps the form, and in which zone times are typed."""
        super().__init__()
        self._session = session
        self._keep = keep
        self._zone = zone
        self._is_sending = False
        self._refused: tuple[Problem, ...] = ()
        self._names: tuple[str, ...] = ()
        self._line = DatasetInput(TriggerDraft(draft.datasets), lambda: self._names)
        self._time = FieldInput(draft.time, compact=True, select_on_focus=False)
        self._area = CodeArea(draft.environment, masked=True)
        self._fields = {
            "datasets": FormField("datasets", "Datasets", self._line),
            "time": FormField("time", "When", self._time),
            "environment": FormField("environment", "Environment", self._area),
        }

    def heading(self) -> str:
        """Return what the form is for."""
        return "Rebuild datasets at times"

    def body(self) -> ComposeResult:
        """Compose the fields and the answers."""
        yield Middle(*self._fields.values(), classes="fields")
        yield Static(markup=False, id="plan-said")
        yield Answers(
            Button("f9  Schedule", id="yes", compact=True),
            Button("esc  Close", id="no", compact=True),
        )

    def on_mount(self) -> None:
        """Say what each field is for, and learn which datasets there are."""
        self._learn_names()
        self._check()

    @property
    def draft(self) -> ScheduleDraft:
        """The form as it stands."""
        return ScheduleDraft(self._line.value, self._time.value, self._area.text)

    @work(name="datasets", group="datasets", exclusive=True)
    async def _learn_names(self) -> None:
        """Ask for names, of all jobs and pipelines that are known."""
        jobs, pipelines = self._session.jobs.snapshot.value, self._session.pipelines.snapshot.value
        if jobs is not None:
            await self._session.datasets.learn(jobs.jobs)
        names = self._session.datasets.known(pipelines.pipelines if pipelines else ())
        self._names = tuple(dict.fromkeys(map(short_name, names)))
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
        self._check()

    @on(Button.Pressed)
    def _pressed(self, event: Button.Pressed) -> None:
        event.stop()
        if event.button.id == "yes":
            self.action_schedule()
        else:
            self.action_close()

    def action_close(self) -> None:
        """Leave; what is typed is there the next time."""
        if self._is_sending:
            self._say("Studio was asked and has not answered yet.")
        else:
            self.dismiss(None)

    @work(name="schedule", group="command")
    async def action_schedule(self) -> None:
        """Send what is typed, if it can be sent; stay with it when Studio refuses."""
        if self._is_sending:
            return
        draft, now = self.draft, clock.now()
        problems = self._problems(draft, now, is_sent=True)
        self._show(draft, problems, now)
        wrong = next((one for one in problems if one.level is Level.ERROR), None)
        if wrong is not None:
            self._fields[wrong.field].editor.focus()
            return
        times = explain_time(draft.time.strip(), now, self._zone)
        wish = PipelineTimes(
            datasets_in(draft.datasets),
            draft.environment if draft.environment.strip() else None,
            None if times.moment else draft.time.strip(),
            times.moment,
        )
        self._is_sending = True
        self._say("Asking Studio…")
        try:
            made = await self._session.scheduling.schedule_pipeline(wish)
        except StudioError as error:
            self._refuse(error)
        else:
            self._keep(ScheduleDraft())
            self.app.notify(f"Scheduled: {made.name}; 4 shows when it runs", markup=False)
            self.dismiss(made)
        finally:
            self._is_sending = False

    def _refuse(self, error: StudioError) -> None:
        """Say what Studio says at the field that it is about."""
        self._say("")
        sentence = f"Studio says: {said(error)}"
        if isinstance(error, InvalidRequest | NotFound):
            words = str(error).lower()
            about = "environment" if "environment" in words else "datasets"
            about = "time" if "cron" in words or "start_after" in words else about
            self._refused = (Problem(about, sentence),)
            self._check()
            self._fields[about].editor.focus()
        else:
            self._say(f"{sentence} What is typed is kept.")

    def _check(self) -> None:
        draft, now = self.draft, clock.now()
        self._show(draft, self._problems(draft, now, is_sent=False), now)

    def _problems(
        self, draft: ScheduleDraft, now: datetime, *, is_sent: bool
    ) -> tuple[Problem, ...]:
        return (
            *dataset_problems(draft.datasets, is_sent=is_sent),
            *self._time_problems(draft, now, is_sent=is_sent),
            *(
                unsendable("environment", draft.environment)
                or environment_problems(draft.environment)
            ),
            *(() if is_sent else self._refused),
            *self._unknown(draft),
        )

    def _time_problems(
        self, draft: ScheduleDraft, now: datetime, *, is_sent: bool
    ) -> tuple[Problem, ...]:
        typed = draft.time.strip()
        if not typed:
            return (Problem("time", f"When is it to run? {_NO_TIME}"),) if is_sent else ()
        told = explain_time(typed, now, self._zone)
        return () if told.is_good else (Problem("time", told.lines[0]),)

    def _unknown(self, draft: ScheduleDraft) -> tuple[Problem, ...]:
        """Return which names are not known, unless one of them is being typed."""
        is_being_typed = self.focused is self._line and not self._refused
        return () if is_being_typed else unknown_datasets(draft.datasets, self._names)

    def _show(self, draft: ScheduleDraft, problems: tuple[Problem, ...], now: datetime) -> None:
        typed = draft.time.strip()
        told = explain_time(typed, now, self._zone) if typed else None
        notes = {
            "datasets": self._offered(),
            "time": told.lines if told and told.is_good else (_NO_TIME,),
            "environment": ("Lines of NAME=VALUE for all its jobs.",),
        }
        for name, one in self._fields.items():
            of_field = [problem for problem in problems if problem.field == name]
            one.say(of_field, notes[name], lasting=name == "time")

    def _offered(self) -> tuple[str, ...]:
        """Return the names that the last word may become."""
        word, found = self._line.last_word()[1], self._line.found()
        if not found or found == (word,):
            return ("Names with a space between; all they are made from is rebuilt too.",)
        sign = "tab: " if word or self._line.has_chosen else "known: "
        return (f"{sign}{', '.join(found[:OFFERED])}",)

    def _say(self, words: str) -> None:
        self.query_one("#plan-said", Static).update(words)
