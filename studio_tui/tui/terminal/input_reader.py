"""Reads the input of a terminal, and sleeps until there is some.

Textual wakes up ten times a second, which is a third of what a dashboard uses at rest, and takes
escape and a key pressed soon after it for that key with alt; see docs/upstream/input-polling.md.
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

_MOST = 4096
"""Most bytes per read."""

_ESCAPE = "\x1b"
_CONTINUATIONS = ("[", "O", _ESCAPE)
"""What follows the escape character in the sequence of a key (CSI and SS3 of ECMA-48), and another
escape, with which the parser does the same."""


_TWO_KEYS = re.compile(r"(?<=\x1b)(?=[A-NQ-WYZac-eg-z0-9])")
"""Between an escape character and a letter or digit that begins no sequence.

A terminal sends a key with alt like that, but over a slow line escape and the next key arrive so
too. Only b and f are taken for keys with alt: terminals send them to move by words, and inputs do.
"""


class StopEvent(Event):
    """An event that `select` can wait for beside files; once set, it remains set."""

    def __init__(self) -> None:
        super().__init__()
        self._read_end, write_end = os.pipe()
        # The end of a pipe, unlike a byte in it, is seen by everyone who reads.
        self._close = finalize(self, os.close, write_end)
        finalize(self, os.close, self._read_end)

    def fileno(self) -> int:
        """Return a file descriptor that is readable once the event is set."""
        return self._read_end

    def set(self) -> None:
        """Set the event, from any thread or signal handler."""
        super().set()
        self._close()

    def clear(self) -> None:
        """Do nothing: a thread that Textual no longer waits for must end, too."""


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
        # Only after the beginning of a sequence does it depend on time which key that is.
        patience = None if parser._timeout_time is None else ESCAPE_DELAY
        ready, _, _ = select([descriptor, stop.fileno()], [], [], patience)
        text = decoder.decode(_read(descriptor)) if descriptor in ready else ""
        for piece in filter(None, _TWO_KEYS.split(text)):
            if ends_in_escape and not piece.startswith(_CONTINUATIONS):
                _end_wait(parser)
                for event in parser.tick():
                    handle(event)
            for event in parser.feed(piece):
                handle(event)
            ends_in_escape = piece.endswith(_ESCAPE)
        for event in parser.tick():
            handle(event)


def _end_wait(parser: XTermParser) -> None:
    """Let the next tick take an escape character for the key, unless it was taken for it before."""
    if parser._timeout_time is not None:
        parser._timeout_time = 0.0


def _read(descriptor: int) -> bytes:
    """Return the typed bytes, which may be none.

    Raises:
        OSError: the terminal has gone.
    """
    try:
        data = os.read(descriptor, _MOST)
    except BlockingIOError:  # another program has left it so, and a third one was faster
        return b""
    # Ctrl+D is an empty read, too, until the terminal is in raw mode again after a stop.
    if not data and not os.isatty(descriptor):
        raise OSError(errno.EIO, os.strerror(errno.EIO))
    return data
