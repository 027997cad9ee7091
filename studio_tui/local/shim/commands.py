"""Executes a job's commands one after another, stores their output, and stops all of them.

One thread with one loop waits for output, ends of children and signals together. It runs in the
shim's process, which has no other signal handlers and children.
"""

import os
import select
import signal
from collections.abc import Mapping
from pathlib import Path

from studio_tui import clock
from studio_tui.local.shim import process_tree
from studio_tui.local.shim.output import OutputWriter

PAUSE_SECONDS = 0.04
"""How long an unfinished line must stop growing before readers may show it."""

_LEFTOVER_SECONDS = 0.25
_READ_BYTES = 256 * 1024
_RESET_SIGNALS = (signal.SIGPIPE, signal.SIGHUP, signal.SIGINT, signal.SIGXFSZ)


class CannotExecute(Exception):  # noqa: N818 (the name says what happened)
    """A command could not be executed, as it does not exist or otherwise; the message says why."""


class Stopped(Exception):  # noqa: N818 (the name says what happened)
    """The job was told to stop before the current command had ended."""


class CommandRunner:
    """Runs the commands of one job in the current directory."""

    def __init__(self, folder: Path, output: OutputWriter, *, grace_seconds: float) -> None:
        self.must_stop = False
        """Whether a TERM has arrived."""
        self._folder = folder
        self._output = output
        self._grace_seconds = grace_seconds
        self._pipe = -1
        self._main = 0
        self._main_status: int | None = None
        self._unfinished_since: float | None = None
        self._wake, wake_write = os.pipe()
        os.set_blocking(self._wake, False)
        os.set_blocking(wake_write, False)
        self._poll = select.poll()
        self._poll.register(self._wake, select.POLLIN)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._on_term)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def run(
        self,
        command: list[str],
        environment: Mapping[str, str],
        *,
        limit_seconds: float | None = None,
    ) -> int:
        """Run a command; return its exit code, 128 + n for death by signal n, once it has ended.

        It has ended when its own process has; processes it leaves behind are stopped. If the job is
        told to stop, or the command exceeds `limit_seconds`, all its processes are stopped.

        Raises:
            CannotExecute: It does not exist or may not be executed.
        """
        self._spawn(command, environment)
        deadline = None if limit_seconds is None else clock.monotonic() + limit_seconds
        while self._main_status is None:
            self.turn(None if deadline is None else max(0.0, deadline - clock.monotonic()))
            if self._main_status is not None:
                break
            if deadline is not None and clock.monotonic() >= deadline:
                self.report(f"stopping what did not end within {limit_seconds:g} s")
                self.stop_all()
            elif self.must_stop:
                self.stop_all()
        self._stop_leftovers()
        while self._pipe >= 0 and self._drain_pipe():
            pass
        self._close_pipe()
        self._output.pause()
        self._unfinished_since = None
        code = os.waitstatus_to_exitcode(self._main_status)
        return code if code >= 0 else 128 - code

    def turn(self, seconds: float | None) -> None:
        """Wait for output, the end of a child or a signal, at most `seconds`, and process it."""
        if self._unfinished_since is not None:
            pause = max(0.0, self._unfinished_since + PAUSE_SECONDS - clock.monotonic())
            seconds = pause if seconds is None else min(seconds, pause)
        for descriptor, _event in self._poll.poll(None if seconds is None else seconds * 1000):
            if descriptor == self._pipe:
                self._drain_pipe()
            else:
                _read(self._wake)
        self._reap()
        since = self._unfinished_since
        if since is not None and clock.monotonic() - since >= PAUSE_SECONDS:
            self._output.pause()
            self._unfinished_since = None

    def stop_all(self) -> None:
        """Stop every process of the job: TERM, after the grace period KILL, until none is left."""
        left = process_tree.stop(
            self._find,
            grace_seconds=self._grace_seconds,
            sleep=self.turn,
        )
        if left:
            self.report(f"{_count(len(left))} of this job could not be stopped")
            if self._main_status is None:
                self._main_status = signal.SIGKILL

    def report(self, sentence: str) -> None:
        """Write a line of the local Studio's own to the output."""
        line_end = "\n" if self._output.is_within_line else ""
        self._output.write(f"{line_end}[local Studio: {sentence}]\n".encode())

    def _on_term(self, _number: int, _frame: object) -> None:
        self.must_stop = True

    def _spawn(self, command: list[str], environment: Mapping[str, str]) -> None:
        self._pipe, write_end = os.pipe()
        os.set_blocking(self._pipe, False)
        self._main_status = None
        try:
            self._main = os.posix_spawn(
                command[0],
                command,
                environment,
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_DUP2, write_end, 1),
                    (os.POSIX_SPAWN_DUP2, write_end, 2),
                ],
                setpgroup=0,
                setsigmask=(),
                setsigdef=_RESET_SIGNALS,
            )
        except (OSError, ValueError) as error:
            os.close(self._pipe)
            self._pipe = -1
            why = error.strerror if isinstance(error, OSError) else str(error)
            raise CannotExecute(f"{command[0]} could not be run: {why}.") from error
        finally:
            os.close(write_end)
        self._poll.register(self._pipe, select.POLLIN)

    def _drain_pipe(self) -> bool:
        """Move what is in the pipe to the output; return whether there was something."""
        printed = _read(self._pipe)
        if printed is None:
            return False
        if not printed:
            self._close_pipe()
            return False
        self._output.write(printed)
        if printed.endswith(b"\n"):
            self._unfinished_since = None
        elif self._unfinished_since is None or b"\n" in printed or b"\r" in printed:
            self._unfinished_since = clock.monotonic()
        return True

    def _close_pipe(self) -> None:
        if self._pipe >= 0:
            self._poll.unregister(self._pipe)
            os.close(self._pipe)
            self._pipe = -1

    def _reap(self) -> None:
        """Reap children that ended: the command itself, and adopted orphans."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._main:
                self._main_status = status

    def _find(self) -> tuple[process_tree.Process, ...]:
        return process_tree.job_processes(str(self._folder), os.getpid())

    def _stop_leftovers(self) -> None:
        """Stop what a command left behind, except helpers that end a moment after it."""
        deadline = clock.monotonic() + _LEFTOVER_SECONDS
        while left := self._find():
            if self.must_stop or clock.monotonic() >= deadline:
                self.report(f"stopping {_count(len(left))} left running in the background")
                self.stop_all()
                return
            self.turn(0.01)


def _read(descriptor: int) -> bytes | None:
    """Return the bytes in a non-blocking pipe: `None` for nothing yet, empty at its end."""
    try:
        return os.read(descriptor, _READ_BYTES)
    except BlockingIOError:
        return None


def _count(processes: int) -> str:
    return "1 process" if processes == 1 else f"{processes} processes"
