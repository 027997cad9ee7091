"""The form of a schedule that triggers a pipeline: which datasets, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import ClassVar

from textual.binding import Binding, BindingType

from studio_tui import clock
from studio_tui.api.local_models import NewPipelineSchedule
from studio_tui.api.models import Job
from studio_tui.presentation.form.problems import Problem
from studio_tui.presentation.pipelines.datasets import datasets_in
from studio_tui.presentation.schedules.explanations import explain_time_or_expression
from studio_tui.service.commands.schedules import ScheduleCommands
from studio_tui.tui.form.form_field import FieldInput, FormField
from studio_tui.tui.pipelines.dataset_form import DatasetDraft, DatasetForm
from studio_tui.tui.pipelines.dataset_list import DatasetList

_NO_TIME = "A cron expression such as `0 3 * * *`, in UTC, or one time such as `tomorrow 15:00`."


@dataclass(frozen=True, slots=True)
class ScheduleDraft(DatasetDraft):
    """The input of the form."""

    time: str = ""
    """As typed: a cron expression or a single time."""


class ScheduleDialog(DatasetForm[Job, ScheduleDraft]):
    """A form that creates a schedule; its answer is the schedule, `None` if the form is closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9,ctrl+j", "send", "schedule", id="schedule.send", tooltip="Create the schedule"),
        Binding("f3", "anew", "start over", id="schedule.anew", tooltip="Discard the input"),
        Binding("escape", "close", "close", id="schedule.close", tooltip="Keep the input"),
    ]

    send_words = "Schedule"

    def __init__(
        self,
        commands: ScheduleCommands,
        datasets: DatasetList,
        fresh: ScheduleDraft,
        drafts: dict[str, ScheduleDraft],
        *,
        zone: tzinfo,
    ) -> None:
        self._commands = commands
        self._zone = zone
        super().__init__("Rebuild datasets on a schedule", datasets, fresh, drafts)

    def make_fields(
        self, draft: ScheduleDraft, datasets: FormField, environment: FormField
    ) -> dict[str, FormField]:
        self._time = FieldInput(draft.time, compact=True, select_on_focus=False)
        time = FormField("time", "When", self._time)
        return {"datasets": datasets, "time": time, "environment": environment}

    @property
    def draft(self) -> ScheduleDraft:
        names, environment = self.line.value, self.area.text
        return ScheduleDraft(names, environment, self.line.is_proposed, self._time.value)

    def fill(self, draft: ScheduleDraft) -> None:
        self.line.propose(draft.datasets)
        self._time.value, self.area.text = draft.time, draft.environment

    async def send(self) -> Job:
        draft = self.draft
        times = explain_time_or_expression(draft.time.strip(), clock.now(), self._zone)
        request = NewPipelineSchedule(
            datasets=datasets_in(draft.datasets),
            environment=self.environment,
            cron_expression=None if times.moment else draft.time.strip(),
            start_after=times.moment,
        )
        schedule = await self._commands.schedule_pipeline(request)
        below = self.app.screen_stack[-2]
        hint = "" if getattr(below, "tab", "") == "schedules" else "; 4 shows when it runs"
        self.app.notify(f"Scheduled: {schedule.name}{hint}", markup=False)
        return schedule

    def field_of_error(self, words: str) -> str:
        return (
            "time" if "cron" in words or "start_after" in words else super().field_of_error(words)
        )

    def problems_of_its_own(self) -> tuple[Problem, ...]:
        typed = self._time.value.strip()
        if not typed:
            return (
                (Problem("time", f"When should it run? {_NO_TIME}"),)
                if self.has_tried_to_send
                else ()
            )
        explained = explain_time_or_expression(typed, clock.now(), self._zone)
        return () if explained.is_good else (Problem("time", explained.lines[0]),)

    def notes(self) -> Mapping[str, tuple[str, ...]]:
        typed = self._time.value.strip()
        explained = explain_time_or_expression(typed, clock.now(), self._zone) if typed else None
        return {
            "datasets": ("Everything they are made from is rebuilt too.",),
            "time": explained.lines if explained and explained.is_good else (_NO_TIME,),
        }
