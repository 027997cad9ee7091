"""Navigation from a job to its previous or next run.

Such a run is another attempt of the same job in its pipeline, the job from whose checkpoints this
job continues, or a job that continues from the checkpoints of this job.
"""

from collections.abc import Callable
from typing import Any, ClassVar

from studio_tui.api.models import Job
from studio_tui.tui.frame.commands import Command, Host


class AttemptSteps:
    """Controller of the steps from the job that a screen shows to its other runs."""

    def __init__(
        self, host: Host, at_hand: Callable[[], Job], show: Callable[[Job], object]
    ) -> None:
        """Make a controller; `at_hand` returns the shown job, and `show` shows another job."""
        self._host = host
        self._at_hand = at_hand
        self._show = show

    async def go_before(self) -> None:
        """Show the previous run."""
        await self._go_to(self._previous_id())

    async def go_after(self) -> None:
        """Show the next run."""
        await self._go_to(self._next_id())

    def _previous_id(self) -> str | None:
        kin = self._host.session.known_items.related_jobs(self._at_hand().id)
        return kin.earlier_runs[-1] if kin.earlier_runs else kin.origin

    def _next_id(self) -> str | None:
        kin = self._host.session.known_items.related_jobs(self._at_hand().id)
        return next(iter((*kin.later_runs, *kin.successors)), None)

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
            "Show the run before this one: an earlier attempt, or the job that it continues",
            go_before,
            lambda self: None if self._previous_id() else "No run before this one is known here",
            display="<",
        ),
        Command(
            "job.after",
            "greater_than_sign",
            "next run",
            "Show the run after this one: a later attempt, or the job that continues it",
            go_after,
            lambda self: None if self._next_id() else "No run after this one is known here",
            display=">",
        ),
    )
