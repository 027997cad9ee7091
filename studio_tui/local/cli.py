"""`studio-tui local`: serve in the foreground, or look after a server that runs."""

import asyncio
import logging
import sys
from pathlib import Path
from typing import NoReturn

import click

from studio_tui.errors import ConfigError
from studio_tui.local import endpoint
from studio_tui.paths import local_data_dir

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
@_DATA_DIR
@click.pass_context
def local(context: click.Context, port: int | None, data_dir: Path | None) -> None:
    """Run a small Studio on this machine: the same API, jobs as processes of yours.

    It runs whatever code is sent to it with the token in its data directory, as you.
    """
    context.obj = data_dir or local_data_dir()
    if context.invoked_subcommand is None:
        _serve(context.obj, port)


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


def _serve(data_dir: Path, port: int | None) -> None:
    # The server's imports take half a second that the other commands need not wait for.
    from studio_tui.local.data_dir import DataDir  # noqa: PLC0415
    from studio_tui.local.server import Server, serve  # noqa: PLC0415

    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )

    def started(_server: Server, url: str) -> None:
        click.echo(url)

    try:
        asyncio.run(serve(DataDir(data_dir), port, started))
    except ConfigError as error:
        _fail(error)


def _fail(reason: object, code: int = 2) -> NoReturn:
    click.echo(f"studio-tui local: {reason}", err=True)
    sys.exit(code)
