"""Composes the dashboard: settings, session and terminal.

Imports are inside functions, so that the first paint is fast.
"""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from studio_tui import paths

if TYPE_CHECKING:
    from studio_tui.arguments import Arguments
    from studio_tui.local.server.port_guard import PortGuard
    from studio_tui.settings import Settings
    from studio_tui.tui.connected import Connected
    from studio_tui.tui.frame.choices import Choice


def dashboard(
    arguments: "Arguments", theme: str | None, *, local: bool, data_dir: Path | None, samples: bool
) -> int:
    """Run the dashboard and return the exit code.

    `data_dir` is that of the local Studio; `None` for the default. With `samples`, the sample jobs
    are run without asking if the local Studio has no jobs.
    """
    from studio_tui.launch import run_dashboard
    from studio_tui.tui.frame.choices import LocalChoice

    connector = _Connector(arguments, data_dir, run_samples=samples)
    return run_dashboard(
        connector.connect,
        first_choice=LocalChoice() if local else None,
        theme=theme,
        waiting_for="Connecting to the local Studio…" if local else "Connecting…",
        last_list=_last_list(arguments, (data_dir or paths.local_data_dir()) if local else None),
    )


def _last_list(arguments: "Arguments", local_data_dir: Path | None) -> Path | None:
    """Return the file with the list that the last launch with the same `launch_key` showed.

    `None` if the current folder does not exist.
    """
    try:
        key = launch_key(
            arguments.url, arguments.team, os.environ, Path.cwd(), local_data_dir=local_data_dir
        )
    except OSError:
        return None
    return paths.state_dir() / f"list-{key}.json"


def launch_key(
    url: str | None,
    team: str | None,
    environ: Mapping[str, str],
    cwd: Path,
    *,
    local_data_dir: Path | None,
) -> str:
    """Return a digest of what determines the Studio and the team, before settings are validated.

    A launch may show the data that an earlier one with the same key saved. A local Studio is
    determined by `local_data_dir`. For another one, that is `None`, and the digest has the URL and
    the team of command line and environment, and the files of the DataChain CLI.
    """
    if local_data_dir is not None:
        return paths.profile_name(str(local_data_dir))
    files = [(str(path), _content(path)) for path in paths.datachain_config_files(environ, cwd)]
    variables = [environ.get(f"DATACHAIN_STUDIO_{name}") for name in ("URL", "TEAM")]
    return paths.profile_name(repr([url, team, variables, files]))


def _content(path: Path) -> bytes | str:
    from studio_tui.files import read_bytes

    try:
        return read_bytes(path)
    except OSError as error:
        return type(error).__name__


def profile_of(settings: "Settings", local_data_dir: Path | None) -> str:
    """Return the profile; `local_data_dir` is `None` for a Studio that is not local."""
    if local_data_dir is not None:
        return str(local_data_dir)
    return f"{settings.url}\n{settings.team}"


