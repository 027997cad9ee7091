"""Where the settings of the connection come from, and which values are refused."""

import traceback
from pathlib import Path

import httpx
import pytest
import websockets.proxy
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.arguments import DEFAULT_URL, Arguments
from studio_tui.errors import ConfigError, NoCredentials, TokenOriginChanged
from studio_tui.settings import Settings, load_settings

SECRET = "canary-5b1d77"


class Machine:
    """The directories with configuration files and the environment of a user."""

    def __init__(self, root: Path) -> None:
        self.project = root / "project"
        self.user = root / "user"
        self.system = root / "system"
        for folder in (self.project / ".datachain", self.user, self.system):
            folder.mkdir(parents=True)
        self.environ = {
            "DATACHAIN_GLOBAL_CONFIG_DIR": str(self.user),
            "DATACHAIN_SYSTEM_CONFIG_DIR": str(self.system),
        }

    def write(self, folder: Path, **studio: str) -> Path:
        """Write a configuration file with these settings, readable only by its owner."""
        lines = "".join(f'{name} = "{value}"\n' for name, value in studio.items())
        path = folder / "config"
        path.write_text(f"[core]\nother = 1\n[studio]\n{lines}")
        path.chmod(0o600)
        return path

    def load(self, **arguments: object) -> Settings:
        """Load the settings as the program does."""
        return load_settings(Arguments(**arguments), self.environ, self.project)  # type: ignore[arg-type] # any field


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def logged_in(machine: Machine) -> Machine:
    """A user who has logged in with the DataChain CLI."""
    machine.write(machine.user, token=SECRET, team="mine")
    return machine


def test_a_user_logged_in_with_the_cli_needs_no_further_settings(logged_in: Machine) -> None:
    settings = logged_in.load()
    assert (settings.url, settings.team) == (DEFAULT_URL, "mine")
    assert settings.token.get_secret_value() == SECRET
    assert settings.sources.url == "default"
    assert settings.sources.token == str(logged_in.user / "config")
    assert settings.notes == ()


def test_the_configuration_is_read_from_the_cli_s_default_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / ".config"))
    from platformdirs import user_config_dir

    folder = Path(user_config_dir("datachain", "iterative"))
    folder.mkdir(parents=True)
    (folder / "config").write_text(f'[studio]\ntoken = "{SECRET}"\nteam = "t"\n')
    assert load_settings(Arguments(), {}, tmp_path).sources.token == str(folder / "config")


def test_settings_have_the_precedence_arguments_environment_project_user_system(
    machine: Machine, tmp_path: Path
) -> None:
    system = machine.write(machine.system, url="https://s.example", team="s", token="token-s")
    assert machine.load().sources.team == str(system)
    user = machine.write(machine.user, url="https://u.example", team="u", token="token-u")
    assert machine.load().sources.team == str(user)
    project = machine.write(
        machine.project / ".datachain", url="https://p.example", team="p", token="token-p"
    )
    settings = machine.load()
    assert (settings.url, settings.team, settings.sources.url) == (
        "https://p.example",
        "p",
        str(project),
    )
    machine.environ |= {
        "DATACHAIN_STUDIO_URL": "https://e.example",
        "DATACHAIN_STUDIO_TEAM": "e",
        "DATACHAIN_STUDIO_TOKEN": "token-e",
    }
    settings = machine.load()
    assert (settings.url, settings.team) == ("https://e.example", "e")
    assert settings.token.get_secret_value() == "token-e"
    assert settings.sources.token == "DATACHAIN_STUDIO_TOKEN"
    token_file = tmp_path / "token"
    token_file.write_text("token-a\n")
    settings = machine.load(url="https://a.example", team="a", token_file=token_file)
    assert (settings.url, settings.team) == ("https://a.example", "a")
    assert settings.token.get_secret_value() == "token-a"
    assert settings.sources.url == "--url"


def test_an_empty_variable_is_ignored(logged_in: Machine) -> None:
    logged_in.environ |= {"DATACHAIN_STUDIO_TEAM": "", "DATACHAIN_STUDIO_TOKEN": ""}
    assert logged_in.load().team == "mine"


