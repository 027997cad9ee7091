"""The thread that reads the terminal: keys as they arrive, until it is stopped or hung up."""

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
    """A thread that reads the input of a terminal, whose keyboard the test controls."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.keyboard, self.terminal = os.openpty()
        tty.setraw(self.terminal)
        self.stop = StopEvent()
        self.messages: list[Message] = []
        self.errors: list[OSError] = []
        self.timeouts: list[float | None] = []
        """The timeouts of its waits for input so far, in seconds; `None` for no timeout."""
        monkeypatch.setattr(input_reader, "select", self._recorded_select)
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def _recorded_select(self, read: Any, write: Any, other: Any, timeout: float | None) -> Any:
        self.timeouts.append(timeout)
        return select.select(read, write, other, timeout)

    def _read(self) -> None:
        try:
            read_input(self.terminal, self.stop, self.messages.append)
        except OSError as error:
            self.errors.append(error)

    def press(self, data: bytes) -> None:
        """Send bytes as a keyboard does."""
        os.write(self.keyboard, data)

    def until_pressed(self, *keys: str) -> None:
        """Wait until these keys and no others have been read."""
        eventually(lambda: len(self.pressed()) >= len(keys), self.pressed)
        assert self.pressed() == [*keys]

    def pressed(self) -> list[str]:
        """Return the names of all keys read so far."""
        return [message.key for message in self.messages if isinstance(message, events.Key)]

    def has_ended(self) -> bool:
        """Wait for the end of the thread; return whether it came."""
        self.thread.join(HANG)
        return not self.thread.is_alive()

    def hang_up(self) -> None:
        """Close the side of the keyboard, as when the window of a terminal is closed."""
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
    for data in (b"a", b"\xc3", b"\xa9", b"\x1b[", b"B", b"\xff", b"b"):
        reading.press(data)
    eventually(lambda: "b" in reading.pressed(), reading.pressed)
    assert reading.pressed() == ["a", "é", "down", "replacement_character", "b"]
    assert not reading.errors


def test_an_escape_character_that_nothing_follows_is_the_escape_key(reading: Reading) -> None:
    reading.press(b"\x1b")
    reading.until_pressed("escape")


@pytest.fixture
def patient_reading(monkeypatch: pytest.MonkeyPatch) -> Iterator[Reading]:
    """A reader that waits for minutes for what follows an escape character."""
    monkeypatch.setattr(constants, "ESCAPE_DELAY", 2 * HANG)
    monkeypatch.setattr(input_reader, "ESCAPE_DELAY", 2 * HANG)
    reading = Reading(monkeypatch)
    yield reading
    reading.close()


@pytest.mark.parametrize("keys", ["j", "jjj", "b", "x\r"])
def test_an_escape_character_and_letters_read_later_are_separate_keys(
    patient_reading: Reading, keys: str
) -> None:
    patient_reading.press(b"\x1b")
    eventually(lambda: patient_reading.timeouts[-1:] == [2 * HANG])
    patient_reading.press(keys.encode())
    pressed = ["enter" if key == "\r" else key for key in keys]
    patient_reading.until_pressed("escape", *pressed)


def test_an_escape_sequence_that_is_read_in_two_pieces_is_one_key(patient_reading: Reading) -> None:
    for first, second, key in ((b"\x1b", b"[B", "down"), (b"\x1b", b"OP", "f1")):
        patient_reading.press(first)
        eventually(lambda: patient_reading.timeouts[-1:] == [2 * HANG])
        patient_reading.press(second)
        eventually(lambda key=key: key in patient_reading.pressed())  # type: ignore[misc]
    assert patient_reading.pressed() == ["down", "f1"]


def test_an_escape_character_and_a_letter_or_digit_read_together_are_two_keys(
    reading: Reading,
) -> None:
    reading.press(b"\x1bj\x1bGx\x1b2\x1b[B\x1bOP")
    reading.until_pressed("escape", "j", "escape", "G", "x", "escape", "2", "down", "f1")


def test_the_sequences_that_move_by_words_are_not_split_into_escape_and_a_letter(
    reading: Reading,
) -> None:
    reading.press(b"\x1bb\x1bf")
    reading.until_pressed("ctrl+left", "ctrl+right")


def test_the_reader_waits_without_a_timeout_while_no_key_is_pressed(reading: Reading) -> None:
    reading.press(b"\x1b")
    reading.until_pressed("escape")
    eventually(lambda: reading.timeouts[-1] is None)
    reading.press(b"a")
    reading.until_pressed("escape", "a")
    eventually(lambda: reading.timeouts[-1] is None)
    waits = len(reading.timeouts)
    reading.press(b"b")
    reading.until_pressed("escape", "a", "b")
    eventually(lambda: len(reading.timeouts) > waits)
    assert reading.timeouts[waits:] == [None]


def test_setting_the_stop_event_ends_a_waiting_reader_even_if_it_is_cleared_at_once(
    reading: Reading,
) -> None:
    eventually(lambda: reading.timeouts)
    reading.stop.set()
    reading.stop.clear()
    assert reading.has_ended()
    assert not reading.errors


def test_the_stop_event_ends_all_threads_that_wait_for_it(reading: Reading) -> None:
    threads = [threading.Thread(target=select.select, args=([reading.stop], [], [])) for _ in "abc"]
    for thread in threads:
        thread.start()
    reading.stop.set()
    reading.stop.set()
    for thread in threads:
        thread.join(HANG)
        assert not thread.is_alive()
    assert reading.has_ended()


def test_the_reader_ends_with_an_error_when_the_terminal_hangs_up(reading: Reading) -> None:
    eventually(lambda: reading.timeouts)
    reading.hang_up()
    assert reading.has_ended()
    assert reading.errors


def test_the_reader_ends_with_an_error_when_its_descriptor_is_replaced(reading: Reading) -> None:
    eventually(lambda: reading.timeouts)
    devnull = os.open(os.devnull, os.O_RDWR)
    os.dup2(devnull, reading.terminal)
    os.close(devnull)
    reading.hang_up()
    assert reading.has_ended()
    assert reading.errors


def test_ctrl_d_in_line_mode_is_not_taken_for_a_hangup(reading: Reading) -> None:
    modes = termios.tcgetattr(reading.terminal)
    modes[tty.LFLAG] |= termios.ICANON
    termios.tcsetattr(reading.terminal, termios.TCSANOW, modes)
    reading.press(b"\x04a\n")
    eventually(lambda: "a" in reading.pressed(), reading.pressed)
    assert not reading.errors


def test_a_read_without_data_does_not_end_the_reader(
    reading: Reading, monkeypatch: pytest.MonkeyPatch
) -> None:
    os.set_blocking(reading.terminal, False)
    monkeypatch.setattr(input_reader, "select", lambda read, *_: (read, [], []))
    reading.press(b"a")
    reading.until_pressed("a")
    reading.press(b"b")
    reading.until_pressed("a", "b")
    assert not reading.errors


def test_a_stop_event_closes_its_descriptor_when_it_is_deleted() -> None:
    event = StopEvent()
    descriptor = event.fileno()
    del event
    with pytest.raises(OSError, match="Bad file descriptor"):
        os.fstat(descriptor)
