"""Finds and stops the processes of a job, even those that left its session or lost their parent.

A process belongs to a job if it descends from the job's shim, which on Linux adopts orphans, or if
it was started with the job's marker in its environment, which survives double forks, `setsid` and
the death of the shim. Only a process that cleared or hides its environment can be missed.
"""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from studio_tui import clock

MARKER = "STUDIO_TUI_JOB"
"""The variable that marks a job's processes; its value is the job's directory."""

SHIM_MARKER = "STUDIO_TUI_SHIM"
"""The variable that marks a job's shim; its value is the job's directory."""

_PROC = Path("/proc")
_POLL_SECONDS = 0.05
_KILL_SECONDS = 10.0


class Process(NamedTuple):
    """A process; its start time distinguishes it from a later one with the same pid."""

    pid: int
    parent: int
    started: str
    """Its start time, in a system-dependent format."""


def job_processes(directory: str, root: int | None = None) -> tuple[Process, ...]:
    """Return the live processes of the job in a directory, and all descendants of these and `root`.

    `root` itself, the calling process and zombies are left out.
    """
    table = {process.pid: process for process in processes()}
    pids = {process.pid for process in marked(MARKER, directory, table.values())}
    if root is not None:
        pids.add(root)
    children: dict[int, list[int]] = {}
    for process in table.values():
        children.setdefault(process.parent, []).append(process.pid)
    unvisited = list(pids)
    while unvisited:
        for child in children.get(unvisited.pop(), ()):
            if child not in pids:
                pids.add(child)
                unvisited.append(child)
    pids -= {os.getpid(), root}
    return tuple(table[pid] for pid in sorted(pids) if pid in table)


def marked(variable: str, value: str, among: Iterable[Process]) -> list[Process]:
    """Return the processes that were started with a variable of this value."""
    return [each for each in among if _was_started_with(each.pid, f"{variable}={value}")]


def stop(
    find: Callable[[], Iterable[Process]],
    *,
    grace_seconds: float,
    sleep: Callable[[float], object],
) -> tuple[Process, ...]:
    """Send TERM to all processes that `find` returns, and KILL after `grace_seconds`.

    `find` is called again until it returns nothing. Between the calls `sleep` is called with
    seconds; it may reap children. Returns the processes that remain 10 s after the first KILL:
    they belong to another user or are stuck in the kernel.
    """
    deadline = clock.monotonic() + grace_seconds
    terminated: set[tuple[int, str]] = set()
    while (running := tuple(find())) and (seconds := deadline - clock.monotonic()) > 0:
        for process in running:
            if (process.pid, process.started) not in terminated:
                terminated.add((process.pid, process.started))
                send(process, signal.SIGTERM)
        sleep(min(_POLL_SECONDS, seconds))
    deadline = clock.monotonic() + _KILL_SECONDS
    while running and clock.monotonic() < deadline:
        for process in running:
            send(process, signal.SIGKILL)
        sleep(_POLL_SECONDS / 5)
        running = tuple(find())
    return running


def stop_job(directory: str, *, grace_seconds: float) -> tuple[Process, ...]:
    """Call `stop` for the job with this directory, which blocks this thread."""
    return stop(
        lambda: job_processes(directory),
        grace_seconds=grace_seconds,
        sleep=time.sleep,
    )


def send(process: Process, number: int) -> None:
    """Send a signal to exactly this process, unless it is gone or another user's."""
    try:
        if sys.platform == "linux":
            descriptor = os.pidfd_open(process.pid)
            try:
                if _is_same(process):
                    signal.pidfd_send_signal(descriptor, number)
            finally:
                os.close(descriptor)
        elif _is_same(process):
            os.kill(process.pid, number)
    except (ProcessLookupError, PermissionError):
        return


def adopt_orphans() -> None:
    """On Linux, make this process the parent of its orphaned descendants."""
    if sys.platform == "linux":
        import ctypes  # noqa: PLC0415 (costs the other users of this module 3 ms)

        pr_set_child_subreaper = 36
        ctypes.CDLL(None, use_errno=True).prctl(pr_set_child_subreaper, 1, 0, 0, 0)


def _is_same(process: Process) -> bool:
    if sys.platform != "linux":
        return any(
            other.pid == process.pid and other.started == process.started for other in processes()
        )
    current = _read_stat(process.pid)
    return current is not None and current.started == process.started


def processes() -> list[Process]:
    """Return all live processes that this one can see, without zombies."""
    if sys.platform != "linux":
        return _list_with_ps()
    pids = (int(name) for name in os.listdir(_PROC) if name.isdigit())  # noqa: PTH208 (faster)
    return [process for pid in pids if (process := _read_stat(pid)) is not None]


def _read_stat(pid: int) -> Process | None:
    """Parse `/proc/PID/stat` (proc(5)); `None` if the process is gone or a zombie."""
    try:
        stat = (_PROC / str(pid) / "stat").read_bytes()
    except OSError:
        return None
    # The second field, a name in brackets, may contain spaces and brackets.
    fields = stat[stat.rindex(b")") + 2 :].split()
    state, parent, started = fields[0], fields[1], fields[19]
    if state in {b"Z", b"X"}:
        return None
    return Process(pid, int(parent), started.decode())


def _was_started_with(pid: int, variable: str) -> bool:
    """Whether a process has a variable, as `NAME=VALUE`, in the environment it started with."""
    if sys.platform != "linux":
        # `ps` separates the variables by blanks, which a value may contain too.
        return f" {variable} " in f"{_run_ps('-Ewwo', 'command=', '-p', str(pid)).rstrip()} "
    try:
        content = (_PROC / str(pid) / "environ").read_bytes()
    except OSError:
        return False
    return os.fsencode(variable) in content.split(b"\0")


def _list_with_ps() -> list[Process]:
    processes = []
    for line in _run_ps("-axo", "pid=,ppid=,state=,lstart=").splitlines():
        pid, parent, state, started = line.split(None, 3)
        if not state.startswith("Z"):
            processes.append(Process(int(pid), int(parent), started))
    return processes


def _run_ps(*arguments: str) -> str:
    import subprocess  # noqa: PLC0415 (costs the shim 10 ms, and only macOS needs it)

    command = ["/bin/ps", *arguments]
    return subprocess.run(command, capture_output=True, check=False).stdout.decode(errors="replace")
