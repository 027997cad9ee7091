"""The installed program in a real terminal, checked by the bytes that it writes there."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import pyte
import pytest

from studio_tui.local.server import endpoint
from tests import needs
from tests.bench.terminal import Terminal
from tests.forked_program import ForkedTerminal
from tests.soak import at_length
from tests.studios import LocalStudio, ProcessStudio, ThreadStudio

pytestmark = pytest.mark.starts_processes

PROGRAM = [sys.executable, "-m", "studio_tui"]
CANARY = "canary-0123456789abcdef"
HOSTILE = (
    "a[/]b [@click=app.quit]x[/] \x1b]52;c;aGk=\x07 \x1b]0;owned\x07 \x9b31m \u202eevil 日本🎉"
)
SIZES = [(80, 24), (120, 40), (200, 60)]


def own_folders(folder: Path) -> dict[str, str]:
    """Return the variables with which the program keeps all its files in `folder`."""
    names = ("STATE", "LOG", "CACHE", "CONFIG", "DATA")
    return {f"STUDIO_TUI_{name}_DIR": str(folder / name.lower()) for name in names}


def environment(studio: LocalStudio, folder: Path) -> dict[str, str]:
    """Return the variables that also connect the program to `studio`."""
    return {
        "DATACHAIN_STUDIO_URL": studio.url,
        "DATACHAIN_STUDIO_TOKEN": studio.token,
        "DATACHAIN_STUDIO_TEAM": studio.team,
        **own_folders(folder),
    }


@contextmanager
def program(
    studio: LocalStudio,
    folder: Path,
    *arguments: str,
    size: tuple[int, int] = (120, 40),
    environ: Mapping[str, str] | None = None,
) -> Iterator[Terminal]:
    """Run the dashboard on `studio`, and wait until it is connected."""
    with ForkedTerminal(
        arguments,
        environment={**environment(studio, folder), **(environ or {})},
        size=size,
    ) as terminal:
        terminal.wait_for_text("live")
        yield terminal


def screen_lines(terminal: Terminal, size: tuple[int, int]) -> list[str]:
    """Return the lines that the terminal shows now."""
    # pyte would draw the private modes, which it does not know.
    supported = re.sub(r"\x1b\[[>=?<][0-9;$]*[a-zA-Z]", "", terminal.output.decode())
    pyte_screen = pyte.Screen(*size)
    pyte.Stream(pyte_screen).feed(supported)
    return [line.rstrip() for line in pyte_screen.display]


def hostile_sequences(output: bytes) -> set[str]:
    """Return the beginnings of control sequences in `output` that only hostile text contains."""
    # Textual itself sets the shape of the pointer with OSC 22, and queries the background.
    text = re.sub(r"\x1b\]22;\w*(?:\x07|\x1b\\)|\x1b\]11;\?\x1b\\", "", output.decode())
    forbidden = r"\x1b\]|\x1b[PX^_]|\x07|[\x80-\x9f]|[\u200e\u200f\u202a-\u202e\u2066-\u2069]"
    return set(re.findall(forbidden, text))


@pytest.mark.parametrize("size", at_length(SIZES[:1], SIZES))
def test_hostile_names_errors_and_logs_write_no_control_sequences(
    studio: ThreadStudio, tmp_path: Path, size: tuple[int, int]
) -> None:
    job = studio.submit(
        f"print({HOSTILE!r}); raise ValueError({HOSTILE!r})",
        query_name=HOSTILE,
        environment=f"A={HOSTILE}",
    )
    studio.wait_for_end(job["id"])
    with program(studio, tmp_path, size=size) as terminal:
        terminal.wait_for_text(re.escape("a[/]b [@click=app.quit]x"))
        for key in ("x", "r", "n", "enter", "]", "]", "s", "]", "l"):
            terminal.press(key)
            terminal.settle(0.2)
        terminal.wait_for_text("whole log", patience=60)
        terminal.settle(0.2)
        assert hostile_sequences(bytes(terminal.output)) == set()
        assert any("a[/]b [@click=app.quit]x[/]" in line for line in screen_lines(terminal, size))
        assert not terminal.exited


def test_the_token_is_in_no_command_line_no_output_and_no_file_but_its_own(
    studio_process: ProcessStudio, tmp_path: Path
) -> None:
    studio = studio_process
    studio.submit("import os; print(sorted(os.environ.items())); import time; time.sleep(60)")
    with Terminal(PROGRAM, environment=environment(studio, tmp_path)) as terminal:
        terminal.wait_for_text("live")
        for key in ("enter", "l", "q", "q", "?", "escape"):
            terminal.press(key)
            terminal.settle(0.2)
        studio.kill()
        terminal.wait_for_text("✗ .*stopped: ")
        texts = [*command_lines(), bytes(terminal.output)]
    texts += [path.read_bytes() for path in tmp_path.rglob("*") if must_not_contain_token(path)]
    assert len(texts) > 10
    assert not any(studio.token.encode() in text for text in texts)


def command_lines() -> Iterator[bytes]:
    """Yield the command lines of all processes of this machine."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # the process has ended meanwhile
            yield path.read_bytes()


