"""What is drawn, on its way to a terminal that reads when it likes, or not at all."""

import os
import re
import select
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread

MOST = 256 * 1024
"""Characters that wait at the most. What is older than that is not worth drawing any more."""
PATIENCE = 2.0
"""Seconds in which a terminal that is left has to read some more of what waits."""
_CHUNK = 4096
"""Bytes that are written at once, so that a slow terminal is not taken for one that hangs."""
_MODES = re.compile(r"(?:\x1b\[[<>?][\d;]*[a-z])+")
_UPDATE = "\x1b[?2026"
"""Begins, or ends, what is to become visible at once."""


class TerminalOutput:
    """A file that takes everything at once; a thread of its own writes it.

    When too much waits, frames are dropped, and the settings of the terminal are kept. When it
    cannot be written to any more, all is dropped.
    """

    def __init__(
        self, descriptor: int, *, lost: Callable[[], None], read_again: Callable[[], None]
    ) -> None:
        """Take what is called, in the thread that writes, on a failure, and when all that waited
        has been read after something was dropped, so that it must be drawn anew."""
        self._descriptor = descriptor
        self._lost = lost
        self._read_again = read_again
        self._changed = Condition()
        self._pieces: deque[str] = deque()
        self._size = 0
        """Characters in them."""
        self._is_writing = False
        self._written = 0
        """Chunks so far: by them one sees that the terminal reads."""
        self._has_dropped = False
        self._is_lost = False
        self._thread: Thread | None = None

    def fileno(self) -> int:
        """Return the number of the file."""
        return self._descriptor

    def flush(self) -> None:
        """Do nothing: all is on its way."""

    def write(self, text: str) -> int:
        """Let a text be written after those before it."""
        with self._changed:
            if self._is_lost:
                return len(text)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="terminal output", daemon=True)
                self._thread.start()
            if self._pieces and self._size + len(text) > MOST:
                self._drop_frames()
            self._pieces.append(text)
            self._size += len(text)
            self._changed.notify_all()
        return len(text)

    def drain(self) -> None:
        """Wait until all is written, as long as the terminal reads; drop what is left."""
        with self._changed:
            while not self._is_lost and (self._pieces or self._is_writing):
                written = self._written
                if not self._changed.wait_for(lambda: self._written != written, PATIENCE):  # noqa: B023
                    self._forget()
                    return

    def _drop_frames(self) -> None:
        kept = [each for each in self._pieces if _MODES.fullmatch(each) and _UPDATE not in each]
        self._forget()
        self._pieces.extend(kept)
        self._size = sum(map(len, kept))
        self._has_dropped = True

    def _forget(self) -> None:
        self._pieces.clear()
        self._size = 0

    def _run(self) -> None:
        """Write what comes, for as long as the process lives."""
        while not self._is_lost:
            with self._changed:
                self._changed.wait_for(lambda: self._pieces)
                text = self._pieces.popleft()
                self._size -= len(text)
                self._is_writing = True
            try:
                self._put(text.encode("utf-8", "backslashreplace"))
            except OSError:
                self._fail()
            with self._changed:
                self._is_writing = False
                self._written += 1
                is_behind = self._has_dropped and not self._pieces
                if is_behind:
                    self._has_dropped = False
                self._changed.notify_all()
            if is_behind and not self._is_lost:
                self._read_again()

    def _put(self, data: bytes) -> None:
        left = memoryview(data)
        while left:
            try:
                left = left[os.write(self._descriptor, left[:_CHUNK]) :]
            except BlockingIOError:
                # Another program has left the terminal so that nothing waits for it.
                poll = select.poll()
                poll.register(self._descriptor, select.POLLOUT)
                poll.poll()
            with self._changed:
                self._written += 1
                self._changed.notify_all()

    def _fail(self) -> None:
        with self._changed:
            self._is_lost = True
            self._forget()
            self._changed.notify_all()
        self._lost()
