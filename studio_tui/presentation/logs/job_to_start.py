"""A job whose log does not exist yet."""

from typing import NamedTuple


class JobToStart(NamedTuple):
    """A job of a pipeline that has not started, so that it has no log."""

    pipeline_id: str
    job_id: str
    """Id of the original job."""
