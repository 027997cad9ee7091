"""A dashboard restarts its local Studio if that has died, and nothing submitted is lost."""

import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.server import endpoint
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


class Listener:
    """Takes the port of a server that has died, and keeps what it is sent."""

    def __init__(self, url: str) -> None:
        self.sent = b""
        self._socket = socket.socket()
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        eventually(lambda: self._is_bound(int(url.rpartition(":")[2])))
        self._socket.listen()
        threading.Thread(target=self._listen, daemon=True).start()

    def _is_bound(self, port: int) -> bool:
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
                self.sent += connection.recv(65536)
                connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n[]")

    def close(self) -> None:
        """Let go of the port."""
        self._socket.close()


@contextmanager
def dashboard(folder: Path) -> Iterator[tuple[ForkedTerminal, Path]]:
    """Run a dashboard on a local Studio of its own; also yield that one's data directory."""
    folders = {
        f"STUDIO_TUI_{name}_DIR": str(folder / name.lower())
        for name in ("STATE", "LOG", "CACHE", "CONFIG", "DATA")
    }
    try:
        with ForkedTerminal(["--local"], environment=folders) as terminal:
            terminal.wait_for_text("Run the sample jobs")
            terminal.press("n")
            terminal.wait_for_text("No jobs yet")
            yield terminal, folder / "data"
    finally:
        endpoint.stop(folder / "data")


def found_at(data: Path) -> endpoint.Endpoint:
    def found() -> endpoint.Endpoint | None:
        return endpoint.find(data)

    return eventually(found)


def is_another(data: Path, before: endpoint.Endpoint) -> bool:
    """Whether another server than the one before serves now."""
    found = endpoint.running_endpoint(DataDir(data))
    return found is not None and found.instance != before.instance


def ask(server: endpoint.Endpoint, method: str, path: str, **how: object) -> httpx.Response:
    headers = {"Authorization": f"Bearer {server.token()}"}
    url = f"{server.url}/api/datachain{path}"
    return httpx.request(method, url, headers=headers, trust_env=False, **how)  # type: ignore[arg-type] # any


def test_a_server_that_is_killed_under_a_dashboard_is_back_with_its_jobs(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    spans = []
    with dashboard(tmp_path) as (terminal, data):
        server = found_at(data)
        body = {"query": JOB, "team_name": "local", "query_name": "lasting.py"}
        job_id = ask(server, "POST", "/jobs/", json=body).json()["id"]
        terminal.wait_for_text("lasting.py")
        for number in range(KILLS):
            terminal.pump(0.5)
            takes_port = Listener if number % 5 == 1 else None
            os.kill(server.pid, signal.SIGKILL)
            began = time.monotonic()
            listener = takes_port(server.url) if takes_port else None
            before = server
            assert terminal.pump(20, lambda: is_another(data, before))  # noqa: B023 (called here)
            spans.append(time.monotonic() - began)
            server = found_at(data)
            if listener is not None:
                terminal.pump(1)
                listener.close()
                assert b"authorization" not in listener.sent.lower()
                assert server.token().encode() not in listener.sent
            (job,) = ask(server, "GET", "/jobs/", params={"team_name": "local"}).json()
            assert (job["id"], job["status"]) == (job_id, "RUNNING")
        terminal.wait_for_text("The local Studio has died")
        terminal.wait_for_text("The local Studio runs again")
        ask(server, "POST", f"/jobs/{job_id}/cancel", json={"team_name": "local"})
        terminal.wait_for_text("CANCELED")
        log = ask(server, "GET", f"/jobs/{job_id}/logs").text.splitlines()
    numbers = [int(line.removeprefix("seq=")) for line in log if line.startswith("seq=")]
    assert numbers == list(range(len(numbers)))
    record_property("seconds until it is back", sorted(round(span, 2) for span in spans))


def test_a_server_that_was_stopped_stays_stopped_until_a_key(tmp_path: Path) -> None:
    with dashboard(tmp_path) as (terminal, data):
        assert endpoint.stop(data)
        terminal.wait_for_text("The local Studio was stopped")
        # Also when that notice has gone.
        terminal.wait_for_text("local Studio stopped: ctrl.r starts it")
        assert endpoint.find(data) is None
        terminal.press("\x12")  # ctrl+r
        terminal.wait_for_text("The local Studio runs again")
        found_at(data)


def test_a_server_that_does_not_start_again_says_why_and_offers_a_key(tmp_path: Path) -> None:
    with dashboard(tmp_path) as (terminal, data):
        server = found_at(data)
        clusters = data / "clusters.toml"
        good = clusters.read_text()
        clusters.write_text("cluster = 3")
        os.kill(server.pid, signal.SIGKILL)
        terminal.wait_for_text("ctrl.r tries")
        clusters.write_text(good)
        terminal.press("\x12")  # ctrl+r
        terminal.wait_for_text("The local Studio runs again")
