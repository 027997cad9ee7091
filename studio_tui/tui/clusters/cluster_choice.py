"""The cluster chosen for new jobs, saved from one run to the next."""

from pathlib import Path

from studio_tui.api.fields import Line
from studio_tui.tui.frame.remembered import Remembered


class _SavedChoice(Remembered):
    name: Line | None = None


class ClusterChoice:
    """The cluster that the user has chosen for new jobs, by name."""

    def __init__(self, path: Path) -> None:
        """Load the saved choice; if it cannot be read, no cluster is chosen."""
        self._path = path
        self._saved = _SavedChoice.load(path)

    @property
    def name(self) -> str | None:
        """The name of the chosen cluster; `None` leaves the choice to Studio."""
        return self._saved.name

    def choose(self, name: str | None) -> None:
        """Choose a cluster, or none; if saving fails, the choice is lost when the program ends."""
        self._saved = _SavedChoice(name=name)
        self._saved.save(self._path)
