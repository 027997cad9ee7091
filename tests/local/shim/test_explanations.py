import subprocess
import sys

import pytest

from studio_tui.local.shim.explanations import (
    explain_exit,
    explain_setup_exit,
    explain_setup_failure,
    is_connection_failure,
)

MEMORY = "exit code 137 (SIGKILL, often out of memory)"
ABORTED = "The query ended with exit code 134 (SIGABRT, the program aborted)"


def traceback_of(code: str) -> str:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=False
    ).stderr


@pytest.mark.starts_processes
@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        ("raise ValueError('bad shard')", "ValueError: bad shard"),
        ("raise KeyError('a\\nb')", "KeyError: 'a\\nb'"),
        ("raise RuntimeError('first\\n  and second')", "RuntimeError: first; and second"),
        ("raise RuntimeError('\\nit begins below')", "RuntimeError: it begins below"),
        ("raise KeyboardInterrupt", "KeyboardInterrupt"),
        ("import json; json.loads('{')", "json.decoder.JSONDecodeError: Expecting property name"),
        (
            "try: 1/0\nexcept Exception as e: raise OSError('x') from e",
            "OSError: x (caused by ZeroDivisionError: division by zero)",
        ),
        ("try: 1/0\nexcept Exception as e: raise OSError('x')", "OSError: x"),
        ("if :", "SyntaxError: invalid syntax (<string>, line 1)"),
        (
            "raise ExceptionGroup('many', [ValueError('one')])",
            "ValueError: one (in ExceptionGroup: many)",
        ),
        (
            "raise ExceptionGroup('many', [ExceptionGroup('in', [KeyError('a')] * 2), OSError()])",
            "KeyError: 'a' (the first of 3 in ExceptionGroup: many)",
        ),
        (
            "raise ExceptionGroup('many', [ValueError(n) for n in range(30)])",
            "ValueError: 0 (the first of 30 in ExceptionGroup: many)",
        ),
    ],
)
def test_the_exception_that_ended_a_program_is_the_reason(code: str, sentence: str) -> None:
    output = "some output\nError: of the job's own making\n" + traceback_of(code)
    assert explain_exit(1, output).startswith(sentence)


@pytest.mark.starts_processes
def test_cleanup_output_after_an_exception_is_not_in_the_reason() -> None:
    output = (
        traceback_of("raise ValueError('bad shard')") + "Cleanup: done\n[local Studio: stopping]\n"
    )
    assert explain_exit(1, output) == "ValueError: bad shard"


@pytest.mark.starts_processes
def test_output_after_an_exception_is_added_to_it() -> None:
    output = traceback_of("raise ValueError('bad shard')") + "see the manual\n"
    assert explain_exit(1, output) == "ValueError: bad shard; its last output: see the manual"


HANDLED = """
import logging, sys, traceback
logging.basicConfig(level=logging.INFO)
for attempt in (1, 2):
    try:
        raise ConnectionError(f"mirror {attempt} is away")
    except ConnectionError:
        HANDLE
logging.info("mirror 3 answered; 0 rows since yesterday")
sys.exit("no rows, nothing to do")
"""


@pytest.mark.starts_processes
@pytest.mark.parametrize(
    "handle", ["logging.exception('attempt %d failed', attempt)", "traceback.print_exc()"]
)
def test_an_exception_that_was_handled_is_not_the_reason(handle: str) -> None:
    output = traceback_of(HANDLED.replace("HANDLE", handle))
    assert explain_exit(1, output) == (
        "The query ended with exit code 1; its last output: no rows, nothing to do"
    )


@pytest.mark.starts_processes
def test_an_exit_code_other_than_1_with_later_output_is_not_an_exception() -> None:
    output = traceback_of("import traceback\ntry: 1/0\nexcept Exception: traceback.print_exc()")
    assert explain_exit(3, output + "giving up\n").endswith("its last output: giving up")
    assert explain_exit(3, output) == "ZeroDivisionError: division by zero"


