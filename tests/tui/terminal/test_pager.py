"""The command and the copy of the log with which a pager is run."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.terminal import pager
from studio_tui.tui.terminal.lending import ProgramError
from studio_tui.tui.terminal.pager import clean_copy, pager_command, pager_words
from tests.hostile import control_characters_of_lines
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, until_shown
from tests.tui.logs.view.log_stage import HOSTILE

PATH = "/tmp/a b.log"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.create(tmp_path / "spool")
    yield store
    store.close()


def installed(name: str) -> str | None:
    """Return the path of a program, or none if its name says that it is missing."""
    return None if "missing" in name else name


@pytest.mark.parametrize(
    ("setting", "number", "command"),
    [
        (None, 0, "less -+F +1g -- /tmp/a b.log"),
        ("", 41, "less -+F +42g -- /tmp/a b.log"),
        ("/usr/bin/less -R", 0, "/usr/bin/less -R -+F +1g -- /tmp/a b.log"),
        ("more", 41, "more /tmp/a b.log"),
        ("bat --paging 'a  b'", 41, "bat --paging a  b /tmp/a b.log"),
        ("most; rm -rf /", 0, "most; rm -rf / /tmp/a b.log"),
    ],
)
def test_the_command_of_the_pager_opens_the_copy_at_the_readers_line(
    setting: str | None, number: int, command: str
) -> None:
    words = pager_words({} if setting is None else {"PAGER": setting}, installed)
    argv = pager_command(words, PATH, number)
    assert " ".join(argv) == command
    assert argv[-1] == PATH


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("missing-pager -x", "missing-pager is not installed; set PAGER to a pager that is"),
        ("less 'x", "PAGER has an unclosed quote"),
        ("''", "not installed"),
    ],
)
def test_a_pager_that_cannot_be_run_is_reported(setting: str, words: str) -> None:
    with pytest.raises(ProgramError, match=words):
        pager_words({"PAGER": setting}, lambda name: installed(name) if name else None)


async def copy_of(store: LogStore, start: int) -> tuple[str, int]:
    """Return the copy for a reader at byte `start` of the log, and their line in the copy."""
    file = io.BytesIO()
    line = await clean_copy(store, start, file)
    return file.getvalue().decode(), line


async def test_the_copy_contains_no_control_codes(store: LogStore) -> None:
    store.append("\n".join(HOSTILE).encode() + b"\r\n\xff\xfe end")
    text, _ = await copy_of(store, 0)
    assert not control_characters_of_lines(text)
    assert "\u200b" not in text
    assert len(text.split("\n")) == store.lines
    assert "漢字カナ" in text


async def test_the_copy_comes_with_the_number_of_the_readers_line(store: LogStore) -> None:
    store.append(b"".join(b"\x1b[31mline %d\x1b[0m\n" % n for n in range(200_000)))
    for number in (0, 1, 77_777, 199_999):
        text, line = await copy_of(store, store.start_of(number))
        assert line == number
        assert text.splitlines()[number] == f"line {number}"


@pytest.fixture
def limit(monkeypatch: pytest.MonkeyPatch) -> int:
    """Lower the size from which a log is copied in part, so that tests need less memory."""
    limit = 2 * 1024 * 1024
    monkeypatch.setattr(pager, "COPY_LIMIT", limit)
    return limit


@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
async def test_a_huge_log_is_copied_around_the_reader_with_a_remark_where_it_was_cut(
    store: LogStore, limit: int, share: float
) -> None:
    for base in range(0, 100_000, 10_000):
        store.append(b"".join(b"line %07d %030d\n" % (n, 0) for n in range(base, base + 10_000)))
    assert store.size > limit
    number = int(share * (store.lines - 1))
    text, line = await copy_of(store, store.start_of(number))
    start = 0
    for _ in range(line):
        start = text.index("\n", start) + 1
    assert text.startswith(f"line {number:07}", start)
    assert len(text) < limit + 1000
    assert text.startswith("┅┅ studio-tui: ") == (share > 0)
    assert text.startswith("┅┅ studio-tui: ", text.rindex("\n", 0, -1) + 1) == (share < 1)


@pytest.mark.parametrize("offset", range(4))
async def test_the_copy_splits_no_character_of_a_long_line(store: LogStore, offset: int) -> None:
    line = "x" * offset + "漢😀" * 200_000
    store.append(line.encode() + "漢".encode()[:2])
    text, _ = await copy_of(store, 0)
    assert text == line + "\ufffd"


async def test_a_huge_line_is_cut_in_the_copy(store: LogStore, limit: int) -> None:
    store.append(b"x" * (limit * 2))
    text, _ = await copy_of(store, 0)
    assert limit <= len(text) < limit + 1000
    store.append(b"\nlast\n")
    text, last_line = await copy_of(store, store.last_start())
    assert len(text) < limit + 1024 * 1024
    assert text.splitlines()[last_line] == "last"


async def test_without_a_terminal_the_pager_is_refused_and_no_copy_is_left_behind(
    studio: ThreadStudio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.wait_for_end(studio.submit("print('text')")["id"])
    copies = tmp_path / "copies"
    copies.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(copies))
    async with dashboard(studio, tmp_path) as pilot:
        await pilot.press("l")
        await until_shown(pilot, "✓ whole log")
        monkeypatch.setenv("PAGER", "true")
        await pilot.press("v")
        await until_shown(pilot, "There is no terminal here")
        monkeypatch.setenv("PAGER", "no-such-pager")
        await pilot.press("v")
        await until_shown(pilot, "no-such-pager is not installed")
    assert list(copies.iterdir()) == []