def test_datachain_root_dir_names_the_project_s_folder(logged_in: Machine, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    (elsewhere / ".datachain").mkdir(parents=True)
    logged_in.write(elsewhere / ".datachain", team="theirs")
    logged_in.environ["DATACHAIN_ROOT_DIR"] = str(elsewhere)
    assert logged_in.load().team == "theirs"


def test_a_missing_token_raises_no_credentials(machine: Machine) -> None:
    machine.write(machine.user, team="mine")
    with pytest.raises(NoCredentials, match="datachain auth login"):
        machine.load()


def test_a_wrong_url_is_reported_before_a_missing_token(machine: Machine) -> None:
    with pytest.raises(ConfigError, match="The URL from --url") as caught:
        machine.load(url="studio.example.com")
    assert not isinstance(caught.value, NoCredentials)


def test_the_error_for_a_missing_team_names_the_team_option(machine: Machine) -> None:
    machine.write(machine.user, token=SECRET)
    with pytest.raises(ConfigError, match="--team") as caught:
        machine.load()
    assert not isinstance(caught.value, NoCredentials)


@pytest.mark.parametrize("from_environment", [True, False])
def test_a_project_cannot_redirect_the_user_s_token_without_consent(
    logged_in: Machine, from_environment: bool
) -> None:
    logged_in.write(logged_in.project / ".datachain", url="https://evil.example")
    if from_environment:
        logged_in.environ["DATACHAIN_STUDIO_TOKEN"] = SECRET
    with pytest.raises(TokenOriginChanged) as caught:
        logged_in.load()
    assert caught.value.url == "https://evil.example"
    assert caught.value.trusted_url == DEFAULT_URL
    assert SECRET not in str(caught.value)
    settings = logged_in.load(url=caught.value.url)  # as if the user had consented
    assert settings.url == "https://evil.example"


def test_a_project_may_name_the_studio_of_the_user_s_token(logged_in: Machine) -> None:
    logged_in.write(logged_in.project / ".datachain", url=f"{DEFAULT_URL}/prefix/")
    assert logged_in.load().url == f"{DEFAULT_URL}/prefix"


def test_a_project_with_its_own_token_may_name_any_studio(logged_in: Machine) -> None:
    logged_in.write(
        logged_in.project / ".datachain", url="https://other.example", token="its-own-token"
    )
    assert logged_in.load().url == "https://other.example"


@pytest.mark.parametrize(
    ("url", "normalized"),
    [
        ("https://Studio.Example.com/", "https://studio.example.com"),
        ("https://studio.example.com:443/api/", "https://studio.example.com"),
        ("https://example.com:8443/studio/api", "https://example.com:8443/studio"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.9.9.9:8000", "http://127.9.9.9:8000"),
        ("http://localhost:80", "http://localhost"),
        ("http://[::1]:8000/", "http://[::1]:8000"),
    ],
)
def test_a_url_is_normalized(logged_in: Machine, url: str, normalized: str) -> None:
    assert logged_in.load(url=url).url == normalized


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("http://studio.example.com", "unencrypted"),
        ("http://localhost.evil.example", "unencrypted"),
        ("http://10.0.0.1", "unencrypted"),
        ("ftp://studio.example.com", "must look like"),
        ("studio.example.com", "must look like"),
        ("https://", "must look like"),
        ("", "must look like"),
        ("https://user:pw@studio.example.com", "user name or password"),
        ("https://studio.example.com?x=1", "must not contain"),
        ("https://studio.example.com#x", "must not contain"),
        ("https://studio.example.com:99999", "not a URL"),
        ("https://[::1", "not a URL"),
        ("https://studio.example.com/a b", "blank"),
        ("https://studio.example\n.com", "control character"),
    ],
)
def test_an_invalid_or_insecure_url_is_refused(logged_in: Machine, url: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words) as caught:
        logged_in.load(url=url)
    assert "--url" in str(caught.value)


@pytest.mark.parametrize("token", ["two words", "line\nbreak", "tab\there", "ünïcode", "\x1b[2J"])
def test_a_token_that_is_invalid_in_a_header_is_refused_and_not_shown(
    logged_in: Machine, token: str
) -> None:
    logged_in.environ["DATACHAIN_STUDIO_TOKEN"] = token
    with pytest.raises(ConfigError, match="DATACHAIN_STUDIO_TOKEN") as caught:
        logged_in.load()
    assert token not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("[studio\ntoken = 1", "not valid TOML"),
        ("[studio]\ntoken = 7", "`token` under"),
        ("studio = 3", "must be a table"),
        (b"\xff\xfe", "not valid TOML"),
    ],
)
def test_the_error_for_an_invalid_configuration_names_the_file(
    machine: Machine, content: str | bytes, words: str
) -> None:
    path = machine.user / "config"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(ConfigError, match=words) as caught:
        machine.load()
    assert str(path) in str(caught.value)


def test_an_invalid_configuration_matters_only_if_a_value_is_looked_for_in_it(
    machine: Machine,
) -> None:
    (machine.user / "config").write_text("[studio\ntoken = 1")
    machine.environ["DATACHAIN_STUDIO_TOKEN"] = "from-variable"
    settings = machine.load(url="https://studio.example.com", team="ours")
    assert settings.token.get_secret_value() == "from-variable"
    with pytest.raises(ConfigError, match="not valid TOML"):
        machine.load(url="https://studio.example.com")


