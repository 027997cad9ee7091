"""Ends whatever a test process leaves behind, however that process ends.

Local Studios, shims and jobs are made to outlive whoever started them, so nothing but their mark
leads back to the tests. Each test process has a guardian: a process of its own that waits on a pipe
which the system closes when the test process is gone, also by `kill -9`, and then kills every
process that was started with the mark in its environment.
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
"""The variable that marks what a test process has started.

Of the variables that a local Studio has, its jobs get few, but all that begin with `LC_`.
"""

ROUNDS = 50
"""How often it looks again: what is killed may have started something a moment before."""


@contextmanager
def guarded() -> Iterator[str]:
    """Mark everything that is started from here on, and have it ended when this process is gone."""
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
    """Return the numbers of the processes that were started with `mark` in their environment."""
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
    """Wait until the test process is gone, and end what it has left."""
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
