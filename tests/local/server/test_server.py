import asyncio
import contextlib
import fcntl
import json
import os
import socket
import stat
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import websockets

from studio_tui.errors import ConfigError
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.server import server
from tests import needs
from tests.local.permissions import permissions_matter
from tests.studios import ProcessStudio, ThreadStudio
from tests.waiting import HANG, eventually

SLEEP = "import time\nprint('up', flush=True)\ntime.sleep(60)"


def connect(studio: ThreadStudio | ProcessStudio) -> socket.socket:
    address = urlsplit(studio.url)
    return socket.create_connection((address.hostname, address.port), timeout=HANG)


def test_a_second_server_of_a_data_directory_is_refused(studio: ThreadStudio) -> None:
    with pytest.raises(ConfigError, match="already runs"):
        asyncio.run(server.serve(DataDir(studio.data_dir), None, lambda _server, _url: None))
    assert studio.jobs() == []


def test_a_starting_server_waits_for_a_lock_that_is_soon_released(tmp_path: Path) -> None:
    data = DataDir(tmp_path)
    data.prepare()
    lock_file = os.open(data.lock, os.O_RDWR | os.O_CREAT)
    fcntl.flock(lock_file, fcntl.LOCK_EX)
    release = threading.Timer(0.3, os.close, [lock_file])
    release.start()
    asyncio.run(server.serve(data, None, lambda running, _url: running.stop()))
    release.join()


def test_the_url_and_the_token_stay_the_same_after_a_restart(studio: ThreadStudio) -> None:
    url, token = studio.url, studio.token
    studio.restart()
    assert (studio.url, studio.token) == (url, token)


def test_a_server_uses_another_port_if_its_last_port_is_in_use(studio: ThreadStudio) -> None:
    port = urlsplit(studio.url).port
    studio.stop()
    with socket.create_server(("127.0.0.1", port or 0)):
        studio.restart()
        assert urlsplit(studio.url).port != port
    assert studio.jobs() == []


def test_a_requested_port_that_is_in_use_is_a_config_error(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other_server:
        port = other_server.getsockname()[1]
        with pytest.raises(ConfigError, match=str(port)):
            asyncio.run(server.serve(DataDir(tmp_path), port, lambda _server, _url: None))


def test_a_data_directory_that_cannot_be_created_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="file"):
        asyncio.run(server.serve(DataDir(tmp_path / "file"), None, lambda _server, _url: None))


def test_a_data_directory_that_cannot_be_written_to_is_a_config_error(tmp_path: Path) -> None:
    data = DataDir(tmp_path / "data")
    data.prepare()
    data.root.chmod(0o500)
    with permissions_matter(), pytest.raises(ConfigError, match=r"Permission denied \(.*lock\)\.$"):
        asyncio.run(server.serve(data, None, lambda _server, _url: None))
    data.root.chmod(0o700)


def test_only_the_owner_can_read_the_files_of_a_studio(studio: ThreadStudio) -> None:
    studio.wait_for_end(studio.submit("open('made', 'w').write('x'); print(1)")["id"])
    modes = {
        path: stat.S_IMODE(path.lstat().st_mode)
        for path in [studio.data_dir, *studio.data_dir.rglob("*")]
        if not path.is_symlink()
    }
    assert {path: mode for path, mode in modes.items() if mode & 0o077} == {}


def test_the_server_listens_on_the_loopback_interface_only(studio: ThreadStudio) -> None:
    assert urlsplit(studio.url).hostname == "127.0.0.1"
    port = urlsplit(studio.url).port
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))  # sends nothing, but binds an address of the network
        network_address = probe.getsockname()[0]
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((network_address, port), timeout=HANG)


def assert_closed(connection: socket.socket) -> None:
    """Wait until the server closes the connection, which resets it if bytes were unread."""
    with contextlib.suppress(ConnectionError):
        assert connection.recv(1000) == b""


