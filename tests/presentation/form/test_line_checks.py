import subprocess
from pathlib import Path

import pytest
import uv
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.form.line_checks import (
    environment_problems,
    masked_line,
    requirement_problems,
)
from studio_tui.presentation.form.problems import Level
from studio_tui.presentation.jobs.facts import MASK
from studio_tui.text import safe_line

GOOD_REQUIREMENTS = (
    "numpy",
    "numpy==1.24 # pinned",
    "numpy >=1.24, <3",
    "numpy==1.*",
    "uvicorn[standard]~=0.30",
    "tomli; python_version < '3.11'",
    "name @ git+https://github.com/u/r@main",
    "numpy==1.24 --hash=sha256:" + "0" * 64,
    "numpy==1.24 \\\n    --hash=sha256:" + "0" * 64,
    "git+https://github.com/u/r",
    "--index-url https://pypi.org/simple",
    "--extra-index-url=https://pypi.org/simple",
    "-f https://example.org/wheels",
    "--only-binary :all:",
    "--no-index",
    "# only a comment\n\n",
)
BAD_REQUIREMENTS = {
    "numpy=1.24": "“numpy=1.24” has one equals sign; type “numpy==1.24”.",
    "numpy==": "“numpy==” is not a requirement such as numpy>=1.24: “Expected",
    "numpy===": "“numpy===” is not a requirement such as numpy>=1.24: “Expected",
    "numpy=>1": "“numpy=>1” is not a requirement such as numpy>=1.24: “Expected",
    "numpy pandas": "“numpy pandas” is not a requirement such as numpy>=1.24: “Expected",
    "numpy!1": "“numpy!1” is not a requirement such as numpy>=1.24: “Expected",
    "-r base.txt": "`-r` names another file, which the job does not have; paste its lines.",
    "--constraint=c.txt": (
        "`--constraint` names another file, which the job does not have; paste its lines."
    ),
    "--index-url": "`--index-url` needs a URL after it, such as https://pypi.org/simple.",
    "--no-binary": "`--no-binary` needs a package after it, or :all:.",
    "-e": "`-e` needs a path or URL after it.",
    "--banana": (
        "“--banana” is not an option of a requirements file; these are supported: --index-url,"
        " --extra-index-url, --find-links, --no-index, --no-binary, --only-binary and"
        " --require-hashes."
    ),
}


@pytest.mark.parametrize("text", GOOD_REQUIREMENTS)
def test_a_valid_requirement_has_no_problem(text: str) -> None:
    assert requirement_problems(text) == ()


@pytest.mark.parametrize(("line", "sentence"), BAD_REQUIREMENTS.items())
def test_a_bad_requirement_is_an_error_with_its_line_number(line: str, sentence: str) -> None:
    (problem,) = requirement_problems(f"pandas\n\n{line}\n")
    assert (problem.field, problem.level) == ("requirements", Level.ERROR)
    assert problem.sentence.startswith(f"Line 3: {sentence}")


def uv_error(text: str, folder: Path) -> str:
    """Return uv's error about requirements, read without a network; empty if there is none."""
    (folder / "requirements.txt").write_text(text)
    command = [uv.find_uv_bin(), "pip", "compile", "--offline", "--no-cache", "--no-config"]
    completed = subprocess.run(
        [*command, "requirements.txt"], cwd=folder, capture_output=True, text=True, check=False
    )
    # uv wraps its errors, depending on the length of the folder's path.
    return " ".join(completed.stderr.split()) if completed.returncode else ""


INPUT_ERRORS = (
    "Couldn't parse",
    "Expected",
    "Unexpected",
    "must be followed",
    "does not appear",
    "failed to read",
    "Distribution not found",
)
"""Words of uv's errors about its input. Offline, it reports packages that it cannot find, too."""


@pytest.mark.starts_processes
def test_uv_can_read_the_valid_requirements(tmp_path: Path) -> None:
    error = uv_error("\n".join(GOOD_REQUIREMENTS), tmp_path)
    assert not any(words in error for words in INPUT_ERRORS), error


@pytest.mark.starts_processes
@pytest.mark.parametrize("line", BAD_REQUIREMENTS)
def test_uv_refuses_the_bad_requirements(line: str, tmp_path: Path) -> None:
    error = uv_error(line, tmp_path)
    assert any(words in error for words in INPUT_ERRORS), error


def test_paths_are_not_checked() -> None:
    lines = "-e .\n./own\nown-1.0-py3-none-any.whl\n/srv/own\n-e file:///srv/own"
    assert requirement_problems(lines) == ()


def test_an_option_that_only_pip_understands_is_a_warning() -> None:
    sentence = "Line 1: `--pre` may be ignored: only pip itself understands it."
    assert requirement_problems("--pre") == (("requirements", sentence, Level.WARNING),)


def test_the_same_package_may_be_required_for_several_systems() -> None:
    text = "numpy<2; python_version < '3.12'\nnumpy; python_version >= '3.12'"
    assert requirement_problems(text) == ()


