"""Command-line arguments about Studio; imported early, so it uses only the standard library."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Arguments:
    """Command-line arguments about Studio; `None` means not given."""

    url: str | None = None
    team: str | None = None
    token_file: Path | None = None
    """A file whose only line is the token; the token itself is never an argument."""
    ca_file: Path | None = None
    read_only: bool = False
    quiet: bool = False
    """Whether notifications about ended jobs are disabled."""
