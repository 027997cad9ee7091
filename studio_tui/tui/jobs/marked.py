"""The marked jobs of a screen: if there are any, commands on a job apply to them."""

from collections.abc import Callable, Sequence

from studio_tui.api.models import Job


class MarkedJobs:
    """What commands on jobs need to know about the marks of a screen; by default it has none."""

    def __init__(
        self,
        marked: Callable[[], Sequence[Job]] = lambda: (),
        unmark: Callable[[str], object] = lambda _: None,
        noun: Callable[[], str] = lambda: "marked job",
    ) -> None:
        """Make marks; `unmark` is called with the id of a job to remove its mark."""
        self._marked = marked
        self._unmark = unmark
        self._noun = noun

    @property
    def noun(self) -> str:
        """The noun for one of these jobs: `marked job`, `job` without marks, `marked schedule`."""
        return self._noun()

    def count(self) -> int:
        """Return how many items are marked, including jobs of a pipeline that have not begun."""
        return len(self.available_jobs())

    def not_begun(self) -> int:
        """Return how many of these items have no job yet."""
        return 0

    def available_jobs(self) -> Sequence[Job]:
        """Return the marked jobs that are available without a request."""
        return self._marked()

    def notes(self) -> Sequence[str]:
        """Return lines for a question, such as how many of the marked jobs a filter hides."""
        return ()

    async def jobs(self) -> Sequence[Job]:
        """Return the marked jobs; those that are not available are requested from Studio."""
        return self.available_jobs()

    def unmark(self, job_id: str) -> None:
        """Remove the mark of a job whose command has succeeded."""
        self._unmark(job_id)
