"""Jobs with requirements if there is no network, or no package that meets them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tests.local.wheels import write_wheel
from tests.studios import ThreadStudio


@contextmanager
def package_index(folder: Path) -> Iterator[int]:
    """Serve a package index that has only the package `tiny`; yield its port."""
    package_folder = folder / "simple" / "tiny"
    wheel = write_wheel(package_folder, "tiny", {"tiny.py": "TEXT = 'tiny is here'\n"})
    (package_folder / "index.html").write_text(f'<a href="{wheel.name}">tiny</a>')

    class Handler(SimpleHTTPRequestHandler):
        def end_headers(self) -> None:
            self.send_header("Cache-Control", "max-age=0, must-revalidate")
            super().end_headers()

        def log_message(self, *_args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=folder)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server.server_port
        server.shutdown()


@pytest.fixture(autouse=True)
def _separate_uv_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("UV_FIND_LINKS", "UV_INDEX_URL", "UV_OFFLINE", "UV_NO_INDEX"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("UV_NO_CONFIG", "1")
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")


def use_index(monkeypatch: pytest.MonkeyPatch, port: int) -> None:
    monkeypatch.setenv("UV_DEFAULT_INDEX", f"http://127.0.0.1:{port}/simple")


def test_without_a_network_cached_packages_are_used_and_others_named(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    query = "import tiny; print(tiny.TEXT)"
    with package_index(tmp_path / "index") as port:
        use_index(monkeypatch, port)
        first = studio.wait_for_end(studio.submit(query, requirements="tiny")["id"])
        assert first["status"] == "COMPLETE", studio.log(first["id"])
    cached = studio.wait_for_end(studio.submit(query, requirements="tiny==1.0")["id"])
    log = studio.log(cached["id"])
    assert cached["status"] == "COMPLETE", log
    assert "only cached packages can be used" in log
    assert "tiny is here" in log
    missing = studio.wait_for_end(studio.submit(query, requirements="tiny\nhuge-thing")["id"])
    assert missing["status"] == "FAILED"
    assert "huge-thing was not found in the cache" in missing["error_message"]
    assert missing["error_message"].endswith("(uv could not connect to a server)")


def test_a_requirement_that_no_package_meets_is_named_in_the_error(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with package_index(tmp_path / "index") as port:
        use_index(monkeypatch, port)
        job = studio.wait_for_end(studio.submit("print(1)", requirements="tiny>=2")["id"])
    assert job["status"] == "FAILED"
    assert "tiny>=2" in job["error_message"]
