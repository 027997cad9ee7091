"""Limits on the local Studio's disk space: read from the user's TOML file, created if missing."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from studio_tui.local.config.settings_file import invalid_file_error, read_settings_file

TEMPLATE = """\
# Limits on the disk space of the local Studio. Read at its start: to apply a change, run
# `studio-tui local stop` and start it again. Folders and logs of ended jobs are deleted, as are
# Python environments that no job uses; datasets and running jobs are kept. The size of each is
# shown by `studio-tui local status`; `studio-tui local clean --older 30d` cleans up manually.
#
#   older   delete what was not used for this long: 30d, 12h, 8w
#   most    delete the oldest while the total is larger: 20GiB, 500MiB

# older = "30d"
# most = "20GiB"
"""

_SPAN = re.compile(r"(\d{1,5})\s*([hdw])", re.IGNORECASE)
_HOURS = {"h": 1, "d": 24, "w": 24 * 7}
_SIZE = re.compile(r"(\d{1,15})\s*([KMGT]iB)?", re.IGNORECASE)
_SUBJECT = "limits"


class _LimitsFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    older: str | None = None
    most: str | None = None


@dataclass(frozen=True)
class DiskLimits:
    """Limits on the age of job folders and environments, and on the total bytes of all data."""

    max_age: timedelta | None = None
    max_size: int | None = None


def parse_span(text: str) -> timedelta:
    """Parse a time span such as `30d`; a `ValueError` says how to write one."""
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time span; write it as 12h, 30d or 8w.")
    return timedelta(hours=int(match[1]) * _HOURS[match[2].lower()])


def parse_size(text: str) -> int:
    """Parse a size such as `2GiB` as bytes; a `ValueError` says how to write one."""
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a size; write it as 512MiB or 2GiB.")
    power: int = "KMGT".index(match[2][0].upper()) + 1 if match[2] else 0
    return int(match[1]) << 10 * power


def read_limits(path: Path) -> DiskLimits:
    """Read the file, or create it without limits.

    Raises:
        ConfigError: The file cannot be created or read, or is invalid.
    """
    limits = read_settings_file(path, TEMPLATE, _LimitsFile, _SUBJECT)
    try:
        max_age = parse_span(limits.older) if limits.older else None
        max_size = parse_size(limits.most) if limits.most else None
    except ValueError as error:
        raise invalid_file_error(path, _SUBJECT, str(error)) from error
    return DiskLimits(max_age, max_size)
