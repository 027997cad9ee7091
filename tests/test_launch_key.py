import tempfile
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.arguments import Arguments
from studio_tui.errors import ConfigError
from studio_tui.launch_key import launch_key
from studio_tui.settings import load_settings

TOKEN = "tok-0123456789abcdef"
URLS = st.sampled_from([None, "https://a.example.com", "https://b.example.com"])
TEAMS = st.sampled_from([None, "vision", "speech"])


def config(url: str | None, team: str | None) -> str:
    """Return a configuration file of the CLI."""
    lines = ["[studio]", f'token = "{TOKEN}"']
    lines += [f'{name} = "{value}"' for name, value in (("url", url), ("team", team)) if value]
    return "\n".join(lines)


@st.composite
def launches(draw: st.DrawFn) -> tuple[Arguments, dict[str, str], str]:
    """Return arguments, variables and the content of the user's file."""
    variables = {"DATACHAIN_STUDIO_URL": draw(URLS), "DATACHAIN_STUDIO_TEAM": draw(TEAMS)}
    environ = {name: value for name, value in variables.items() if value}
    return Arguments(url=draw(URLS), team=draw(TEAMS)), environ, config(draw(URLS), draw(TEAMS))


@given(st.lists(launches(), min_size=2, max_size=2))
def test_launches_with_the_same_key_connect_to_the_same_team_of_the_same_studio(
    launched: list[tuple[Arguments, dict[str, str], str]],
) -> None:
    found = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for arguments, variables, content in launched:
            (folder / "config").write_text(content)
            environ = {
                "DATACHAIN_GLOBAL_CONFIG_DIR": name,
                "DATACHAIN_SYSTEM_CONFIG_DIR": str(folder / "system"),
                **variables,
            }
            key = launch_key(arguments.url, arguments.team, environ, folder, local_data_dir=None)
            try:
                settings = load_settings(arguments, environ, folder)
                reached = (settings.url, settings.team)
            except ConfigError:
                reached = ("", "")
            found.append((key, reached))
    (key, reached), (other_key, other_reached) = found
    assert key != other_key or reached == other_reached


def test_the_key_of_a_local_studio_depends_only_on_its_data_directory(tmp_path: Path) -> None:
    def key(local: Path, **environ: str) -> str:
        return launch_key(None, None, environ, tmp_path, local_data_dir=local)

    assert key(tmp_path / "a") == key(tmp_path / "a", DATACHAIN_STUDIO_TEAM="vision")
    assert key(tmp_path / "a") != key(tmp_path / "b")


def test_an_unreadable_configuration_has_a_key_too(tmp_path: Path) -> None:
    (tmp_path / "config").mkdir()
    environ = {"DATACHAIN_GLOBAL_CONFIG_DIR": str(tmp_path)}
    assert len(launch_key(None, None, environ, tmp_path, local_data_dir=None)) == 32