def test_the_error_for_a_configuration_that_is_a_folder_names_the_folder(machine: Machine) -> None:
    folder = machine.user / "config"
    folder.mkdir()
    with pytest.raises(ConfigError, match="cannot be read") as caught:
        machine.load()
    assert str(folder) in str(caught.value)


@pytest.mark.parametrize("content", [None, b"", b"\n", b"\xff\xfe"])
def test_a_token_file_without_a_token_is_refused(
    logged_in: Machine, tmp_path: Path, content: bytes | None
) -> None:
    path = tmp_path / "token"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match="token"):
        logged_in.load(token_file=path)


def test_a_note_warns_about_a_token_readable_by_others(logged_in: Machine) -> None:
    (logged_in.user / "config").chmod(0o644)
    (note,) = logged_in.load().notes
    assert "chmod 600" in note


def test_a_note_warns_when_a_stored_token_is_sent_to_the_studio_of_the_environment(
    logged_in: Machine,
) -> None:
    logged_in.environ["DATACHAIN_STUDIO_URL"] = "https://other.example"
    (note,) = logged_in.load().notes
    assert "DATACHAIN_STUDIO_URL" in note


@pytest.mark.parametrize(
    ("value", "labels_jobs"), [("", True), ("yes", True), ("1", True), ("No", False), ("0", False)]
)
def test_labels_of_jobs_can_be_turned_off(
    logged_in: Machine, value: str, labels_jobs: bool
) -> None:
    assert logged_in.load().labels_jobs
    logged_in.environ["STUDIO_TUI_LABEL_JOBS"] = value
    assert logged_in.load().labels_jobs is labels_jobs


def test_an_unclear_value_for_labels_of_jobs_is_refused(logged_in: Machine) -> None:
    logged_in.environ["STUDIO_TUI_LABEL_JOBS"] = "maybe"
    with pytest.raises(ConfigError, match="STUDIO_TUI_LABEL_JOBS must be yes or no"):
        logged_in.load()


@pytest.mark.parametrize("value", ["soon", "-1", "61", "nan", "inf", "1e9"])
def test_the_undo_delay_must_be_a_number_within_bounds(logged_in: Machine, value: str) -> None:
    logged_in.environ["STUDIO_TUI_UNDO_SECONDS"] = value
    with pytest.raises(ConfigError, match=r"STUDIO_TUI_UNDO_SECONDS must be .* from 0 to 60"):
        logged_in.load()


def test_the_undo_delay_is_five_seconds_and_can_be_turned_off(logged_in: Machine) -> None:
    assert logged_in.load().undo_seconds == 5.0
    logged_in.environ["STUDIO_TUI_UNDO_SECONDS"] = "0"
    assert logged_in.load().undo_seconds == 0.0


def test_a_ca_file_must_exist_and_takes_precedence_over_the_environment(
    logged_in: Machine, tmp_path: Path
) -> None:
    argument, bundle = tmp_path / "argument.pem", tmp_path / "bundle.pem"
    bundle.touch()
    logged_in.environ["REQUESTS_CA_BUNDLE"] = str(bundle)
    assert logged_in.load().ca_file == bundle
    with pytest.raises(ConfigError, match=r"argument\.pem does not exist"):
        logged_in.load(ca_file=argument)
    argument.touch()
    assert logged_in.load(ca_file=argument).ca_file == argument


@pytest.mark.parametrize(
    "proxy",
    [
        f"http://user:{SECRET}#x@proxy:3128",
        f"http://user:{SECRET}?x@proxy:3128",
        f"http://user:{SECRET}@proxy:notaport",
        f"http://user:{SECRET}@proxy:99999",
        f"http://user:{SECRET}@proxy:0",
        f"http://user:{SECRET}@:3128",
        f"http://user:{SECRET}@pro xy:3128",
        f"http://user:{SECRET}@proxy\x1b:3128",
        f"http://user:{SECRET}\x1b@proxy:3128",
        f"http://{SECRET}/@proxy:3128#",
        f"http://user:{SECRET}@proxy/path",
        f"http://{SECRET}@proxy:3128",
        f"http://user:{SECRET}%ff@proxy:3128",
        f"http://user:{SECRET}@999.0.0.1:3128",
        f"http://user:{SECRET}@[:::]:3128",
        f"http://user:{SECRET}@[::1]x",
        "http://[::1",
        "proxy:3128",
        "socks5://proxy.example.com",
    ],
)
def test_an_invalid_proxy_url_is_refused_and_not_shown(logged_in: Machine, proxy: str) -> None:
    logged_in.environ["HTTPS_PROXY"] = proxy
    with pytest.raises(ConfigError, match="HTTPS_PROXY") as caught:
        logged_in.load()
    shown = "".join(traceback.format_exception(caught.value))
    assert SECRET not in shown
    assert proxy not in shown


