"""Runs the command line of the local Studio in a process forked from one that has imported it.

The imports take as much CPU as the rest of a short test. Each test process has a fork server of its
own. The server starts with the first forked process, and ends when the test process and all that
were forked have ended.
"""

import multiprocessing
import os
import sys
import time
from collections.abc import Callable
from multiprocessing.context import ForkServerProcess
from pathlib import Path

import pydantic.v1  # noqa: F401 (imported by FastAPI with its first route)

from studio_tui import composition  # noqa: F401 (imported here for all dashboards)
from studio_tui.local.run import local_runner  # noqa: F401 (imported here for all servers)
from studio_tui.local.server import server  # noqa: F401 (imported here for all servers)
from studio_tui.local.server.cli import local
from studio_tui.tui import app, screens  # noqa: F401 (imported here for all dashboards)

CONTEXT = multiprocessing.get_context("forkserver")
"""Starts processes of the local Studio, and in `forked_program.py` of the dashboard."""

CONTEXT.set_forkserver_preload([__name__])


def start(
    arguments: list[str], log: Path, prepare: Callable[[], None] | None = None
) -> ForkServerProcess:
    """Start `python -m studio_tui.local` with `arguments`; its output is appended to `log`.

    The process has the working directory and environment of the caller, and a session of its own.
    It calls `prepare` first.
    """
    # The fork server causes no audit event here, but conftest needs one in `make check`.
    sys.audit("subprocess.Popen", "studio_tui.local", arguments, None, None)
    process = CONTEXT.Process(
        target=_run, args=(arguments, log, Path.cwd(), dict(os.environ), prepare)
    )
    process.start()
    return process


def _run(
    arguments: list[str],
    log: Path,
    folder: Path,
    environment: dict[str, str],
    prepare: Callable[[], None] | None,
) -> None:
    os.setsid()
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    time.tzset()
    with Path(os.devnull).open("rb") as null, log.open("ab") as output:
        os.dup2(null.fileno(), 0)
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    if prepare is not None:
        prepare()
    local(arguments, prog_name="studio-tui local")