def test_a_connection_with_an_incomplete_request_is_closed(
    studio: ThreadStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    with connect(studio) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        response = b""
        while not response.endswith(b"}"):
            response += (part := slow.recv(1000))
            assert part, response
        assert b" 421 " in response
        # The limit is lowered only now, so that a slow machine can send the first request in time.
        monkeypatch.setattr(server, "HEAD_SECONDS", 0.2)
        slow.sendall(b"GET / HTTP/1.1\r\nHo")
        assert_closed(slow)
    for beginning in (b"", b"GET /api HTTP/1.1\r\nHost: "):
        with connect(studio) as slow, contextlib.suppress(ConnectionError):
            slow.sendall(beginning)
            assert_closed(slow)


def test_a_connection_accepted_while_the_server_stops_is_closed(tmp_path: Path) -> None:
    clients: list[socket.socket] = []

    async def scenario() -> None:
        started = asyncio.Event()
        running: list[server.Server] = []

        def on_start(made: server.Server, _url: str) -> None:
            running.append(made)
            started.set()

        serving = asyncio.create_task(server.serve(DataDir(tmp_path), None, on_start))
        await started.wait()
        address = running[0].servers[0].sockets[0].getsockname()
        clients.append(socket.create_connection(address, timeout=HANG))
        await asyncio.sleep(0)
        # The event loop accepts the connection in its current round, after this coroutine.
        running[0].stop()
        await serving

    asyncio.run(scenario())
    with clients[0] as client:
        assert_closed(client)


def test_sigterm_ends_the_server_despite_open_websockets_and_jobs_continue(
    studio_process: ProcessStudio,
) -> None:
    studio = studio_process
    job_id = studio.submit(SLEEP)["id"]
    studio.wait_for_state(job_id, "RUNNING")

    async def follow() -> int | None:
        url = f"ws{studio.url[4:]}/api/logs/follow/?job_id={job_id}&team_name=local"
        headers = {"Authorization": f"token {studio.token}"}
        async with websockets.connect(url, additional_headers=headers, proxy=None) as follower:
            await follower.recv()
            studio.process.terminate()
            with contextlib.suppress(websockets.ConnectionClosed):
                while True:
                    await follower.recv()
            code = await asyncio.to_thread(studio.wait)
            assert code == 0
            return follower.close_code

    close_code = asyncio.run(follow())
    assert close_code in {1001, 1012}
    assert not (studio.data_dir / "server.json").exists()
    studio.restart()
    assert studio.job(job_id)["status"] == "RUNNING"


@needs.linux("it reads /proc")
def test_an_idle_server_uses_no_cpu(studio_process: ProcessStudio) -> None:
    studio_process.wait_for_end(studio_process.submit("print(1)")["id"])

    def cpu_ticks() -> int:
        fields = Path(f"/proc/{studio_process.pid}/stat").read_text().rsplit(")", 1)[1]
        return sum(int(field) for field in fields.split()[11:13])

    def is_idle_for_a_second() -> bool:
        before = cpu_ticks()
        time.sleep(1)  # a period to measure, not a state to wait for
        return cpu_ticks() - before <= 1

    eventually(is_idle_for_a_second)


def test_the_token_is_not_in_the_log_of_the_server(studio_process: ProcessStudio) -> None:
    studio = studio_process
    studio.request("GET", "/nope")
    studio.wait_for_end(studio.submit("import os; print(sorted(os.environ.items()))")["id"])
    assert studio.token not in (studio.data_dir / "server.log").read_text()


def test_the_token_is_not_in_the_environment_of_a_job(studio: ThreadStudio) -> None:
    job_id = studio.submit("import os; print(sorted(os.environ.items()))")["id"]
    studio.wait_for_end(job_id)
    assert "PATH" in studio.log(job_id)
    assert studio.token not in studio.log(job_id)


def test_the_state_file_has_the_url_and_pid_of_the_server_but_not_the_token(
    studio: ThreadStudio,
) -> None:
    state = json.loads((studio.data_dir / "server.json").read_text())
    assert (state["url"], state["pid"]) == (studio.url, os.getpid())
    assert studio.token not in json.dumps(state)


def test_the_server_stops_although_a_closing_websocket_client_does_not_read(
    studio: ThreadStudio,
) -> None:
    job = studio.submit("for _ in range(100): print(('x' * 99 + '\\n') * 1000, end='')")
    studio.wait_for_end(job["id"])
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        address = urlsplit(studio.url)
        reader.connect((address.hostname, address.port))
        reader.sendall(
            f"GET /api/logs/follow/?job_id={job['id']}&team_name={studio.team} HTTP/1.1\r\n"
            f"Host: {address.netloc}\r\nAuthorization: Bearer {studio.token}\r\n"
            "Connection: Upgrade\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n".encode()
        )
        (waiting,) = eventually(studio.full_connections)
        reader.sendall(bytes([0x88, 0x80, 0, 0, 0, 0]))
        eventually(waiting.is_closing)
        studio.stop()
    studio.restart()
