"""The state of an established connection."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    from studio_tui.service.session import StudioSession
    from studio_tui.settings import Settings
    from studio_tui.tui.jobs.sample_jobs import SampleJobs


class WatchedServer(Protocol):
    """The server of a local Studio."""

    @property
    def was_stopped(self) -> bool:
        """Whether it was stopped on purpose, rather than having died."""

    @property
    def runs(self) -> bool:
        """Whether it is running."""

    async def until_gone(self) -> None:
        """Return once it is not running."""


class RestartableStudio(NamedTuple):
    """A local Studio that this dashboard can restart."""

    server: WatchedServer
    start_again: Callable[[], "Settings"]
    """Starts it unless it is running, and returns the settings to reach it; called in a thread.

    It raises `ConfigError` if the server does not start.
    """


@dataclass(frozen=True, slots=True)
class Connected:
    """A connection to Studio, ready for use, with the options of the dashboard."""

    session: "StudioSession"
    home: str
    """Its name in the header: `team@host`, or `local Studio`; safe text."""
    team: str
    view_file: Path
    """Path of the saved view; those of other files are derived from it."""
    read_only: bool = False
    quiet: bool = False
    """Whether to show no notices when jobs and pipelines end."""
    notes: tuple[str, ...] = ()
    """Warnings shown at the start."""
    samples: "SampleJobs | None" = None
    """Sample jobs to offer if there are no jobs."""
    read_again: "Callable[[], Settings | None] | None" = None
    """Reads the settings again, in a thread; returns `None` if they are unchanged.

    Raises `ConfigError`. There is none for the local Studio, and none for what the user has typed.
    """
    restartable: RestartableStudio | None = None
    """The local Studio, if this dashboard can restart it; else `None`."""

    @property
    def may_have_running_jobs(self) -> bool:
        """Whether a job is running or queued, or no list of jobs has been received.

        Those that wait for others alone do not run by themselves: they may be blocked.
        """
        from studio_tui.api.states import FINISHED_STATES, NOT_QUEUED_STATES  # noqa: PLC0415 (likewise)

        listed, idle = self.session.jobs.snapshot.value, FINISHED_STATES | NOT_QUEUED_STATES
        return listed is None or any(job.state not in idle for job in listed.jobs)

    @property
    def quit_question(self) -> str:
        """How to quit, with what then happens to pending commands and running jobs."""
        from studio_tui.presentation.format import plural  # noqa: PLC0415 (not before the pages)

        left, held = self.session.batches.remaining, len(self.session.held.snapshot.value or ())
        parts = [f"{left:,} running commands are abandoned"] if left else []
        if held:
            parts.append(f"{plural(held, 'command')} that can be undone will not be sent")
        if not parts and self.may_have_running_jobs:
            parts = ["jobs keep running"]
        return "; ".join(["Press q again to quit", *([", ".join(parts)] if parts else [])])
