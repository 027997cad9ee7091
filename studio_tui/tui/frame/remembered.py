"""What is kept in a file of its own from one run of the dashboard to the next."""

import logging
import os
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from studio_tui.files import read_bytes
from studio_tui.paths import private_dir

logger = logging.getLogger(__name__)


class Remembered(BaseModel):
    """A memory that a file may lose without harm: it is a convenience."""

    model_config = ConfigDict(extra="ignore")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return what was remembered; nothing when it cannot be read."""
        try:
            return cls.model_validate_json(read_bytes(path))
        except FileNotFoundError:
            return cls()
        except (OSError, ValidationError) as error:
            logger.warning("%s could not be read: %s", path.name, type(error).__name__)
            return cls()

    def save(self, path: Path) -> None:
        """Keep it for the next run."""
        keep(path, self.model_dump_json())


def keep(path: Path, text: str) -> None:
    """Put a text in the place of a file; a disk that takes none costs the memory, not the program.

    A program that is killed meanwhile leaves the file as it was.
    """
    # Another dashboard may be about to keep its own.
    fresh = path.with_suffix(f".{os.getpid()}.new")
    try:
        private_dir(path.parent)
        fresh.write_text(text, "utf-8")
        os.replace(fresh, path)  # noqa: PTH105 (atomic, and that is the point)
    except (OSError, ValueError) as error:
        logger.warning("%s could not be kept: %s", path.name, error)
