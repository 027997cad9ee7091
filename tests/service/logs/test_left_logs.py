"""A left log is an incomplete log of an earlier run; it is shown at once and continued."""

import asyncio
import os
from collections.abc import AsyncGenerator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from studio_tui.api.connection_states import FollowPhase
from studio_tui.api.log_stream import LogFrame, LogMessage, LogMessages, RawText
from studio_tui.errors import SpoolError
from studio_tui.service.logs import tail
from studio_tui.service.logs.assembler import UNREADABLE
from studio_tui.service.logs.cache import LogCache, name_of_log
from studio_tui.service.logs.doubts import NO_REPLAY
from studio_tui.service.logs.state import UNCONFIRMED
from studio_tui.service.logs.store import spool
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.logs.store.marks import UNREADABLE_MARKS, Mark, save_marks, saved_marks
from studio_tui.service.logs.store.spool import Spool
from tests.service.logs.allowed_hosts import allow_every_host
from tests.service.logs.test_log_library import (
    Studio,
    file_suffixes,
    is_complete,
    library,
    other_program,
    raw,
    until_size,
)
from tests.waiting import HANG, until

CREATED = datetime(2026, 1, 1, tzinfo=UTC)
WRITTEN = datetime(2026, 1, 1, 10, 41, tzinfo=UTC)


def leave_log(
    folder: Path, text: bytes, *marks: Mark, job_id: str = "a", place: str = "here"
) -> Path:
    """Store a log as a program does that ends before the log is complete; return its file."""
    store = LogCache(folder, place).begin(name_of_log(job_id, None))
    store.append(text)
    for mark in marks:
        store.mark(*mark)
    store.close()
    os.utime(store.path, (WRITTEN.timestamp(), WRITTEN.timestamp()))
    return store.path


class SilentStudio(Studio):
    """A Studio that accepts connections and sends nothing."""

    async def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:
        self.followed_jobs.append(job_id)
        await asyncio.Event().wait()
        yield LogMessages(())


class ForgetfulStudio(Studio):
    """A Studio that does not repeat the first pieces of a log."""

    first = 3
    """Number of the first piece that it sends over a connection."""

    async def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:
        self.followed_jobs.append(job_id)
        lines = self.lines_of_job[job_id]
        for number in range(self.first, len(lines) + 1):
            yield LogMessages((LogMessage(number, RawText(lines[number - 1])),))
        await asyncio.Event().wait()


