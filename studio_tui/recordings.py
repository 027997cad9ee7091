"""The commands that export a recording and replay it."""

import tempfile
from contextlib import suppress
from pathlib import Path
from typing import cast

import click

from studio_tui import clock, paths
from studio_tui.api.client import StudioClient
from studio_tui.arguments import Arguments
from studio_tui.composition import profile_of
from studio_tui.launch import run_dashboard
from studio_tui.log import configure
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.service.recorder.recording_file import export, load
from studio_tui.service.recorder.replay import ReplayClient, ReplayTime
from studio_tui.service.session import RECORDER_FOLDER, SessionOptions, StudioSession
from studio_tui.settings import load_settings
from studio_tui.text import safe_line
from studio_tui.tui.connected import Connected

SLOWEST, FASTEST = 0.1, 3600.0
"""In recorded seconds per second."""


@click.group()
def record() -> None:
    """Export what the dashboard has recorded."""


@record.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--local", is_flag=True, help="Export from the local Studio.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="With --local: where it keeps its data.",
)
@click.pass_obj
def export_recording(
    arguments: Arguments, file: Path, *, local: bool, data_dir: Path | None
) -> None:
    """Export a team's recorded jobs and pipelines to FILE. It has no logs and no secrets."""
    if data_dir is not None and not local:
        raise click.UsageError("--data-dir needs --local")
    if local:
        profile = str(data_dir or paths.local_data_dir())
    else:
        profile = profile_of(load_settings(arguments), None)
    count = export(RecorderFile(paths.state_dir() / RECORDER_FOLDER, profile), file)
    click.echo(
        f"{count:,} changes were written to {file}; replay them with: studio-tui replay {file}"
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--speed",
    type=click.FloatRange(SLOWEST, FASTEST),
    default=1.0,
    show_default=True,
    help="Recorded seconds that are replayed per second.",
)
@click.pass_context
def replay(context: click.Context, file: Path, *, speed: float) -> None:
    """Replay a recording in the dashboard, with its time at the top."""
    recording = load(file)
    with tempfile.TemporaryDirectory(prefix="studio-tui-replay-") as folder:

        def connect(_choice: object) -> Connected:
            with suppress(OSError):  # such as a full disk, on which a replay needs no log
                configure(paths.log_dir())
            time = ReplayTime(recording, speed)
            clock.set_time_source(time.now)
            return connect_to_replay(ReplayClient(recording, time), time, file, Path(folder))

        try:
            code = run_dashboard(connect, waiting_for="Reading the recording…")
        finally:
            clock.set_time_source(None)
    context.exit(code)


def connect_to_replay(
    client: ReplayClient, time: ReplayTime, file: Path, folder: Path
) -> Connected:
    """Return the connection of a dashboard to a replay of `file`, with a `folder` for its data."""
    session = StudioSession(
        cast(StudioClient, client), "replay", folder, SessionOptions(is_local=True)
    )
    session.replay = time
    name = safe_line(file.name)
    view = folder / "view.json"
    return Connected(session, name, "replay", view, read_only=True, quiet=True)
