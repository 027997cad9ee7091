"""Runs a program in a pseudo-terminal, and records when its output becomes visible.

The terminal draws nothing: it answers the queries of programs, and records the time when each frame
is complete, i.e. when a read leaves no synchronized update open.
"""

import contextlib
import fcntl
import os
import re
import select
import signal
import struct
import termios
import time
from collections.abc import Callable, Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Self

SIZE = (120, 40)
"""Columns and rows of the terminal."""

KEYS = {
    "down": b"\x1b[B",
    "up": b"\x1b[A",
    "pagedown": b"\x1b[6~",
    "pageup": b"\x1b[5~",
    "home": b"\x1b[H",
    "end": b"\x1b[F",
    "enter": b"\r",
    "escape": b"\x1b",
}
"""Key sequences sent by a terminal; other keys are sent as their character."""

_ANSWERS = {
    rb"\x1b\[\?2026\$p": b"\x1b[?2026;2$y",  # synchronized updates: supported
    rb"\x1b\[\?(\d+)\$p": b"",  # any other mode: unknown, so not answered
    rb"\x1b\[0?c": b"\x1b[?62;22c",
    rb"\x1b\[>0?q": b"\x1bP>|bench\x1b\\",
    rb"\x1b\[6n": b"\x1b[1;1R",
    rb"\x1b\]11;\?(?:\x07|\x1b\\)": b"\x1b]11;rgb:1e1e/1e1e/1e1e\x1b\\",
    rb"\x1b\]10;\?(?:\x07|\x1b\\)": b"\x1b]10;rgb:e0e0/e0e0/e0e0\x1b\\",
}
_QUERY = re.compile(b"|".join(b"(?:" + pattern + b")" for pattern in _ANSWERS))
_LONGEST_QUERY = 24

_BEGIN = b"\x1b[?2026h"
_END = b"\x1b[?2026l"

_CONTROL = re.compile(
    rb"\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[PX^_].*?\x1b\\|\x1b\[[0-?]*[ -/]*[@-~]"
    rb"|\x1b[ -/]*[0-~]|[\x00-\x1f\x7f]",
    re.DOTALL,
)


class Frame(NamedTuple):
    """Output that became visible at once."""

    at: float
    """`time.perf_counter` when it was complete."""
    size: int
    """Bytes."""


class Terminal:
    """Runs a program and records the times of its frames; ends it when the context is left."""

    def __init__(
        self,
        command: Sequence[str],
        *,
        environment: Mapping[str, str] | None = None,
        size: tuple[int, int] = SIZE,
    ) -> None:
        self.frames: list[Frame] = []
        """Every frame so far, oldest first."""
        self.output = bytearray()
        """Everything written so far."""
        self.exited = False
        """Whether the program has closed its side."""
        self._unframed = 0
        """Bytes of the output that belong to no complete frame yet."""
        self._code: int | None = None
        variables = {
            **os.environ,
            "TERM": "xterm-256color",
            "COLORTERM": "truecolor",
            "COLUMNS": str(size[0]),
            "LINES": str(size[1]),
            **(environment or {}),
        }
        self.started = time.perf_counter()
        """`time.perf_counter` just before the program was started."""
        self.pid, self._master = self._start(command, variables, size)

    def exit_code(self) -> int | None:
        """Return the exit code of the program, negative for a signal; `None` while it runs."""
        if self._code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self._code = os.waitstatus_to_exitcode(status)
        return self._code

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Terminate the program, and kill it if that fails."""
        for ending, patience in ((signal.SIGTERM, 1.0), (signal.SIGKILL, 5.0)):
            if self.exit_code() is not None:
                break
            with contextlib.suppress(ProcessLookupError):  # it has ended meanwhile
                os.killpg(self.pid, ending)
            deadline = time.perf_counter() + patience
            while self.exit_code() is None and time.perf_counter() < deadline:
                self.pump(0.01)
        os.close(self._master)

    def press(self, key: str) -> float:
        """Send a key; return the time."""
        sent = time.perf_counter()
        os.write(self._master, KEYS.get(key, key.encode()))
        return sent

    def pump(self, seconds: float, until: Callable[[], bool] = lambda: False) -> bool:
        """Read output until `until` is true, for at most `seconds`; return whether it became so."""
        deadline = time.perf_counter() + seconds
        while not until():
            remaining = deadline - time.perf_counter()
            if remaining <= 0:
                return False
            if self.exited:
                time.sleep(remaining)
            elif select.select([self._master], [], [], remaining)[0]:
                self._read()
        return True

    def next_frame(self, patience: float = 2.0) -> Frame | None:
        """Wait for the next frame; `None` if none comes."""
        count = len(self.frames)
        self.pump(patience, lambda: len(self.frames) > count)
        return self.frames[count] if len(self.frames) > count else None

    def settle(self, quiet: float = 0.03, patience: float = 5.0) -> None:
        """Wait until no frame has come for `quiet` seconds."""
        deadline = time.perf_counter() + patience
        while time.perf_counter() < deadline and self.next_frame(quiet) is not None:
            pass

    def wait_for_text(self, pattern: str, patience: float = 20.0, *, since: int = 0) -> float:
        """Return the time of the frame with which text matching `pattern` was drawn.

        Output before byte `since` is not searched.

        Raises:
            TimeoutError: it was not drawn; the message has the end of the output.
        """
        compiled = re.compile(pattern.encode())
        checked_frames = 0

        def is_drawn() -> bool:
            nonlocal checked_frames
            if len(self.frames) == checked_frames:
                return False
            checked_frames = len(self.frames)
            return compiled.search(self.text(since)) is not None

        if not self.pump(patience, is_drawn):
            raise TimeoutError(f"{pattern!r} was not drawn: {self.text()[-2000:]!r}")
        return self.frames[-1].at

    def text(self, since: int = 0) -> bytes:
        """Return the output from byte `since` on, without control sequences."""
        return _CONTROL.sub(b"", bytes(self.output[since:]))

    def _start(
        self, command: Sequence[str], variables: Mapping[str, str], size: tuple[int, int]
    ) -> tuple[int, int]:
        """Start a program in a new terminal; return its process id and the terminal's file."""
        pid, master = os.forkpty()
        if pid == 0:
            try:
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
                os.execvpe(command[0], list(command), variables)  # noqa: S606 (no shell is meant)
            finally:
                os._exit(127)
        return pid, master

    def _read(self) -> None:
        try:
            chunk = os.read(self._master, 1 << 16)
        except OSError:  # on Linux: the program has closed its side
            chunk = b""
        at = time.perf_counter()
        if not chunk:
            self.exited = True
            return
        size_before = len(self.output)
        self.output += chunk
        self._answer(max(0, size_before - _LONGEST_QUERY), size_before)
        recent = (
            self.output[max(0, size_before - len(_BEGIN)) :] if self._unframed == 0 else self.output
        )
        self._unframed += len(chunk)
        if recent.rfind(_BEGIN) <= recent.rfind(_END):
            self.frames.append(Frame(at, self._unframed))
            self._unframed = 0

    def _answer(self, start: int, size_before: int) -> None:
        """Answer the queries from byte `start` on that end after the first `size_before` bytes."""
        for query in _QUERY.finditer(self.output, start):
            if query.end() > size_before:
                answer = next(
                    reply for pattern, reply in _ANSWERS.items() if re.fullmatch(pattern, query[0])
                )
                if answer:
                    os.write(self._master, answer)
