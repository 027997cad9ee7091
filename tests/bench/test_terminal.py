import sys
import time
from pathlib import Path

import pytest

from tests.bench import processes
from tests.bench.terminal import Terminal

pytestmark = pytest.mark.starts_processes


def python(script: str) -> list[str]:
    """Return the command that runs a Python script."""
    return [sys.executable, "-c", script]


def test_a_frame_is_complete_when_its_synchronized_update_ends() -> None:
    script = (
        "import sys, time; put = lambda text: (sys.stdout.write(text), sys.stdout.flush());"
        "put('\\x1b[?2026hhalf'); time.sleep(0.2); put(' and half\\x1b[?2026l'); sys.stdin.read(1)"
    )
    with Terminal(python(script)) as terminal:
        frame = terminal.next_frame(10)
        assert frame is not None
        assert frame.at - terminal.started > 0.2
        assert terminal.text() == b"half and half"
        assert len(terminal.frames) == 1


def test_the_terminal_answers_queries_of_programs() -> None:
    script = (
        "import os, tty; tty.setraw(0); os.write(1, b'\\x1b[?20'); os.write(1, b'26$p\\x1b[6n');"
        "got = b''\n"
        "while not got.endswith(b'R'): got += os.read(0, 99)\n"
        "os.write(1, repr(got).encode()); os.read(0, 1)"
    )
    with Terminal(python(script)) as terminal:
        terminal.wait_for_text(r"\?2026;2\$y.*\[1;1R")


def test_waiting_for_text_that_is_not_drawn_raises_an_error_with_the_output() -> None:
    with Terminal(python("print('here')")) as terminal, pytest.raises(TimeoutError, match="here"):
        terminal.wait_for_text("there", 0.5)


def test_waiting_for_text_since_a_byte_ignores_earlier_output() -> None:
    script = "import os\nwhile True: print('same', flush=True); os.read(0, 1)"
    with Terminal(python(script)) as terminal:
        first = terminal.wait_for_text("same")
        before = len(terminal.output)
        with pytest.raises(TimeoutError):
            terminal.wait_for_text("same", 0.1, since=before)
        terminal.press("enter")
        assert terminal.wait_for_text("same", since=before) > first


def test_closing_the_terminal_kills_a_program_that_ignores_sigterm() -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('on', flush=True); time.sleep(60)"
    )
    with Terminal(python(stubborn)) as terminal:
        terminal.wait_for_text("on")
    assert not Path(f"/proc/{terminal.pid}").exists()


def test_cpu_time_and_memory_include_child_processes() -> None:
    script = (
        "import subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-c', 'while True: pass']);"
        "print('on', flush=True); time.sleep(60)"
    )
    with Terminal(python(script)) as terminal:
        terminal.wait_for_text("on")
        terminal.pump(0.1)
        assert len(processes.tree(terminal.pid)) == 2
        before = processes.cpu_seconds(terminal.pid)
        deadline = time.monotonic() + 20
        while processes.cpu_seconds(terminal.pid) < before + 0.05:
            assert time.monotonic() < deadline
            terminal.pump(0.05)
        now, peak = processes.memory(terminal.pid)
        assert 0 < now <= peak
