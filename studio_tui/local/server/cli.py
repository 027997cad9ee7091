"""`studio-tui local`: serve in the foreground, or manage a running server."""

import asyncio
import gc
import logging
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import NoReturn

import click

from studio_tui import clock
from studio_tui.errors import ConfigError
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.config.disk_limits import parse_size, parse_span
from studio_tui.local.db.job_ends import JobEnds
from studio_tui.local.server import disk_usage, endpoint
from studio_tui.local.shim.output import CAP_BYTES, SEGMENT_BYTES
from studio_tui.paths import local_data_dir
from studio_tui.presentation.format import plural, size

_LEAST_KEPT = 2 * SEGMENT_BYTES


def _bytes(_context: click.Context, _parameter: click.Parameter, size: str) -> int:
    """Parse a size such as `2GiB`; it must leave room for a beginning and an end."""
    try:
        count = parse_size(size)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error
    if count < _LEAST_KEPT:
        raise click.BadParameter(f"{size} is too little; {_LEAST_KEPT >> 20}MiB is the minimum.")
    return count


def _span(_context: click.Context, _parameter: click.Parameter, text: str) -> timedelta:
    """Parse a time span such as `30d`."""
    try:
        return parse_span(text)
    except ValueError as error:
        raise click.BadParameter(str(error)) from error


_DATA_DIR = click.option(
    "--data-dir",
    type=click.Path(file_okay=False, path_type=Path),
    default=None,
    help="Directory of its jobs, logs and token.  [default: the platform's data directory]",
)


@click.group(invoke_without_command=True)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=None,
    help="Port on 127.0.0.1; 0 for any.  [default: the last one used, else any]",
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
    """Print whether it runs, its URL and disk usage; exit code 1 if it does not run."""
    folder = data_dir or inherited
    try:
        running = endpoint.find(folder)
        data = DataDir(folder)
        jobs = _jobs_of(data)
    except ConfigError as error:
        _fail(error)
    if running is not None:
        click.echo(f"running at {running.url} (process {running.pid})")
    if data.database.exists():
        click.echo("\n".join(_usage_lines(_survey(data, jobs), clock.now())))
    if running is None:
        _fail(f"No local Studio runs in {folder}.", code=1)


@local.command()
@_DATA_DIR
@click.option(
    "--older",
    metavar="SPAN",
    callback=_span,
    required=True,
    help="Remove what was not used for this long: 30d, 12h, 8w.",
)
@click.option("--yes", is_flag=True, help="Do not ask for confirmation.")
@click.pass_obj
def clean(inherited: Path, data_dir: Path | None, older: timedelta, *, yes: bool) -> None:
    """Remove logs and folders of ended jobs, and environments that no job uses.

    It lists what would be removed, and asks. Running jobs, datasets and job records are kept.
    """
    try:
        data = DataDir(data_dir or inherited)
        jobs = _jobs_of(data)
    except ConfigError as error:
        _fail(error)
    going = _survey(data, jobs).older_than(clock.now() - older)
    if not going:
        click.echo("Nothing is that old.")
        return
    click.echo(f"{_amounts(going)} would be removed: {size(sum(item.used for item in going))}.")
    if not yes and not click.confirm("Remove them?", default=False):
        click.echo("Nothing was removed.")
        return
    click.echo(f"{size(disk_usage.free(data, going, jobs))} freed")


@local.command()
@_DATA_DIR
@click.pass_obj
def stop(inherited: Path, data_dir: Path | None) -> None:
    """Stop it; its jobs keep running, and are found again when it is restarted."""
    folder = data_dir or inherited
    try:
        stopped = endpoint.stop(folder)
        data = DataDir(folder)
        unfinished = JobEnds.of_file(data.database)
        # A job may have ended since a server last looked, also by a restart of the machine.
        running = sum(endpoint.is_locked(data.jobs / job / "lock") for job in unfinished.begun)
    except (ConfigError, OSError, sqlite3.Error) as error:
        _fail(error)
    click.echo("stopped" if stopped else "it was not running")
    for line in _left_lines(running, len(unfinished.begun) - running, unfinished.waiting):
        click.echo(line)


def _left_lines(running: int, ended: int, waiting: int) -> Iterator[str]:
    """Yield lines about the jobs that a stopped server leaves, `ended` ones without a record."""
    if running:
        verb, them = ("keeps", "it") if running == 1 else ("keep", "them")
        jobs = plural(running, "job")
        yield f"{jobs} {verb} running; the next local Studio finds {them} again"
    if ended:
        yield f"{plural(ended, 'job')} ended without it; the next local Studio records how"
    if waiting:
        verb = "waits" if waiting == 1 else "wait"
        yield f"{plural(waiting, 'job')} {verb} in the queue until a local Studio runs again"


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
        running = endpoint.find(data_dir)
    except ConfigError as error:
        _fail(error)
    if running is None:
        _fail(f"No local Studio runs in {data_dir}.", code=1)
    return running


def _jobs_of(data: DataDir) -> Callable[[], JobEnds]:
    """Return a source of which jobs have ended: the server if it runs, else the database file."""
    found = endpoint.find(data.root)
    if found is None:
        return lambda: JobEnds.of_file(data.database)
    return lambda: JobEnds.from_json(endpoint.ask(found, endpoint.JOB_ENDS))


def _survey(data: DataDir, jobs: Callable[[], JobEnds]) -> disk_usage.DiskUsage:
    try:
        return disk_usage.survey(data, jobs())
    except (OSError, ValueError, sqlite3.Error) as error:
        _fail(f"The data in {data.root} cannot be scanned: {error}.")


def _usage_lines(found: disk_usage.DiskUsage, now: datetime) -> Iterator[str]:
    """Yield lines about disk usage, and what of it could be deleted."""
    yield f"jobs          {found.active_jobs} waiting or running, {found.ended_jobs} ended"
    for label, used in (
        ("logs", found.logs),
        ("job folders", found.folders),
        ("environments", found.environments),
        ("uploads", found.uploads),
        ("datasets", found.datasets),
        ("database", found.database),
    ):
        yield f"{label:<13} {size(used):>10}"
    yield f"{'total':<13} {size(found.total):>10}"
    for days in (30, 7, 0):
        going = found.older_than(now - timedelta(days=days))
        if going:
            freed = size(sum(item.used for item in going))
            yield f"removable     {freed:>10}  {_amounts(going)}: `clean --older {days}d`"


def _amounts(items: Sequence[disk_usage.Item]) -> str:
    """Return the counts of folders and environments."""
    environments = sum(item.path.parent.name == "environments" for item in items)
    jobs = len(items) - environments
    return f"{plural(jobs, 'job folder')} and {plural(environments, 'environment')}"


def _serve(data_dir: Path, port: int | None, keep_output: int) -> None:
    # The server's imports take half a second, which the other commands need not wait for. They are
    # excluded from garbage collection, which would scan them again and again, and at the end.
    gc.disable()
    from studio_tui.local.run.local_runner import RunLimits  # noqa: PLC0415
    from studio_tui.local.server.server import Server, serve  # noqa: PLC0415

    gc.freeze()
    gc.enable()

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
