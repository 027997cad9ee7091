"""The cluster chosen for new jobs, saved from one run to the next."""

import logging
import os
from pathlib import Path

from pydantic import BaseModel, ValidationError

from studio_tui.api.fields import Line
from studio_tui.files import read_bytes
from studio_tui.paths import private_dir

logger = logging.getLogger(__name__)


class _Kept(BaseModel):
    name: Line | None = None


class ClusterChoice:
    """The chosen cluster, by name, which is how a new job refers to it."""

    def __init__(self, path: Path) -> None:
        """Load the saved choice; none if it cannot be read."""
        self._path = path
        self._name: str | None = None
        try:
            self._name = _Kept.model_validate_json(read_bytes(path)).name
        except FileNotFoundError:
            pass
        except (OSError, ValidationError) as error:
            logger.warning("The chosen cluster could not be read: %s", type(error).__name__)

    @property
    def name(self) -> str | None:
        """The name of the chosen cluster; `None` leaves the choice to Studio."""
        return self._name

    def choose(self, name: str | None) -> None:
        """Choose a cluster; if saving fails, the choice lasts for this run only."""
        self._name = name
        try:
            private_dir(self._path.parent)
            fresh = self._path.with_suffix(".new")
            fresh.write_text(_Kept(name=name).model_dump_json(), "utf-8")
            os.replace(fresh, self._path)  # noqa: PTH105 (atomic)
        except OSError as error:
            logger.warning("The chosen cluster could not be remembered: %s", error)
