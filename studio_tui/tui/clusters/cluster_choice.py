"""The cluster chosen for new jobs, saved from one run to the next."""

from studio_tui.api.fields import Line
from studio_tui.tui.frame.remembered import Remembered


class ClusterChoice(Remembered):
    """The cluster that the user has chosen for new jobs."""

    name: Line | None = None
    """The name of the cluster; `None` leaves the choice to Studio."""
