"""The `doctor` command: checks the configuration, the connection and the terminal."""

import asyncio
import os
import shutil
import sys
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import click

from studio_tui import __version__, paths
from studio_tui.api.client import StudioClient
from studio_tui.arguments import Arguments
from studio_tui.errors import NoCredentials, StudioError
from studio_tui.local.server import endpoint
from studio_tui.log import FILE_NAME
from studio_tui.settings import Settings, load_settings
from studio_tui.text import safe_line
from studio_tui.tui.terminal import probe
from studio_tui.tui.terminal.clipboard import clipboard_program

_WITHOUT_ACCOUNT = "Without an account, `studio-tui --local` runs a Studio on this machine."
_SIGNS = {True: "✓", False: "✗", None: " "}


class Finding(NamedTuple):
    """One line of the report."""

    ok: bool | None
    """Whether the subject is as it should be; `None` for information that cannot be wrong."""
    subject: str
    text: str


def examine(arguments: Arguments, *, local: bool) -> int:
    """Print the report; return 1 if the program or Studio cannot be used, else 0.

    With `local`, the local Studio is checked in place of the settings; it need not be running.
    """
    studio = _check_local_studio() if local else _check_studio(arguments)
    essential = [*_check_program(), *studio]
    others = [*(() if local else _check_local_studio()), *_check_terminal(os.environ)]
    for ok, subject, text in (*essential, *others):
        line = f" {_SIGNS[ok]} {subject:<14} {safe_line(text)}"
        # The encoding of the terminal may lack some of the characters.
        click.echo(line.encode(sys.stdout.encoding, "replace").decode(sys.stdout.encoding))
    return 1 if any(ok is False for ok, _, _ in essential) else 0


def _check_program() -> Iterator[Finding]:
    python = ".".join(map(str, sys.version_info[:3]))
    yield Finding(None, "version", f"studio-tui {__version__} on Python {python}")
    styles = paths.styles_dir()
    yield Finding((styles / "frame.tcss").is_file(), "style sheets", str(styles))
    yield Finding(None, "state", str(paths.state_dir()))
    yield Finding(None, "log file", str(paths.log_dir() / FILE_NAME))


def _check_studio(arguments: Arguments) -> Iterator[Finding]:
    try:
        settings = load_settings(arguments)
    except StudioError as error:
        advice = f" {_WITHOUT_ACCOUNT}" if isinstance(error, NoCredentials) else ""
        yield Finding(False, "settings", f"{error}{advice}")
        return
    yield Finding(True, "url", f"{settings.url}  (from {settings.sources.url})")
    yield Finding(True, "team", f"{settings.team}  (from {settings.sources.team})")
    yield Finding(True, "token", f"found, not shown  (from {settings.sources.token})")
    for note in settings.notes:
        yield Finding(None, "note", note)
    yield asyncio.run(_request_jobs(settings))


async def _request_jobs(settings: Settings) -> Finding:
    async with StudioClient(settings) as client:
        try:
            page = await client.jobs(limit=1)
        except StudioError as error:
            return Finding(False, "answer", str(error))
    return Finding(True, "answer", "Studio answers" + ("" if page.items else "; there are no jobs"))


def _check_local_studio() -> Iterator[Finding]:
    data = paths.local_data_dir()
    try:
        running = endpoint.find(data)
    except StudioError as error:
        yield Finding(False, "local Studio", str(error))
        return
    where = f"at {running.url}, process {running.pid}" if running else "not running"
    yield Finding(None, "local Studio", f"{where}; data in {data}")


def _check_terminal(environ: Mapping[str, str]) -> Iterator[Finding]:
    size = shutil.get_terminal_size()
    big_enough = size.columns >= 60 and size.lines >= 16
    yield Finding(
        big_enough,
        "size",
        f"{size.columns} x {size.lines}" + ("" if big_enough else "; needs 60 x 16"),
    )
    reason = probe.why_unusable(environ)
    yield Finding(reason is None, "TERM", reason or environ.get("TERM", "not set"))
    colors = probe.color_count(environ)
    yield Finding(None, "colors", "NO_COLOR is set" if environ.get("NO_COLOR") else f"{colors:,}")
    background = "dark" if probe.has_dark_background(environ) else "light"
    yield Finding(None, "background", background)
    encoding = sys.stdout.encoding.lower()
    yield Finding(encoding.startswith("utf"), "encoding", encoding)
    yield Finding(None, "clipboard", _describe_clipboard(environ))


def _describe_clipboard(environ: Mapping[str, str]) -> str:
    program = clipboard_program(environ, sys.platform, shutil.which)
    if program is None:
        return "by your terminal (OSC 52), if it allows that"
    if environ.get("TMUX"):
        return (
            "by tmux; to copy to your terminal's clipboard as well, put"
            " `set -g set-clipboard on` into tmux.conf"
        )
    return f"by {program.argv[0]}"
