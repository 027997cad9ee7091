"""`studio-tui local`: serve in the foreground, or look after a server that runs."""

import asyncio
import logging
import re
import sys
from pathlib import Path
from typing import NoReturn

import click

from studio_tui.errors import ConfigError
from studio_tui.local.server import endpoint
from studio_tui.local.shim.output import CAP_BYTES, SEGMENT_BYTES
from studio_tui.paths import local_data_dir

_SIZE = re.compile(r"(\d{1,15})\s*([KMGT]iB)?", re.IGNORECASE)
_LEAST_KEPT = 2 * SEGMENT_BYTES


def _bytes(_context: click.Context, _parameter: click.Parameter, size: str) -> int:
    """Read a size that was written as `2GiB`; it must leave room for a beginning and an end."""
    match = _SIZE.fullmatch(size.strip())
    if match is None:
        raise click.BadParameter(f"{size!r} is no size; write it as 512MiB or 2GiB.")
    count = int(match[1]) << 10 * ("KMGT".index(match[2][0].upper()) + 1 if match[2] else 0)
    if count < _LEAST_KEPT:
        raise click.BadParameter(f"{size} is too little; {_LEAST_KEPT >> 20}MiB is the least.")
    return count


_DATA_DIR = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Where it keeps jobs, logs and its token.  [default: the platform's data directory]",
)


@click.group(invoke_without_command=True)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=None,
    help="Port on 127.0.0.1; 0 for any.  [default: the last one, else any]",
)
@click.option(
    "--keep-output",
    metavar="SIZE",
    callback=_bytes,
    default=f"{CAP_BYTES >> 20}MiB",
    envvar="STUDIO_TUI_KEEP_OUTPUT",
    show_default=True,
    show_envvar=True,
    help="How much of a job's output is kept: half from its beginning, half from its end.",
)
@_DATA_DIR
@click.pass_context
def local(
    context: click.Context, port: int | None, keep_output: int, data_dir: Path | None
) -> None:
    """Run a small Studio on this machine: the same API, jobs as processes of yours.

    It runs whatever code is sent to it with the token in its data directory, as you.
    """
    try:
        context.obj = data_dir or local_data_dir()
    except ConfigError as error:
        _fail(error)
    if context.invoked_subcommand is None:
        _serve(context.obj, port, keep_output)


@local.command()
@_DATA_DIR
@click.pass_obj
def status(inherited: Path, data_dir: Path | None) -> None:
    """Say whether it runs, and where; exit code 1 when it does not."""
    found = _find(data_dir or inherited)
    click.echo(f"running at {found.url} (process {found.pid})")


@local.command()
@_DATA_DIR
@click.pass_obj
def stop(inherited: Path, data_dir: Path | None) -> None:
    """Stop it; its jobs run on and are found again when it is started."""
    try:
        stopped = endpoint.stop(data_dir or inherited)
    except ConfigError as error:
        _fail(error)
    click.echo("stopped" if stopped else "it was not running")


@local.command()
@_DATA_DIR
@click.pass_obj
def env(inherited: Path, data_dir: Path | None) -> None:
    """Print exports that point the datachain CLI at it: eval "$(studio-tui local env)"."""
    try:
        exports = endpoint.shell_exports(_find(data_dir or inherited))
    except ConfigError as error:
        _fail(error)
    click.echo(exports, nl=False)


def _find(data_dir: Path) -> endpoint.Endpoint:
    try:
        found = endpoint.find(data_dir)
    except ConfigError as error:
        _fail(error)
    if found is None:
        _fail(f"No local Studio runs in {data_dir}.", code=1)
    return found


def _serve(data_dir: Path, port: int | None, keep_output: int) -> None:
    # The server's imports take half a second that the other commands need not wait for.
    from studio_tui.local.config.data_dir import DataDir  # noqa: PLC0415
    from studio_tui.local.run.local_runner import RunLimits  # noqa: PLC0415
    from studio_tui.local.server.server import Server, serve  # noqa: PLC0415

    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )

    def started(_server: Server, url: str) -> None:
        click.echo(url)

    try:
        limits = RunLimits(cap_bytes=keep_output)
        asyncio.run(serve(DataDir(data_dir), port, started, limits))
    except ConfigError as error:
        _fail(error)


def _fail(reason: object, code: int = 2) -> NoReturn:
    click.echo(f"studio-tui local: {reason}", err=True)
    sys.exit(code)
