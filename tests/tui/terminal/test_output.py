"""Output to a terminal that reads slowly, reads nothing, or has hung up."""

import os
import select
from collections.abc import Iterator

import pytest
from textual.drivers._writer_thread import WriterThread

from studio_tui.tui.terminal import output
from studio_tui.tui.terminal.output import BUFFER_LIMIT, TerminalOutput
from tests.waiting import eventually, no_hang

MOUSE = "\x1b[?1000h"


class Terminal:
    """A terminal that reads when the test does, and the program's output to it."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        self.events: list[str] = []
        """The notifications of the output so far."""
        self.output = TerminalOutput(
            self.slave,
            on_lost=lambda: self.events.append("lost"),
            on_caught_up=lambda: self.events.append("caught up"),
        )

    def read(self) -> str:
        """Return what has been written and not yet read."""
        data = bytearray()
        while select.select([self.master], [], [], 0)[0]:
            data += os.read(self.master, 65536)
        return data.decode()

    def hang_up(self) -> None:
        """Close the terminal, and discard what it has not read."""
        if self.master >= 0:
            os.close(self.master)
            self.master = -1


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    terminal = Terminal()
    yield terminal
    terminal.hang_up()
    terminal.output.drain()
    os.close(terminal.slave)


def test_writing_does_not_block_while_the_terminal_reads_nothing_and_a_redraw_is_requested_later(
    terminal: Terminal,
) -> None:
    text = ""
    with no_hang("writing to a terminal that reads nothing"):
        terminal.output.write(MOUSE)
        for _ in range(3 * BUFFER_LIMIT // 1000):
            terminal.output.write("x" * 1000)
    assert terminal.events == []

    def has_caught_up() -> bool:
        nonlocal text
        text += terminal.read()
        return "caught up" in terminal.events and not terminal.output._pieces

    eventually(has_caught_up)
    terminal.output.write("|the end")
    eventually(lambda: has_caught_up() and text.endswith("|the end"))
    assert terminal.events == ["caught up"]
    assert text.count("x") < 2 * BUFFER_LIMIT
    assert text.count("x") % 1000 == 0, "each piece is whole"


def test_settings_of_the_terminal_are_kept_when_frames_are_dropped(terminal: Terminal) -> None:
    text = ""
    for _ in range(100):
        terminal.output.write("x" * 1000)
    terminal.output.write(MOUSE)
    for _ in range(3 * BUFFER_LIMIT // 1000):
        for piece in ("\x1b[?2026h", "x" * 1000, "\x1b[?2026l"):
            terminal.output.write(piece)

    def has_caught_up() -> bool:
        nonlocal text
        text += terminal.read()
        return "caught up" in terminal.events

    eventually(has_caught_up)
    assert text.count(MOUSE) == 1
    assert text.count("\x1b[?2026") < 3 * BUFFER_LIMIT // 1000


def test_the_pieces_of_a_frame_are_written_together(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(terminal.output, "_put", written.append)
    for _ in range(2):
        for piece in ("\x1b[?2026h", "frame", "\x1b[?2026l"):
            terminal.output.write(piece)
        eventually(lambda: not terminal.output._pieces)
    assert written == [b"\x1b[?2026hframe\x1b[?2026l"] * 2


def test_drain_writes_an_incomplete_frame(terminal: Terminal) -> None:
    terminal.output.write("\x1b[?2026h")
    terminal.output.write("half")
    terminal.output.drain()
    assert terminal.read() == "\x1b[?2026hhalf"


def test_drain_writes_all_pending_output(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "PATIENCE", 60.0)
    terminal.output.write("all\n" * 200)
    terminal.output.drain()
    eventually(lambda: terminal.read().count("all") == 200)


def test_drain_gives_up_on_a_terminal_that_reads_nothing(
    terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "PATIENCE", 0.05)
    for _ in range(100):
        terminal.output.write("x" * 1000)
    with no_hang("leaving a terminal that reads nothing"):
        terminal.output.drain()
    assert not terminal.output._pieces


def test_output_is_complete_on_a_terminal_that_another_program_left_in_nonblocking_mode(
    terminal: Terminal,
) -> None:
    os.set_blocking(terminal.slave, False)
    written = "".join(f"{number:04d}" * 250 for number in range(200))
    text = ""
    for start in range(0, len(written), 1000):
        terminal.output.write(written[start : start + 1000])

    def is_read() -> bool:
        nonlocal text
        text += terminal.read()
        return len(text) >= len(written)

    eventually(is_read)
    assert text == written
    assert terminal.events == []


def test_output_to_a_terminal_that_hung_up_is_dropped_and_the_app_is_notified_once(
    terminal: Terminal,
) -> None:
    writer = WriterThread(terminal.output)  # type: ignore[arg-type]
    writer.start()
    writer.write("text")
    eventually(lambda: terminal.read() == "text")
    terminal.hang_up()
    with no_hang("writing to a terminal that has gone"):
        for _ in range(100):
            writer.write("x" * 1000)
        writer.stop()
        terminal.output.drain()
    eventually(lambda: terminal.events == ["lost"])