def must_not_contain_token(path: Path) -> bool:
    """Return whether a path is a file, except the two files that are made to store the token."""
    return path.is_file() and path.name not in {"token", "config"}


PAGER = """#!/bin/sh
trap '' INT
{{ for word; do printf '%s\\n' "$word"; last=$word; done; }} > {folder}/argv
cp "$last" {folder}/read
ls -l "$last" | cut -c 1-10 > {folder}/rights
echo the pager is here
read -r key
exit {status}
"""


@pytest.mark.parametrize("status", at_length([7], [0, 7]))
def test_the_users_pager_gets_text_without_control_codes_and_returns_the_terminal(
    studio: ThreadStudio, tmp_path: Path, status: int
) -> None:
    studio.wait_for_end(studio.submit(f"print({HOSTILE!r}, end='the end\\n')")["id"])
    pager = tmp_path / "pager"
    pager.write_text(PAGER.format(folder=tmp_path, status=status))
    pager.chmod(0o755)
    # `PAGER` has no folder, as a long path would break the line of the notice in other places.
    pager_settings = {
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
        "PAGER": "pager -x 'a b'",
    }
    with program(studio, tmp_path, environ=pager_settings) as terminal:
        terminal.press("l")
        terminal.wait_for_text("whole log", patience=60)
        terminal.press("v")
        terminal.wait_for_text("the pager is here")
        *words, copy = (tmp_path / "argv").read_text().splitlines()
        assert words == ["-x", "a b"]
        assert (tmp_path / "rights").read_text() == "-rw-------\n"
        text = (tmp_path / "read").read_bytes()
        assert b"a[/]b [@click=app.quit]x[/]" in text
        assert hostile_sequences(text) == set()
        assert b"\x1b" not in text
        assert Path(copy).exists()
        drawn = terminal.text().count(b"whole log")
        terminal.press("\x03")  # ctrl+c
        terminal.settle(0.5)
        assert terminal.text().count(b"whole log") == drawn
        terminal.press("enter")
        assert terminal.pump(20, lambda: terminal.text().count(b"whole log") > drawn)
        assert terminal.pump(20, lambda: not Path(copy).exists())
        if status:
            terminal.wait_for_text("exited with status")
        terminal.settle(0.2)
        visible = "\n".join(screen_lines(terminal, (120, 40)))
        assert "whole log" in visible
        assert "a[/]b [@click=app.quit]x[/]" in visible
        assert ("exited with status 7" in visible) == (status == 7)
        assert not terminal.exited


EDITOR = """#!/bin/sh
for last; do :; done
echo "$last" > {folder}/path
ls -l "$last" | cut -c 1-10 > {folder}/rights
echo 'print("from the editor")' >> "$last"
"""


