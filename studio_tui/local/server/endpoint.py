"""Finds, starts and stops the server of a data directory, from any other process.

It imports nothing slow, as that would delay the dashboard's first paint.
"""

import errno
import http.client
import os
import re
import shlex
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

from studio_tui import clock
from studio_tui.addresses import address
from studio_tui.errors import ConfigError
from studio_tui.files import read_json, read_text
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.config.team import TEAM
from studio_tui.local.locks import is_held

START_SECONDS = 20.0
"""Maximum time until a started server serves."""

STOP_SECONDS = 10.0
"""Maximum time for a server to stop; more than `server.GRACE_SECONDS`."""

_OWN_URL = re.compile(r"http://127\.0\.0\.1:[0-9]{1,5}")
_PROBE_SECONDS = 2.0
_POLL_SECONDS = 0.02
_LOG_LIMIT = 1024 * 1024
_REASON_BYTES = 4096


@dataclass(frozen=True)
class Endpoint:
    """A running local Studio."""

    url: str
    """Base URL, without `/api`."""
    pid: int
    instance: str
    """Identifies this run of the server; not secret."""
    data: DataDir = field(compare=False, repr=False)

    def token(self) -> str:
        """Return the token, which is secret, or raise `ConfigError`."""
        restart = "Run `studio-tui local stop`, remove the file, and start it again."
        try:
            return read_text(self.data.token).strip()
        except OSError as error:
            sentence = f"The token in {self.data.token} cannot be read: {error.strerror}. {restart}"
            raise ConfigError(sentence) from error
        except ValueError:
            raise ConfigError(f"{self.data.token} is not a text file. {restart}") from None

    def environment(self) -> dict[str, str]:
        """Return the variables that point the `datachain` CLI or a dashboard at this local Studio.

        Two of the CLI's commands read the token only from a configuration directory.
        """
        return {
            "DATACHAIN_STUDIO_URL": self.url,
            "DATACHAIN_STUDIO_TOKEN": self.token(),
            "DATACHAIN_STUDIO_TEAM": TEAM,
            "DATACHAIN_GLOBAL_CONFIG_DIR": str(self.data.cli_config),
        }


def find(data_dir: Path) -> Endpoint | None:
    """Return the server of a data directory, if one runs; wait for one that is starting.

    Raises:
        ConfigError: A server runs, but does not answer.
    """
    data = DataDir(data_dir)
    if not is_locked(data.lock):
        return None
    endpoint = _wait_for_server(data, give_up=lambda: not is_locked(data.lock))
    if endpoint is None and is_locked(data.lock):
        raise ConfigError(
            f"A local Studio runs in {data.root} but does not answer; its log is {data.log}."
            f"{how_to_end(data)}"
        )
    return endpoint


def attach_or_start(data_dir: Path) -> Endpoint:
    """Return the server of a data directory; if none runs, start one that outlives the caller.

    Raises:
        ConfigError: The server cannot be started, or does not answer; the message says why.
    """
    return find(data_dir) or _start(DataDir(data_dir))


def stop(data_dir: Path) -> bool:
    """Stop the server of a data directory, not its jobs; return whether there was one.

    One that has not stopped after `STOP_SECONDS` is killed. What it accepted is on disk, unless the
    disk is full.

    Raises:
        ConfigError: The server does not answer, so it is unknown whether the pid is its own.
    """
    was_running = False
    # Another process may start a new server meanwhile, which is stopped too.
    while endpoint := find(data_dir):
        was_running, data = True, endpoint.data
        deadline = clock.monotonic() + STOP_SECONDS
        with suppress(ProcessLookupError):
            os.kill(endpoint.pid, signal.SIGTERM)
            while is_locked(data.lock) and _read_endpoint(data) in {endpoint, None}:
                time.sleep(_POLL_SECONDS)
                if clock.monotonic() > deadline:
                    data.state.unlink(missing_ok=True)  # or it would count as crashed
                    os.kill(endpoint.pid, signal.SIGKILL)
    return was_running


def shell_exports(endpoint: Endpoint) -> str:
    """Return lines for `eval` in a POSIX shell."""
    return "".join(
        f"export {name}={shlex.quote(value)}\n" for name, value in endpoint.environment().items()
    )


