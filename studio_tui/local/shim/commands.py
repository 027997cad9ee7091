"""Executes a job's commands one after another, stores their output, and stops their processes.

One loop waits for output, ends of children and signals together. It is the shim's only thread. The
shim has no children except commands and orphans.
"""

import os
import select
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path

from studio_tui import clock
from studio_tui.local.shim import process_tree
from studio_tui.local.shim.output import OutputWriter

PAUSE_SECONDS = 0.04
"""Seconds that a line is unfinished before a cut lets readers show its beginning."""

_LEFTOVER_SECONDS = 0.25
"""How long processes that a command leaves behind may take to end by themselves."""

_READ_BYTES = 256 * 1024
_DEFAULT_SIGNALS = (signal.SIGPIPE, signal.SIGHUP, signal.SIGINT, signal.SIGXFSZ)
"""Signals that the shim or Python ignores, and that commands must not ignore."""


class CannotExecute(Exception):  # noqa: N818 (the name says what happened)
    """A command could not be executed; the message says why."""


class Stopped(Exception):  # noqa: N818 (the name says what happened)
    """The job was told to stop before its query began."""


class CommandRunner:
    """Runs the commands of one job in the current directory."""

    def __init__(self, folder: Path, output: OutputWriter, *, grace_seconds: float) -> None:
        self.must_stop = False
        """Set by a TERM, or by `Shim` if the file `cancel` exists; `Shim` resets it at the end."""
        self._folder = folder
        self._output = output
        self._grace_seconds = grace_seconds
        self._pipe = -1
        self._command_pid = 0
        self._command_status: int | None = None
        self._unfinished_since: float | None = None
        """When the unfinished last line began to arrive; `None` without one, or after its cut."""
        self._wake_pipe, wake_end = os.pipe()
        os.set_blocking(self._wake_pipe, False)
        os.set_blocking(wake_end, False)
        self._poll = select.poll()
        self._poll.register(self._wake_pipe, select.POLLIN)
        signal.set_wakeup_fd(wake_end, warn_on_full_buffer=False)
        signal.signal(signal.SIGTERM, self._on_term)
        # Only a signal with a handler wakes the loop.
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)

    def run(
        self,
        command: list[str],
        environment: Mapping[str, str],
        *,
        limit_seconds: float | None = None,
    ) -> int:
        """Run a command to its end; return its exit code, or 128 + n if signal n killed it.

        Processes that it leaves behind are stopped after a moment. If the job is told to stop, or
        the command exceeds `limit_seconds`, all processes of the job are stopped.

        Raises:
            CannotExecute: The command cannot be executed, for example as it does not exist.
        """
        self._spawn(command, environment)
        deadline = None if limit_seconds is None else clock.monotonic() + limit_seconds
        while self._command_status is None:
            self.process_events(
                None if deadline is None else max(0.0, deadline - clock.monotonic())
            )
            if self._command_status is not None:
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
        self._output.record_cut()
        self._unfinished_since = None
        code = os.waitstatus_to_exitcode(self._command_status)
        return code if code >= 0 else 128 - code

    def process_events(self, seconds: float | None) -> None:
        """Wait for output, the end of a child or a signal, up to `seconds`, and process it."""
        if self._unfinished_since is not None:
            pause = max(0.0, self._unfinished_since + PAUSE_SECONDS - clock.monotonic())
            seconds = pause if seconds is None else min(seconds, pause)
        for descriptor, _event in self._poll.poll(None if seconds is None else seconds * 1000):
            if descriptor == self._pipe:
                self._drain_pipe()
            else:
                _read(self._wake_pipe)
        self._reap()
        since = self._unfinished_since
        if since is not None and clock.monotonic() - since >= PAUSE_SECONDS:
            self._output.record_cut()
            self._unfinished_since = None

    def stop_all(self) -> None:
        """Send every process of the job TERM, and KILL after the grace period.

        Processes that remain are reported in the job's output.
        """
        remaining = process_tree.stop(
            self._job_processes,
            grace_seconds=self._grace_seconds,
            sleep=self.process_events,
        )
        if remaining:
            self.report(f"{_count_processes(remaining)} of this job could not be stopped")
            if self._command_status is None:
                self._command_status = signal.SIGKILL

    def report(self, sentence: str) -> None:
        """Add a line of the local Studio to the job's output."""
        line_end = "\n" if self._output.is_within_line else ""
        self._output.write(f"{line_end}[local Studio: {sentence}]\n".encode())

    def _on_term(self, _number: int, _frame: object) -> None:
        self.must_stop = True

    def _spawn(self, command: list[str], environment: Mapping[str, str]) -> None:
        self._pipe, write_end = os.pipe()
        os.set_blocking(self._pipe, False)
        self._command_status = None
        try:
            self._command_pid = os.posix_spawn(
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
                setsigdef=_DEFAULT_SIGNALS,
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
        """Move the bytes in the pipe to the output; return whether there were any."""
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
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid == self._command_pid:
                self._command_status = status

    def _job_processes(self) -> tuple[process_tree.Process, ...]:
        return process_tree.job_processes(str(self._folder), os.getpid())

    def _stop_leftovers(self) -> None:
        deadline = clock.monotonic() + _LEFTOVER_SECONDS
        while remaining := self._job_processes():
            if self.must_stop or clock.monotonic() >= deadline:
                count = _count_processes(remaining)
                self.report(f"stopping {count} left running in the background")
                self.stop_all()
                return
            self.process_events(0.01)


def _read(descriptor: int) -> bytes | None:
    """Return the bytes in a non-blocking pipe: `None` if there are none yet, empty at its end."""
    try:
        return os.read(descriptor, _READ_BYTES)
    except BlockingIOError:
        return None


def _count_processes(processes: Sequence[process_tree.Process]) -> str:
    return "1 process" if len(processes) == 1 else f"{len(processes)} processes"
