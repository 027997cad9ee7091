"""The command line, which composes the program.

Imports are inside functions, so that the first paint is fast.
"""

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from studio_tui import __version__, paths

if TYPE_CHECKING:
    from collections.abc import Callable

    from studio_tui.arguments import Arguments
    from studio_tui.local.server.port_guard import PortGuard
    from studio_tui.settings import Settings
    from studio_tui.tui.connected import Connected
    from studio_tui.tui.frame.opening import Choice


class _Commands(click.Group):
    """Command group that imports the commands of the local Studio and of recordings on demand."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*super().list_commands(ctx), "local", "record", "replay"]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name == "local":
            from studio_tui.local.server.cli import local

            return local
        if cmd_name in {"record", "replay"}:
            from studio_tui import recordings

            return recordings.record if cmd_name == "record" else recordings.replay
        return super().get_command(ctx, cmd_name)

    def invoke(self, ctx: click.Context) -> object:
        """Run a command; print a `ConfigError` and exit with code 2."""
        from studio_tui.errors import ConfigError

        try:
            return super().invoke(ctx)
        except ConfigError as error:
            click.echo(f"studio-tui: {error}", err=True)
            ctx.exit(2)


@click.group(
    cls=_Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
@click.option("--local", is_flag=True, help="Use the local Studio; start it if it is not running.")
@click.option(
    "--data-dir",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the local Studio keeps its data.",
)
@click.option(
    "--samples", is_flag=True, help="With --local: run the sample jobs if there are no jobs yet."
)
@click.option("--url", help="Base URL of Studio, such as https://studio.example.com.")
@click.option("--team", help="Name of the team.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="File that contains the token.",
)
@click.option(
    "--ca-file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Certificates to trust, for a self-hosted Studio.",
)
@click.option("--read-only", is_flag=True, help="Change nothing: no cancel, no new jobs.")
@click.option("--quiet", is_flag=True, help="No notices and no bell when jobs end.")
@click.option(
    "--theme",
    type=click.Choice(["auto", "dark", "light", "ansi"]),
    help="Colours; auto follows the terminal. Default: the theme chosen last.",
)
@click.version_option(__version__, prog_name="studio-tui")
@click.pass_context
def main(
    context: click.Context,
    *,
    local: bool,
    data_dir: Path | None,
    samples: bool,
    url: str | None,
    team: str | None,
    token_file: Path | None,
    ca_file: Path | None,
    read_only: bool,
    quiet: bool,
    theme: str | None,
) -> None:
    """Watch and run DataChain Studio jobs from the terminal."""
    from studio_tui.arguments import Arguments

    arguments = Arguments(
        url=url,
        team=team,
        token_file=token_file,
        ca_file=ca_file,
        read_only=read_only,
        quiet=quiet,
    )
    context.obj = arguments
    if context.invoked_subcommand is not None and (local or data_dir or samples):
        raise click.UsageError(
            "--local, --data-dir and --samples are options of the dashboard; the commands of the "
            "local Studio are `studio-tui local ...`"
        )
    if samples and not local:
        raise click.UsageError("--samples needs --local")
    if data_dir is not None and not local:
        raise click.UsageError("--data-dir needs --local, or belongs after `studio-tui local`")
    if local and (url or team or token_file):
        raise click.UsageError("--local cannot be combined with --url, --team or a token")
    if context.invoked_subcommand is None:
        context.exit(_dashboard(arguments, theme, local=local, data_dir=data_dir, samples=samples))


@main.command()
@click.pass_obj
def doctor(arguments: "Arguments") -> None:
    """Check settings, Studio and terminal. Shows no secrets."""
    from studio_tui.doctor import examine

    sys.exit(examine(arguments))


def _dashboard(
    arguments: "Arguments", theme: str | None, *, local: bool, data_dir: Path | None, samples: bool
) -> int:
    """Run the dashboard and return the exit code."""
    from studio_tui.launch import run_dashboard
    from studio_tui.tui.frame.opening import LocalChoice

    composition = _Composition(arguments, data_dir, run_samples=samples)
    return run_dashboard(
        composition.connect,
        first=LocalChoice() if local else None,
        theme=theme,
        waiting_for="Starting the local Studio…" if local else "Connecting…",
        last_list=_last_list(arguments, (data_dir or paths.local_data_dir()) if local else None),
    )


def _last_list(arguments: "Arguments", local: Path | None) -> Path | None:
    """Return the file of the list that an equal launch had in sight."""
    from studio_tui.launch_key import launch_key

    try:
        key = launch_key(arguments.url, arguments.team, os.environ, Path.cwd(), local=local)
    except OSError:
        return None
    return paths.state_dir() / f"list-{key}.json"


class _OwnStudio:
    """The local Studio that this dashboard is connected to."""

    def __init__(self, guard: "PortGuard", start_again: "Callable[[], Settings]") -> None:
        self._guard = guard
        self.start_again = start_again

    @property
    def was_stopped(self) -> bool:
        return self._guard.was_stopped

    @property
    def runs(self) -> bool:
        return self._guard.runs

    async def until_gone(self) -> None:
        await self._guard.until_gone()


class _Composition:
    """Connects to the chosen Studio; runs in a thread, after the first paint."""

    def __init__(self, arguments: "Arguments", data_dir: Path | None, *, run_samples: bool) -> None:
        self._arguments = arguments
        self._named_data_dir = data_dir
        self._run_samples = run_samples
        self._known: tuple[Settings, str] | None = None
        """The latest settings, and the name of their Studio if it is not derived from them."""

    @property
    def _data_dir(self) -> Path:
        return self._named_data_dir or paths.local_data_dir()

    def connect(self, choice: "Choice | None") -> "Connected":
        """Connect to a choice, or without one according to the settings.

        Raises:
            ConfigError: the choice cannot be used; the message says why.
        """
        from dataclasses import replace

        from studio_tui.log import configure
        from studio_tui.settings import checked_team, load_settings
        from studio_tui.text import safe_line
        from studio_tui.tui.frame.opening import (
            LocalChoice,
            TeamChoice,
            TokenChoice,
            TrustChoice,
        )

        notes = []
        try:
            configure(paths.log_dir())
        except OSError as error:
            notes.append(f"The program's log cannot be written: {safe_line(str(error))}")
        match choice:
            case LocalChoice():
                connected = self._local()
            case TokenChoice(url, team, token):
                arguments = replace(self._arguments, url=url, team=team)
                connected = self._connected(load_settings(arguments, typed_token=token))
            case TeamChoice(team) if self._known is not None:
                settings, home = self._known
                connected = self._connected(replace(settings, team=checked_team(team)), home=home)
            case TrustChoice(url):
                connected = self._configured(replace(self._arguments, url=url))
            case _:
                connected = self._configured(self._arguments)
        return replace(connected, notes=(*notes, *connected.notes))

    def _configured(self, arguments: "Arguments") -> "Connected":
        """Connect according to arguments, environment and files; these can be reloaded if fixed."""
        from dataclasses import replace

        from studio_tui.settings import load_settings, seal

        known = load_settings(arguments)
        sealed = seal(known)

        def read_again() -> "Settings | None":
            nonlocal known, sealed
            before = known, sealed
            known = load_settings(arguments)
            sealed = seal(known)
            return known if (known, sealed) != before else None

        return replace(self._connected(known), read_again=read_again)

    def _local(self) -> "Connected":
        from dataclasses import replace

        from studio_tui.local.server.endpoint import attach_or_start
        from studio_tui.local.server.port_guard import PortGuard
        from studio_tui.local.server.samples import ABOUT, LOOK_AT, MEND, PIPELINE, SAMPLES, TARGET
        from studio_tui.tui.jobs.sample_jobs import SampleJobs

        guard = PortGuard(self._data_dir)

        def start_again() -> "Settings":
            endpoint = attach_or_start(self._data_dir)
            return self._settings(endpoint.url, endpoint.team, endpoint.token())

        settings = start_again()
        connected = self._connected(settings, home="local Studio", guard=guard)
        connected = replace(connected, restartable=_OwnStudio(guard, start_again))
        if settings.read_only:
            return connected
        samples = SampleJobs(
            SAMPLES,
            ABOUT,
            ask=not self._run_samples,
            target=TARGET,
            makers=PIPELINE,
            look_at=LOOK_AT,
            mend=MEND,
        )
        return replace(connected, samples=samples)

    def _settings(self, url: str, team: str, token: str) -> "Settings":
        """Create the settings of a Studio that is not from arguments, environment and files."""
        from dataclasses import replace

        from studio_tui.settings import load_settings

        named = replace(self._arguments, url=url, team=team, token_file=None)
        own = {name: text for name, text in os.environ.items() if name.startswith("STUDIO_TUI_")}
        return load_settings(named, {**own, "DATACHAIN_STUDIO_TOKEN": token})

    def _connected(
        self, settings: "Settings", *, home: str = "", guard: "PortGuard | None" = None
    ) -> "Connected":

        from studio_tui.addresses import is_loopback
        from studio_tui.api.client import StudioClient
        from studio_tui.local.config.data_dir import DataDir
        from studio_tui.log import register_secret
        from studio_tui.recordings import profile_of
        from studio_tui.service.recorder.pruning import Limits
        from studio_tui.service.session import SessionOptions, StudioSession
        from studio_tui.text import safe_line
        from studio_tui.tui.connected import Connected

        self._known = settings, home
        host = settings.host
        for secret in settings.secrets:
            register_secret(secret)
        profile = profile_of(settings, self._data_dir if home else None)
        name = paths.profile_name(profile)[:16]
        return Connected(
            session=StudioSession(
                StudioClient(settings, guard=guard),
                settings.team,
                paths.cache_dir() / "logs",
                SessionOptions(
                    profile=profile,
                    host=host,
                    near=is_loopback(host),
                    state_file=DataDir(self._data_dir).state if is_loopback(host) else None,
                    intents=paths.state_dir() / "intents",
                    histories=paths.state_dir() / "ledgers",
                    labels=settings.labels_jobs,
                    undo_seconds=settings.undo_seconds,
                    limits=Limits(settings.remember_days, settings.remember_megabytes),
                ),
            ),
            home=home or safe_line(f"{settings.team}@{host}"),
            url=settings.url,
            team=settings.team,
            view_file=paths.state_dir() / f"view-{name}.json",
            read_only=settings.read_only,
            quiet=self._arguments.quiet,
            notes=settings.notes,
        )


# Pydantic searches the metadata of all installed packages for plug-ins; none are used here.
os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "__all__")

if __name__ == "__main__":
    main()
