"""The jobs that are marked: where there are any, a command on a job is about these."""

from collections.abc import Callable, Sequence
from typing import Protocol

from studio_tui.api.models import Job


class MarkedJobs(Protocol):
    """The marks of a screen, as far as commands on jobs need them."""

    @property
    def noun(self) -> str:
        """What one of them is called: `marked job`; `job` where a group stands for its jobs."""

    def count(self) -> int:
        """Return how many rows are meant; among them may be some that have no job yet."""

    def known(self) -> Sequence[Job]:
        """Return those of their jobs that can be had without asking Studio."""

    async def jobs(self) -> Sequence[Job]:
        """Return their jobs, asking Studio for those that are not known."""

    def unmark(self, job_id: str) -> None:
        """Take the mark of a job away, as what was asked for it is done."""


class NoMarks:
    """The marks of a screen on which nothing can be marked."""

    noun = "marked job"

    def count(self) -> int:
        """Return that no row is meant."""
        return 0

    def known(self) -> Sequence[Job]:
        """Return no job."""
        return ()

    async def jobs(self) -> Sequence[Job]:
        """Return no job."""
        return ()

    def unmark(self, job_id: str) -> None:
        """Do nothing."""


class ListedMarks:
    """The marks of a list of jobs, all of which are known."""

    def __init__(
        self,
        marked: Callable[[], Sequence[Job]],
        unmark: Callable[[str], object],
        *,
        is_group: Callable[[], bool] = lambda: False,
    ) -> None:
        """Take what returns the marked jobs, and what takes the mark of one away.

        `is_group` says that nothing is marked, and the jobs are those of a group.
        """
        self._marked = marked
        self._unmark = unmark
        self._is_group = is_group

    @property
    def noun(self) -> str:
        """What one of them is called."""
        return "job" if self._is_group() else "marked job"

    def count(self) -> int:
        """Return how many are marked."""
        return len(self._marked())

    def known(self) -> Sequence[Job]:
        """Return the marked jobs."""
        return self._marked()

    async def jobs(self) -> Sequence[Job]:
        """Return the marked jobs."""
        return self._marked()

    def unmark(self, job_id: str) -> None:
        """Take the mark of a job away."""
        self._unmark(job_id)
