"""What the command line says about Studio. Standard library only: it is there before the paint."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Arguments:
    """What the command line says about Studio; `None` leaves the choice to the next source."""

    url: str | None = None
    team: str | None = None
    token_file: Path | None = None
    """A file whose only line is the token; a token is never an argument itself."""
    ca_file: Path | None = None
    read_only: bool = False
    quiet: bool = False
    """Whether nothing is said in passing of what has ended."""
