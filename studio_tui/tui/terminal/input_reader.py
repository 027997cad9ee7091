"""Reads the input of a terminal, and sleeps until there is some.

Textual wakes up ten times a second even without input. Besides, if a key follows escape within a
tenth of a second, Textual reports that key with alt instead of both. See
docs/upstream/input-polling.md.
"""

import errno
import os
import re
from collections.abc import Callable
from select import select
from threading import Event
from weakref import finalize

from textual._xterm_parser import XTermParser
from textual.constants import ESCAPE_DELAY
from textual.message import Message

from studio_tui.tui.terminal.input_decoder import KeyboardDecoder

_READ_SIZE = 4096

_ESCAPE = "\x1b"
_CONTINUATIONS = ("[", "O", _ESCAPE)
"""What may follow an escape character within the sequence of one key.

`[` and `O` make it CSI or SS3 (ECMA-48). Another escape character begins the sequence of a key that
is pressed with alt.
"""

_TWO_KEYS = re.compile(r"(?<=\x1b)(?=[A-NQ-WYZac-eg-z0-9])")
"""Matches between an escape character and a letter or digit that is taken for the next key.

Terminals send the same two characters for a key with alt. They are taken for one key only with b
and f, which with alt move by words in inputs. O, P and X may begin a sequence.
"""


class StopEvent(Event):
    """An event that `select` can wait for beside files; once set, it remains set."""

    def __init__(self) -> None:
        super().__init__()
        self._read_end, write_end = os.pipe()
        # Closing the write end makes the read end readable for all who wait; a byte in the pipe
        # would be read by only one of them.
        self._close = finalize(self, os.close, write_end)
        finalize(self, os.close, self._read_end)

    def fileno(self) -> int:
        return self._read_end

    def set(self) -> None:
        """Set the event, from any thread or signal handler."""
        super().set()
        self._close()

    def clear(self) -> None:
        """Do nothing, as the pipe remains closed; the driver creates a new event at each start."""


def read_input(
    descriptor: int, stop: StopEvent, handle: Callable[[Message], None], *, debug: bool = False
) -> None:
    """Pass the events of a terminal to `handle` until `stop` is set.

    Raises:
        OSError: the terminal has gone.
    """
    decoder, parser = KeyboardDecoder(), XTermParser(debug)
    ends_in_escape = False
    while not stop.is_set():
        # A time limit is needed only within a sequence, as escape alone may be a key.
        timeout = None if parser._timeout_time is None else ESCAPE_DELAY
        ready, _, _ = select([descriptor, stop.fileno()], [], [], timeout)
        text = decoder.decode(_read(descriptor)) if descriptor in ready else ""
        for piece in filter(None, _TWO_KEYS.split(text)):
            if ends_in_escape and not piece.startswith(_CONTINUATIONS):
                if parser._timeout_time is not None:
                    # So the next tick takes a pending escape character for the key escape.
                    parser._timeout_time = 0.0
                for event in parser.tick():
                    handle(event)
            for event in parser.feed(piece):
                handle(event)
            ends_in_escape = piece.endswith(_ESCAPE)
        for event in parser.tick():
            handle(event)


def _read(descriptor: int) -> bytes:
    """Return the typed bytes; empty if there are none after all."""
    try:
        data = os.read(descriptor, _READ_SIZE)
    except BlockingIOError:
        # Another program left the terminal in non-blocking mode, and a third one read the input.
        return b""
    # An empty read means that the terminal has gone, or that ctrl+D was pressed after SIGCONT and
    # before the terminal was in raw mode again.
    if not data and not os.isatty(descriptor):
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return data
