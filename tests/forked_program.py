"""Runs the dashboard in a pseudo-terminal, in a process forked from one that has imported it.

The imports take half of the CPU of a short test. A few tests start the dashboard as users do:
those of its command line, of the local Studio that it starts, and of its use in a shell.
"""

import fcntl
import os
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerProcess
from pathlib import Path

from tests.bench.terminal import Terminal
from tests.forked_studio import CONTEXT


class ForkedTerminal(Terminal):
    """A terminal in which a dashboard runs; the command consists of the dashboard's arguments."""

    _process: ForkServerProcess

    def exit_code(self) -> int | None:
        """Return the exit code of the program, negative if a signal ended it."""
        return self._process.exitcode

    def _start(
        self, command: Sequence[str], variables: Mapping[str, str], size: tuple[int, int]
    ) -> tuple[int, int]:
        # The fork server causes no audit event here, but conftest needs one in `make check`.
        sys.audit("subprocess.Popen", "studio_tui", [*command], None, None)
        master, slave = os.openpty()
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", size[1], size[0], 0, 0))
        # As a `Connection`, multiprocessing passes the open file to the process.
        with Connection(slave) as terminal:
            arguments = (terminal, [*command], Path.cwd(), dict(variables))
            self._process = CONTEXT.Process(target=_run, args=arguments)
            self._process.start()
        assert self._process.pid is not None
        return self._process.pid, master


def _run(
    terminal: Connection, arguments: list[str], folder: Path, environment: dict[str, str]
) -> None:
    """Run the dashboard in the forked process, with `terminal` as its controlling terminal."""
    os.setsid()
    fcntl.ioctl(terminal.fileno(), termios.TIOCSCTTY, 0)
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        os.dup2(terminal.fileno(), number)
        stream = os.fdopen(number, "w" if number else "r", encoding="utf-8", closefd=False)
        setattr(sys, name, stream)
        setattr(sys, f"__{name}__", stream)
    terminal.close()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    sys.argv = ["studio-tui", *arguments]
    from studio_tui.__main__ import main

    main()
