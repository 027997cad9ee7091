"""Command lines that are parsed without `click` have the same meaning as with `click`."""

from unittest import mock

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from studio_tui import __main__ as program
from studio_tui import commands
from studio_tui.arguments import Arguments, SimpleCommandLine, parse_simple
from studio_tui.errors import ConfigError

COMMON = (
    *("--local", "--samples", "--read-only", "--quiet"),
    *("--url", "--team", "--theme", "--url=https://s.example", "--team=", "--theme=dark"),
    *("https://s.example", "ann", "dark", "light", "-team", "local", "--"),
)
UNCOMMON = (
    *("--help", "-h", "--version", "doctor", "local", "record", "replay", "--", "-", "--loca"),
    *("--token-file=t", "--ca-file=c", "--data-dir=d", "--quiet=1", "--theme=blue", "--team"),
)


def parse_with_click(words: list[str]) -> SimpleCommandLine | str:
    """Return the command line as `click` parses it; its output if it opens no dashboard."""
    with mock.patch.object(commands, "dashboard", return_value=0) as dashboard:
        result = CliRunner().invoke(commands.main, words)
    if not dashboard.called:
        return result.output
    (arguments, theme), options = dashboard.call_args
    assert options["data_dir"] is None
    return SimpleCommandLine(arguments, theme, options["local"], options["samples"])


@given(st.lists(st.sampled_from(COMMON), max_size=6))
def test_a_command_line_parsed_without_click_means_the_same_to_click(words: list[str]) -> None:
    parsed = parse_simple(words, {})
    assert parsed is None or parsed == parse_with_click(words)


@pytest.mark.parametrize(
    "words",
    [
        [],
        ["--local"],
        ["--local", "--samples", "--quiet"],
        ["--url", "https://s.example", "--team=ann", "--read-only"],
        ["--theme", "light"],
    ],
)
def test_a_common_command_line_is_parsed_without_click(words: list[str]) -> None:
    assert parse_simple(words, {}) == parse_with_click(words)


@pytest.mark.parametrize("word", UNCOMMON)
def test_an_uncommon_command_line_is_left_to_click(word: str) -> None:
    assert parse_simple([word], {}) is None
    assert parse_simple(["--quiet", word], {}) is None


def test_shell_completion_is_left_to_click() -> None:
    assert parse_simple([], {"_STUDIO_TUI_COMPLETE": "bash_source"}) is None


@pytest.mark.parametrize(
    ("error", "exit_code", "message"),
    [
        (ConfigError("The token is missing."), 2, "studio-tui: The token is missing.\n"),
        (KeyboardInterrupt(), 1, "\nAborted!\n"),
    ],
)
def test_an_error_without_click_has_the_same_exit_code_and_message_as_with_click(
    error: BaseException, exit_code: int, message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        mock.patch("studio_tui.composition.dashboard", side_effect=error),
        pytest.raises(SystemExit) as exited,
    ):
        program._run_dashboard(SimpleCommandLine(Arguments(), None, local=False, samples=False))
    assert exited.value.code == exit_code
    assert capsys.readouterr().err == message
    with mock.patch.object(commands, "dashboard", side_effect=error):
        result = CliRunner().invoke(commands.main, [])
    assert (result.exit_code, result.stderr) == (exit_code, message)


def test_no_description_of_a_command_is_cut_off_in_the_help() -> None:
    for words in ([], ["local"], ["record"]):
        help_text = CliRunner().invoke(commands.main, [*words, "--help"], terminal_width=80).output
        _, has_commands, listed = help_text.partition("Commands:")
        assert has_commands
        assert "..." not in listed, words
