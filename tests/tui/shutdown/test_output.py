"""Writing to a terminal that reads slowly, reads nothing, or has gone."""

import os
import select
from collections.abc import Iterator

import pytest
from textual.drivers._writer_thread import WriterThread

from studio_tui.tui.shutdown import output
from studio_tui.tui.shutdown.output import MOST, TerminalOutput
from tests.waiting import eventually, no_hang

MOUSE = "\x1b[?1000h"


class Pair:
    """A terminal and what is written to it."""

    def __init__(self) -> None:
        self.master, self.slave = os.openpty()
        self.told: list[str] = []
        self.output = TerminalOutput(
            self.slave,
            on_lost=lambda: self.told.append("lost"),
            on_caught_up=lambda: self.told.append("read again"),
        )

    def read(self) -> str:
        """Return what can be read at once."""
        found = bytearray()
        while select.select([self.master], [], [], 0)[0]:
            found += os.read(self.master, 65536)
        return found.decode()

    def hang_up(self) -> None:
        """Let the terminal go away, and with it what waits for it to read."""
        if self.master >= 0:
            os.close(self.master)
            self.master = -1


@pytest.fixture
def pair() -> Iterator[Pair]:
    pair = Pair()
    yield pair
    pair.hang_up()
    pair.output.drain()
    os.close(pair.slave)


def test_nobody_waits_for_a_terminal_that_reads_nothing_and_it_has_to_be_drawn_again(
    pair: Pair,
) -> None:
    seen = ""
    with no_hang("writing to a terminal that reads nothing"):
        pair.output.write(MOUSE)
        for _ in range(3 * MOST // 1000):
            pair.output.write("x" * 1000)
    assert pair.told == []

    def is_all_read() -> bool:
        nonlocal seen
        seen += pair.read()
        return "read again" in pair.told and not pair.output._pieces

    eventually(is_all_read)
    pair.output.write("|the end")
    eventually(lambda: is_all_read() and seen.endswith("|the end"))
    assert pair.told == ["read again"]
    assert seen.count("x") < 2 * MOST
    assert seen.count("x") % 1000 == 0, "each piece is whole"


def test_settings_of_the_terminal_are_kept_when_frames_are_dropped(pair: Pair) -> None:
    seen = ""
    for _ in range(100):
        pair.output.write("x" * 1000)
    pair.output.write(MOUSE)
    for _ in range(3 * MOST // 1000):
        for piece in ("\x1b[?2026h", "x" * 1000, "\x1b[?2026l"):
            pair.output.write(piece)

    def is_read() -> bool:
        nonlocal seen
        seen += pair.read()
        return "read again" in pair.told

    eventually(is_read)
    assert seen.count(MOUSE) == 1
    assert seen.count("\x1b[?2026") < 3 * MOST // 1000


def test_a_frame_is_written_at_once(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[bytes] = []
    monkeypatch.setattr(pair.output, "_put", written.append)
    for _ in range(2):
        for piece in ("\x1b[?2026h", "frame", "\x1b[?2026l"):
            pair.output.write(piece)
        eventually(lambda: not pair.output._pieces)
    assert written == [b"\x1b[?2026hframe\x1b[?2026l"] * 2


def test_the_beginning_of_a_frame_is_written_before_the_terminal_is_left(pair: Pair) -> None:
    pair.output.write("\x1b[?2026h")
    pair.output.write("half")
    pair.output.drain()
    assert pair.read() == "\x1b[?2026hhalf"


def test_what_reads_slowly_gets_all_before_it_is_left(
    pair: Pair, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output, "PATIENCE", 60.0)
    pair.output.write("all\n" * 200)
    pair.output.drain()
    eventually(lambda: pair.read().count("all") == 200)


def test_what_reads_nothing_is_left(pair: Pair, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(output, "PATIENCE", 0.05)
    for _ in range(100):
        pair.output.write("x" * 1000)
    with no_hang("leaving a terminal that reads nothing"):
        pair.output.drain()
    assert not pair.output._pieces


def test_a_terminal_that_another_program_left_impatient_is_waited_for(pair: Pair) -> None:
    os.set_blocking(pair.slave, False)
    seen = ""
    for number in range(200):
        pair.output.write(f"{number:04d}" * 250)

    def is_read() -> bool:
        nonlocal seen
        seen += pair.read()
        return seen.endswith("0199")

    eventually(is_read)
    assert seen == "".join(f"{number:04d}" * 250 for number in range(200))
    assert pair.told == []


def test_output_to_a_terminal_that_has_gone_is_dropped_and_the_app_is_notified_once(
    pair: Pair,
) -> None:
    writer = WriterThread(pair.output)  # type: ignore[arg-type]
    writer.start()
    writer.write("seen")
    eventually(lambda: pair.read() == "seen")
    pair.hang_up()
    with no_hang("writing to a terminal that has gone"):
        for _ in range(100):
            writer.write("x" * 1000)
        writer.stop()
        pair.output.drain()
    eventually(lambda: pair.told == ["lost"])
