"""What is saved about logs: the user's places in them, and the display options."""

from pydantic import Field

from studio_tui.tui.frame.remembered import Remembered
from studio_tui.tui.logs.view.place import LogLook, LogPlace, MergedPlace

MOST_LOGS = 200
"""Maximum number of logs whose places are saved: the ones read last."""


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
