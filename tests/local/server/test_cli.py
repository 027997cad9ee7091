import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner

from studio_tui.commands import main
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.server.cli import local
from tests.studios import ThreadStudio
from tests.waiting import HANG, eventually


def test_status_prints_the_url_of_the_server(studio: ThreadStudio) -> None:
    result = CliRunner().invoke(local, ["status", "--data-dir", str(studio.data_dir)])
    assert result.exit_code == 0
    assert studio.url in result.output


def test_the_data_directory_is_an_option_before_the_command_or_a_variable(
    studio: ThreadStudio,
) -> None:
    for command, words in ((local, []), (main, ["local"])):
        before = CliRunner().invoke(command, [*words, "--data-dir", str(studio.data_dir), "status"])
        assert studio.url in before.output
    inside = CliRunner().invoke(
        local, ["status"], env={"STUDIO_TUI_DATA_DIR": str(studio.data_dir)}
    )
    assert studio.url in inside.output


def test_status_and_env_fail_if_no_server_runs_and_stop_does_not(tmp_path: Path) -> None:
    for command in ("status", "env"):
        result = CliRunner().invoke(local, [command, "--data-dir", str(tmp_path)])
        assert result.exit_code == 1
        assert result.stdout == ""
        assert str(tmp_path) in result.stderr
    assert CliRunner().invoke(local, ["stop", "--data-dir", str(tmp_path)]).exit_code == 0


def test_env_prints_variables_for_a_shell_and_the_published_client(studio: ThreadStudio) -> None:
    result = CliRunner().invoke(local, ["env", "--data-dir", str(studio.data_dir)])
    script = f'{result.output}echo "$DATACHAIN_STUDIO_URL $DATACHAIN_STUDIO_TEAM"; env'
    printed = subprocess.check_output(["sh", "-c", script], text=True)
    assert printed.startswith(f"{studio.url} local\n")
    assert f"DATACHAIN_STUDIO_TOKEN={studio.token}\n" in printed
    config = DataDir(studio.data_dir).cli_config
    assert f"DATACHAIN_GLOBAL_CONFIG_DIR={config}\n" in printed
    assert tomllib.loads((config / "config").read_text()) == {
        "studio": {"url": studio.url, "token": studio.token, "team": "local"}
    }


@pytest.mark.starts_processes
def test_a_server_in_the_foreground_prints_its_url_and_ends_on_stop(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "studio_tui.local", "--data-dir", str(tmp_path), "--port", "0"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        assert server.stderr is not None
        assert server.stdout.readline().startswith("http://127.0.0.1:")
        stopped = subprocess.run(
            [sys.executable, "-m", "studio_tui.local", "stop", "--data-dir", str(tmp_path)],
            capture_output=True,
            text=True,
            check=True,
            timeout=HANG,
        )
        assert stopped.stdout == "stopped\n"
        assert server.wait(HANG) == 0
        assert server.stderr.read() == ""


def test_a_second_server_in_the_foreground_fails_with_the_reason(studio: ThreadStudio) -> None:
    result = CliRunner().invoke(local, ["--data-dir", str(studio.data_dir)])
    assert result.exit_code == 2
    assert "already runs" in result.stderr
    eventually(lambda: studio.jobs() == [])