class _Connector:
    def __init__(self, arguments: "Arguments", data_dir: Path | None, *, run_samples: bool) -> None:
        self._arguments = arguments
        self._data_dir_option = data_dir
        self._run_samples = run_samples
        self._latest: Settings | None = None

    @property
    def _data_dir(self) -> Path:
        return self._data_dir_option or paths.local_data_dir()

    def connect(self, choice: "Choice | None") -> "Connected":
        """Connect to the Studio that the user chose; without a choice, as the settings say."""
        from dataclasses import replace

        from studio_tui.log import configure
        from studio_tui.settings import load_settings, validate_team
        from studio_tui.text import safe_line
        from studio_tui.tui.frame.choices import (
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
                connected = self._connect_local()
            case TokenChoice(url, team, token):
                arguments = self._arguments._replace(url=url, team=team)
                connected = self._connect_with(load_settings(arguments, typed_token=token))
            case TeamChoice(team) if self._latest is not None:
                # The Studio of the latest connection has refused the team. A local Studio never
                # refuses its only team, so the Studio here is not local: no guard, no restart.
                settings = replace(self._latest, team=validate_team(team))
                connected = self._connect_with(settings)
            case TrustChoice(url):
                connected = self._connect_as_configured(self._arguments._replace(url=url))
            case _:
                connected = self._connect_as_configured(self._arguments)
        return replace(connected, notes=(*notes, *connected.notes))

    def _connect_as_configured(self, arguments: "Arguments") -> "Connected":
        from dataclasses import replace

        from studio_tui.files import file_version
        from studio_tui.settings import load_settings

        settings = load_settings(arguments)
        version = file_version(settings.ca_file)

        def read_again() -> "Settings | None":
            nonlocal settings, version
            before = settings, version
            settings = load_settings(arguments)
            version = file_version(settings.ca_file)
            return settings if (settings, version) != before else None

        return replace(self._connect_with(settings), read_again=read_again)

    def _connect_local(self) -> "Connected":
        from dataclasses import replace

        from studio_tui.local.server.endpoint import attach_or_start
        from studio_tui.local.server.port_guard import PortGuard
        from studio_tui.local.server.samples import ABOUT, PIPELINE, SAMPLES, TARGET
        from studio_tui.tui.connected import RestartableStudio
        from studio_tui.tui.jobs.sample_jobs import SampleJobs

        guard = PortGuard(self._data_dir)

        def start() -> "Settings":
            endpoint = attach_or_start(self._data_dir)
            return self._local_settings(endpoint.url, endpoint.token())

        settings = start()
        connected = self._connect_with(settings, local_guard=guard)
        connected = replace(connected, restartable=RestartableStudio(guard, start))
        if settings.read_only:
            return connected
        samples = SampleJobs(
            SAMPLES, ABOUT, ask=not self._run_samples, target=TARGET, makers=PIPELINE
        )
        return replace(connected, samples=samples)

    def _local_settings(self, url: str, token: str) -> "Settings":
        """Return settings whose other values are from the arguments and `STUDIO_TUI_` variables."""
        from studio_tui.local.config.team import TEAM
        from studio_tui.settings import load_settings

        arguments = self._arguments._replace(url=url, team=TEAM, token_file=None)
        variables = {
            name: value for name, value in os.environ.items() if name.startswith("STUDIO_TUI_")
        }
        return load_settings(arguments, {**variables, "DATACHAIN_STUDIO_TOKEN": token})

    def _connect_with(
        self, settings: "Settings", *, local_guard: "PortGuard | None" = None
    ) -> "Connected":
        """Create the connection; `local_guard` verifies the local Studio."""
        from studio_tui.addresses import is_loopback
        from studio_tui.api.client import StudioClient
        from studio_tui.local.config.data_dir import DataDir
        from studio_tui.service.session import SessionOptions, StudioSession
        from studio_tui.text import safe_line
        from studio_tui.tui.connected import Connected

        self._latest, is_local_studio = settings, local_guard is not None
        host = settings.address.host
        profile = profile_of(settings, self._data_dir if is_local_studio else None)
        name = paths.profile_name(profile)[:16]
        return Connected(
            session=StudioSession(
                StudioClient(settings, guard=local_guard),
                settings.team,
                paths.cache_dir() / "logs",
                SessionOptions(
                    profile=profile,
                    host=host,
                    is_local=is_loopback(host),
                    can_restart=is_local_studio,
                    state_file=DataDir(self._data_dir).state if is_loopback(host) else None,
                    state_folder=paths.state_dir(),
                    labels=settings.labels_jobs,
                    undo_seconds=settings.undo_seconds,
                ),
            ),
            home="local Studio" if is_local_studio else safe_line(f"{settings.team}@{host}"),
            team=settings.team,
            view_file=paths.state_dir() / f"view-{name}.json",
            read_only=settings.read_only,
            quiet=self._arguments.quiet,
            notes=settings.notes,
        )