NO_ASSIGNMENT = "must be NAME=VALUE."
NO_NAME = "has no valid name before the equals sign: letters, digits and _, no digit first."


@pytest.mark.parametrize(
    "secret",
    [
        "sk-live-HUNTER2TOKEN",
        "sk-live-HUNTER2TOKEN==",
        "ghp_" + "a1B2" * 9,
        "Ab1" * 14,
        "hunter2",
        "d41d8cd98f00b204e9800998ecf8427e",
        "MIIEvQIBADANBgkq",
    ],
)
def test_a_secret_pasted_without_a_variable_name_is_not_shown(secret: str) -> None:
    (problem,) = environment_problems(secret)
    assert secret.rstrip("=") not in problem[1]


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("a B", NO_ASSIGNMENT),
        ("export MODE: full", NO_ASSIGNMENT),
        ("TOKEN", NO_ASSIGNMENT),
        ("=1", NO_NAME),
        ("1A=2", NO_NAME),
        ("a-b=2", NO_NAME),
        ("A=" + "x" * 131_072, "is longer than 128 KiB, which cannot be passed to a program."),
    ],
)
def test_a_bad_variable_is_an_error_with_its_line_number(line: str, sentence: str) -> None:
    (problem,) = environment_problems(f"# mine\r\nGOOD=1\r\n{line}")
    assert problem == ("environment", f"Line 3 {sentence}", Level.ERROR)


@pytest.mark.parametrize("line", [f"TOKEN={MASK}", f"export TOKEN={MASK}", MASK])
def test_a_value_that_was_not_saved_is_an_error(line: str) -> None:
    sentence = "Line 1: the value was not saved to disk; type it again."
    assert environment_problems(line) == (("environment", sentence, Level.ERROR),)


@pytest.mark.parametrize(
    ("line", "masked"),
    [
        ("", ""),
        ("A=hush=hush", f"A={MASK}"),
        ("export A = hush", f"export A ={MASK}"),
        (f"LONG{'_' * 50}=hush", f"LONG{'_' * 50}={MASK}"),
        ("EMPTY=", "EMPTY="),
        ("=hush", f"={MASK}"),
        ("NAME", MASK),
        ("export http_proxy", MASK),
        ("hunter2", MASK),
        ("hunter2==", MASK),
        ("hunter2=", MASK),
        ("hunter2=hush", f"hunter2={MASK}"),
        ("MIIEvQIBADANBgkq", MASK),
        ("MY-MODE=hush", f"MY-MODE={MASK}"),
        ("MODE: hush", MASK),
        ("hush hush", MASK),
        ("hush-hush==", MASK),
        ("AKIAIOSFODNN7EXAMPLE=", MASK),
        ("export AKIAIOSFODNN7EXAMPLE = hush", MASK),
        ("AWS_SECRET_ACCESS_KEY=", "AWS_SECRET_ACCESS_KEY="),
        ("postgres://me:hush@host/db?sslmode=require", MASK),
        ("Bearer hush.hush x=1", MASK),
        ("# A=hush", f"# {MASK}"),
        ("# hush", f"# {MASK}"),
    ],
)
def test_a_masked_line_has_its_name_unless_that_may_be_a_secret(line: str, masked: str) -> None:
    assert masked_line(line) == masked


@pytest.mark.parametrize("line", ["A='1'", 'A="1', "export A = '1'"])
def test_quotes_around_a_value_are_a_warning(line: str) -> None:
    sentence = "Line 1: the quotes of A are sent as a part of its value."
    assert environment_problems(line) == (("environment", sentence, Level.WARNING),)


def test_a_quoted_value_of_several_lines_cannot_be_sent_and_is_not_quoted() -> None:
    problems = environment_problems("A=1\nKEY='begin\nhunter2\nend'")
    assert [problem.sentence for problem in problems] == [
        "Line 2: the quotes of KEY are sent as a part of its value.",
        f"Line 3 {NO_ASSIGNMENT}",
        f"Line 4 {NO_ASSIGNMENT}",
    ]


def test_valid_variables_have_no_problem() -> None:
    assert environment_problems("A=1\n\n # note = this\nexport B = x y \nC=\nD=a=b") == ()


@given(st.text() | st.text("-=#'\"\\ \n\tabrf./@:[;"))
def test_the_problems_of_any_lines_are_short_and_safe_to_draw(text: str) -> None:
    problems = (*requirement_problems(text), *environment_problems(text))
    assert all(safe_line(problem.sentence) == problem.sentence for problem in problems)
    assert all(len(problem.sentence) < 300 for problem in problems)


def test_no_message_contains_the_value_of_a_variable() -> None:
    text = "A=hunter2\nA='hunter2'\nexport A=hunter2\n9=hunter2"
    assert not any("hunter2" in problem.sentence for problem in environment_problems(text))
