"""Composes the dashboard: settings, session and terminal.

Imports are inside functions, so that the first paint is fast.
"""

import os
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
    """Run the dashboard and return the exit code."""
    from studio_tui.launch import run_dashboard
    from studio_tui.tui.frame.choices import LocalChoice

    composition = _Composition(arguments, data_dir, run_samples=samples)
    return run_dashboard(
        composition.connect,
        first=LocalChoice() if local else None,
        theme=theme,
        waiting_for="Connecting to the local Studio…" if local else "Connecting…",
        last_list=_last_list(arguments, (data_dir or paths.local_data_dir()) if local else None),
    )


def _last_list(arguments: "Arguments", local: Path | None) -> Path | None:
    """Return the file with the last list of a launch with the same arguments and environment."""
    from studio_tui.launch_key import launch_key

    try:
        key = launch_key(arguments.url, arguments.team, os.environ, Path.cwd(), local=local)
    except OSError:
        return None
    return paths.state_dir() / f"list-{key}.json"


def profile_of(settings: "Settings", data_dir: Path | None) -> str:
    """Return the key of a team's recorded data, which is in a separate file for each team."""
    return str(data_dir) if data_dir is not None else f"{settings.url}\n{settings.team}"


class _Composition:
    """Connects to the chosen Studio; runs in a thread, after the first paint."""

    def __init__(self, arguments: "Arguments", data_dir: Path | None, *, run_samples: bool) -> None:
        self._arguments = arguments
        self._named_data_dir = data_dir
        self._run_samples = run_samples
        self._latest: tuple[Settings, str] | None = None
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
                connected = self._local()
            case TokenChoice(url, team, token):
                arguments = self._arguments._replace(url=url, team=team)
                connected = self._connected(load_settings(arguments, typed_token=token))
            case TeamChoice(team) if self._latest is not None:
                settings, home = self._latest
                connected = self._connected(replace(settings, team=checked_team(team)), home=home)
            case TrustChoice(url):
                connected = self._configured(self._arguments._replace(url=url))
            case _:
                connected = self._configured(self._arguments)
        return replace(connected, notes=(*notes, *connected.notes))

    def _configured(self, arguments: "Arguments") -> "Connected":
        """Connect according to arguments, environment and files; these can be reloaded if fixed."""
        from dataclasses import replace

        from studio_tui.settings import ca_file_version, load_settings

        settings = load_settings(arguments)
        version = ca_file_version(settings)

        def read_again() -> "Settings | None":
            nonlocal settings, version
            before = settings, version
            settings = load_settings(arguments)
            version = ca_file_version(settings)
            return settings if (settings, version) != before else None

        return replace(self._connected(settings), read_again=read_again)

    def _local(self) -> "Connected":
        from dataclasses import replace

        from studio_tui.local.server.endpoint import attach_or_start
        from studio_tui.local.server.port_guard import PortGuard
        from studio_tui.local.server.samples import (
            ABOUT,
            FAILURE_HINT,
            PIPELINE,
            SAMPLES,
            TARGET,
            WATCH_HINT,
        )
        from studio_tui.tui.connected import RestartableStudio
        from studio_tui.tui.jobs.sample_jobs import SampleJobs

        guard = PortGuard(self._data_dir)

        def start_again() -> "Settings":
            endpoint = attach_or_start(self._data_dir)
            return self._settings(endpoint.url, endpoint.team, endpoint.token())

        settings = start_again()
        connected = self._connected(settings, home="local Studio", guard=guard)
        connected = replace(connected, restartable=RestartableStudio(guard, start_again))
        if settings.read_only:
            return connected
        samples = SampleJobs(
            SAMPLES,
            ABOUT,
            ask=not self._run_samples,
            target=TARGET,
            makers=PIPELINE,
            watch_hint=WATCH_HINT,
            failure_hint=FAILURE_HINT,
        )
        return replace(connected, samples=samples)

    def _settings(self, url: str, team: str, token: str) -> "Settings":
        """Create the settings of a Studio that is not from arguments, environment and files."""

        from studio_tui.settings import load_settings

        named = self._arguments._replace(url=url, team=team, token_file=None)
        ours = {name: text for name, text in os.environ.items() if name.startswith("STUDIO_TUI_")}
        return load_settings(named, {**ours, "DATACHAIN_STUDIO_TOKEN": token})

    def _connected(
        self, settings: "Settings", *, home: str = "", guard: "PortGuard | None" = None
    ) -> "Connected":
        from studio_tui.addresses import is_loopback
        from studio_tui.api.client import StudioClient
        from studio_tui.local.config.data_dir import DataDir
        from studio_tui.log import register_secret
        from studio_tui.service.recorder.pruning import Limits
        from studio_tui.service.session import SessionOptions, StudioSession
        from studio_tui.text import safe_line
        from studio_tui.tui.connected import Connected

        self._latest = settings, home
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
                    is_local=is_loopback(host),
                    restarts=guard is not None,
                    state_file=DataDir(self._data_dir).state if is_loopback(host) else None,
                    intents=paths.state_dir() / "intents",
                    histories=paths.state_dir() / "ledgers",
                    labels=settings.labels_jobs,
                    undo_seconds=settings.undo_seconds,
                    limits=Limits(settings.remember_days, settings.remember_megabytes),
                ),
            ),
            home=home or safe_line(f"{settings.team}@{host}"),
            team=settings.team,
            view_file=paths.state_dir() / f"view-{name}.json",
            read_only=settings.read_only,
            quiet=self._arguments.quiet,
            notes=settings.notes,
        )
