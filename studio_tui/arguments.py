"""Command-line arguments; imported early, so it uses only the standard library."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

DEFAULT_URL = "https://studio.datachain.ai"

THEMES = ("auto", "dark", "light", "ansi")

_FLAGS = {"--local", "--samples", "--read-only", "--quiet"}
_OPTIONS_WITH_VALUES = {"--url", "--team", "--theme"}


class Arguments(NamedTuple):
    """Command-line arguments about Studio; `None` means not given."""

    url: str | None = None
    team: str | None = None
    token_file: Path | None = None
    """A file whose only line is the token; the token itself is never an argument."""
    ca_file: Path | None = None
    read_only: bool = False
    quiet: bool = False
    """Whether there are no notices and no bell when jobs and pipelines end."""


class SimpleCommandLine(NamedTuple):
    """A command line that opens the dashboard and needs no `click`; see `parse_simple`."""

    arguments: Arguments
    theme: str | None
    """One of `THEMES`; `None` means not given."""
    local: bool
    samples: bool


def parse_simple(words: Sequence[str], environ: Mapping[str, str]) -> SimpleCommandLine | None:
    """Parse a simple command line, given as its words.

    Returns `None` for one that `click` must parse: with a command, a request for help or
    completions, a mistake, or an option whose value is a path.
    """
    if any(name.startswith("_") and name.endswith("_COMPLETE") for name in environ):
        return None
    flags: set[str] = set()
    values: dict[str, str] = {}
    # Reversed, so that `pop` returns the next word.
    remaining = list(reversed(words))
    while remaining:
        name, sign, value = remaining.pop().partition("=")
        if name in _FLAGS and not sign:
            flags.add(name)
        elif name in _OPTIONS_WITH_VALUES and (
            sign or (remaining and not remaining[-1].startswith("-"))
        ):
            values[name] = value if sign else remaining.pop()
        else:
            return None
    url, team, theme = (values.get(name) for name in ("--url", "--team", "--theme"))
    local, samples = "--local" in flags, "--samples" in flags
    if (samples and not local) or (local and (url or team)) or theme not in {None, *THEMES}:
        return None
    arguments = Arguments(url, team, read_only="--read-only" in flags, quiet="--quiet" in flags)
    return SimpleCommandLine(arguments, theme, local, samples)