@pytest.mark.parametrize(
    ("code", "output", "sentence"),
    [
        (3, "", "The query ended with exit code 3."),
        (3, "\n  \n", "The query ended with exit code 3."),
        (1, "a\nno space\r\n", "The query ended with exit code 1; its last output: no space"),
        (1, "\x1b[31mred\x1b[0m\n", "The query ended with exit code 1; its last output: red"),
        (1, "own\n[local Studio: x]\n", "The query ended with exit code 1; its last output: own"),
        (137, "ignored", f"The query ended with {MEMORY}."),
        (143, "ignored", "The query ended with exit code 143 (SIGTERM, told to stop)."),
        (
            139,
            "step 2\n",
            "The query ended with exit code 139 (SIGSEGV, invalid memory access).",
        ),
        (134, "free(): invalid size\n", f"{ABORTED}; its last output: free(): invalid size"),
        (129, "bad flag\n", "The query ended with exit code 129; its last output: bad flag"),
        (162, "", "The query ended with exit code 162."),
        (
            134,
            "terminate called after throwing an instance of 'std::bad_alloc'\n  what():  no room\n",
            f"{ABORTED}; its last output: std::bad_alloc: no room",
        ),
        (255, "", "The query ended with exit code 255."),
    ],
)
def test_an_exit_code_is_explained_in_a_sentence(code: int, output: str, sentence: str) -> None:
    assert explain_exit(code, output) == sentence


def test_the_message_of_the_resolver_is_one_line_without_its_frame() -> None:
    output = (
        "Using CPython 3.11.7\nCreating virtual environment\n"
        "  × No solution found when resolving dependencies:\n"
        "  ╰─▶ Because nothing-like-it was not found in the package registry and you\n"
        "      require nothing-like-it, we can conclude that your requirements are\n"
        "      unsatisfiable.\n"
    )
    assert explain_setup_failure(output) == (
        "No solution found when resolving dependencies: Because nothing-like-it was not found in"
        " the package registry and you require nothing-like-it, we can conclude that your"
        " requirements are unsatisfiable."
    )


def test_the_cause_of_the_resolver_follows_its_error() -> None:
    output = "error: No solution found\n  cause: Because a was not found,\n    b is not usable.\n"
    assert (
        explain_setup_failure(output)
        == "No solution found: Because a was not found, b is not usable."
    )


def test_the_reason_of_git_is_its_last_error() -> None:
    output = "Cloning into '.'...\nfatal: repository '/nowhere' does not exist\n"
    assert explain_setup_failure(output) == "repository '/nowhere' does not exist"


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("git@host: Permission denied (publickey).\n", "git@host: Permission denied (publickey)."),
        ("ERROR: Repository not found.\n", "Repository not found."),
        ("fatal: '/x' is no repository\n", "'/x' is no repository"),
        ("", "Could not read from remote repository. Please make sure you have the rights."),
    ],
)
def test_the_reason_of_git_is_the_line_before_its_general_error(line: str, reason: str) -> None:
    output = (
        f"Cloning into '.'...\n{line}fatal: Could not read from remote repository.\n\n"
        "Please make sure you have\nthe rights.\n"
    )
    assert explain_setup_failure(output) == reason


@pytest.mark.parametrize(
    ("code", "output", "sentence"),
    [
        (128, "Cloning into '.'...\nfatal: no access\n", "no access"),
        (137, "Cloning into '.'...\n", f"git ended with {MEMORY}."),
        (1, "", "git ended with exit code 1."),
    ],
)
def test_a_failure_before_the_query_names_the_program_that_ended(
    code: int, output: str, sentence: str
) -> None:
    assert explain_setup_exit("git", code, output) == sentence


def test_an_empty_output_of_the_resolver_has_no_reason() -> None:
    assert explain_setup_failure("") is None


@pytest.mark.parametrize(
    ("output", "is_unreachable"),
    [
        ("error: Failed\n  cause: dns error\n  cause: error resolving DNS\n", True),
        ("  cause: client error (Connect)\n  cause: tcp connect error: Connection refused", True),
        ("error: No solution found when resolving dependencies\n", False),
        ("error: HTTP status client error (404 Not Found)", False),
        ("", False),
    ],
)
def test_a_failed_connection_is_distinguished_from_other_failures(
    output: str, is_unreachable: bool
) -> None:
    assert is_connection_failure(output) is is_unreachable
