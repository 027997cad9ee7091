"""The command, the environment and the copy of the log with which a pager is run."""

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.tui.terminal import pager
from studio_tui.tui.terminal.lending import ProgramError
from studio_tui.tui.terminal.pager import (
    PagerInput,
    ReaderPlace,
    clean_copy,
    is_reordered,
    pager_command,
    pager_environment,
    pager_words,
)
from tests.hostile import control_characters_of_lines
from tests.studios import ThreadStudio
from tests.tui.dashboards import dashboard, until_shown
from tests.tui.logs.view.log_stage import HOSTILE

FLAGS = "-fiML -+r -+R -+F"
PATH = Path("/spool/a b.log")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[LogStore]:
    store = LogStore.create(tmp_path / "spool")
    yield store
    store.close()


def installed(name: str) -> str | None:
    """Return the path of a program, or none if its name says that it is missing."""
    return None if "missing" in name else name


@pytest.mark.parametrize(
    ("setting", "place", "line"),
    [
        (None, ReaderPlace(0, 0), f"less {FLAGS} +1g -- /spool/a b.log"),
        ("", ReaderPlace(41, 900), f"less {FLAGS} +42g -- /spool/a b.log"),
        ("less", ReaderPlace(None, 900), f"less {FLAGS} +900P -- /spool/a b.log"),
        ("/usr/bin/less -R", ReaderPlace(0, 0), f"/usr/bin/less {FLAGS} +1g -- /spool/a b.log"),
        ("more", ReaderPlace(41, 900), "more /spool/a b.log"),
        ("bat --paging 'a  b'", ReaderPlace(41, 900), "bat --paging a  b /spool/a b.log"),
        ("most; rm -rf /", ReaderPlace(0, 0), "most; rm -rf / /spool/a b.log"),
    ],
)
def test_the_command_of_the_pager_opens_the_copy_at_the_readers_line(
    setting: str | None, place: ReaderPlace, line: str
) -> None:
    words = pager_words({} if setting is None else {"PAGER": setting}, installed)
    argv = pager_command(words, PagerInput(PATH, place))
    assert " ".join(argv) == line
    assert argv[-1] == str(PATH)


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


def test_the_environment_for_less_has_no_setting_that_shows_control_codes() -> None:
    user_environment = {
        "LESS": "-R",
        "LESSOPEN": "|cat %s",
        "LESSKEY": "/x",
        "LESSCHARSET": "latin1",
        "LESSBINFMT": "*",
        "HOME": "/home/x",
    }
    assert pager_environment(["less"], user_environment) == {
        "LESS": "",
        "LESSSECURE": "1",
        "LESSCHARSET": "utf-8",
        "HOME": "/home/x",
    }
    assert pager_environment(["more"], user_environment) == user_environment


async def copy_of(store: LogStore, start: int) -> tuple[str, ReaderPlace]:
    """Return the copy for a reader at byte `start` of the log, and their place in the copy."""
    file = io.BytesIO()
    place = await clean_copy(store, start, file)
    return file.getvalue().decode(), place


async def test_the_copy_contains_no_control_codes(store: LogStore) -> None:
    store.append("\n".join(HOSTILE).encode() + b"\r\n\xff\xfe end")
    text, _ = await copy_of(store, 0)
    assert not control_characters_of_lines(text)
    assert "\u200b" not in text
    assert len(text.split("\n")) == store.lines
    assert "漢字カナ" in text


async def test_the_copy_comes_with_the_place_of_the_readers_line(store: LogStore) -> None:
    store.append(b"".join(b"\x1b[31mline %d\x1b[0m\n" % n for n in range(200_000)))
    for number in (0, 1, 77_777, 199_999):
        text, place = await copy_of(store, store.start_of(number))
        assert place.line == number
        assert text.splitlines()[number] == f"line {number}"
        assert text.encode()[place.offset :].startswith(b"line %d\n" % number)


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
    text, place = await copy_of(store, store.start_of(number))
    assert place.line is not None
    start = 0
    for _ in range(place.line):
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
    text, place = await copy_of(store, store.last_start())
    assert len(text) < limit + 1024 * 1024
    assert place.line is not None
    assert text.splitlines()[place.line] == "last"


async def test_characters_that_reorder_text_are_detected_anywhere_in_a_log(store: LogStore) -> None:
    assert not await is_reordered(store)
    store.append("日本語 “quoted” – dash … é\n".encode())
    assert not await is_reordered(store)
    store.append(bytes(4 * 1024 * 1024 - store.size - 1) + "\u202e".encode() + b"evil\n")
    assert await is_reordered(store)


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
