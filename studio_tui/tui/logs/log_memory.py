"""What is saved about logs from one run of the dashboard to the next."""

from dataclasses import dataclass

from pydantic import Field

from studio_tui.tui.frame.remembered import Remembered
from studio_tui.tui.logs.view.place import LogLook, LogPlace
from studio_tui.tui.messages import JobToStart

MOST_LOGS = 200
"""Maximum number of logs whose places are saved: the ones read last."""


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


class LogMemory(Remembered):
    """The saved state, updated as the user moves."""

    look: LogLook = LogLook()
    places: dict[str, LogPlace] = Field(default_factory=dict)
    """By job id; the log that was read last is at the end."""

    merged: MergedPlace = MergedPlace()

    def note(self, job_id: str, place: LogPlace) -> None:
        """Save the place in a job's log; forget the log if the place is that of a new log."""
        self.places.pop(job_id, None)
        if place != LogPlace():
            self.places[job_id] = place
        for oldest in list(self.places)[:-MOST_LOGS]:
            del self.places[oldest]
