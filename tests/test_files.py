"""Broken files lead to an error message or a default, never to a traceback."""

import fcntl
import json
import logging
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner

from studio_tui import files
from studio_tui.api.models import JobInput
from studio_tui.arguments import Arguments
from studio_tui.commands import main
from studio_tui.errors import ConfigError
from studio_tui.local.config.clusters import read_clusters
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.server import endpoint
from studio_tui.log import configure
from studio_tui.presentation.jobs.filters import JOBS
from studio_tui.service.commands.journal import Intent, Journal
from studio_tui.service.recorder.database import connect
from studio_tui.settings import load_settings
from studio_tui.tui.clusters.cluster_choice import ClusterChoice
from studio_tui.tui.form.saved_forms import SavedForms
from studio_tui.tui.frame.list_view import ListView, load_view
from studio_tui.tui.frame.remembered import Remembered
from tests.jobs import NOON
from tests.soak import at_length, combinations

DEEP = "[" * 5000 + "]" * 5000


def _folder(path: Path) -> None:
    path.mkdir()


def _pipe(path: Path) -> None:
    os.mkfifo(path)


def _link_to_itself(path: Path) -> None:
    path.symlink_to(path)


def _file_of(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


BROKEN: dict[str, Callable[[Path], None]] = {
    "a folder": _folder,
    "a pipe": _pipe,
    "a link to itself": _link_to_itself,
    "no UTF-8": _file_of(b"x = '\xff'"),
    "NULs": _file_of(b"\0" * 100),
    "deep arrays": _file_of(b"x = " + DEEP.encode()),
    "deep JSON": _file_of(f'{{"x": {DEEP}}}'.encode()),
    "a number instead of a table": _file_of(b"studio = 3\ncluster = 3"),
}
"""Functions that create something unreadable at a path."""


@pytest.fixture(params=BROKEN)
def broken(request: pytest.FixtureRequest) -> Callable[[Path], Path]:
    """Return a function that creates something unreadable at a path, and returns the path."""

    def make(path: Path) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        BROKEN[request.param](path)
        return path

    return make


def refusal_of(call: Callable[[], object]) -> str | None:
    """Return the message of the `ConfigError` that a call raises; `None` if it raises none."""
    try:
        call()
    except ConfigError as error:
        return str(error)
    return None


def test_a_broken_configuration_is_reported(tmp_path: Path, broken: Callable[[Path], Path]) -> None:
    path = broken(tmp_path / "project" / ".datachain" / "config")
    with pytest.raises(ConfigError) as refusal:
        load_settings(Arguments(), {"DATACHAIN_STUDIO_TOKEN": "t"}, tmp_path / "project")
    assert str(path) in str(refusal.value)
    assert str(refusal.value).endswith(".")


def test_a_broken_token_file_is_reported(tmp_path: Path, broken: Callable[[Path], Path]) -> None:
    path = broken(tmp_path / "token-file")
    with pytest.raises(ConfigError, match="token-file") as refusal:
        load_settings(Arguments(token_file=path, team="t"), {}, tmp_path)
    assert "studio = 3" not in str(refusal.value)


def test_a_broken_clusters_file_is_reported(tmp_path: Path, broken: Callable[[Path], Path]) -> None:
    path = broken(tmp_path / "clusters.toml")
    with pytest.raises(ConfigError) as refusal:
        read_clusters(path)
    assert str(path) in str(refusal.value)
    assert "move it away" in str(refusal.value)


def test_broken_saved_views_choices_and_forms_load_as_defaults_with_a_warning(
    tmp_path: Path, broken: Callable[[Path], Path], caplog: pytest.LogCaptureFixture
) -> None:
    path = broken(tmp_path / "remembered.json")
    caplog.set_level(logging.WARNING)
    assert load_view(path, JOBS) == ListView()
    assert Remembered.load(path) == Remembered()
    assert ClusterChoice.load(path).name is None
    broken(tmp_path / "forms" / "templates" / "broken.json")
    assert SavedForms(tmp_path / "forms").templates() == {}
    assert caplog.records


def test_a_broken_intent_is_skipped(tmp_path: Path, broken: Callable[[Path], Path]) -> None:
    journal = Journal(tmp_path, "place")
    job_input = JobInput(query="1", team_name="t")
    intent = Intent.of(job_input, NOON, is_labeled=True)
    journal.begin(intent).close()
    (valid_file,) = tmp_path.rglob("*.intent")
    broken(valid_file.with_name("broken.intent"))
    (claimed,) = journal.claim_open()
    claimed.close()
    assert claimed.intent == intent


def test_a_broken_state_file_means_that_no_server_runs(
    tmp_path: Path, broken: Callable[[Path], Path]
) -> None:
    data = DataDir(tmp_path)
    broken(data.state)
    assert endpoint.find(tmp_path) is None


def test_a_token_of_the_local_studio_that_is_not_text_is_reported(
    tmp_path: Path, broken: Callable[[Path], Path]
) -> None:
    path = broken(tmp_path / "token")
    running = endpoint.Endpoint("http://127.0.0.1:1", 2, "i", DataDir(tmp_path))
    is_text = path.is_file() and b"\xff" not in path.read_bytes()
    refusal = refusal_of(running.token)
    assert (refusal is None) is is_text
    assert refusal is None or str(path) in refusal


STUDIO_FILES = ["server.lock", "token", "server.log", "clusters.toml", "port"]


@pytest.mark.starts_processes
@pytest.mark.parametrize(
    ("kind", "name"),
    combinations([*BROKEN][: at_length(len(STUDIO_FILES), len(BROKEN))], STUDIO_FILES),
)
def test_a_local_studio_with_a_broken_file_starts_or_names_the_file(
    tmp_path: Path, kind: str, name: str
) -> None:
    home = tmp_path / "studio"
    home.mkdir()
    path = home / name
    BROKEN[kind](path)
    refusal = refusal_of(lambda: endpoint.attach_or_start(home))
    if refusal is None:
        assert endpoint.stop(home)
    else:
        assert str(path) in refusal
        assert "Error" not in refusal


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("url", "http://[::1"),
        ("url", "http://127.0.0.1:x"),
        ("url", "http://example.org:80"),
        ("url", 3),
        ("pid", -1),
        ("pid", 0),
        ("pid", "1"),
        ("pid", True),
        ("instance", []),
    ],
)
def test_a_state_file_with_an_invalid_value_is_reported_as_a_server_that_does_not_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, value: object
) -> None:
    monkeypatch.setattr(endpoint, "START_SECONDS", 0.1)
    data = DataDir(tmp_path)
    state = {"url": "http://127.0.0.1:9", "pid": 2, "instance": "i"} | {key: value}
    data.state.write_text(json.dumps(state))
    with data.lock.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(ConfigError, match="does not answer"):
            endpoint.find(tmp_path)


