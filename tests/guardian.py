"""Kills the processes left behind by a test process, however it ends.

Local Studios, shims and jobs are designed to outlive their parent, so they can be traced to a test
only by a mark. Each test process has a guardian: a separate process that waits on a pipe, which the
system closes when the test process is gone, even after `kill -9`; then it kills all processes
started with the mark in their environment.
"""

import contextlib
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

MARK = "LC_TEST_GUARDIAN"
"""Environment variable that marks processes started by a test process.

Jobs inherit few of a local Studio's variables, but all that start with `LC_`.
"""

ROUNDS = 50
"""Number of passes: a killed process may have started another a moment before."""


@contextmanager
def guarded() -> Iterator[str]:
    """Mark all processes started from here on, and kill them when this process is gone."""
    mark = f"{MARK}={uuid.uuid4().hex}"
    os.environ[MARK] = mark.partition("=")[2]
    read, write = os.pipe()
    guardian = subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, mark],
        stdin=read,
        start_new_session=True,  # ctrl+c of the terminal is not for it
        env={name: value for name, value in os.environ.items() if name != MARK},
    )
    os.close(read)
    try:
        yield mark
    finally:
        os.environ.pop(MARK, None)
        os.close(write)
        guardian.wait()


def marked(mark: str) -> list[int]:
    """Return the ids of processes that were started with `mark` in their environment."""
    if sys.platform != "linux":
        command = ["/bin/ps", "-axEwwo", "pid=,command="]
        told = subprocess.run(command, capture_output=True, check=False).stdout.decode(
            "utf-8", "replace"
        )
        return [int(line.split(None, 1)[0]) for line in told.splitlines() if mark in line.split()]
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                found.append(int(folder.name))
    return found


def main() -> None:
    """Wait until the test process is gone, and kill what it left behind."""
    sys.stdin.buffer.read()
    for _ in range(ROUNDS):
        left = [pid for pid in marked(sys.argv[1]) if pid != os.getpid()]
        if not left:
            return
        for pid in left:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
