"""Navigation from a job to its previous and its newest run."""

from collections.abc import Callable
from typing import Any, ClassVar

from studio_tui.api.models import Job
from studio_tui.service.polling.attempts import RelatedJobs
from studio_tui.tui.frame.commands import Command, Host


class AttemptSteps:
    """Controller of the steps from the job of a screen to other runs of the job."""

    def __init__(
        self, host: Host, at_hand: Callable[[], Job | None], show: Callable[[Job], object]
    ) -> None:
        """Make a controller; `at_hand` returns the current job, and `show` shows another job."""
        self._host = host
        self._at_hand = at_hand
        self._show = show

    async def go_before(self) -> None:
        """Show the earlier attempt in the pipeline, else the job that this one runs again."""
        await self._go_to(self._previous_id())

    async def go_to_newest(self) -> None:
        """Show the newest run after this one."""
        await self._go_to(self._newest_id())

    def _kin(self) -> RelatedJobs | None:
        job = self._at_hand()
        return self._host.session.known_items.related_jobs(job.id) if job is not None else None

    def _previous_id(self) -> str | None:
        if (kin := self._kin()) is None:
            return None
        return kin.earlier_runs[-1] if kin.earlier_runs else kin.origin or kin.repeated

    def _newest_id(self) -> str | None:
        kin = self._kin()
        return kin.newest_run if kin is not None else None

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
            go_before,
            lambda self: None if self._previous_id() else "No run before this one is known here",
            display="<",
        ),
        Command(
            "job.after",
            "greater_than_sign",
            "newest run",
            "Go to the newest run after this one: a later attempt, or a job that runs it again",
            go_to_newest,
            lambda self: None if self._newest_id() else "No run after this one is known here",
            display=">",
        ),
    )