def test_a_log_file_that_is_a_pipe_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "studio-tui.log")
    with pytest.raises(OSError, match="No such device"):
        configure(tmp_path)


def test_no_file_is_written_through_a_link(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.write_text("precious")
    (tmp_path / "studio-tui.log").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"):
        configure(tmp_path)
    (tmp_path / "recorder.lock").symlink_to(victim)
    with pytest.raises(OSError, match="symbolic links"):
        connect(tmp_path / "recorder.sqlite")
    (tmp_path / "state").symlink_to(victim)
    files.write_private(tmp_path / "state", "x")
    assert stat.S_IMODE((tmp_path / "state").stat().st_mode) == 0o600
    assert victim.read_text() == "precious"


def test_a_file_that_is_too_long_is_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files, "READ_LIMIT", 10)
    path = tmp_path / "long"
    path.write_bytes(b"x" * 10)
    assert files.read_bytes(path) == b"x" * 10
    path.write_bytes(b"x" * 11)
    with pytest.raises(OSError, match="too long"):
        files.read_bytes(path)


@pytest.mark.starts_processes
@pytest.mark.parametrize(
    ("command", "variable"),
    at_length(
        [(["doctor"], "STUDIO_TUI_STATE_DIR"), (["local", "status"], "STUDIO_TUI_DATA_DIR")],
        [
            *product([["doctor"]], ["STUDIO_TUI_STATE_DIR", "STUDIO_TUI_LOG_DIR"]),
            *product([["doctor"], ["local", "status"]], ["STUDIO_TUI_DATA_DIR"]),
        ],
    ),
)
def test_a_path_in_an_unknown_user_s_home_is_reported_with_exit_code_2(
    tmp_path: Path, variable: str, command: list[str]
) -> None:
    environ = {**os.environ, variable: "~nosuch-user/x", "HOME": str(tmp_path)}
    arguments = [sys.executable, "-m", "studio_tui", *command]
    ended = subprocess.run(arguments, env=environ, check=False, capture_output=True, text=True)
    assert "is in the home folder of an unknown user." in ended.stdout + ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.returncode == 2


def test_an_error_with_a_hostile_path_is_printed_without_control_characters(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config = tmp_path / "\x1b[31mred" / ".datachain" / "config"
    config.parent.mkdir(parents=True)
    config.write_text("x =")
    monkeypatch.chdir(config.parent.parent)
    for name in ("DATACHAIN_DIR", "DATACHAIN_ROOT_DIR"):
        monkeypatch.delenv(name, raising=False)
    ended = CliRunner().invoke(main, ["record", "export", "x"])
    assert ended.exit_code == 2
    assert "red/.datachain/config is not valid TOML" in ended.output
    assert "\x1b" not in ended.output


@pytest.mark.starts_processes
def test_doctor_names_a_configuration_that_is_nested_too_deeply(tmp_path: Path) -> None:
    (tmp_path / "config").write_text(f"x = {DEEP}")
    environ = {**os.environ, "DATACHAIN_DIR": str(tmp_path), "HOME": str(tmp_path)}
    arguments = [sys.executable, "-m", "studio_tui", "doctor"]
    ended = subprocess.run(arguments, env=environ, check=False, capture_output=True, text=True)
    assert f"{tmp_path / 'config'} is not valid TOML: it is nested too deeply." in ended.stdout
    assert (ended.returncode, ended.stderr) == (1, "")


@pytest.mark.starts_processes
def test_doctor_suggests_the_local_studio_to_a_user_without_a_token(tmp_path: Path) -> None:
    environ = {**os.environ, "DATACHAIN_DIR": str(tmp_path), "HOME": str(tmp_path)}
    environ.pop("DATACHAIN_STUDIO_TOKEN", None)
    arguments = [sys.executable, "-m", "studio_tui", "doctor"]
    ended = subprocess.run(arguments, env=environ, check=False, capture_output=True, text=True)
    assert "No Studio token is set." in ended.stdout
    assert "`studio-tui --local` runs a Studio on this machine." in ended.stdout
    assert (ended.returncode, ended.stderr) == (1, "")


def test_the_version_of_a_file_changes_when_it_is_written_replaced_or_removed(
    tmp_path: Path,
) -> None:
    file = tmp_path / "server.json"
    assert files.file_version(None) is files.file_version(file) is None
    file.write_text("first")
    first = files.file_version(file)
    assert first == files.file_version(file) is not None
    file.write_text("changed")
    assert files.file_version(file) not in {first, None}
    (tmp_path / "new").write_text("first")
    (tmp_path / "new").replace(file)
    assert files.file_version(file) not in {first, None}
    file.unlink()
    assert files.file_version(file) is None
