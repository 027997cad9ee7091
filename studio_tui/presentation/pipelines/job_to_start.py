"""A job whose log does not exist yet."""

from typing import NamedTuple


class JobToStart(NamedTuple):
    """A pipeline's job that has not started, so it has no log."""

    pipeline_id: str
    job_id: str
    """Id of the original job, as in the pipeline's plan; its run gets another."""
