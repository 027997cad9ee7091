"""The command line: started without arguments, without `click`, and its help."""

from unittest import mock

import pytest
from click.testing import CliRunner

from studio_tui import __main__ as program
from studio_tui import commands
from studio_tui.errors import ConfigError

DASHBOARDS = ("studio_tui.composition.dashboard", "studio_tui.commands.dashboard")


def test_without_arguments_the_same_dashboard_opens_as_with_click(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("sys.argv", ["studio-tui"])
    with mock.patch(DASHBOARDS[0], return_value=0) as opened, pytest.raises(SystemExit):
        program.main()
    with mock.patch(DASHBOARDS[1], return_value=0) as opened_by_click:
        CliRunner().invoke(commands.main, [])
    assert opened.call_args == opened_by_click.call_args


def test_arguments_and_shell_completion_are_left_to_click(monkeypatch: pytest.MonkeyPatch) -> None:
    with mock.patch.object(commands, "main", side_effect=SystemExit(7)) as click:
        monkeypatch.setattr("sys.argv", ["studio-tui", "--local"])
        with pytest.raises(SystemExit):
            program.main()
        monkeypatch.setattr("sys.argv", ["studio-tui"])
        monkeypatch.setenv("_STUDIO_TUI_COMPLETE", "bash_source")
        with pytest.raises(SystemExit):
            program.main()
    assert click.call_count == 2


@pytest.mark.parametrize(
    ("error", "exit_code", "message"),
    [
        (ConfigError("The token is missing."), 2, "studio-tui: The token is missing.\n"),
        (KeyboardInterrupt(), 1, "\nAborted!\n"),
    ],
)
def test_an_error_without_click_has_the_same_exit_code_and_message_as_with_click(
    error: BaseException,
    exit_code: int,
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("sys.argv", ["studio-tui"])
    with mock.patch(DASHBOARDS[0], side_effect=error), pytest.raises(SystemExit) as exited:
        program.main()
    assert exited.value.code == exit_code
    assert capsys.readouterr().err == message
    with mock.patch(DASHBOARDS[1], side_effect=error):
        result = CliRunner().invoke(commands.main, [])
    assert (result.exit_code, result.stderr) == (exit_code, message)


def test_no_description_of_a_command_is_cut_off_in_the_help() -> None:
    for words in ([], ["local"], ["record"]):
        help_text = CliRunner().invoke(commands.main, [*words, "--help"], terminal_width=80).output
        _, has_commands, listed = help_text.partition("Commands:")
        assert has_commands
        assert "..." not in listed, words
