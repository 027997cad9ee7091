"""Input is read as soon as it arrives, until reading is stopped or the terminal has gone."""

import os
import select
import termios
import threading
import tty
from collections.abc import Iterator
from typing import Any

import pytest
from textual import constants, events
from textual.message import Message

from studio_tui.tui.terminal import input_reader
from studio_tui.tui.terminal.input_reader import StopEvent, read_input
from tests.waiting import HANG, eventually


class Reading:
    """A thread that reads the input of a terminal."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.keyboard, self.terminal = os.openpty()
        tty.setraw(self.terminal)
        self.stop = StopEvent()
        self.messages: list[Message] = []
        self.errors: list[OSError] = []
        self.limits: list[float | None] = []
        """Of its waits for input, in seconds."""
        monkeypatch.setattr(input_reader, "select", self._select)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _select(self, read: Any, write: Any, other: Any, limit: float | None) -> Any:
        self.limits.append(limit)
        return select.select(read, write, other, limit)

    def _read(self) -> None:
        try:
            read_input(self.terminal, self.stop, self.messages.append)
        except OSError as error:
            self.errors.append(error)

    def press(self, data: bytes) -> None:
        os.write(self.keyboard, data)

    def until_pressed(self, *keys: str) -> None:
        """Wait until these keys and no others have been read."""
        eventually(lambda: len(self.pressed()) >= len(keys), self.pressed)
        assert self.pressed() == [*keys]

    def pressed(self) -> list[str]:
        return [each.key for each in self.messages if isinstance(each, events.Key)]

    def has_ended(self) -> bool:
        self.thread.join(HANG)
        return not self.thread.is_alive()

    def hang_up(self) -> None:
        if self.keyboard >= 0:
            os.close(self.keyboard)
            self.keyboard = -1

    def close(self) -> None:
        self.stop.set()
        self.thread.join(HANG)
        self.hang_up()
        os.close(self.terminal)


@pytest.fixture
def reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reading]:
    reading = Reading(monkeypatch)
    yield reading
    reading.close()


def test_keys_are_read_however_their_bytes_arrive(reading: Reading) -> None:
    for piece in (b"a", b"\xc3", b"\xa9", b"\x1b[", b"B", b"\xff", b"b"):
        reading.press(piece)
    eventually(lambda: "b" in reading.pressed(), reading.pressed)
    assert reading.pressed()[0] == "a"
    assert "down" in reading.pressed()
    assert not reading.errors


def test_escape_alone_is_a_key_though_nothing_follows_it(reading: Reading) -> None:
    reading.press(b"\x1b")
    reading.until_pressed("escape")


@pytest.fixture
def patient_reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reading]:
    """A reader that would wait for minutes after an escape character."""
    monkeypatch.setattr(constants, "ESCAPE_DELAY", 2 * HANG)
    monkeypatch.setattr(input_reader, "ESCAPE_DELAY", 2 * HANG)
    reading = Reading(monkeypatch)
    yield reading
    reading.close()


@pytest.mark.parametrize("keys", ["j", "jjj", "b", "x\r"])
def test_escape_and_what_is_read_after_it_are_keys_of_their_own(
    patient_reading: Reading, keys: str
) -> None:
    patient_reading.press(b"\x1b")
    eventually(lambda: patient_reading.limits[-1:] == [2 * HANG])
    patient_reading.press(keys.encode())
    pressed = ["enter" if key == "\r" else key for key in keys]
    patient_reading.until_pressed("escape", *pressed)


def test_a_sequence_that_is_read_in_pieces_is_one_key(patient_reading: Reading) -> None:
    for first, second, key in ((b"\x1b", b"[B", "down"), (b"\x1b", b"OP", "f1")):
        patient_reading.press(first)
        eventually(lambda: patient_reading.limits[-1:] == [2 * HANG])
        patient_reading.press(second)
        eventually(lambda key=key: key in patient_reading.pressed())  # type: ignore[misc]
    assert patient_reading.pressed() == ["down", "f1"]


def test_escape_and_a_letter_or_digit_that_are_read_in_one_piece_are_two_keys(
    reading: Reading,
) -> None:
    reading.press(b"\x1bj\x1bGx\x1b2\x1b[B\x1bOP")
    reading.until_pressed("escape", "j", "escape", "G", "x", "escape", "2", "down", "f1")


def test_keys_that_move_by_words_are_not_escape_and_a_letter(reading: Reading) -> None:
    reading.press(b"\x1bb\x1bf")
    reading.until_pressed("ctrl+left", "ctrl+right")


def test_while_nothing_is_pressed_it_waits_without_a_limit(reading: Reading) -> None:
    reading.press(b"\x1b")
    reading.until_pressed("escape")
    eventually(lambda: reading.limits[-1] is None)
    reading.press(b"a")
    reading.until_pressed("escape", "a")
    eventually(lambda: reading.limits[-1] is None)
    waits = len(reading.limits)
    reading.press(b"b")
    reading.until_pressed("escape", "a", "b")
    eventually(lambda: len(reading.limits) > waits)
    assert reading.limits[waits:] == [None]


def test_it_stops_while_it_waits_and_does_not_go_on_again(reading: Reading) -> None:
    eventually(lambda: reading.limits)
    reading.stop.set()
    reading.stop.clear()
    assert reading.has_ended()
    assert not reading.errors


def test_several_who_wait_for_the_same_event_stop_all(reading: Reading) -> None:
    others = [threading.Thread(target=select.select, args=([reading.stop], [], [])) for _ in "abc"]
    for other in others:
        other.start()
    reading.stop.set()
    reading.stop.set()
    for other in others:
        other.join(HANG)
        assert not other.is_alive()
    assert reading.has_ended()


def test_it_ends_when_the_terminal_has_gone(reading: Reading) -> None:
    eventually(lambda: reading.limits)
    reading.hang_up()
    assert reading.has_ended()
    assert reading.errors


def test_it_ends_when_something_else_is_in_place_of_the_terminal(reading: Reading) -> None:
    eventually(lambda: reading.limits)
    nothing = os.open(os.devnull, os.O_RDWR)
    os.dup2(nothing, reading.terminal)
    os.close(nothing)
    reading.hang_up()
    assert reading.has_ended()
    assert reading.errors


def test_ctrl_d_does_not_look_like_the_end_of_the_terminal(reading: Reading) -> None:
    modes = termios.tcgetattr(reading.terminal)
    modes[tty.LFLAG] |= termios.ICANON
    termios.tcsetattr(reading.terminal, termios.TCSANOW, modes)
    reading.press(b"\x04a\n")
    eventually(lambda: "a" in reading.pressed(), reading.pressed)
    assert not reading.errors


def test_a_read_that_finds_nothing_is_no_end(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.set_blocking(reading.terminal, False)
    monkeypatch.setattr(input_reader, "select", lambda read, *_: (read, [], []))
    reading.press(b"a")
    reading.until_pressed("a")
    reading.press(b"b")
    reading.until_pressed("a", "b")
    assert not reading.errors


def test_an_event_leaves_no_open_files() -> None:
    event = StopEvent()
    ends = [event.fileno(), os.open(os.devnull, os.O_RDONLY)]
    os.close(ends.pop())
    del event
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(ends[0])
