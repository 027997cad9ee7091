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
from studio_tui.local.server import endpoint
from tests import needs
from tests.studios import ThreadStudio
from tests.waiting import HANG, eventually

pytestmark = pytest.mark.starts_processes


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "studio"
    endpoint.stop(tmp_path / "studio")


def test_nothing_is_found_where_nothing_runs(tmp_path: Path) -> None:
    assert endpoint.find(tmp_path) is None
    assert endpoint.find(tmp_path / "missing") is None
    assert not endpoint.stop(tmp_path)


def test_a_running_server_is_found(studio: ThreadStudio) -> None:
    found = endpoint.find(studio.data_dir)
    assert found is not None
    assert (found.url, found.team, found.token()) == (studio.url, "local", studio.token)
    assert studio.token not in repr(found)
    assert endpoint.attach_or_start(studio.data_dir) == found


def visible_of(pid: int) -> Iterator[bytes]:
    """Yield what the system shows of a process: its arguments and its environment."""
    for name in ("cmdline", "environ"):
        file = Path(f"/proc/{pid}/{name}")
        if file.exists():
            yield file.read_bytes()


def test_a_server_is_started_outlives_its_starter_and_is_stopped(home: Path) -> None:
    starter = (
        "import sys; from pathlib import Path; from studio_tui.local.server import endpoint;"
        "print(endpoint.attach_or_start(Path(sys.argv[1])).pid)"
    )
    pids = [
        int(subprocess.check_output([sys.executable, "-W", "error", "-c", starter, home]))
        for _ in range(2)
    ]
    assert pids[0] == pids[1]
    assert os.getsid(pids[0]) == pids[0]
    found = endpoint.find(home)
    assert found is not None
    assert found.pid == pids[0]
    assert not any(found.token().encode() in visible for visible in visible_of(found.pid))
    assert endpoint.stop(home)
    assert endpoint.find(home) is None


def servers(home: Path) -> set[int]:
    """Return the ids of the processes of servers of a data directory, also of those starting."""
    found = set()
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            words = path.read_bytes().split(b"\0")
            if str(home).encode() in words and b"studio_tui.local" in words:
                found.add(int(path.parent.name))
    return found


@needs.linux("it looks for processes in /proc")
def test_starters_at_once_find_one_server_that_is_started_again_on_its_port_after_a_kill(
    home: Path,
) -> None:
    found: list[endpoint.Endpoint] = []
    starters = [
        threading.Thread(target=lambda: found.append(endpoint.attach_or_start(home)))
        for _ in range(3)
    ]
    for starter in starters:
        starter.start()
    for starter in starters:
        starter.join(HANG)
    assert len(found) == 3
    assert len({one.instance for one in found}) == 1
    first = found[0]
    # One that another starter has begun may be about to find that it is not needed.
    eventually(lambda: servers(home) == {first.pid})
    os.kill(first.pid, signal.SIGKILL)
    eventually(lambda: endpoint.find(home) is None)
    second = endpoint.attach_or_start(home)
    assert second.url == first.url
    assert second.instance != first.instance
    # Stopped from elsewhere, it leaves no zombie.
    stop = "import sys; from pathlib import Path; from studio_tui.local.server import endpoint;"
    stop += "endpoint.stop(Path(sys.argv[1]))"
    subprocess.check_call([sys.executable, "-W", "error", "-c", stop, home])
    eventually(lambda: is_gone(second.pid))


def is_gone(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_the_reason_of_a_failed_start_is_the_last_thing_said_however_much_was_said_before(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPROFILEIMPORTTIME", "1")  # a line for each import, on stderr
    home = tmp_path / "studio"
    DataDir(home).prepare()
    (home / "clusters.toml").write_text("cluster = 3")
    with pytest.raises(ConfigError, match=r"did not start: .*clusters\.toml.*are invalid"):
        endpoint.attach_or_start(home)
    assert endpoint.find(home) is None
    assert DataDir(home).log.stat().st_size > 10_000


def test_a_directory_that_cannot_be_used_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigError, match="cannot be used"):
        endpoint.attach_or_start(tmp_path / "file")


def test_a_stranger_on_the_port_is_not_taken_for_the_server_and_gets_no_token(
    studio: ThreadStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[str] = []

    class Stranger(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(str(self.headers))
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
        with pytest.raises(ConfigError, match="does not answer"):
            endpoint.find(studio.data_dir)
        stranger.shutdown()
    assert seen
    assert studio.token not in "".join(seen)


@pytest.mark.parametrize("text", ["", "{}", "[]", "null", '{"url": 3}', "\0"])
def test_a_broken_state_file_is_no_server(
    studio: ThreadStudio, monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setattr(endpoint, "START_SECONDS", 0.1)
    DataDir(studio.data_dir).state.write_text(text)
    with pytest.raises(ConfigError, match="does not answer"):
        endpoint.find(studio.data_dir)


def test_the_exports_are_safe_for_a_shell(tmp_path: Path) -> None:
    token = tmp_path / "token"
    token.write_text("a'b c$(d)\n")
    one = endpoint.Endpoint("http://127.0.0.1:1", "local", 1, "i", token, tmp_path / "con fig")
    say = 'printf %s "$DATACHAIN_STUDIO_TOKEN|$DATACHAIN_GLOBAL_CONFIG_DIR"'
    script = endpoint.shell_exports(one) + say
    said = subprocess.check_output(["sh", "-c", script], text=True)
    assert said == f"a'b c$(d)|{tmp_path / 'con fig'}"


def test_it_costs_no_heavy_import() -> None:
    script = "import sys, studio_tui.local.server.endpoint; print(*sys.modules)"
    loaded = subprocess.check_output([sys.executable, "-c", script], text=True).split()
    assert not {"fastapi", "uvicorn", "pydantic", "sqlite3", "asyncio"} & set(loaded)
