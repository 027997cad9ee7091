"""A dashboard restarts its local Studio after a crash, and no submitted job is lost."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import httpx
import pytest

from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.server import endpoint
from tests.e2e.test_program import own_folders
from tests.forked_program import ForkedTerminal
from tests.soak import at_length
from tests.waiting import eventually

pytestmark = pytest.mark.starts_processes

KILLS = at_length(2, 50)
JOB = """import time
for number in range(100000):
    print('seq=%06d' % number, flush=True)
    time.sleep(.01)
"""


class OtherProgram:
    """Another program on the port of a server that was killed; records what is sent to it."""

    def __init__(self, url: str) -> None:
        self.received = b""
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        eventually(lambda: self._try_to_bind(int(url.rpartition(":")[2])))
        self._socket.listen()
        threading.Thread(target=self._listen, daemon=True).start()

    def _try_to_bind(self, port: int) -> bool:
        try:
            self._socket.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with connection:
                self.received += connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]")

    def close(self) -> None:
        """Free the port."""
        self._socket.close()


@contextmanager
def dashboard(folder: Path) -> Iterator[tuple[ForkedTerminal, Path]]:
    """Run a dashboard with `--local`; yield it and the data directory of its local Studio."""
    try:
        with ForkedTerminal(["--local"], environment=own_folders(folder)) as terminal:
            terminal.wait_for_text("Run the sample jobs")
            terminal.press("n")
            terminal.wait_for_text("No jobs yet")
            yield terminal, folder / "data"
    finally:
        endpoint.stop(folder / "data")


def running_server(data: Path) -> endpoint.Endpoint:
    """Wait until a local Studio runs on this data, and return where."""
    return eventually(partial(endpoint.find, data))


def is_restarted(data: Path, killed: endpoint.Endpoint) -> bool:
    """Return whether a server runs that is not the killed one."""
    running = endpoint.running_endpoint(DataDir(data))
    return running is not None and running.instance != killed.instance


def request(server: endpoint.Endpoint, method: str, path: str, **options: object) -> httpx.Response:
    """Send a request to a local Studio, with its token."""
    headers = {"Authorization": f"Bearer {server.token()}"}
    url = f"{server.url}/api/datachain{path}"
    return httpx.request(method, url, headers=headers, trust_env=False, **options)  # type: ignore[arg-type] # any


def test_a_server_killed_under_a_dashboard_is_restarted_with_its_jobs(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    restart_seconds = []
    with dashboard(tmp_path) as (terminal, data):
        server = running_server(data)
        body = {"query": JOB, "team_name": "local", "query_name": "lasting.py"}
        job_id = request(server, "POST", "/jobs/", json=body).json()["id"]
        terminal.wait_for_text("lasting.py")
        for number in range(KILLS):
            terminal.pump(0.5)
            os.kill(server.pid, signal.SIGKILL)
            begin = time.monotonic()
            other_program = OtherProgram(server.url) if number % 5 == 1 else None
            assert terminal.pump(20, partial(is_restarted, data, server))
            restart_seconds.append(time.monotonic() - begin)
            server = running_server(data)
            if other_program is not None:
                terminal.pump(1)
                other_program.close()
                assert b"authorization" not in other_program.received.lower()
                assert server.token().encode() not in other_program.received
            (job,) = request(server, "GET", "/jobs/", params={"team_name": "local"}).json()
            assert (job["id"], job["status"]) == (job_id, "RUNNING")
        terminal.wait_for_text("The local Studio has died")
        terminal.wait_for_text("The local Studio runs again")
        request(server, "POST", f"/jobs/{job_id}/cancel", json={"team_name": "local"})
        terminal.wait_for_text("CANCELED")
        assert b"starts it" not in terminal.output
        log = request(server, "GET", f"/jobs/{job_id}/logs").text.splitlines()
    numbers = [int(line.removeprefix("seq=")) for line in log if line.startswith("seq=")]
    assert numbers == list(range(len(numbers)))
    rounded = sorted(round(seconds, 2) for seconds in restart_seconds)
    record_property("seconds until the server runs again", rounded)


def test_a_stopped_server_is_started_again_only_by_ctrl_r(tmp_path: Path) -> None:
    with dashboard(tmp_path) as (terminal, data):
        assert endpoint.stop(data)
        terminal.wait_for_text("The local Studio was stopped")
        # The header says so even after the notice has disappeared.
        terminal.wait_for_text("stopped: ctrl.r starts it")
        assert endpoint.find(data) is None
        terminal.press("\x12")  # ctrl+r
        terminal.wait_for_text("The local Studio runs again")
        running_server(data)


def test_a_server_that_does_not_answer_is_not_said_to_have_stopped(tmp_path: Path) -> None:
    with dashboard(tmp_path) as (terminal, data):
        server = running_server(data)
        os.kill(server.pid, signal.SIGSTOP)
        try:
            terminal.press("\x12")  # ctrl+r, as a list without active jobs is polled seldom
            terminal.wait_for_text(f"does not answer. If that lasts, `kill -9 {server.pid}`")
            terminal.wait_for_text("no answer since")
        finally:
            os.kill(server.pid, signal.SIGCONT)
        terminal.wait_for_text("● live", since=len(terminal.output))
        assert b"starts it" not in terminal.output


def test_a_server_with_invalid_settings_is_started_by_ctrl_r_once_they_are_valid(
    tmp_path: Path,
) -> None:
    with dashboard(tmp_path) as (terminal, data):
        server = running_server(data)
        clusters = data / "clusters.toml"
        valid_text = clusters.read_text()
        clusters.write_text("cluster = 3")
        os.kill(server.pid, signal.SIGKILL)
        terminal.wait_for_text("ctrl.r tries")
        clusters.write_text(valid_text)
        terminal.press("\x12")  # ctrl+r
        terminal.wait_for_text("The local Studio runs again")
