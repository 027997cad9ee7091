"""Arguments that are read without `click` mean the same to `click`."""

from unittest import mock

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from studio_tui import __main__ as program
from studio_tui import commands
from studio_tui.arguments import Arguments, SimpleCommandLine, parse_simple
from studio_tui.errors import ConfigError

USUAL = (
    *("--local", "--samples", "--read-only", "--quiet"),
    *("--url", "--team", "--theme", "--url=https://s.example", "--team=", "--theme=dark"),
    *("https://s.example", "ann", "dark", "light", "-team", "local", "--"),
)
OTHER = (
    *("--help", "-h", "--version", "doctor", "local", "record", "replay", "--", "-", "--loca"),
    *("--token-file=t", "--ca-file=c", "--data-dir=d", "--quiet=1", "--theme=blue", "--team"),
)


def as_click_reads(words: list[str]) -> SimpleCommandLine | str:
    """Return how `click` would open the dashboard, or what it says instead."""
    with mock.patch.object(commands, "dashboard", return_value=0) as opened:
        result = CliRunner().invoke(commands.main, words)
    if not opened.called:
        return result.output
    (arguments, theme), named = opened.call_args
    assert named["data_dir"] is None
    return SimpleCommandLine(arguments, theme, named["local"], named["samples"])


@given(st.lists(st.sampled_from(USUAL), max_size=6))
def test_a_command_line_parsed_without_click_means_the_same_to_click(words: list[str]) -> None:
    early = parse_simple(words, {})
    assert early is None or early == as_click_reads(words)


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
    assert parse_simple(words, {}) == as_click_reads(words)


@pytest.mark.parametrize("word", OTHER)
def test_an_uncommon_command_line_is_left_to_click(word: str) -> None:
    assert parse_simple([word], {}) is None
    assert parse_simple(["--quiet", word], {}) is None


def test_shell_completion_is_left_to_click() -> None:
    assert parse_simple([], {"_STUDIO_TUI_COMPLETE": "bash_source"}) is None


@pytest.mark.parametrize(
    ("raised", "code", "said"),
    [
        (ConfigError("The token is missing."), 2, "studio-tui: The token is missing.\n"),
        (KeyboardInterrupt(), 1, "\nAborted!\n"),
    ],
)
def test_an_error_without_click_has_the_same_exit_code_and_message_as_with_click(
    raised: BaseException, code: int, said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with (
        mock.patch("studio_tui.composition.dashboard", side_effect=raised),
        pytest.raises(SystemExit) as ended,
    ):
        program._run_dashboard(SimpleCommandLine(Arguments(), None, local=False, samples=False))
    assert ended.value.code == code
    assert capsys.readouterr().err == said
    with mock.patch.object(commands, "dashboard", side_effect=raised):
        result = CliRunner().invoke(commands.main, [])
    assert (result.exit_code, result.stderr) == (code, said)
