"""`studio-tui local`: serve in the foreground, or manage a running server."""

import asyncio
import gc
import logging
import sys
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import click

from studio_tui import clock
from studio_tui.errors import ConfigError
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.config.disk_limits import parse_span
from studio_tui.local.server import disk_usage, endpoint
from studio_tui.paths import local_data_dir
from studio_tui.presentation.format import plural, size


def _parse_age(_context: click.Context, _parameter: click.Parameter, text: str) -> timedelta:
    try:
        return parse_span(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


_DATA_DIR = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Directory of the local Studio.  [default: the platform's data directory]",
)


class _Group(click.Group):
    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except ConfigError as error:
            _fail(error)


@click.group(cls=_Group, invoke_without_command=True)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=None,
    help="Port on 127.0.0.1; 0 for any.  [default: the last one used, else any]",
)
@_DATA_DIR
@click.pass_context
def local(context: click.Context, port: int | None, data_dir: Path | None) -> None:
    """Run a small Studio on this machine, with the same API. Its jobs run as your processes.

    Whoever has the token in its data directory can run any code as you.
    """
    folder = data_dir or local_data_dir()
    context.default_map = {name: {"data_dir": folder} for name in local.commands}
    if context.invoked_subcommand is None:
        _serve(folder, port)


@local.command()
@_DATA_DIR
def status(data_dir: Path) -> None:
    """Print URL and disk usage of the local Studio. The exit code is 1 if it does not run."""
    data = DataDir(data_dir)
    server = endpoint.find(data_dir)
    if server is not None:
        click.echo(f"running at {server.url} (process {server.pid})")
    if data.database.exists():
        click.echo("\n".join(_usage_lines(_survey(data), clock.now())))
    if server is None:
        _fail(f"No local Studio runs in {data_dir}.", code=1)


@local.command()
@_DATA_DIR
@click.option(
    "--older",
    metavar="SPAN",
    callback=_parse_age,
    required=True,
    help="Remove what was not used for this long: 30d, 12h, 8w.",
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
def clean(data_dir: Path, older: timedelta, *, yes: bool) -> None:
    """Remove logs and folders of ended jobs, and unused environments.

    It prints what would be removed, and asks. Running jobs, datasets and job records are kept.
    """
    data = DataDir(data_dir)
    removable = _survey(data).older_than(clock.now() - older)
    if not removable:
        click.echo("Nothing is that old.")
        return
    click.echo(f"{_count_by_kind(removable)} would be removed: {_freeable(removable)}.")
    if not yes and not click.confirm("Remove them?", default=False):
        click.echo("Nothing was removed.")
        return
    try:
        freed = disk_usage.free(data, removable)
    except OSError as error:
        _fail(f"Not everything was removed: {error}")
    click.echo(f"~{size(freed)} freed")


@local.command()
@_DATA_DIR
def stop(data_dir: Path) -> None:
    """Stop the local Studio. Its jobs keep running, and its next start finds them again."""
    data = DataDir(data_dir)
    stopped = endpoint.stop(data_dir)
    running = sum(endpoint.is_locked(lock) for lock in data.jobs.glob("*/lock"))
    click.echo("stopped" if stopped else "it was not running")
    if running:
        verb, them = ("keeps", "it") if running == 1 else ("keep", "them")
        jobs = plural(running, "job")
        click.echo(f"{jobs} {verb} running; the next local Studio finds {them} again")


@local.command()
@_DATA_DIR
def env(data_dir: Path) -> None:
    """Print exports for datachain: eval "$(studio-tui local env)"."""
    server = endpoint.find(data_dir)
    if server is None:
        _fail(f"No local Studio runs in {data_dir}.", code=1)
    click.echo(endpoint.shell_exports(server), nl=False)


def _survey(data: DataDir) -> disk_usage.DiskUsage:
    try:
        return disk_usage.survey(data)
    except OSError as error:
        _fail(f"The data in {data.root} cannot be scanned: {error}.")


def _usage_lines(usage: disk_usage.DiskUsage, now: datetime) -> Iterator[str]:
    yield f"jobs          {usage.running_jobs} running, {usage.ended_jobs} ended"
    for label, used in (
        ("logs", usage.logs),
        ("job folders", usage.folders),
        ("environments", usage.environments),
        ("uploads", usage.uploads),
        ("datasets", usage.datasets),
        ("database", usage.database),
    ):
        yield f"{label:<13} {size(used):>10}"
    yield f"{'total':<13} {size(usage.total):>10}"
    for days in (30, 7, 0):
        removable = usage.older_than(now - timedelta(days=days))
        if removable:
            counts = _count_by_kind(removable)
            yield f"removable     {_freeable(removable):>10}  {counts}: `clean --older {days}d`"


def _freeable(items: Sequence[disk_usage.Item]) -> str:
    # An estimate: a few files of a job stay, and environments share files with the cache of uv.
    return f"~{size(sum(item.size for item in items))}"


def _count_by_kind(items: Sequence[disk_usage.Item]) -> str:
    """Return counts such as "3 job folders and 1 environment"."""
    environments = sum(item.path.parent.name == "environments" for item in items)
    jobs = len(items) - environments
    return f"{plural(jobs, 'job folder')} and {plural(environments, 'environment')}"


def _serve(data_dir: Path, port: int | None) -> None:
    # The server's imports take half a second, so the other commands do without them. The imported
    # objects are excluded from garbage collection, which would scan them again and again.
    gc.disable()
    from studio_tui.local.server.server import Server, serve  # noqa: PLC0415

    gc.freeze()
    gc.enable()

    logging.basicConfig(
        level=logging.WARNING, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )

    def print_url(_server: Server, url: str) -> None:
        click.echo(url)

    asyncio.run(serve(DataDir(data_dir), port, print_url))


def _fail(reason: object, code: int = 2) -> NoReturn:
    click.echo(f"studio-tui local: {reason}", err=True)
    sys.exit(code)