def _start(data: DataDir) -> Endpoint:
    data.prepare()
    try:
        log = _open_log(data.log)
    except OSError as error:
        raise data.unusable(error) from error
    with os.fdopen(log, "rb+") as log_file:
        begin = log_file.seek(0, os.SEEK_END)
        server = subprocess.Popen(
            [sys.executable, "-m", "studio_tui.local", "--data-dir", str(data.root)],
            stdin=subprocess.DEVNULL,
            stdout=log_file,
            stderr=log_file,
            cwd=data.root,
            start_new_session=True,
        )
        # If another process starts a server first, this one ends, and the other server is used.
        endpoint = _wait_for_server(
            data, give_up=lambda: server.poll() is not None and not is_locked(data.lock)
        )
        if endpoint is not None:
            # It is left running, and reaped by a thread when it ends, or it would stay a zombie.
            name = f"end of the local Studio {server.pid}"
            threading.Thread(target=server.wait, name=name, daemon=True).start()
            return endpoint
        end = log_file.seek(0, os.SEEK_END)
        log_file.seek(max(begin, end - _REASON_BYTES))
        output = log_file.read(_REASON_BYTES).decode("utf-8", "replace").strip().splitlines()
    if server.poll() is None:
        server.kill()
        server.wait()
    reason = output[-1] if output else f"it ended with exit code {server.returncode}"
    raise ConfigError(f"The local Studio did not start: {reason} (log: {data.log})")


def _open_log(path: Path) -> int:
    """Open the server's log for appending; empty it first if it is longer than `_LOG_LIMIT`."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK
    descriptor = os.open(path, flags, 0o600)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is not a regular file", str(path))
    if status.st_size > _LOG_LIMIT:
        os.ftruncate(descriptor, 0)
    return descriptor


def pid_of(data: DataDir) -> int | None:
    """Return the pid in the state file, if that is valid."""
    endpoint = _read_endpoint(data)
    return endpoint.pid if endpoint is not None else None


def how_to_end(data: DataDir) -> str:
    """Return a sentence about how to end a server that does not answer; empty if it has no pid.

    A suspended process responds to no other signal than SIGKILL.
    """
    pid = pid_of(data)
    return f" If that lasts, `kill -9 {pid}` ends it; its jobs keep running." if pid else ""


def running_endpoint(data: DataDir) -> Endpoint | None:
    """Return the endpoint in the state file, if that very server answers there."""
    endpoint = _read_endpoint(data)
    if endpoint is None or _instance_at(endpoint.url) != endpoint.instance:
        return None
    return endpoint


def _read_endpoint(data: DataDir) -> Endpoint | None:
    try:
        state = read_json(data.state)
        url, pid, instance = (state[key] for key in ("url", "pid", "instance"))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    are_texts = isinstance(url, str) and isinstance(instance, str)
    # Signals are sent to the pid; 0 or -1 would address many processes.
    if not are_texts or not _OWN_URL.fullmatch(url) or type(pid) is not int or pid <= 1:
        return None
    return Endpoint(url, pid, instance, data)


def _instance_at(url: str) -> str | None:
    """Return the instance id served at `url`; the token is not sent."""
    parsed = address(url)
    if parsed is None:
        return None
    connection = http.client.HTTPConnection(parsed.host, parsed.port, timeout=_PROBE_SECONDS)
    try:
        with closing(connection):
            connection.request("GET", "/api/openapi.json")
            return connection.getresponse().getheader("studio-instance")
    except (OSError, http.client.HTTPException):
        return None


def is_locked(path: Path) -> bool:
    """Whether a server or a shim holds the lock at `path`; false if the system cannot tell."""
    try:
        return is_held(path)
    except OSError:
        return False


def _wait_for_server(data: DataDir, give_up: Callable[[], bool]) -> Endpoint | None:
    """Return the server once it answers; `None` after `START_SECONDS` or if `give_up` is true."""
    deadline = clock.monotonic() + START_SECONDS
    while True:
        endpoint = running_endpoint(data)
        if endpoint or clock.monotonic() > deadline or give_up():
            return endpoint
        time.sleep(_POLL_SECONDS)
