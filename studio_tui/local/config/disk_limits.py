"""Limits on the local Studio's disk space: read from the user's TOML file, created if missing."""

import os
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from studio_tui.errors import ConfigError
from studio_tui.files import read_toml
from studio_tui.local.config.data_dir import write_private

TEMPLATE = """\
# Limits on the disk space of the local Studio. Read at its start: to apply a change, run
# `studio-tui local stop` and start it again. Folders and logs of ended jobs are deleted, and Python
# environments that no job uses; datasets and running jobs are kept. `studio-tui local status` shows
# how much there is of each, and `studio-tui local clean --older 30d` cleans up by hand.
#
#   older   delete what was not used for this long: 30d, 12h, 8w
#   most    delete the oldest while the total is larger: 20GiB, 500MiB

# older = "30d"
# most = "20GiB"
"""

_SPAN = re.compile(r"(\d{1,5})\s*([hdw])", re.IGNORECASE)
_HOURS = {"h": 1, "d": 24, "w": 24 * 7}
_SIZE = re.compile(r"(\d{1,15})\s*([KMGT]iB)?", re.IGNORECASE)
_REPAIR = "Correct the file, or move it away to begin with a new one."


class _LimitsFile(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)

    older: str | None = None
    most: str | None = None


@dataclass(frozen=True)
class DiskLimits:
    """What is deleted automatically; `None` for nothing."""

    older: timedelta | None = None
    most: int | None = None
    """Bytes."""

    @property
    def is_set(self) -> bool:
        """Whether anything is deleted automatically."""
        return self.older is not None or self.most is not None


def span(text: str) -> timedelta:
    """Parse a time span such as `30d`.

    Raises:
        ValueError: it is not a time span; the message says how to write one.
    """
    match = _SPAN.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a time span; write it as 12h, 30d or 8w.")
    return timedelta(hours=int(match[1]) * _HOURS[match[2].lower()])


def byte_count(text: str) -> int:
    """Parse a size such as `2GiB`; return bytes.

    Raises:
        ValueError: it is not a size; the message says how to write one.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a size; write it as 512MiB or 2GiB.")
    return int(match[1]) << 10 * ("KMGT".index(match[2][0].upper()) + 1 if match[2] else 0)


def read_limits(path: Path) -> DiskLimits:
    """Read the file; if missing, create it without limits.

    Raises:
        ConfigError: It cannot be read, or is invalid.
    """
    try:
        if not os.path.lexists(path):  # a link that leads nowhere is the user's own
            write_private(path, TEMPLATE)
        found = _LimitsFile.model_validate(read_toml(path))
        older = span(found.older) if found.older else None
        return DiskLimits(older, byte_count(found.most) if found.most else None)
    except OSError as error:
        sentence = f"The limits cannot be read from {path}: {error.strerror}. {_REPAIR}"
        raise ConfigError(sentence) from error
    except ValidationError as error:
        problem = error.errors()[0]
        where = " ".join(map(str, problem["loc"]))
        sentence = f"The limits in {path} are invalid: {where}: {problem['msg']}. {_REPAIR}"
        raise ConfigError(sentence) from error
    except ValueError as error:
        sentence = f"The limits in {path} are invalid: {str(error).rstrip('.')}. {_REPAIR}"
        raise ConfigError(sentence) from error
