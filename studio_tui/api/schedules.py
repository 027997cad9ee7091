"""The schedule of a job, as the local Studio sends it in addition to the API document."""

from studio_tui.api.fields import Line, Message, Moment, Received, Word
from studio_tui.api.ids import Identifier


class ScheduleRun(Received):
    """A run of a schedule, or a fire time without a run."""

    kind: Line
    """job, pipeline, missed (no Studio was running) or skipped (the previous run had not ended)."""
    id: Identifier | None = None
    name: Line | None = None
    status: Word | None = None
    scheduled_for: Moment | None = None
    """The fire time; `None` for a manual run."""
    created_at: Moment | None = None
    by_hand: bool | None = None
    """Whether a user started the run."""
    error_message: Message | None = None


class JobSchedule(Received):
    """The timetable of a TASK and its runs so far."""

    cron_expression: Line | None = None
    """`None` for a single run, at `start_after`."""
    start_after: Moment | None = None
    time_zone: Line | None = None
    next_run_at: Moment | None = None
    """`None` when no more runs follow."""
    runs: int | None = None
    missed: int | None = None
    """Number of fire times at which no Studio was running."""
    skipped: int | None = None
    """Number of fire times at which the previous run had not ended."""
    last_run_id: Identifier | None = None
    recent: tuple[ScheduleRun, ...] | None = None
    """The latest runs and fire times without a run, newest first."""
    suspended_at: Moment | None = None
    """`None` if the schedule is active."""
    datasets: tuple[Line, ...] | None = None
    """`None` if the schedule runs a job."""
