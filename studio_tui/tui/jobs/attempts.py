"""Navigation from a job to its previous and its newest run."""

from collections.abc import Callable
from typing import Any, ClassVar

from studio_tui.api.models import Job
from studio_tui.tui.frame.commands import Command, Host


class AttemptSteps:
    """Controller that goes from the current job to the run before it, or to the newest after it."""

    def __init__(
        self, host: Host, at_hand: Callable[[], Job | None], show: Callable[[Job], object]
    ) -> None:
        """Make a controller; `at_hand` returns the current job, and `show` shows another job."""
        self._host = host
        self._at_hand = at_hand
        self._show = show

    async def go_to_previous(self) -> None:
        """Show the earlier attempt in the pipeline, else the job that this one runs again."""
        await self._go_to(self._ids()[0])

    async def go_to_newest(self) -> None:
        await self._go_to(self._ids()[1])

    def _ids(self) -> tuple[str | None, str | None]:
        """Return the ids of the previous and of the newest run, as far as they are known."""
        if (job := self._at_hand()) is None:
            return None, None
        related = self._host.session.known_items.related_jobs(job.id)
        earlier = related.earlier_runs[-1] if related.earlier_runs else None
        return earlier or related.origin or related.repeat_of, related.newest_run

    def _why_none(self, where: str) -> str:
        job = self._at_hand()
        is_scheduled = job is not None and job.scheduled_by is not None
        runs = "; 4, then l, shows the other runs of its schedule" if is_scheduled else ""
        return f"No attempt {where} this one is known here{runs}"

    async def _go_to(self, job_id: str | None) -> None:
        if job_id is None:
            return
        jobs = await self._host.session.known_items.find_jobs((job_id,))
        if jobs:
            self._show(jobs[0])
        else:
            self._host.notify_user("Studio does not return that run now", "warning")

    COMMANDS: ClassVar[tuple[Command[Any], ...]] = (
        Command(
            "job.before",
            "less_than_sign",
            "previous run",
            "Go to the run before this one: an earlier attempt, or the job that it runs again",
            go_to_previous,
            lambda self: None if self._ids()[0] else self._why_none("before"),
        ),
        Command(
            "job.after",
            "greater_than_sign",
            "newest run",
            "Go to the newest run after this one: a newer attempt, or a job that runs it again",
            go_to_newest,
            lambda self: None if self._ids()[1] else self._why_none("after"),
        ),
    )
