"""Terminals that read nothing, as when a connection hangs."""

import fcntl
import os
import select
import signal
import struct
from contextlib import suppress
from pathlib import Path

import pytest

from tests import needs
from tests.bench.terminal import Terminal
from tests.e2e.test_form import exit_code_of, saved_draft, type_query
from tests.e2e.test_program import program, screen_lines
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.waiting import eventually

pytestmark = [
    pytest.mark.starts_processes,
    needs.linux("other systems do not tell that a terminal is full"),
]

CHATTY = "import time\nfor n in range(1_000_000): print('n', n, flush=True); time.sleep(0.004)"
TIOCGPTN = 0x80045430
"""The request for the number of a pseudo-terminal."""
REPEATS = 100
"""How often keys are pressed to draw far more than a terminal can buffer."""


def is_full(terminal: Terminal) -> bool:
    """Return whether the buffer of a terminal that reads nothing is full."""
    (number,) = struct.unpack("i", fcntl.ioctl(terminal._master, TIOCGPTN, bytes(4)))
    poll = select.poll()
    slave = os.open(f"/dev/pts/{number}", os.O_WRONLY | os.O_NOCTTY | os.O_NONBLOCK)
    poll.register(slave, select.POLLOUT)
    try:
        return not poll.poll(0)
    finally:
        os.close(slave)


def fill(terminal: Terminal, *keys: str) -> None:
    """Press keys that draw a lot without reading the output, until the terminal is full."""
    for _ in range(REPEATS):
        for key in keys:
            terminal.press(key)
    eventually(lambda: is_full(terminal))


def spooled_bytes(terminal: Terminal) -> int:
    """Return how many bytes of logs the program has stored in files without names."""
    size = 0
    for file in Path(f"/proc/{terminal.pid}/fd").iterdir():
        with suppress(OSError):
            size += file.stat().st_size if file.readlink().name.endswith(" (deleted)") else 0
    return size


def poll_count(folder: Path) -> int:
    """Return how often the program has received the list of jobs."""
    text = (folder / "log" / "studio-tui.log").read_text("utf-8")
    return text.count("GET /datachain/jobs/ 200")


def test_logs_and_polls_continue_and_the_screen_is_redrawn_when_the_terminal_reads_again(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    job = studio.submit(CHATTY, query_name="chatty.py")
    studio.wait_for_state(job["id"], "RUNNING")
    with program(studio, tmp_path) as terminal:
        terminal.press("l")
        terminal.wait_for_text(r"n \d\d")
        fill(terminal, "home", "end")
        polls, stored = poll_count(tmp_path), spooled_bytes(terminal)
        eventually(lambda: poll_count(tmp_path) > polls + 3)
        eventually(lambda: spooled_bytes(terminal) > stored + 4000)
        studio.cancel(job["id"])
        studio.wait_for_end(job["id"])
        # A line that was cut by the cancellation may end in a space, as the screen's lines do.
        last_line = studio.log(job["id"]).splitlines()[-1].rstrip()
        terminal.wait_for_text("whole log")
        terminal.settle(0.3)
        lines = screen_lines(terminal, (120, 40))
    assert lines[0].endswith("● live")
    assert any(line.endswith(f" {last_line}") for line in lines[-4:]), lines
    assert sum(line.startswith(" studio-tui") for line in lines) == 1


@pytest.mark.parametrize("number", at_length([signal.SIGHUP], [signal.SIGHUP, signal.SIGTERM]))
def test_a_signal_lets_the_program_save_the_form_and_exit_although_the_terminal_reads_nothing(
    studio: ThreadStudio, tmp_path: Path, number: signal.Signals
) -> None:
    with program(studio, tmp_path) as terminal:
        type_query(terminal)
        fill(terminal, "\t")
        os.kill(terminal.pid, number)
        assert exit_code_of(terminal) == 128 + number
    assert saved_draft(tmp_path)["query"] == "print('last words')"
