"""Datasets as listed by the local Studio; not in the API document."""

from studio_tui.api.fields import Line, Moment, Received
from studio_tui.api.ids import Identifier


class ListedVersion(Received):
    """A version of a dataset."""

    version: Line
    job_id: Identifier | None = None
    job_name: Line | None = None
    made_by: Line | None = None
    made_at: Moment | None = None
    sources: tuple[Line, ...] = ()
    """The datasets that it was made from, with versions where known."""


class ListedDataset(Received):
    """A dataset with its versions, the latest first."""

    name: Line
    versions: tuple[ListedVersion, ...] = ()
    newer: tuple[Line, ...] = ()
    """Versions of its sources that are newer than those it was built from.

    Empty if it is up to date, or if that is unknown.
    """


class ListedDatasets(Received):
    """Response to a request for `routes.DATASETS`: all datasets of the local Studio."""

    datasets: tuple[ListedDataset, ...] = ()