async def test_a_left_log_is_shown_at_once_with_its_age_although_studio_sends_nothing(
    tmp_path: Path,
) -> None:
    leave_log(tmp_path, b"one\ntwo\n")
    async with library(SilentStudio(a=[]), tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        state = log.tail.state
        assert (state.phase, state.left_at) == (FollowPhase.CONNECTING, WRITTEN)
        assert raw(log) == b"one\ntwo\n"
        await until(lambda: log.tail.state.lines == 2)
        assert log.tail.state.left_at == WRITTEN
        assert log.store.path.stat().st_mode & 0o777 == 0o600


async def test_following_continues_after_a_left_log_with_each_line_once(tmp_path: Path) -> None:
    studio = Studio(a=["one\n", "two\n"])
    async with library(studio, tmp_path) as logs:
        await until_size(logs.open("a", allow_every_host), 8)
    assert file_suffixes(tmp_path) == [".spool"]
    studio.print("a", "three\n")
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        assert raw(log) == b"one\ntwo\n"
        await until_size(log, 14)
        studio.print("a", "four\n")
        await until_size(log, 19)
        assert log.tail.state.left_at is None
        assert raw(log) == b"one\ntwo\nthree\nfour\n"
        assert log.store.marks == ()
        studio.end()
        await until(lambda: is_complete(log))
        await until(lambda: file_suffixes(tmp_path) == [".log"])
        assert raw(log) == b"one\ntwo\nthree\nfour\n"


@pytest.mark.parametrize(
    "stored", [b"one\ntw", b"one\n", b"one\ntwo\xff", b"other\n", b"one\nX\nY\n"]
)
async def test_a_left_log_that_differs_from_studios_is_replaced(
    tmp_path: Path, stored: bytes
) -> None:
    leave_log(tmp_path, stored)
    studio = Studio(a=["one\n", "two\n", "three\n"])
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        await until(lambda: raw(log) == b"one\ntwo\nthree\n")
        assert log.store.marks == ()


@pytest.mark.parametrize("left", [["one\n"], []])
async def test_lines_of_a_left_log_that_studio_has_no_more_stay(
    tmp_path: Path, left: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "AGREE_PAUSE", 0.001)
    leave_log(tmp_path, b"one\ntwo\n")
    studio = Studio(a=left)
    studio.end()
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        await until(lambda: is_complete(log))
        assert raw(log) == b"one\ntwo\n"
        assert log.tail.state.reason == UNCONFIRMED


async def test_a_mark_shows_where_studio_does_not_repeat_stored_lines(tmp_path: Path) -> None:
    leave_log(tmp_path, b"one\n")
    studio = ForgetfulStudio(a=["one\n", "two\n", "three\n", "four\n"])
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        await until(lambda: raw(log) == b"one\nthree\nfour\n")
        assert log.store.marks == (Mark(4, NO_REPLAY),)
        log.close()
        studio.first = 1
        log = logs.open("a", allow_every_host)
        await until(lambda: raw(log) == b"one\ntwo\nthree\nfour\n")
        assert log.store.marks == ()


async def test_stored_marks_are_loaded_and_removed_when_studio_repeats_the_missing_lines(
    tmp_path: Path,
) -> None:
    leave_log(tmp_path, b"one\nthree\n", Mark(4, UNREADABLE), Mark(99, NO_REPLAY))
    async with library(SilentStudio(a=[]), tmp_path) as logs:
        assert logs.open("a", allow_every_host).store.marks == (
            Mark(4, UNREADABLE),
            Mark(10, NO_REPLAY),
        )
    assert file_suffixes(tmp_path) == [".marks", ".spool"]
    async with library(Studio(a=["one\n", "two\n", "three\n"]), tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        await until(lambda: raw(log) == b"one\ntwo\nthree\n")
        assert [mark.offset for mark in log.store.marks if mark.offset > 4] == []


@pytest.mark.parametrize("text", ["", "[", "{}1", "[[4]]", '[["x", "y"]]', "[1]", "null"])
async def test_a_mark_reports_that_the_stored_marks_cannot_be_read(
    tmp_path: Path, text: str
) -> None:
    leave_log(tmp_path, b"one\n").with_suffix(".marks").write_text(text)
    async with library(SilentStudio(a=[]), tmp_path) as logs:
        assert logs.open("a", allow_every_host).store.marks == (Mark(0, UNREADABLE_MARKS),)


async def test_the_newest_left_log_is_used_and_all_are_deleted_with_the_complete_log(
    tmp_path: Path,
) -> None:
    older = leave_log(tmp_path, b"one\n")
    newer = leave_log(tmp_path, b"one\ntwo\n", Mark(4, UNREADABLE))
    os.utime(older, (WRITTEN.timestamp() - 60,) * 2)
    studio = Studio(a=["one\n", "two\n"])
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        assert raw(log) == b"one\ntwo\n"
        assert not newer.exists()
        studio.end()
        await until(lambda: is_complete(log))
        await until(lambda: file_suffixes(tmp_path) == [".log"])


def test_a_mark_that_a_program_sets_just_before_it_ends_is_not_lost(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = leave_log(tmp_path, b"one\ntwo\n", Mark(0, UNREADABLE))
    marks = [Mark(0, UNREADABLE), Mark(4, NO_REPLAY)]
    adopt = Spool.adopt

    def adopt_after_mark(path: Path, new_path: Path) -> Spool:
        save_marks(path, marks)
        return adopt(path, new_path)

    monkeypatch.setattr(Spool, "adopt", adopt_after_mark)
    store = LogStore.adopt(path, "new-")
    assert list(store.marks) == saved_marks(store.path) == marks
    store.close()
    assert file_suffixes(tmp_path) == [".marks", ".spool"]


def test_a_left_log_that_another_program_deletes_meanwhile_is_not_used(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = leave_log(tmp_path, b"one\n", Mark(0, UNREADABLE))

    def delete_all(_descriptor: int) -> None:
        for left in path.parent.glob("*.spool"):
            left.unlink()

    monkeypatch.setattr(spool, "_lock_as_used", delete_all)
    with pytest.raises(SpoolError):
        LogStore.adopt(path, "new-")
    assert not list(path.parent.glob("new-*"))


async def test_two_dashboards_do_not_write_to_one_file(tmp_path: Path) -> None:
    leave_log(tmp_path, b"one\n")
    studio = Studio(a=["one\n", "two\n"])
    async with library(studio, tmp_path) as logs, library(studio, tmp_path) as elsewhere:
        first, second = logs.open("a", allow_every_host), elsewhere.open("a", allow_every_host)
        assert first.store.path != second.store.path
        for log in (first, second):
            await until_size(log, 8)
            assert raw(log) == b"one\ntwo\n"
        studio.print("a", "three\n")
        for log in (first, second):
            await until_size(log, 14)


async def test_a_log_without_lines_leaves_no_file(tmp_path: Path) -> None:
    studio = SilentStudio(a=[])
    async with library(studio, tmp_path) as logs:
        logs.open("a", allow_every_host)
        await until(lambda: studio.followed_jobs)
    assert file_suffixes(tmp_path) == []


async def test_left_logs_are_separate_by_job_creation_time_and_profile(
    tmp_path: Path,
) -> None:
    leave_log(tmp_path, b"one\n")
    async with library(SilentStudio(a=[], b=[]), tmp_path) as logs:
        assert logs.open("b", allow_every_host).store.size == 0
        assert logs.open("a", allow_every_host, CREATED).store.size == 0
    async with library(SilentStudio(a=[]), tmp_path, place="elsewhere") as logs:
        assert logs.open("a", allow_every_host).store.size == 0


async def test_left_logs_count_towards_the_size_limit(tmp_path: Path) -> None:
    paths = [
        leave_log(tmp_path, b"x" * 1000, Mark(1, UNREADABLE), job_id=name, place=name)
        for name in "abc"
    ]
    for minute, path in enumerate(paths):
        os.utime(path, (WRITTEN.timestamp() + 60 * minute, WRITTEN.timestamp()))
    async with library(Studio(), tmp_path, limit=2500):
        await until(lambda: file_suffixes(tmp_path) == [".marks"] * 2 + [".spool"] * 2)
        assert not paths[0].exists()


PROGRAM = """
import pathlib, sys
from studio_tui.service.logs.cache import LogCache, name_of_log
store = LogCache(pathlib.Path(sys.argv[1]), "here").begin(name_of_log("a", None))
store.append(b"one\\n")
store.mark(4, "Something.")
store.append(b"two\\n")
print(store.path, flush=True)
sys.stdin.read()
"""


@pytest.mark.starts_processes
async def test_the_log_of_a_killed_program_is_used_and_that_of_a_running_one_is_not(
    tmp_path: Path,
) -> None:
    with other_program(tmp_path, PROGRAM) as (_, process):
        async with library(SilentStudio(a=[]), tmp_path, limit=1) as logs:
            assert logs.open("a", allow_every_host).store.size == 0
        process.kill()
        process.wait(HANG)
    async with library(SilentStudio(a=[]), tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        assert raw(log) == b"one\ntwo\n"
        assert log.store.marks == (Mark(4, "Something."),)
