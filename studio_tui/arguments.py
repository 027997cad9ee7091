"""Command-line arguments; imported early, so it uses only the standard library."""

from pathlib import Path
from typing import NamedTuple

DEFAULT_URL = "https://studio.datachain.ai"

THEMES = ("auto", "dark", "light", "ansi")


class Arguments(NamedTuple):
    """Command-line arguments, except those about the local Studio; `None` means not given."""

    url: str | None = None
    team: str | None = None
    token_file: Path | None = None
    """A file whose only line is the token; the token itself is never an argument."""
    ca_file: Path | None = None
    read_only: bool = False
    quiet: bool = False
    """Whether notices and the bell are off when jobs and pipelines end."""