@pytest.mark.parametrize("host", ["proxy", "proxy.example.com", "10.0.0.1", "[fd00::1]"])
def test_an_accepted_proxy_url_is_valid_for_httpx(logged_in: Machine, host: str) -> None:
    logged_in.environ["HTTPS_PROXY"] = proxy = f"http://user:p%23%3Fx@{host}:3128"
    settings = logged_in.load()
    assert settings.proxy is not None
    assert SECRET not in repr(settings)
    assert httpx.Proxy(settings.proxy.get_secret_value()).raw_auth == (b"user", b"p#?x")
    assert set(settings.secrets) == {SECRET, proxy, "p%23%3Fx", "p#?x"}


@given(st.text(st.sampled_from("@:/[]%#?.\\ 1aé\x1b\ud800"), max_size=12))
def test_httpx_and_websockets_accept_every_proxy_url_that_the_settings_accept(
    after_scheme: str,
) -> None:
    environ = {"HTTPS_PROXY": f"http://{after_scheme}", "DATACHAIN_STUDIO_TOKEN": "t"}
    try:
        settings = load_settings(Arguments(team="mine"), environ, Path("/nowhere"))
    except ConfigError:
        return
    assert settings.proxy is not None
    httpx.Proxy(settings.proxy.get_secret_value())
    websockets.proxy.parse_proxy(settings.proxy.get_secret_value())


def test_a_deleted_working_directory_is_reported(
    logged_in: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deleted = tmp_path / "deleted"
    deleted.mkdir()
    monkeypatch.chdir(deleted)
    deleted.rmdir()
    with pytest.raises(ConfigError, match="current folder"):
        load_settings(Arguments(), logged_in.environ)


@pytest.mark.parametrize("argument", ["token_file", "ca_file"])
def test_a_path_in_an_unknown_user_s_home_is_reported(logged_in: Machine, argument: str) -> None:
    with pytest.raises(ConfigError, match=r"file ~nosuch-user/x is in the home"):
        logged_in.load(**{argument: Path("~nosuch-user/x")})


@pytest.mark.parametrize("name", ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE"])
def test_a_ca_file_named_by_a_variable_must_be_an_existing_file(
    logged_in: Machine, tmp_path: Path, name: str
) -> None:
    logged_in.environ[name] = str(tmp_path / "missing.pem")
    with pytest.raises(ConfigError, match=rf"{name}: the CA file .*missing\.pem does not exist"):
        logged_in.load()
    logged_in.environ[name] = str(tmp_path)
    with pytest.raises(ConfigError, match="is not a file"):
        logged_in.load()


def test_the_dashboard_is_read_only_only_if_requested(logged_in: Machine) -> None:
    assert not logged_in.load().read_only
    assert logged_in.load(read_only=True).read_only


@pytest.mark.parametrize(
    ("url", "team", "token", "message"),
    [
        ("studio.example.com", "mine", SECRET, "The URL must look like https://"),
        ("http://studio.example.com", "mine", SECRET, "The URL would send your token unencrypted"),
        ("https://me@studio.example.com", "mine", SECRET, "The URL must not contain a user name"),
        ("https://x.example.com", "a\x1bb", SECRET, "The team name is not a valid team name."),
        (
            "https://x.example.com",
            "mine",
            "two words",
            "The token contains characters that are not",
        ),
        ("https://x.example.com", "mine", "", "The token is empty."),
    ],
)
def test_errors_about_typed_settings_name_the_fields_of_the_form(
    machine: Machine, url: str, team: str, token: str, message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        load_settings(
            Arguments(url=url, team=team), machine.environ, machine.project, typed_token=token
        )
    assert str(caught.value).startswith(message)
    assert "--" not in str(caught.value)
    assert "DATACHAIN" not in str(caught.value)


def test_a_typed_studio_uses_the_proxy_but_not_the_token_of_the_environment(
    machine: Machine,
) -> None:
    machine.environ |= {
        "HTTPS_PROXY": "http://proxy.example.com:3128",
        "DATACHAIN_STUDIO_TOKEN": "another-1",
    }
    arguments = Arguments(url="https://x.example.com", team="mine")
    settings = load_settings(arguments, machine.environ, machine.project, typed_token=SECRET)
    assert settings.token.get_secret_value() == SECRET
    assert settings.proxy is not None
