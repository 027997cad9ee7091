import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from studio_tui.local.run import notes

FIRST, SECOND = datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2026, 1, 1, 13, tzinfo=UTC)
START = json.dumps({"step": "running_query", "started_at": FIRST.isoformat()}).encode()
END = json.dumps({"step": "running_query", "finished_at": SECOND.isoformat()}).encode()
EXIT = {
    "finished_at": FIRST.isoformat(),
    "exit_code": 0,
    "error_message": None,
    "canceled": False,
}


def steps(folder: Path, *lines: bytes) -> list[tuple[str, datetime, datetime | None]]:
    """Write a steps file; return the name, start and end of each step read from it."""
    (folder / "steps.jsonl").write_bytes(b"\n".join(lines))
    return [(step.name, step.started_at, step.finished_at) for step in notes.read_steps(folder)]


def test_an_empty_folder_has_no_notes(tmp_path: Path) -> None:
    assert notes.read(tmp_path / "exit.json") is None
    assert notes.read(tmp_path / "lost.json") is None
    assert notes.read_steps(tmp_path) == ()


def test_a_step_has_its_start_and_end_from_two_lines(tmp_path: Path) -> None:
    assert steps(tmp_path, START, END, b"") == [("running_query", FIRST, SECOND)]


def test_the_end_of_a_step_without_a_start_is_ignored(tmp_path: Path) -> None:
    assert steps(tmp_path, END, b"") == []


@pytest.mark.parametrize(
    "invalid",
    [b'{"step": "virt', b"", b"\0\0\0", b"\xff", START[:-3]],
)
def test_an_invalid_line_does_not_affect_other_lines(tmp_path: Path, invalid: bytes) -> None:
    for lines in ((invalid, START, END), (START, invalid, END), (START, END, invalid)):
        assert steps(tmp_path, *lines) == [("running_query", FIRST, SECOND)]


@pytest.mark.parametrize("text", ["", "{", "\0" * 100, json.dumps(EXIT)[:-1]])
def test_an_exit_file_that_is_incomplete_means_no_exit(tmp_path: Path, text: str) -> None:
    (tmp_path / "exit.json").write_text(text)
    assert notes.read(tmp_path / "exit.json") is None


def test_an_exit_file_padded_with_blanks_is_read(tmp_path: Path) -> None:
    (tmp_path / "exit.json").write_text(json.dumps(EXIT) + " " * 1000)
    assert notes.read(tmp_path / "exit.json") == EXIT | {"finished_at": FIRST}
