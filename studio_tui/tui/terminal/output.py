"""Buffered output to a terminal that may be slow, or not read at all."""

import os
import re
import select
from collections import deque
from collections.abc import Callable
from threading import Condition, Thread

BUFFER_LIMIT = 256 * 1024
"""Most characters in the buffer; a full one is dropped, as old output is not worth drawing."""

PATIENCE = 2.0
"""Seconds on exit after which a terminal that has not read anything counts as hanging."""

_CHUNK = 4096
"""Bytes per write; even a slow terminal reads them within `PATIENCE`."""

_MODES = re.compile(r"(?:\x1b\[[<>?][\d;]*[a-z])+")
"""Codes that set terminal modes, such as reporting the mouse."""

_UPDATE = "\x1b[?2026"
"""Common start of the two codes around a frame (a synchronized update)."""

_BEGIN, _END = f"{_UPDATE}h", f"{_UPDATE}l"


class TerminalOutput:
    """A file whose writes never block, as a separate thread writes to the terminal.

    The thread is woken once per frame, and for what is written between frames. If the buffer is
    full, its content is dropped except the codes that set terminal modes. If writing fails,
    everything is dropped from then on.
    """

    def __init__(
        self, descriptor: int, *, on_lost: Callable[[], None], on_caught_up: Callable[[], None]
    ) -> None:
        """Write to `descriptor`.

        The thread calls `on_lost` when writing fails, and `on_caught_up` after output was dropped,
        once the terminal has read the rest.
        """
        self._descriptor = descriptor
        self._on_lost = on_lost
        self._on_caught_up = on_caught_up
        self._changed = Condition()
        self._pieces: deque[str] = deque()
        self._size = 0
        self._is_within_frame = False
        self._is_writing = False
        self._progress = 0
        """Grows with each write, to distinguish a slow terminal from one that reads nothing."""
        self._has_dropped = False
        """Whether output was dropped since the last `on_caught_up`."""
        self._is_lost = False
        self._thread: Thread | None = None

    def fileno(self) -> int:
        return self._descriptor

    def flush(self) -> None:
        """Do nothing, as the thread writes everything as soon as possible."""

    def write(self, text: str) -> int:
        with self._changed:
            if self._is_lost:
                return len(text)
            if self._thread is None:
                self._thread = Thread(target=self._run, name="terminal output", daemon=True)
                self._thread.start()
            if self._pieces and self._size + len(text) > BUFFER_LIMIT:
                self._drop_frames()
            self._pieces.append(text)
            self._size += len(text)
            self._is_within_frame = text == _BEGIN or (self._is_within_frame and text != _END)
            if not self._is_within_frame:
                self._changed.notify_all()
        return len(text)

    def drain(self) -> None:
        """Wait until the buffer is written; once the terminal no longer reads, discard the rest."""
        with self._changed:
            self._is_within_frame = False
            self._changed.notify_all()
            while not self._is_lost and (self._pieces or self._is_writing):
                before = self._progress
                if not self._changed.wait_for(lambda: self._progress != before, PATIENCE):  # noqa: B023
                    self._clear()
                    return

    def _drop_frames(self) -> None:
        """Drop all pieces from the buffer but those that only set terminal modes."""
        modes = [
            piece for piece in self._pieces if _MODES.fullmatch(piece) and _UPDATE not in piece
        ]
        self._clear()
        self._pieces.extend(modes)
        self._size = sum(map(len, modes))
        self._has_dropped = True

    def _clear(self) -> None:
        self._pieces.clear()
        self._size = 0

    def _run(self) -> None:
        while not self._is_lost:
            with self._changed:
                self._changed.wait_for(lambda: self._pieces and not self._is_within_frame)
                text = self._next_pieces()
                self._is_writing = True
            try:
                self._put(text.encode("utf-8", "backslashreplace"))
            except OSError:
                self._fail()
            with self._changed:
                self._is_writing = False
                self._progress += 1
                must_redraw = self._has_dropped and not self._pieces
                if must_redraw:
                    self._has_dropped = False
                self._changed.notify_all()
            if must_redraw and not self._is_lost:
                self._on_caught_up()

    def _next_pieces(self) -> str:
        """Remove and return the pieces of the next chunk, at least one."""
        text = self._pieces.popleft()
        while self._pieces and len(text) + len(self._pieces[0]) <= _CHUNK:
            text += self._pieces.popleft()
        self._size -= len(text)
        return text

    def _put(self, data: bytes) -> None:
        remaining = memoryview(data)
        while remaining:
            try:
                written = os.write(self._descriptor, remaining[:_CHUNK])
                remaining = remaining[written:]
            except BlockingIOError:
                # Another program has left the terminal in non-blocking mode.
                poll = select.poll()
                poll.register(self._descriptor, select.POLLOUT)
                poll.poll()
            with self._changed:
                self._progress += 1
                self._changed.notify_all()

    def _fail(self) -> None:
        with self._changed:
            self._is_lost = True
            self._clear()
            self._changed.notify_all()
        self._on_lost()
