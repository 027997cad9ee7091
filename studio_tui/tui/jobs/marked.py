"""The marked jobs: if there are any, commands on a job apply to them."""

from collections.abc import Callable, Sequence
from typing import Protocol

from studio_tui.api.models import Job


class MarkedJobs(Protocol):
    """The interface of a screen's marks for commands on jobs."""

    @property
    def noun(self) -> str:
        """The noun for one of them: `marked job`, or `job` if they are those of a group."""

    def count(self) -> int:
        """Return how many rows are marked, including any that have no job yet."""

    def available_jobs(self) -> Sequence[Job]:
        """Return those of their jobs that are available without a request."""

    async def jobs(self) -> Sequence[Job]:
        """Return their jobs, requesting unknown ones from Studio."""

    def unmark(self, job_id: str) -> None:
        """Remove the mark of a job whose command has succeeded."""


class ListedMarks:
    """The marks of a list of jobs, all of which are known; by default there are none."""

    def __init__(
        self,
        marked: Callable[[], Sequence[Job]] = tuple,
        unmark: Callable[[str], object] = lambda _: None,
        *,
        is_group: Callable[[], bool] = lambda: False,
    ) -> None:
        """Make marks from functions that return the marked jobs and that unmark one.

        `is_group` returns whether nothing is marked, and the jobs are those of a group.
        """
        self._marked = marked
        self._unmark = unmark
        self._is_group = is_group

    @property
    def noun(self) -> str:
        return "job" if self._is_group() else "marked job"

    def count(self) -> int:
        return len(self._marked())

    def available_jobs(self) -> Sequence[Job]:
        return self._marked()

    async def jobs(self) -> Sequence[Job]:
        return self._marked()

    def unmark(self, job_id: str) -> None:
        self._unmark(job_id)
