"""Datasets as the local Studio lists them; its answer is not in the API document."""

from studio_tui.api.fields import Line, Moment, Received
from studio_tui.api.ids import Identifier


class ListedVersion(Received):
    """A version of a dataset."""

    version: Line
    job_id: Identifier | None = None
    """The job that made it."""
    job_name: Line | None = None
    made_by: Line | None = None
    """Who had that job run."""
    made_at: Moment | None = None
    sources: tuple[Line, ...] = ()
    """What it was made from, with versions as far as they are known."""


class ListedDataset(Received):
    """A dataset with its versions, the latest first."""

    name: Line
    versions: tuple[ListedVersion, ...] = ()
    newer: tuple[Line, ...] = ()
    """Versions that it is out of date by; empty for one that is not, and where nobody can tell."""


class ListedDatasets(Received):
    """The answer of `DATASETS`."""

    datasets: tuple[ListedDataset, ...] = ()
