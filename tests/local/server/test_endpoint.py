import contextlib
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from studio_tui.errors import ConfigError
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.server import endpoint, server
from studio_tui.local.server.port_guard import PortGuard
from studio_tui.local.server.studio import Studio
from tests import forked_studio, needs
from tests.studios import ProcessStudio, ThreadStudio, stopping
from tests.waiting import HANG, eventually

pytestmark = pytest.mark.starts_processes


@pytest.fixture
def data_dir(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "studio"
    endpoint.stop(tmp_path / "studio")


def test_no_server_is_found_in_an_empty_or_missing_directory(tmp_path: Path) -> None:
    assert endpoint.find(tmp_path) is None
    assert endpoint.find(tmp_path / "missing") is None
    assert not endpoint.stop(tmp_path)


def test_a_running_server_is_found(studio: ThreadStudio) -> None:
    server = endpoint.find(studio.data_dir)
    assert server is not None
    assert (server.url, server.token()) == (studio.url, studio.token)
    assert studio.token not in repr(server)
    assert endpoint.attach_or_start(studio.data_dir) == server


def visible_data(pid: int) -> Iterator[bytes]:
    """Yield what other processes can read of a process: its arguments and its environment."""
    for name in ("cmdline", "environ"):
        file = Path(f"/proc/{pid}/{name}")
        if file.exists():
            yield file.read_bytes()


def test_a_started_server_outlives_its_starter_until_it_is_stopped(data_dir: Path) -> None:
    starter = (
        "import sys; from pathlib import Path; from studio_tui.local.server import endpoint;"
        "print(endpoint.attach_or_start(Path(sys.argv[1])).pid)"
    )
    pids = [
        int(subprocess.check_output([sys.executable, "-W", "error", "-c", starter, data_dir]))
        for _ in range(2)
    ]
    assert pids[0] == pids[1]
    assert os.getsid(pids[0]) == pids[0]
    server = endpoint.find(data_dir)
    assert server is not None
    assert server.pid == pids[0]
    assert not any(server.token().encode() in data for data in visible_data(server.pid))
    assert endpoint.stop(data_dir)
    assert endpoint.find(data_dir) is None


def stop_when_published() -> None:
    publish = server._publish

    def publish_and_stop(data: DataDir, studio: Studio, url: str, port: int) -> None:
        publish(data, studio, url, port)
        os.kill(os.getpid(), signal.SIGTERM)

    server._publish = publish_and_stop


def test_a_server_that_is_told_to_stop_before_it_serves_does_not_count_as_crashed(
    data_dir: Path,
) -> None:
    data = DataDir(data_dir)
    data.prepare()
    process = forked_studio.start(["--data-dir", str(data_dir)], data.log, stop_when_published)
    process.join(HANG)
    assert process.exitcode == 0, data.log.read_text("utf-8")
    assert not data.state.exists()


def ignore_term() -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})


def test_a_server_that_does_not_stop_is_killed_and_its_job_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = ProcessStudio(tmp_path / "studio", prepare=ignore_term)
    with stopping(studio):
        job = studio.submit("print('done')")
        monkeypatch.setattr(endpoint, "STOP_SECONDS", 0.1)
        assert endpoint.stop(studio.data_dir)
        assert studio.wait() == -signal.SIGKILL
        assert PortGuard(studio.data_dir).was_stopped
        studio.restart()
        assert studio.wait_for_end(job["id"])["status"] == "COMPLETE"


def server_pids(data_dir: Path) -> set[int]:
    """Return the pids of all servers of a data directory, including servers that are starting."""
    pids = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            arguments = path.read_bytes().split(b"\0")
            if str(data_dir).encode() in arguments and b"studio_tui.local" in arguments:
                pids.add(int(path.parent.name))
    return pids


