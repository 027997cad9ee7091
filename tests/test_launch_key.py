import os
import tempfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.arguments import Arguments
from studio_tui.composition import launch_key
from studio_tui.errors import ConfigError
from studio_tui.settings import load_settings
from tests.waiting import no_hang

TOKEN = "tok-0123456789abcdef"
URLS = st.sampled_from([None, "https://a.example.com", "https://b.example.com"])
TEAMS = st.sampled_from([None, "vision", "speech"])


def config_text(url: str | None, team: str | None) -> str:
    """Return the content of a configuration file of the CLI."""
    lines = ["[studio]", f'token = "{TOKEN}"']
    lines += [f'{name} = "{value}"' for name, value in (("url", url), ("team", team)) if value]
    return "\n".join(lines)


@st.composite
def launches(draw: st.DrawFn) -> tuple[Arguments, dict[str, str], str]:
    """Draw arguments, environment variables and the content of the user's configuration file."""
    variables = {"DATACHAIN_STUDIO_URL": draw(URLS), "DATACHAIN_STUDIO_TEAM": draw(TEAMS)}
    environ = {name: value for name, value in variables.items() if value}
    return (
        Arguments(url=draw(URLS), team=draw(TEAMS)),
        environ,
        config_text(draw(URLS), draw(TEAMS)),
    )


@given(st.lists(launches(), min_size=2, max_size=2))
def test_launches_with_the_same_key_connect_to_the_same_team_of_the_same_studio(
    two_launches: list[tuple[Arguments, dict[str, str], str]],
) -> None:
    results = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for arguments, variables, content in two_launches:
            (folder / "config").write_text(content)
            environ = {
                "DATACHAIN_GLOBAL_CONFIG_DIR": name,
                "DATACHAIN_SYSTEM_CONFIG_DIR": str(folder / "system"),
                **variables,
            }
            key = launch_key(arguments.url, arguments.team, environ, folder, local_data_dir=None)
            try:
                settings = load_settings(arguments, environ, folder)
                connection = (settings.url, settings.team)
            except ConfigError:
                connection = ("", "")
            results.append((key, connection))
    (key, connection), (other_key, other_connection) = results
    assert key != other_key or connection == other_connection


def test_the_key_of_a_local_studio_depends_only_on_its_data_directory(tmp_path: Path) -> None:
    def key(data_dir: Path, **environ: str) -> str:
        return launch_key(None, None, environ, tmp_path, local_data_dir=data_dir)

    assert key(tmp_path / "a") == key(tmp_path / "a", DATACHAIN_STUDIO_TEAM="vision")
    assert key(tmp_path / "a") != key(tmp_path / "b")


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_an_unreadable_configuration_has_a_key_too(
    tmp_path: Path, make: Callable[[Path], None]
) -> None:
    make(tmp_path / "config")
    environ = {"DATACHAIN_GLOBAL_CONFIG_DIR": str(tmp_path)}
    with no_hang("opening the configuration"):
        assert len(launch_key(None, None, environ, tmp_path, local_data_dir=None)) == 32
