"""ctrl+z returns the terminal to the shell, and fg to the dashboard: in real shells or none."""

import os
import shlex
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.bench.terminal import Terminal
from tests.e2e.test_program import PROGRAM, environment, program
from tests.soak import at_length
from tests.studios import LocalStudio, ThreadStudio
from tests.waiting import eventually

pytestmark = pytest.mark.starts_processes

SUSPEND, QUIT = "\x1a", "\x11"
COMMAND = shlex.join(PROGRAM)


@contextmanager
def shell(studio: LocalStudio, folder: Path) -> Iterator[Terminal]:
    """Run a shell that has jobs."""
    with Terminal(
        ["bash", "--norc", "--noprofile", "-i"],
        environment={**environment(studio, folder), "PS1": "ready> "},
    ) as terminal:
        until_said(terminal, b"ready> ")
        yield terminal


def until_said(terminal: Terminal, words: bytes) -> None:
    """Wait until something is written from now on, and forget what was before."""

    def said() -> bool:
        terminal.pump(0.01)
        return words in terminal.text()

    eventually(said, lambda: terminal.text()[-2000:])
    terminal.output.clear()


def go_and_come_back(terminal: Terminal) -> None:
    """See the effect of keys, before which the program has read what the terminal answered.

    If it is stopped earlier, the shell takes the answer for a command.
    """
    terminal.press("2")
    until_said(terminal, b"No pipelines yet.")
    terminal.press("1")
    until_said(terminal, b"seen.py")


AS_OF_MAKE = f"sh -c {shlex.quote(f'{COMMAND}; true')}"


@pytest.mark.parametrize("command", at_length([AS_OF_MAKE], [AS_OF_MAKE, COMMAND]))
def test_the_shell_has_its_terminal_until_it_brings_the_dashboard_back(
    command: str, studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print(1)", query_name="seen.py")["id"])
    with shell(studio, tmp_path) as terminal:
        terminal.press(f"{command}\r")
        until_said(terminal, b"seen.py")
        terminal.press(SUSPEND)
        until_said(terminal, b"Stopped")
        terminal.press("echo shell-$((1+1))\r")
        until_said(terminal, b"shell-2")
        terminal.press("fg\r")
        until_said(terminal, b"seen.py")
        terminal.press("2")
        until_said(terminal, b"No pipelines yet.")
        terminal.press(QUIT)
        until_said(terminal, b"ready> ")


def test_where_no_shell_could_bring_it_back_it_says_so_and_continues(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    with program(studio, tmp_path) as terminal:
        terminal.press(SUSPEND)
        until_said(terminal, b"There is no shell here")
        terminal.press("2")
        until_said(terminal, b"No pipelines yet.")


def test_a_program_that_is_stopped_or_continued_unasked_leaves_the_terminal_as_it_was(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.end(studio.submit("print(1)", query_name="seen.py")["id"])
    pid = tmp_path / "pid"
    with shell(studio, tmp_path) as terminal:
        terminal.press(f"sh -c 'echo $$ > {pid}; exec {COMMAND}'\r")
        until_said(terminal, b"seen.py")
        for number in (signal.SIGCONT, signal.SIGSTOP):
            for _ in range(3):
                go_and_come_back(terminal)
                os.kill(int(pid.read_text()), number)
                if number == signal.SIGSTOP:
                    until_said(terminal, b"Stopped")
                    terminal.press("fg\r")
                until_said(terminal, b"seen.py")
        terminal.press("2")
        until_said(terminal, b"No pipelines yet.")
        terminal.press(QUIT)
        until_said(terminal, b"ready> ")
        terminal.press("echo raw: $(stty -a | grep -cw -e -icanon), end-$((1+1))\r")
        eventually(lambda: terminal.pump(0.01) or b"end-2" in terminal.text(), terminal.text)
        assert b"raw: 0," in terminal.text()
