import hashlib
import sqlite3
import stat
import tempfile
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.http import uploads
from studio_tui.local.http.uploads import basename
from tests.soak import at_length
from tests.studios import ThreadStudio


def upload(studio: ThreadStudio, name: str, content: bytes) -> dict[str, Any]:
    response = studio.request(
        "POST",
        "/datachain/jobs/files",
        params={"team_name": "local"},
        files={"file": (name, content)},
    )
    assert response.status_code == 200, response.text
    return dict(response.json())


def part(field: str) -> bytes:
    """Return a part of a multipart body with the boundary `b`."""
    header = f'Content-Disposition: form-data; name="{field}"; filename="x"'
    return f"--b\r\n{header}\r\n\r\ncontent\r\n".encode()


def test_a_job_can_read_the_uploads_that_it_names(studio: ThreadStudio) -> None:
    content = bytes(range(256)) * 1000
    first, second = upload(studio, "a.bin", content), upload(studio, "b.txt", b"hello")
    assert first == {
        "id": 1,
        "filename": "a.bin",
        "size": len(content),
        "state": "pending",
        "error": None,
    }
    assert second["id"] == 2
    query = (
        "import hashlib, os\n"
        "print(hashlib.sha256(open('a.bin', 'rb').read()).hexdigest(), open('b.txt').read())"
    )
    job = studio.submit(query, files=["1", "2"])
    assert studio.wait_for_end(job["id"])["status"] == "COMPLETE"
    assert hashlib.sha256(content).hexdigest() + " hello" in studio.log(job["id"])


def test_a_path_as_file_name_writes_no_file_outside_the_uploads(studio: ThreadStudio) -> None:
    outside = studio.data_dir.parent / "outside.txt"
    answer = upload(studio, f"../../{outside.name}", b"x")
    assert answer["filename"] == f"../../{outside.name}"
    assert not outside.exists()
    stored = [*DataDir(studio.data_dir).uploads.iterdir()]
    assert len(stored) == 1
    assert len(stored[0].name) == 32
    assert stat.S_IMODE(stored[0].stat().st_mode) == 0o600
    job = studio.submit("import os; print(sorted(os.listdir()))", files=["1"])
    studio.wait_for_end(job["id"])
    assert "'outside.txt'" in studio.log(job["id"])


@pytest.mark.parametrize("name", ["données 1.txt", "日本.txt", "a b;c.txt", "it's.txt"])
def test_a_job_has_an_upload_under_its_name_in_any_language(
    studio: ThreadStudio, name: str
) -> None:
    assert upload(studio, name, b"x")["filename"] == name
    job = studio.submit("import os; print(os.listdir())", files=["1"])
    studio.wait_for_end(job["id"])
    assert repr(basename(name)) in studio.log(job["id"])


def test_an_upload_needs_no_room_in_the_temporary_folder(
    studio: ThreadStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(studio.data_dir / "missing"))
    content = b"x" * (2 * 1024 * 1024)
    assert upload(studio, "big", content)["size"] == len(content)
    (stored,) = DataDir(studio.data_dir).uploads.iterdir()
    assert stored.read_bytes() == content


@pytest.mark.parametrize("charset", ["undefined", "utf-7", "utf-16"])
def test_the_name_of_an_upload_is_in_utf_8_whatever_its_content_type_says(
    studio: ThreadStudio, charset: str
) -> None:
    response = studio.request(
        "POST",
        "/datachain/jobs/files?team_name=local",
        content=part("file").replace(b'"x"', '"é+2AA-"'.encode()) + b"--b--\r\n",
        headers={"Content-Type": f"multipart/form-data; boundary=b; charset={charset}"},
    )
    assert (response.status_code, response.json()["filename"]) == (200, "é+2AA-")


def test_an_empty_file_can_be_uploaded(studio: ThreadStudio) -> None:
    assert upload(studio, "empty", b"")["size"] == 0


