"""ctrl+z returns the terminal to the shell, and `fg` to the dashboard, in real shells."""

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
    """Run an interactive shell, which can suspend and continue its jobs."""
    with Terminal(
        ["bash", "--norc", "--noprofile", "-i"],
        environment={**environment(studio, folder), "PS1": "ready> "},
    ) as terminal:
        until_written(terminal, b"ready> ")
        yield terminal


def until_written(terminal: Terminal, text: bytes) -> None:
    """Wait until `text` is in the output since the last call, and clear the output."""

    def is_written() -> bool:
        terminal.pump(0.01)
        return text in terminal.text()

    eventually(is_written, lambda: terminal.text()[-2000:])
    terminal.output.clear()


def switch_pages(terminal: Terminal) -> None:
    """Show another page and return, which proves that the program has read all earlier input.

    That includes the terminal's answers to queries. If the program is stopped before it has read
    them, the shell takes them for a command.
    """
    terminal.press("2")
    until_written(terminal, b"No pipelines yet.")
    terminal.press("1")
    until_written(terminal, b"seen.py")


COMMAND_OF_MAKE = f"sh -c {shlex.quote(f'{COMMAND}; true')}"
"""Runs the program as a child of a child of the shell, as `make` does."""


@pytest.mark.parametrize("command", at_length([COMMAND_OF_MAKE], [COMMAND_OF_MAKE, COMMAND]))
def test_the_shell_has_the_terminal_after_ctrl_z_and_the_dashboard_after_fg(
    command: str, studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="seen.py")["id"])
    with shell(studio, tmp_path) as terminal:
        terminal.press(f"{command}\r")
        until_written(terminal, b"seen.py")
        terminal.press(SUSPEND)
        until_written(terminal, b"Stopped")
        terminal.press("echo shell-$((1+1))\r")
        until_written(terminal, b"shell-2")
        terminal.press("fg\r")
        until_written(terminal, b"seen.py")
        terminal.press("2")
        until_written(terminal, b"No pipelines yet.")
        terminal.press(QUIT)
        until_written(terminal, b"ready> ")


def test_without_a_shell_ctrl_z_shows_a_notice_and_the_dashboard_continues(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    with program(studio, tmp_path) as terminal:
        terminal.press(SUSPEND)
        until_written(terminal, b"There is no shell here")
        terminal.press("2")
        until_written(terminal, b"No pipelines yet.")


def test_signals_that_stop_or_continue_the_program_leave_the_terminal_in_its_modes(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    studio.wait_for_end(studio.submit("print(1)", query_name="seen.py")["id"])
    pid = tmp_path / "pid"
    with shell(studio, tmp_path) as terminal:
        terminal.press(f"sh -c 'echo $$ > {pid}; exec {COMMAND}'\r")
        until_written(terminal, b"seen.py")
        for number in (signal.SIGCONT, signal.SIGSTOP):
            for _ in range(3):
                switch_pages(terminal)
                os.kill(int(pid.read_text()), number)
                if number == signal.SIGSTOP:
                    until_written(terminal, b"Stopped")
                    terminal.press("fg\r")
                until_written(terminal, b"seen.py")
        terminal.press("2")
        until_written(terminal, b"No pipelines yet.")
        terminal.press(QUIT)
        until_written(terminal, b"ready> ")
        terminal.press("echo raw: $(stty -a | grep -cw -e -icanon), end-$((1+1))\r")
        eventually(lambda: terminal.pump(0.01) or b"end-2" in terminal.text(), terminal.text)
        assert b"raw: 0," in terminal.text()
