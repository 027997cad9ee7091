"""Terminals that disappear, as when their server is killed or their window is closed."""

import os
import signal
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.bench.terminal import Terminal
from tests.e2e.test_form import disconnect, exit_code_of, saved_draft, type_query
from tests.e2e.test_program import PROGRAM, environment
from tests.forked_program import ForkedTerminal
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.waiting import HANG

pytestmark = pytest.mark.starts_processes

IN_OTHER_SESSION = """
import os, signal, sys
program = os.fork()
if not program:
    os.setsid()
    os.execv(sys.argv[1], sys.argv[1:])
signal.signal(signal.SIGHUP, signal.SIG_IGN)
signal.signal(signal.SIGTERM, lambda *_: os.kill(program, signal.SIGKILL))
os._exit(os.waitstatus_to_exitcode(os.waitpid(program, 0)[1]) % 256)
"""
"""Runs a program in another session, so that the kernel sends it no SIGHUP."""

HANGUP_EXIT_CODE = 128 + signal.SIGHUP


@pytest.mark.parametrize("unread_keys", at_length([1000], [0, 1000]))
def test_the_program_saves_the_form_and_exits_when_its_terminal_disappears_without_a_signal(
    studio: ThreadStudio, tmp_path: Path, unread_keys: int
) -> None:
    command = [sys.executable, "-c", IN_OTHER_SESSION, *PROGRAM]
    with Terminal(command, environment=environment(studio, tmp_path)) as terminal:
        type_query(terminal)
        for _ in range(unread_keys):
            terminal.press("\t")  # draws more than the terminal can buffer, as nobody reads it
        disconnect(terminal)
        assert exit_code_of(terminal) == HANGUP_EXIT_CODE
    assert saved_draft(tmp_path)["query"] == "print('last words')"


@pytest.mark.parametrize("sigconts", at_length([3], [0, 3]))
def test_all_programs_exit_when_many_terminals_disappear_at_once(
    shared_studio: ThreadStudio, tmp_path: Path, sigconts: int
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
            for _ in range(sigconts):
                os.kill(terminal.pid, signal.SIGCONT)
            disconnect(terminal)
        assert {exit_code_of(terminal) for terminal in terminals} == {HANGUP_EXIT_CODE}
