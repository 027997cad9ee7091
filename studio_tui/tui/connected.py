"""An established connection to Studio, and the options of the dashboard that uses it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from studio_tui.service.session import StudioSession
    from studio_tui.settings import Settings
    from studio_tui.tui.frame.choices import Choice
    from studio_tui.tui.jobs.sample_jobs import SampleJobs


class WatchedServer(Protocol):
    """The server of a local Studio."""

    @property
    def was_stopped(self) -> bool:
        """Whether it was stopped on purpose; false if it died."""

    @property
    def runs(self) -> bool:
        """Whether the server is running."""

    def verify(self, url: str) -> object:
        """Raise `NotSent` if the server is not at `url`, or does not answer there."""

    async def until_gone(self) -> None:
        """Return once the server is not running."""


class RestartableStudio(NamedTuple):
    """A local Studio that this dashboard can restart."""

    server: WatchedServer
    start_again: Callable[[], "Settings"]
    """Starts the server if necessary, and returns the settings to connect to it.

    Called in a thread. Raises `ConfigError` if the server does not start.
    """


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection to Studio, ready for use, with the options of the dashboard."""

    session: "StudioSession"
    home: str
    """See `Basics.home`."""
    team: str
    view_file: Path
    """Where the view of the list of jobs is saved; other saved files have another suffix."""
    read_only: bool = False
    quiet: bool = False
    """Whether endings of jobs and pipelines are shown only as badges."""
    notes: tuple[str, ...] = ()
    """Warnings to show at the start."""
    samples: "SampleJobs | None" = None
    """Sample jobs to offer if there are no jobs."""
    read_again: "Callable[[], Settings | None] | None" = None
    """Called in a thread; reads the settings again, and returns `None` if they are unchanged.

    Raises `ConfigError`. `None` for the local Studio, a replay, and a typed token or team.
    """
    choice: "Choice | None" = None
    """What the user chose in the form or a question; `None` if settings named the Studio."""
    restartable: RestartableStudio | None = None
    """`None` for a Studio that this dashboard cannot restart."""

    @property
    def may_have_running_jobs(self) -> bool:
        """Whether a job is running or queued, or no list of jobs has been received.

        Jobs that only wait for other jobs do not count: they may be blocked forever.
        """
        from studio_tui.api.states import (  # noqa: PLC0415 (not before the first paint)
            FINISHED_STATES,
            NOT_YET_QUEUED_STATES,
        )

        answer = self.session.jobs.snapshot.value
        idle_states = FINISHED_STATES | NOT_YET_QUEUED_STATES
        return answer is None or any(job.state not in idle_states for job in answer.jobs)

    @property
    def effects_of_quitting(self) -> str:
        """What quitting causes: the end of a sentence, such as `; jobs keep running`."""
        from studio_tui.presentation.format import plural  # noqa: PLC0415 (not before the first paint)

        unfinished = self.session.batches.remaining + len(self.session.held.snapshot.value or ())
        if unfinished:
            return f"; {plural(unfinished, 'unfinished command')} will be abandoned"
        return "; jobs keep running"
