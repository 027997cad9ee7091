import subprocess
import sys

import pytest

from studio_tui.local.shim.words import (
    MESSAGE_LIMIT,
    exit_words,
    is_unreached,
    python_words,
    resolver_words,
)


def failure(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    ).stderr


@pytest.mark.starts_processes
@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("raise ValueError('bad shard')", "ValueError: bad shard"),
        ("raise KeyError('a\\nb')", "KeyError: 'a\\nb'"),
        ("raise RuntimeError('first\\nsecond')", "RuntimeError: first"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import json; json.loads('{')", "json.decoder.JSONDecodeError: Expecting property name"),
        ("try: 1/0\nexcept Exception as e: raise OSError('x') from e", "OSError: x"),
        ("if :", "SyntaxError: invalid syntax"),
        ("raise ExceptionGroup('many', [ValueError('one')])", "ValueError: one"),
    ],
)
def test_the_exception_that_ended_a_program_is_found(code: str, sentence: str) -> None:
    words = python_words("some output\nError: of the job's own making\n" + failure(code))
    assert words is not None
    assert words.startswith(sentence)


@pytest.mark.parametrize(
    "output",
    ["", "all is well\n", "Done: 10%\r20%\r", "error without a name\n", "Processed: 3 rows\n"],
)
def test_output_without_an_exception_has_no_words(output: str) -> None:
    assert python_words(output) is None


@pytest.mark.starts_processes
def test_what_follows_the_traceback_is_not_taken_for_it() -> None:
    output = failure("raise ValueError('bad shard')") + "Cleanup: done\n[local Studio: stopping]\n"
    assert python_words(output) == "ValueError: bad shard"


@pytest.mark.starts_processes
def test_a_long_message_is_bounded() -> None:
    words = python_words(failure("raise ValueError('x' * 10_000)"))
    assert words is not None
    assert len(words) == MESSAGE_LIMIT


@pytest.mark.parametrize(
    ("code", "output", "sentence"),
    [
        (3, "", "The query ended with exit code 3."),
        (3, "\n  \n", "The query ended with exit code 3."),
        (1, "a\nno space\r\n", "The query ended with exit code 1; it last said: no space"),
        (1, "\x1b[31mred\x1b[0m\n", "The query ended with exit code 1; it last said: red"),
        (1, "own\n[local Studio: x]\n", "The query ended with exit code 1; it last said: own"),
        (137, "ignored", "The query was ended by signal 9 (SIGKILL)."),
        (255, "", "The query ended with exit code 255."),
    ],
)
def test_an_exit_code_has_a_sentence(code: int, output: str, sentence: str) -> None:
    assert exit_words(code, output) == sentence


def test_the_resolvers_reason_is_one_line_without_its_frame() -> None:
    output = (
        "Using CPython 3.11.7\nCreating virtual environment\n"
        "  × No solution found when resolving dependencies:\n"
        "  ╰─▶ Because nothing-like-it was not found in the package registry and you\n"
        "      require nothing-like-it, we can conclude that your requirements are\n"
        "      unsatisfiable.\n"
    )
    assert resolver_words(output) == (
        "No solution found when resolving dependencies: Because nothing-like-it was not found in"
        " the package registry and you require nothing-like-it, we can conclude that your"
        " requirements are unsatisfiable."
    )


def test_a_resolvers_cause_follows_its_error() -> None:
    output = "error: No solution found\n  cause: Because a was not found,\n    b is not usable.\n"
    assert resolver_words(output) == "No solution found: Because a was not found, b is not usable."


def test_gits_reason_is_its_last_error() -> None:
    output = "Cloning into '.'...\nfatal: repository '/nowhere' does not exist\n"
    assert resolver_words(output) == "repository '/nowhere' does not exist"


def test_a_resolver_that_said_nothing_has_no_words() -> None:
    assert resolver_words("") is None


@pytest.mark.parametrize(
    ("output", "unreached"),
    [
        ("error: Failed\n  cause: dns error\n  cause: error resolving DNS\n", True),
        ("  cause: client error (Connect)\n  cause: tcp connect error: Connection refused", True),
        ("error: No solution found when resolving dependencies\n", False),
        ("error: HTTP status client error (404 Not Found)", False),
        ("", False),
    ],
)
def test_what_could_not_connect_is_told_from_what_was_refused(output: str, unreached: bool) -> None:
    assert is_unreached(output) is unreached
