"""State that is saved in a file from one run of the dashboard to the next."""

import logging
import os
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from studio_tui.files import read_bytes
from studio_tui.paths import private_dir

logger = logging.getLogger(__name__)


class Remembered(BaseModel):
    """State for convenience; losing its file does no harm."""

    model_config = ConfigDict(extra="ignore")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the saved state; the default if it cannot be read."""
        try:
            return cls.model_validate_json(read_bytes(path))
        except FileNotFoundError:
            return cls()
        except (OSError, ValidationError) as error:
            logger.warning("%s could not be read: %s", path.name, type(error).__name__)
            return cls()

    def save(self, path: Path) -> None:
        """Save the state for the next run."""
        keep(path, self.model_dump_json())


def keep(path: Path, text: str) -> None:
    """Replace a file's content atomically; an error is logged, not raised.

    If the program is killed meanwhile, the file is unchanged.
    """
    # Another dashboard may be saving its own state.
    fresh = path.with_suffix(f".{os.getpid()}.new")
    try:
        private_dir(path.parent)
        fresh.write_text(text, "utf-8")
        os.replace(fresh, path)  # noqa: PTH105 (atomic)
    except (OSError, ValueError) as error:
        logger.warning("%s could not be kept: %s", path.name, error)
