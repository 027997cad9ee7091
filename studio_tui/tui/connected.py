"""What the program has once it is connected."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from studio_tui.service.session import StudioSession
    from studio_tui.settings import Settings
    from studio_tui.tui.jobs.sample_work import SampleWork


class Revivable(Protocol):
    """A Studio of this machine, which can be started again when it has died."""

    @property
    def was_stopped(self) -> bool:
        """Whether it was told to stop, instead of having died."""

    @property
    def runs(self) -> bool:
        """Whether it runs."""

    async def until_gone(self) -> None:
        """Return once it does not run."""

    def start_again(self) -> "Settings":
        """Start it unless it runs, in a thread; return how it is reached now.

        Raises:
            ConfigError: it does not start.
        """


@dataclass(frozen=True, slots=True)
class Connected:
    """A way to Studio, ready to be used."""

    session: "StudioSession"
    home: str
    """`team@host`, safe text."""
    url: str
    team: str
    view_file: Path
    """Where the user's place is remembered."""
    read_only: bool = False
    quiet: bool = False
    """Whether nothing is said in passing of what has ended."""
    notes: tuple[str, ...] = ()
    """Sentences that the user should know from the start."""
    samples: "SampleWork | None" = None
    """What to begin with when there are no jobs."""
    read_again: "Callable[[], Settings | None] | None" = None
    """Reads the settings again, in a thread; `None` where they are as they were.

    Raises `ConfigError`.
    """
    revivable: Revivable | None = None
    """What starts Studio again, where it is of this dashboard."""

    @property
    def on_leaving(self) -> str:
        """What becomes of what was begun here, in words."""
        from studio_tui.presentation.format import plural  # noqa: PLC0415 (not before the pages)

        left, held = self.session.batches.left, len(self.session.held.snapshot.value or ())
        parts = [f"{left:,} commands under way are given up"] if left else []
        if held:
            parts.append(f"{plural(held, 'command')} that can be taken back will not be sent")
        return ", ".join(parts) or "jobs run on"

    @property
    def basics(self) -> tuple["StudioSession", str, bool]:
        """What every page takes: the session, whose Studio it is, and whether only to read."""
        return self.session, self.home, self.read_only
