"""What the dashboard remembers of the logs that were read: where, and how they were looked at."""

import logging
import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from studio_tui.paths import private_dir
from studio_tui.tui.widgets.log_place import LogLook, LogPlace

REMEMBERED = 200
"""Logs of which the reader's place is remembered, the last ones."""

logger = logging.getLogger(__name__)


class LogMemory(BaseModel):
    """All that is remembered; changed as the reader goes."""

    model_config = ConfigDict(extra="ignore")

    look: LogLook = LogLook()
    places: dict[str, LogPlace] = {}
    """By the id of the job, the last one read last."""

    def note(self, job_id: str, place: LogPlace) -> None:
        """Remember the place in a job's log."""
        self.places.pop(job_id, None)
        if place != LogPlace():
            self.places[job_id] = place
        for oldest in list(self.places)[:-REMEMBERED]:
            del self.places[oldest]

    @classmethod
    def load(cls, path: Path) -> "LogMemory":
        """Return what was remembered; nothing when it cannot be read."""
        try:
            return cls.model_validate_json(path.read_bytes())
        except FileNotFoundError:
            return cls()
        except (OSError, ValidationError) as error:
            logger.warning("The places in logs could not be read: %s", type(error).__name__)
            return cls()

    def save(self, path: Path) -> None:
        """Keep it for the next run; a disk that takes no file costs the places, not the program."""
        try:
            private_dir(path.parent)
            fresh = path.with_suffix(".new")
            fresh.write_text(self.model_dump_json(), "utf-8")
            os.replace(fresh, path)  # noqa: PTH105 (atomic, and that is the point)
        except OSError as error:
            logger.warning("The places in logs could not be remembered: %s", error)
