"""A terminal that reads nothing, as when a connection hangs."""

import fcntl
import os
import select
import signal
import struct
from pathlib import Path

import pytest

from tests import needs
from tests.bench.terminal import Terminal
from tests.e2e.test_form import code_of, left
from tests.e2e.test_lost_terminal import type_last_words
from tests.e2e.test_program import program, screen
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.waiting import eventually

pytestmark = [
    pytest.mark.starts_processes,
    needs.linux("elsewhere it is not known that a terminal is full"),
]

CHATTY = "import time\nfor n in range(1_000_000): print('n', n, flush=True); time.sleep(0.004)"
TIOCGPTN = 0x80045430
"""Asks for the number of a pseudo-terminal."""
PAINTED = 100
"""Keys that paint far more than fits where nobody reads."""


def reads_nothing(terminal: Terminal) -> bool:
    """Whether no more fits into what the terminal has to read."""
    (number,) = struct.unpack("i", fcntl.ioctl(terminal._master, TIOCGPTN, bytes(4)))
    poll = select.poll()
    other = os.open(f"/dev/pts/{number}", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    poll.register(other, select.POLLOUT)
    try:
        return not poll.poll(0)
    finally:
        os.close(other)


def paint_much(terminal: Terminal, *keys: str) -> None:
    for _ in range(PAINTED):
        for key in keys:
            terminal.press(key)
    eventually(lambda: reads_nothing(terminal))


def spooled(folder: Path) -> int:
    """Return the bytes that the program has of the log."""
    return sum(path.stat().st_size for path in folder.rglob("*.spool"))


def polls(folder: Path) -> int:
    """Return how often the program has asked for the list of jobs."""
    text = (folder / "log" / "studio-tui.log").read_text("utf-8")
    return text.count("GET /datachain/jobs/ 200")


def test_logs_and_polls_continue_and_all_is_drawn_once_it_reads_again(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit(CHATTY, query_name="chatty.py")
    studio.until(job["id"], "RUNNING")
    with program(studio, tmp_path) as terminal:
        terminal.press("l")
        terminal.wait_for_text(r"n \d\d")
        paint_much(terminal, "home", "end")
        asked, has = polls(tmp_path), spooled(tmp_path)
        eventually(lambda: polls(tmp_path) > asked + 3)
        eventually(lambda: spooled(tmp_path) > has + 4000)
        studio.cancel(job["id"])
        studio.end(job["id"])
        last = studio.log(job["id"]).splitlines()[-1]
        terminal.wait_for_text("whole log")
        terminal.settle(0.3)
        shown = screen(terminal, (120, 40))
    assert shown[0].endswith("● live")
    assert any(line.endswith(f" {last}") for line in shown[-4:]), shown
    assert sum(line.startswith(" studio-tui") for line in shown) == 1


@pytest.mark.parametrize("number", at_length([signal.SIGHUP], [signal.SIGHUP, signal.SIGTERM]))
def test_a_signal_ends_the_program_in_order(
    studio: ThreadStudio, tmp_path: Path, number: signal.Signals
) -> None:
    with program(studio, tmp_path) as terminal:
        type_last_words(terminal)
        paint_much(terminal, "\t")
        os.kill(terminal.pid, number)
        assert code_of(terminal) == 128 + number
    assert left(tmp_path)["query"] == "print('last words')"
