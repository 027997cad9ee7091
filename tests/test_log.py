"""The program's own log, and reports of its crashes."""

import json
import logging
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from studio_tui import log

SECRET = "canary/7c41 e8"
LOCAL_VALUE = "value of a local variable"


@pytest.fixture(autouse=True)
def logging_restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Undo the changes of `log.configure` to the logging of this process."""
    monkeypatch.setattr(log, "_secrets", set())
    names = ["studio_tui", "httpx", "httpcore", "websockets", "uvicorn"]
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    levels = {name: logging.getLogger(name).level for name in names}
    yield
    for handler in [handler for handler in root.handlers if handler not in handlers]:
        root.removeHandler(handler)
        handler.close()
    root.setLevel(level)
    for name, old_level in levels.items():
        logging.getLogger(name).setLevel(old_level)


def fail_with(text: str) -> None:
    """Raise an error with this text, while there is a local variable with `LOCAL_VALUE`."""
    local = LOCAL_VALUE
    assert local
    raise ValueError(f"bad {text}")


def test_no_form_of_a_registered_secret_is_written_to_the_log(tmp_path: Path) -> None:
    path = log.configure(tmp_path)
    log.register_secret(SECRET)
    logger = logging.getLogger("studio_tui.test")
    logger.info("plain %s", SECRET)
    logger.info("in a %s and %r", f"url?t={quote(SECRET, safe='')}", {"Authorization": SECRET})
    logger.info("partly %s, in lower case %s", quote(SECRET), quote(SECRET, safe="").lower())
    logger.info("all of it %s", "".join(f"%{ord(each):x}" for each in SECRET))
    log.register_secret(r'canary"\7')
    logger.info("in JSON %s, in %r", json.dumps({"x": r'canary"\7'}), json.dumps(r'canary"\7'))
    try:
        fail_with(SECRET)
    except ValueError:
        logger.exception("failed")
    text = path.read_text()
    assert "plain [secret]" in text
    assert "ValueError: bad [secret]" in text
    assert "canary" not in text
    assert "%63%61" not in text


def test_a_record_that_cannot_be_formatted_or_written_is_not_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    log.configure(tmp_path)
    (handler,) = (
        each for each in logging.getLogger().handlers if type(each).__module__ == log.__name__
    )
    handler.handle(logging.makeLogRecord({"msg": "%d", "args": (SECRET,)}))
    assert capsys.readouterr() == ("", "")


def test_text_that_looks_like_a_secret_is_in_neither_the_log_nor_a_crash_report(
    tmp_path: Path,
) -> None:
    path = log.configure(tmp_path)
    try:
        fail_with("DB_SECRET=canary")
    except ValueError as error:
        logging.getLogger("studio_tui.test").exception("said: Authorization: Bearer canary-7c41")
        report = log.crash_report(error)
    for text in (path.read_text(), report):
        assert "ValueError: bad DB_SECRET=[secret]" in text
        assert "canary-7c41" not in text
        assert "canary" not in text.replace('"DB_SECRET=canary"', "").replace("canary-7c41", "")


def test_a_very_short_secret_is_not_redacted() -> None:
    log.register_secret("a")
    assert log.redact("a cat") == "a cat"


def test_the_log_file_and_its_folder_are_private(tmp_path: Path) -> None:
    path = log.configure(tmp_path / "new")
    logging.getLogger("studio_tui").info("x")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_a_log_file_readable_by_others_becomes_private(tmp_path: Path) -> None:
    (tmp_path / log.FILE_NAME).touch(mode=0o644)
    path = log.configure(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_log_uses_at_most_three_mebibytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (1 + log.OLD_FILES) * log.FILE_BYTES == 3 * 1024 * 1024
    monkeypatch.setattr(log, "FILE_BYTES", 32 * 1024)
    log.configure(tmp_path)
    for _ in range(45):
        logging.getLogger("studio_tui").info("x" * 3_000)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 1 + log.OLD_FILES
    assert all(file.stat().st_size <= log.FILE_BYTES for file in files)
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in files)


@pytest.mark.parametrize("name", ["httpx", "httpcore.http11", "websockets.client", "uvicorn.error"])
def test_libraries_log_no_requests(tmp_path: Path, name: str) -> None:
    path = log.configure(tmp_path)
    logging.getLogger(name).info("Authorization: xyz")
    logging.getLogger(name).warning("odd")
    text = path.read_text()
    assert "xyz" not in text
    assert "odd" in text


def test_configuring_again_moves_the_log(tmp_path: Path) -> None:
    first = log.configure(tmp_path / "a")
    second = log.configure(tmp_path / "b")
    logging.getLogger("studio_tui").info("where")
    assert "where" not in first.read_text()
    assert second.read_text().count("where") == 1


def test_text_that_is_not_unicode_does_not_break_the_log(tmp_path: Path) -> None:
    path = log.configure(tmp_path)
    record = logging.makeLogRecord({"msg": "odd %s text", "args": ("\ud800",)})
    logging.getLogger().handlers[-1].handle(record)  # pytest's own handlers fail with it
    assert "odd \\ud800 text" in path.read_text()


def test_a_crash_report_shows_causes_but_no_locals_and_no_secrets() -> None:
    log.register_secret(SECRET)
    try:
        try:
            fail_with(SECRET)
        except ValueError as error:
            raise RuntimeError("worse") from error
    except RuntimeError as error:
        report = log.crash_report(error)
    assert "fail_with" in report
    assert "RuntimeError: worse" in report
    assert "ValueError: bad [secret]" in report
    assert "canary" not in report
    assert LOCAL_VALUE not in report


CRASHING = f"""
import sys
from pathlib import Path
from studio_tui import launch, log
log.register_secret({SECRET!r})
log.configure(Path("logs"))
sys.excepthook = launch.report_crash
def bug(token):
    raise LookupError("a bug with " + token)
bug({SECRET[:6]!r} + {SECRET[6:]!r})
"""


@pytest.mark.starts_processes
def test_a_crash_is_reported_without_secrets_on_stderr_and_in_the_log(
    tmp_path: Path,
) -> None:
    crashed = subprocess.run(
        [sys.executable, "-c", CRASHING], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    logged = (tmp_path / "logs" / log.FILE_NAME).read_text()
    assert crashed.returncode == 1
    for report in (crashed.stderr, logged):
        assert "LookupError: a bug with [secret]" in report
        assert "canary/7c41" not in report