@needs.linux("it looks for processes in /proc")
def test_concurrent_starters_share_a_server_that_restarts_on_its_port_after_a_kill(
    data_dir: Path,
) -> None:
    endpoints: list[endpoint.Endpoint] = []
    starters = [
        threading.Thread(target=lambda: endpoints.append(endpoint.attach_or_start(data_dir)))
        for _ in range(3)
    ]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join(HANG)
    assert len(endpoints) == 3
    assert len({each.instance for each in endpoints}) == 1
    first = endpoints[0]
    # Another starter may have started a server that has not noticed yet that it is not needed.
    eventually(lambda: server_pids(data_dir) == {first.pid})
    os.kill(first.pid, signal.SIGKILL)
    eventually(lambda: endpoint.find(data_dir) is None)
    second = endpoint.attach_or_start(data_dir)
    assert second.url == first.url
    assert second.instance != first.instance
    # A server stopped by another process leaves no zombie.
    stop = "import sys; from pathlib import Path; from studio_tui.local.server import endpoint;"
    stop += "endpoint.stop(Path(sys.argv[1]))"
    subprocess.check_call([sys.executable, "-W", "error", "-c", stop, data_dir])
    eventually(lambda: is_gone(second.pid))


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_error_of_a_failed_start_is_the_last_line_of_a_long_server_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")  # a line for each import, on stderr
    data_dir = tmp_path / "studio"
    DataDir(data_dir).prepare()
    (data_dir / "clusters.toml").write_text("cluster = 3")
    with pytest.raises(ConfigError, match=r"did not start: .*clusters\.toml.*are invalid"):
        endpoint.attach_or_start(data_dir)
    assert endpoint.find(data_dir) is None
    assert DataDir(data_dir).log.stat().st_size > 10_000


def test_a_data_directory_that_cannot_be_used_is_a_config_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be used"):
        endpoint.attach_or_start(tmp_path / "file")


def test_another_program_on_the_port_is_not_the_server_and_receives_no_token(
    studio: ThreadStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    received_headers: list[str] = []

    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            received_headers.append(str(self.headers))
            self.send_response(401)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            return

    monkeypatch.setattr(endpoint, "START_SECONDS", 0.3)
    with HTTPServer(("127.0.0.1", 0), Stranger) as stranger:
        threading.Thread(target=stranger.serve_forever, daemon=True).start()
        state_file = DataDir(studio.data_dir).state
        state = json.loads(state_file.read_text())
        state["url"] = f"http://127.0.0.1:{stranger.server_port}"
        state_file.write_text(json.dumps(state))
        with pytest.raises(ConfigError, match=f"does not answer.*`kill -9 {state['pid']}` ends it"):
            endpoint.find(studio.data_dir)
        stranger.shutdown()
    assert received_headers
    assert studio.token not in "".join(received_headers)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"url": 3}', "\0"])
def test_a_server_with_an_invalid_state_file_does_not_answer(
    studio: ThreadStudio, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(endpoint, "START_SECONDS", 0.1)
    DataDir(studio.data_dir).state.write_text(text)
    with pytest.raises(ConfigError, match=r"does not answer; its log is .*server\.log\.$"):
        endpoint.find(studio.data_dir)


def test_shell_exports_are_quoted_for_a_shell(tmp_path: Path) -> None:
    data = DataDir(tmp_path / "con fig")
    data.root.mkdir()
    data.token.write_text("a'b c$(d)\n")
    server = endpoint.Endpoint("http://127.0.0.1:1", 1, "i", data)
    print_variables = 'printf %s "$DATACHAIN_STUDIO_TOKEN|$DATACHAIN_GLOBAL_CONFIG_DIR"'
    script = endpoint.shell_exports(server) + print_variables
    printed = subprocess.check_output(["sh", "-c", script], text=True)
    assert printed == f"a'b c$(d)|{data.cli_config}"


def test_the_endpoint_module_imports_no_slow_module() -> None:
    script = "import sys, studio_tui.local.server.endpoint; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", script], text=True).split()
    assert not {"fastapi", "uvicorn", "pydantic", "sqlite3", "asyncio"} & set(loaded)
