"""The parts of the saved state of logs: the place in each, and the display options."""

from dataclasses import dataclass

from studio_tui.presentation.logs.gutter_times import StampForm
from studio_tui.presentation.logs.row_forms import JsonForm
from studio_tui.presentation.pipelines.job_to_start import JobToStart


@dataclass(frozen=True)
class LogLook:
    """The display options shared by all logs."""

    wrap: bool = False
    numbers: bool = False
    stamps: StampForm = StampForm.OFF
    json_form: JsonForm = JsonForm.SHORT


@dataclass(frozen=True)
class LogPlace:
    """The user's place in one log."""

    top: int | None = None
    """Start of the first visible line; `None` while following."""
    current: int | None = None
    """Start of the current line."""
    bookmarks: tuple[int, ...] = ()
    """Starts of the lines with a bookmark."""
    filter: str = ""
    """The filter as typed."""
    search: str = ""
    """The search as typed."""
    lines_seen: int = 0
    """Number of lines, from the first one, that were not new to the user."""


@dataclass(frozen=True)
class LineOfJob:
    """A line of a merged log, identified by its place in the log of its job."""

    job_id: str
    offset: int


@dataclass(frozen=True)
class MergedPlace:
    """The jobs of the merged log, and the user's place in it; see `LogPlace`."""

    jobs: tuple[str, ...] = ()
    """Their ids, in the order in which they are shown."""
    solo: str | None = None
    """Id of the only job whose lines are shown."""
    muted: tuple[str, ...] = ()
    """Ids of the jobs whose lines are hidden."""
    top: LineOfJob | None = None
    current: LineOfJob | None = None
    bookmarks: tuple[LineOfJob, ...] = ()
    filter: str = ""
    search: str = ""
    awaited: tuple[JobToStart, ...] = ()
    """Jobs that join as soon as they have started."""
    names: bool = True
    """Whether the names of the jobs are beside the lines."""
