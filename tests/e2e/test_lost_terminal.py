"""A terminal that disappears, as when its server is killed or its window is closed."""

import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bench.terminal import Terminal
from tests.e2e.test_form import code_of, left
from tests.e2e.test_program import PROGRAM, environment
from tests.forked_program import ForkedTerminal
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.waiting import HANG

pytestmark = pytest.mark.starts_processes

APART = """
import os, signal, sys
program = os.fork()
if not program:
    os.setsid()
    os.execv(sys.argv[1], sys.argv[1:])
signal.signal(signal.SIGHUP, signal.SIG_IGN)
signal.signal(signal.SIGTERM, lambda *_: os.kill(program, signal.SIGKILL))
os._exit(os.waitstatus_to_exitcode(os.waitpid(program, 0)[1]) % 256)
"""
"""Runs a program in a session of its own, so that the kernel tells it of no hangup."""

LOST = 128 + signal.SIGHUP


def type_last_words(terminal: Terminal) -> None:
    terminal.wait_for_text("live")
    terminal.press("n")
    terminal.wait_for_text("The path of a script")
    terminal.press("\t")
    terminal.press("print('last words')")
    terminal.wait_for_text("last words")
    terminal.settle(0.3)


def die(terminal: Terminal) -> None:
    """Close the terminal; what stands for it stays open for its own closing."""
    elsewhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(elsewhere, terminal._master)
    os.close(elsewhere)


@pytest.mark.parametrize("unread", at_length([1000], [0, 1000]))
def test_a_terminal_that_dies_without_a_signal_ends_the_program_in_order(
    studio: ThreadStudio, tmp_path: Path, unread: int
) -> None:
    apart = [sys.executable, "-c", APART, *PROGRAM]
    with Terminal(apart, environment=environment(studio, tmp_path)) as terminal:
        type_last_words(terminal)
        for _ in range(unread):
            terminal.press("\t")  # paints more than fits, as nobody reads it
        die(terminal)
        assert code_of(terminal) == LOST
    assert left(tmp_path)["query"] == "print('last words')"


@pytest.mark.parametrize("continued", at_length([3], [0, 3]))
def test_terminals_that_die_at_once_end_all_of_their_programs(
    shared_studio: ThreadStudio, tmp_path: Path, continued: int
) -> None:
    with ExitStack() as stack:
        terminals = [
            stack.enter_context(
                ForkedTerminal([], environment=environment(shared_studio, tmp_path / str(number)))
            )
            for number in range(at_length(2, 24))
        ]
        for terminal in terminals:
            terminal.wait_for_text("live", HANG)
        for terminal in terminals:
            for _ in range(continued):
                os.kill(terminal.pid, signal.SIGCONT)
            die(terminal)
        assert {code_of(terminal) for terminal in terminals} == {LOST}
