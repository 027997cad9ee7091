"""The form of a schedule that triggers a pipeline: which datasets, and when."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from studio_tui import clock
from studio_tui.api.local_inputs import NewPipelineSchedule
from studio_tui.api.models import Job
from studio_tui.errors import StudioError
from studio_tui.presentation.form.problems import Problem
from studio_tui.presentation.pipelines.datasets import (
    KnownDatasets,
    datasets_in,
    short_name,
    unknown_datasets,
)
from studio_tui.presentation.schedules.explanations import explain_time_or_expression
from studio_tui.service.session import StudioSession
from studio_tui.tui.form.form_field import FieldInput, FormField
from studio_tui.tui.pipelines.dataset_form import DatasetForm, DatasetInput
from studio_tui.tui.pipelines.datasets import fetch_datasets
from studio_tui.tui.pipelines.kept_drafts import Beginning

logger = logging.getLogger(__name__)

_NO_TIME = "A cron expression such as `0 3 * * *`, in UTC, or one time such as `tomorrow 15:00`."


@dataclass(frozen=True, slots=True)
class ScheduleDraft:
    """The input of the form."""

    datasets: str = ""
    time: str = ""
    """As typed: a cron expression or a single time."""
    environment: str = field(default="", repr=False)
    is_proposed: bool = False
    """Whether typing replaces the datasets."""


class ScheduleDialog(DatasetForm[Job, ScheduleDraft]):
    """A form that creates a schedule; its answer is the schedule, `None` if the form is closed."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f9,ctrl+j", "send", "schedule", id="schedule.send", tooltip="Create the schedule"),
        Binding("f3", "anew", "start over", id="schedule.anew", tooltip="Discard the input"),
        Binding("escape", "close", "close", id="schedule.close", tooltip="Keep the input"),
    ]

    send_words = "Schedule"
    lasting = ("time",)

    def __init__(
        self, session: StudioSession, beginning: Beginning[ScheduleDraft], *, zone: tzinfo
    ) -> None:
        draft = beginning.draft
        self._session = session
        self._zone = zone
        self._known = KnownDatasets((), has_all=False)
        self._time = FieldInput(draft.time, compact=True, select_on_focus=False)
        line = DatasetInput(
            draft.datasets, lambda: self._known.names, is_proposed=draft.is_proposed
        )
        super().__init__("Rebuild datasets on a schedule", line, draft.environment, beginning)

    def make_fields(self, datasets: FormField, environment: FormField) -> dict[str, FormField]:
        time = FormField("time", "When", self._time)
        return {"datasets": datasets, "time": time, "environment": environment}

    def on_mount(self) -> None:
        self._load_names()
        super().on_mount()

    @property
    def draft(self) -> ScheduleDraft:
        names, time, environment = self.line.value, self._time.value, self.area.text
        return ScheduleDraft(names, time, environment, self.line.is_proposed)

    def fill(self, draft: ScheduleDraft) -> None:
        self.line.propose(draft.datasets)
        self._time.value, self.area.text = draft.time, draft.environment

    @work(name="datasets", group="datasets", exclusive=True)
    async def _load_names(self) -> None:
        try:
            listed = await fetch_datasets(self._session)
        except StudioError as error:
            listed = None
            logger.info("datasets are not known: %s", error)
        pipelines = self._session.pipelines.snapshot.value
        names = self._session.datasets.names(pipelines.pipelines if pipelines else ())
        names += tuple(each.name for each in listed or ())
        names = tuple(dict.fromkeys(map(short_name, names)))
        self._known = KnownDatasets(names, listed is not None, listed or ())
        self.check()

    async def send(self) -> Job:
        draft = self.draft
        times = explain_time_or_expression(draft.time.strip(), clock.now(), self._zone)
        request = NewPipelineSchedule(
            datasets_in(draft.datasets),
            draft.environment if draft.environment.strip() else None,
            None if times.moment else draft.time.strip(),
            times.moment,
        )
        schedule = await self._session.commands.schedules.schedule_pipeline(request)
        self.app.notify(f"Scheduled: {schedule.name}; 4 shows when it runs", markup=False)
        return schedule

    def field_of_error(self, words: str) -> str:
        return (
            "time" if "cron" in words or "start_after" in words else super().field_of_error(words)
        )

    def problems_of_its_own(self) -> tuple[Problem, ...]:
        return (*self._time_problems(), *self._name_problems())

    def _time_problems(self) -> tuple[Problem, ...]:
        typed = self._time.value.strip()
        if not typed:
            return (
                (Problem("time", f"When should it run? {_NO_TIME}"),)
                if self.has_tried_to_send
                else ()
            )
        explained = explain_time_or_expression(typed, clock.now(), self._zone)
        return () if explained.is_good else (Problem("time", explained.lines[0]),)

    def _name_problems(self) -> tuple[Problem, ...]:
        """Return the unknown names; none during typing, unless Studio has refused the input."""
        is_being_typed = self.focused is self.line and not self.refused
        if is_being_typed:
            return ()
        return unknown_datasets(
            self.line.value, self._known.names, is_certain=bool(self._known.listed)
        )

    def notes(self) -> Mapping[str, tuple[str, ...]]:
        typed = self._time.value.strip()
        explained = explain_time_or_expression(typed, clock.now(), self._zone) if typed else None
        return {
            "datasets": (
                *self.completion_notes(self._known),
                "Everything they are made from is rebuilt too.",
            ),
            "time": explained.lines if explained and explained.is_good else (_NO_TIME,),
            "environment": ("Lines of NAME=VALUE for all its jobs.",),
        }