@pytest.mark.parametrize(
    ("content", "content_type"),
    [
        (b"", "multipart/form-data; boundary=b"),
        (b"nonsense", "multipart/form-data; boundary=b"),
        (b"--b\r\n", "multipart/form-data; boundary=b"),
        (b"x", "multipart/form-data"),
        (b"{}", "application/json"),
        (part("other") + b"--b--\r\n", "multipart/form-data; boundary=b"),
        (part("file") * 2 + b"--b--\r\n", "multipart/form-data; boundary=b"),
        (part("file"), "multipart/form-data; boundary=b"),
    ],
)
def test_an_invalid_upload_is_refused_and_stores_no_file(
    shared_studio: ThreadStudio, content: bytes, content_type: str
) -> None:
    response = shared_studio.request(
        "POST",
        "/datachain/jobs/files?team_name=local",
        content=content,
        headers={"Content-Type": content_type},
    )
    assert response.status_code == 422, response.text
    assert response.json()["message"].endswith(".")
    assert [*DataDir(shared_studio.data_dir).uploads.iterdir()] == []


def test_an_upload_above_the_limit_is_refused_and_stores_no_file(
    studio: ThreadStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(uploads, "UPLOAD_LIMIT", 3 * 1024 * 1024)
    response = studio.request(
        "POST",
        "/datachain/jobs/files?team_name=local",
        files={"file": ("big", b"x" * (4 * 1024 * 1024))},
    )
    assert response.status_code == 413
    assert response.json()["message"] == "The body is larger than 3 MiB."
    assert [*DataDir(studio.data_dir).uploads.iterdir()] == []


def test_a_start_removes_incomplete_uploads_and_old_ones_that_no_job_uses(
    studio: ThreadStudio,
) -> None:
    data = DataDir(studio.data_dir)
    for name in ("used", "unused", "fresh"):
        upload(studio, name, name.encode())
    studio.wait_for_end(studio.submit("print(1)", files=["1"])["id"])
    (data.uploads / ("0" * 32)).write_bytes(b"a part")
    (data.uploads / "the user's own").touch()
    studio.stop()
    with sqlite3.connect(data.database) as database:
        database.execute("UPDATE uploads SET created_at = '2020-01-01T00:00:00Z' WHERE id < 3")
    database.close()
    studio.restart()
    stored = {path.read_bytes() for path in data.uploads.iterdir() if len(path.name) == 32}
    assert stored == {b"used", b"fresh"}
    assert (data.uploads / "the user's own").exists()
    again = studio.submit("print(sorted(__import__('os').listdir()))", files=["1", "3"])
    studio.wait_for_end(again["id"])
    assert "['fresh', 'query.py', 'used']" in studio.log(again["id"])
    body = {"query": "print(1)", "team_name": "local", "files": ["2"]}
    assert studio.request("POST", "/datachain/jobs/", json=body).status_code == 422


@pytest.mark.parametrize(
    ("label", "name"),
    [
        ("a.csv", "a.csv"),
        ("/etc/passwd", "passwd"),
        ("..\\..\\evil.exe", "evil.exe"),
        ("..", "file"),
        (".", "file"),
        ("", "file"),
        ("dir/", "file"),
        (".env", ".env"),
        ("a\x1b[31m\nb", "a__31m_b"),
        ("-rf *", "-rf _"),
        ("日本.txt", "日本.txt"),
    ],
)
def test_a_label_becomes_a_bare_file_name(label: str, name: str) -> None:
    assert basename(label) == name


@settings(deadline=None, max_examples=at_length(15, 500))
@given(st.text())
def test_any_label_becomes_a_safe_file_name(label: str) -> None:
    name = basename(label)
    assert name not in {"", ".", ".."}
    assert not set(name) & set("/\\\0\n\r\x1b")
    assert len(name.encode("utf-8", "surrogatepass")) <= 200
    assert basename(name) == name
