"""The limit on the age of unused folders: read from the user's TOML file, created if missing."""

import re
from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from studio_tui.local.config.settings_file import invalid_file_error, read_settings_file

TEMPLATE = """\
# What the local Studio deletes to free disk space: folders and logs of ended jobs, and Python
# environments that no job uses. Datasets and running jobs are kept. `studio-tui local status` shows
# the sizes of all these; `studio-tui local clean --older 30d` cleans up manually. This file is read
# when the local Studio starts: to apply a change, run `studio-tui local stop` and start it again.
#
#   older   delete what was not used for this long: 30d, 12h, 8w

# older = "30d"
"""

_SPAN = re.compile(r"(\d{1,5})\s*([hdw])", re.IGNORECASE)
_HOURS = {"h": 1, "d": 24, "w": 24 * 7}
_SUBJECT = "limits"


class _LimitsFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    older: str | None = None


def parse_span(text: str) -> timedelta:
    """Parse a time span such as `30d`; a `ValueError` says how to write one."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time span; write it as 12h, 30d or 8w.")
    return timedelta(hours=int(match[1]) * _HOURS[match[2].lower()])


def read_max_age(path: Path) -> timedelta | None:
    """Return the limit on the age of job folders and environments; create a missing file.

    Raises:
        ConfigError: The file cannot be created or read, or is invalid.
    """
    limits = read_settings_file(path, TEMPLATE, _LimitsFile, _SUBJECT)
    try:
        return parse_span(limits.older) if limits.older else None
    except ValueError as error:
        raise invalid_file_error(path, _SUBJECT, str(error)) from error
