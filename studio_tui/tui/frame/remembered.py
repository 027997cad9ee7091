"""State that is saved in a file from one run of the dashboard to the next."""

import logging
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, ValidationError

from studio_tui.files import read_bytes

logger = logging.getLogger(__name__)


class Remembered(BaseModel):
    """State that can be lost without harm: if its file is missing or invalid, defaults apply."""

    model_config = ConfigDict(extra="ignore")

    @classmethod
    def load(cls, path: Path) -> Self:
        """Return the saved state; the default if there is none or it cannot be read."""
        try:
            return cls.model_validate_json(read_bytes(path))
        except FileNotFoundError:
            return cls()
        except (OSError, ValidationError) as error:
            logger.warning("%s could not be read: %s", path.name, type(error).__name__)
            return cls()