def test_the_users_editor_changes_the_query_of_a_job_before_it_is_run_again(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    first = studio.submit("print('first')\n", query_name="old.py")
    studio.wait_for_end(first["id"])
    editor = tmp_path / "editor"
    editor.write_text(EDITOR.format(folder=tmp_path))
    editor.chmod(0o755)
    with program(studio, tmp_path, environ={"EDITOR": f"{editor} -w", "VISUAL": ""}) as terminal:
        terminal.press("e")
        terminal.wait_for_text("from the editor")
        assert (tmp_path / "rights").read_text() == "-rw-------\n"
        path = Path((tmp_path / "path").read_text().strip())
        assert path.suffix == ".py"
        assert not path.exists()
        terminal.press("\n")
        terminal.wait_for_text("Run the changed job?")
        terminal.press("f")
        terminal.wait_for_text("Created: old.py")
    changed = next(job for job in studio.jobs() if job["id"] != first["id"])
    assert changed["query"] == "print('first')\nprint(\"from the editor\")\n"


@needs.program("less")
@pytest.mark.parametrize("text", at_length([HOSTILE], [HOSTILE, HOSTILE.replace("\u202e", "")]))
def test_less_writes_no_control_sequences_of_a_hostile_log(
    studio: ThreadStudio, tmp_path: Path, text: str
) -> None:
    studio.wait_for_end(studio.submit(f"for n in range(500): print('row', n, {text!r})")["id"])
    (tmp_path / ".lesskey").write_text("#env\nLESS = -R\n")
    user_settings = {"PAGER": "less -RM", "LESS": "-R", "HOME": str(tmp_path)}
    with program(studio, tmp_path, environ=user_settings) as terminal:
        terminal.press("l")
        terminal.wait_for_text("whole log", patience=60)
        terminal.press("g")
        terminal.settle(0.2)
        terminal.press("v")
        terminal.wait_for_text("lines 1-")
        terminal.press("G")
        terminal.wait_for_text("(END)|100%")
        terminal.press("q")
        terminal.settle(0.5)
        assert "whole log" in "\n".join(screen_lines(terminal, (120, 40)))
        assert hostile_sequences(bytes(terminal.output)) == set()
        assert not terminal.exited


def test_a_bug_ends_the_program_with_a_traceback_without_variable_values() -> None:
    code = f"""
from studio_tui.tui.app import StudioApp
def connect(choice):
    token = "{CANARY[:6]}" + "{CANARY[6:]}"
    raise ZeroDivisionError("a bug")
app = StudioApp(connect, theme="studio-dark", waiting_for="…")
app.run()
raise SystemExit(app.return_code)
"""
    with Terminal(
        [sys.executable, "-c", code], environment={"PYTHONPATH": str(Path.cwd())}
    ) as terminal:
        terminal.pump(20, lambda: terminal.exited)
    output = bytes(terminal.output)
    assert b"ZeroDivisionError" in output
    assert b"a bug" in output
    assert CANARY.encode() not in output


def test_wrong_options_are_reported_before_the_dashboard_starts() -> None:
    for arguments, words in (
        (["--samples"], "--samples needs --local"),
        (["--local", "--team", "x"], "--local cannot be combined with"),
        (["--local", "replay"], "are options of the dashboard"),
        (["--nonsense"], "No such option"),
    ):
        done = subprocess.run([*PROGRAM, *arguments], capture_output=True, text=True, check=False)
        assert done.returncode == 2
        assert words in done.stderr


def test_doctor_reports_that_studio_answers_without_showing_the_token(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    done = subprocess.run(
        [*PROGRAM, "doctor"],
        env={**os.environ, **environment(studio, tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Studio answers" in done.stdout
    assert studio.token not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "code", "report"),
    [
        (("doctor",), 1, "refuses connections"),
        (("--local", "doctor"), 0, "local Studio   not running"),
    ],
)
def test_doctor_exits_with_1_and_says_why_only_if_a_studio_that_is_used_does_not_answer(
    words: Sequence[str], code: int, report: str, tmp_path: Path
) -> None:
    done = subprocess.run(
        [*PROGRAM, *words],
        env={
            **os.environ,
            "DATACHAIN_STUDIO_URL": "http://127.0.0.1:9",
            "DATACHAIN_STUDIO_TOKEN": CANARY,
            "DATACHAIN_STUDIO_TEAM": "x",
            "STUDIO_TUI_DATA_DIR": str(tmp_path),
            "STUDIO_TUI_LOG_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == code
    assert report in done.stdout
    assert CANARY not in done.stdout + done.stderr


def test_the_studio_that_local_starts_keeps_running_after_the_dashboard(tmp_path: Path) -> None:
    folders = own_folders(tmp_path)
    try:
        with Terminal([*PROGRAM, "--local"], environment=folders) as terminal:
            terminal.wait_for_text("Run the sample jobs")
            terminal.press("n")
            terminal.wait_for_text("No jobs yet")
            terminal.press("q")
            terminal.wait_for_text("Press q again")
            terminal.press("q")
            assert terminal.pump(10, lambda: terminal.exited)
        status = subprocess.run(
            [*PROGRAM, "local", "status"],
            env={**os.environ, **folders},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "running at http://127.0.0.1:" in status.stdout
    finally:
        endpoint.stop(tmp_path / "data")


def test_ctrl_r_reads_a_corrected_token_file_again(studio: ThreadStudio, tmp_path: Path) -> None:
    token_file = tmp_path / "token"
    token_file.write_text("wrong")
    token_file.chmod(0o644)
    environ = environment(studio, tmp_path)
    del environ["DATACHAIN_STUDIO_TOKEN"]
    with ForkedTerminal(["--token-file", str(token_file)], environment=environ) as terminal:
        terminal.wait_for_text("The token is wrong")
        terminal.wait_for_text("others")  # on its own, as the words before it may be on another row
        token_file.write_text(studio.token)
        terminal.press("\x12")  # ctrl+r
        terminal.wait_for_text("live")


@pytest.mark.parametrize(
    ("variables", "advice"),
    [
        ({"TERM": "dumb"}, "TERM=xterm-256color studio-tui"),
        ({"LC_ALL": "C"}, "LC_ALL=C.UTF-8 studio-tui"),
        ({"LC_ALL": "de_DE.ISO-8859-1"}, "LC_ALL=C.UTF-8 studio-tui"),
    ],
)
def test_a_terminal_that_cannot_show_the_dashboard_gets_advice_in_plain_ascii(
    tmp_path: Path, variables: dict[str, str], advice: str
) -> None:
    environ = {"STUDIO_TUI_STATE_DIR": str(tmp_path), "PYTHONUTF8": "", **variables}
    with Terminal(PROGRAM, environment=environ) as terminal:
        assert terminal.pump(20, lambda: terminal.exited)
        output = bytes(terminal.output)
        assert advice.encode() in b" ".join(output.split())
        assert output.isascii()
        assert b"\x1b" not in output
