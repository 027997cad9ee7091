"""What the dashboard remembers of the logs that were read: where, and how they were looked at."""

from pydantic import Field

from studio_tui.tui.frame.remembered import Remembered
from studio_tui.tui.logs.view.place import LogLook, LogPlace

MOST_LOGS = 200
"""Logs of which the reader's place is remembered, the last ones."""


class LogMemory(Remembered):
    """All that is remembered; changed as the reader goes."""

    look: LogLook = LogLook()
    places: dict[str, LogPlace] = Field(default_factory=dict)
    """By the id of the job, the last one read last."""

    def note(self, job_id: str, place: LogPlace) -> None:
        """Remember the place in a job's log."""
        self.places.pop(job_id, None)
        if place != LogPlace():
            self.places[job_id] = place
        for oldest in list(self.places)[:-MOST_LOGS]:
            del self.places[oldest]
