"""Kills the processes left behind by a test process, however it ends.

Local Studios, shims and jobs are designed to outlive their parent, so only a mark in their
environment shows which test process started them. Each test process has a guardian: a separate
process that waits on a pipe. The system closes the pipe when the test process ends, even by
`kill -9`. Then the guardian kills all processes that have the mark.
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
"""Number of attempts: a process may have started another one just before it was killed."""


@contextmanager
def guarded() -> Iterator[str]:
    """Mark all processes started from here on, and kill them when this process is gone."""
    mark = f"{MARK}={uuid.uuid4().hex}"
    os.environ[MARK] = mark.partition("=")[2]
    read, write = os.pipe()
    guardian = subprocess.Popen(
        [sys.executable, "-I", "-S", __file__, mark],
        stdin=read,
        start_new_session=True,  # so that ctrl+c in the terminal does not end it
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
        output = subprocess.run(command, capture_output=True, check=False).stdout
        lines = output.decode("utf-8", "replace").splitlines()
        return [int(line.split(None, 1)[0]) for line in lines if mark in line.split()]
    pids = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if mark.encode() in (folder / "environ").read_bytes().split(b"\0"):
                pids.append(int(folder.name))
    return pids


def main() -> None:
    """Wait until the test process is gone, and kill what it left behind."""
    sys.stdin.buffer.read()
    for _ in range(ROUNDS):
        remaining = [pid for pid in marked(sys.argv[1]) if pid != os.getpid()]
        if not remaining:
            return
        for pid in remaining:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)


if __name__ == "__main__":
    main()
