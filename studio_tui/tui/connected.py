"""What the program has once it is connected."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from studio_tui.service.session import StudioSession
    from studio_tui.tui.jobs.sample_work import SampleWork


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

    @property
    def basics(self) -> tuple["StudioSession", str, bool]:
        """What every page takes: the session, whose Studio it is, and whether only to read."""
        return self.session, self.home, self.read_only
