"""Viewers of a job share one log of the library; the next run finds the complete logs again."""

import asyncio
import errno
import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any
from unittest import mock

import pytest

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.connection_states import FollowPhase
from studio_tui.api.log_body import LogBody
from studio_tui.api.log_stream import (
    Blobs,
    Closed,
    LogFrame,
    LogMessage,
    LogMessages,
    RawText,
    StatusFrame,
)
from studio_tui.api.models import Job
from studio_tui.api.pages import ResultPage
from studio_tui.api.routes import REMOVED_LOG
from studio_tui.errors import NotFound, StudioError
from studio_tui.service.logs import log_library, tail
from studio_tui.service.logs.archived_log import MayFetch
from studio_tui.service.logs.cache import LogCache
from studio_tui.service.logs.doubts import NO_REPLAY
from studio_tui.service.logs.log_library import KEPT_OPEN, LIMIT, LogHandle, LogLibrary
from studio_tui.service.logs.preview import BEYOND
from studio_tui.service.logs.state import NO_LOG, REMOVED, UNCHECKED, UNCONFIRMED
from studio_tui.service.logs.store.marks import Mark
from studio_tui.service.logs.store.spool import Spool
from tests.service.logs.allowed_hosts import allow_every_host
from tests.service.logs.stored import stored_bytes
from tests.waiting import until

if TYPE_CHECKING:
    from tests.studios import ThreadStudio

START = datetime(2026, 1, 1, tzinfo=UTC)


class Studio(StudioClient):
    """Studio in memory: a connection replays a job's lines and then sends new ones."""

    def __init__(self, **jobs: list[str]) -> None:
        self.lines_of_job = jobs
        self.has_ended = False
        self.is_lost = False
        """Whether Studio has lost the logs."""
        self.archive: str | None = None
        """The address of an archived log."""
        self.followed_jobs: list[str] = []
        """The job of each connection."""
        self.open_connections = 0
        self._news = asyncio.Event()

    def print(self, job_id: str, line: str) -> None:
        self.lines_of_job[job_id].append(line)
        self._news.set()

    def end(self) -> None:
        self.has_ended = True
        self._news.set()

    def raw(self, job_id: str) -> bytes:
        return "".join(self.lines_of_job[job_id]).encode()

    async def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:
        self.followed_jobs.append(job_id)
        self.open_connections += 1
        sent = 0
        try:
            if self.archive is not None:
                yield Blobs((self.archive,))
            while True:
                self._news.clear()
                lines = [] if self.is_lost else self.lines_of_job[job_id]
                for number, line in enumerate(lines[sent:], sent + 1):
                    yield LogMessages((LogMessage(number, RawText(line)),))
                sent = max(sent, len(lines))
                if self.has_ended:
                    yield StatusFrame("COMPLETE")
                    yield Closed(1000, "")
                    return
                await self._news.wait()
        finally:
            self.open_connections -= 1

    async def job_logs(self, job_id: str, *, offset: int = 0, etag: str | None = None) -> LogBody:
        await asyncio.sleep(0)
        if self.is_lost:
            raise NotFound(404, "There is no log.")
        whole = self.raw(job_id)
        return LogBody(whole[offset:], offset, len(whole), etag)

    async def job_log_end(self, job_id: str, length: int, *, etag: str | None = None) -> LogBody:
        whole = await self.job_logs(job_id, etag=etag)
        return replace(whole, data=whole.data[-length:], offset=max(0, len(whole.data) - length))

    async def log_blob(self, url: str) -> AsyncGenerator[bytes, None]:
        assert url == self.archive
        yield b"archived\n"

    async def jobs(
        self, *, limit: int = 100, job_id: str | None = None, **_: object
    ) -> ResultPage[Job]:
        assert (limit, job_id is not None) == (1, True)
        return ResultPage(
            (Job(id=str(job_id), status="COMPLETE" if self.has_ended else "RUNNING"),)
        )


class Ticks:
    """A clock that advances by a second each time it is read."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@pytest.fixture(autouse=True)
def ticks() -> Iterator[None]:
    clock.set_time_source(Ticks())
    yield
    clock.set_time_source(None)


@asynccontextmanager
async def library(
    studio: Studio | StudioClient,
    folder: Path,
    *,
    limit: int = LIMIT,
    place: str = "here",
) -> AsyncIterator[LogLibrary]:
    """Run a library; then close the logs that are still open, as the screens of a program do."""
    logs = LogLibrary(studio, LogCache(folder, place))
    with mock.patch.object(log_library, "LIMIT", limit):
        async with asyncio.TaskGroup() as tasks:
            running = tasks.create_task(logs.run())
            try:
                yield logs
            finally:
                running.cancel()
    for log in tuple(logs._logs.values()):
        for viewer in tuple(log.viewers):
            viewer.close()


async def until_size(log: LogHandle, size: int) -> None:
    await until(lambda: log.store.size >= size)


async def until_kept(log: LogHandle) -> None:
    await until(lambda: log.store.path is not None)


def raw(log: LogHandle) -> bytes:
    return stored_bytes(log.store)


def is_complete(log: LogHandle) -> bool:
    return log.tail.state.phase is FollowPhase.COMPLETE


def file_suffixes(folder: Path) -> list[str]:
    """Return the sorted suffixes of all files."""
    return sorted(path.suffix for path in folder.rglob("*") if path.is_file())


async def read_whole(logs: LogLibrary, job_id: str) -> bytes:
    """Open a log, wait until it is complete, close it and return its bytes."""
    log = logs.open(job_id, allow_every_host)
    await until(lambda: is_complete(log))
    content = raw(log)
    log.close()
    return content


async def test_two_viewers_of_a_job_share_one_connection_and_one_file(tmp_path: Path) -> None:
    studio = Studio(a=["one\n"])
    async with library(studio, tmp_path) as logs:
        first, second = logs.open("a", allow_every_host), logs.open("a", allow_every_host)
        assert (first.store, first.tail) == (second.store, second.tail)
        await until(lambda: raw(second) == b"one\n")
        first.close()
        first.close()
        studio.print("a", "two\n")
        await until(lambda: raw(second) == b"one\ntwo\n")
        assert studio.followed_jobs == ["a"]
        second.close()
        await until(lambda: studio.open_connections == 0)


async def test_a_log_that_is_closed_and_reopened_continues_where_it_was(tmp_path: Path) -> None:
    studio = Studio(a=["one\n"])
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        await until(lambda: raw(log) == b"one\n")
        log.close()
        await until(lambda: studio.open_connections == 0)
        studio.print("a", "two\n")
        again = logs.open("a", allow_every_host)
        assert again.store is log.store
        assert raw(again) == b"one\n"
        await until(lambda: again.store.size == 8)
        assert studio.followed_jobs == ["a", "a"]
        studio.end()
        await until(lambda: is_complete(again))
        assert raw(again) == b"one\ntwo\n"
        assert again.store.marks == ()


async def test_a_log_that_is_closed_and_reopened_at_once_has_one_connection(tmp_path: Path) -> None:
    studio = Studio(a=["one\n"])
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        await until(lambda: studio.open_connections)
        for _ in range(5):
            log.close()
            log = logs.open("a", allow_every_host)
        await until(lambda: len(studio.followed_jobs) >= 2)
        studio.print("a", "two\n")
        await until(lambda: log.store.size == 8)
        assert studio.open_connections == 1
        assert raw(log) == b"one\ntwo\n"


async def test_a_complete_log_is_requested_again_only_when_poked(tmp_path: Path) -> None:
    studio = Studio(a=["one\n"])
    studio.end()
    async with library(studio, tmp_path) as logs:
        assert await read_whole(logs, "a") == b"one\n"
        log = logs.open("a", allow_every_host)
        assert is_complete(log)
        studio.print("a", "two\n")
        log.tail.poke()
        await until(lambda: log.store.size == 8 and is_complete(log))
        assert studio.followed_jobs == ["a", "a"]


async def test_the_end_of_a_log_is_shown_alone_only_until_the_log_is_complete(
    tmp_path: Path,
) -> None:
    class CutStudio(Studio):
        """Says that a log is much longer than it is when its end is requested."""

        async def job_log_end(self, *args: Any, **options: Any) -> LogBody:
            end = await super().job_log_end(*args, **options)
            return replace(end, offset=end.offset + 2 * BEYOND)

    studio = CutStudio(a=["one\n"])
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        await until(lambda: log.preview.is_needed)
        studio.end()
        await until(lambda: is_complete(log) and not log.preview.is_needed)
        assert log.preview.behind == 0


async def test_a_refused_log_is_requested_again_when_it_is_reopened(tmp_path: Path) -> None:
    studio = Studio(a=["one\n"])
    studio.archive = "https://far.example.com/1"

    async def never(_host: str) -> bool:
        return False

    async with library(studio, tmp_path) as logs:
        log = logs.open("a", never)
        await until(lambda: log.tail.state.phase is FollowPhase.STOPPED)
        log.close()
        studio.archive = None
        log = logs.open("a", never)
        await until(lambda: raw(log) == b"one\n")


async def test_the_user_is_asked_about_a_host_once_for_all_logs(tmp_path: Path) -> None:
    studio = Studio(a=["archived\n"], b=["archived\n"])
    studio.archive = "https://far.example.com/1"
    studio.end()
    asked_hosts: list[str] = []

    async def may_fetch(host: str) -> bool:
        asked_hosts.append(host)
        await asyncio.sleep(0)
        return True

    async with library(studio, tmp_path) as logs:
        both = [logs.open("a", may_fetch), logs.open("b", may_fetch)]
        await until(lambda: all(map(is_complete, both)))
    assert asked_hosts == ["far.example.com"]


async def test_a_complete_log_is_available_at_once_in_the_next_run(tmp_path: Path) -> None:
    studio = Studio(a=["one\n", "two\n"])
    studio.end()
    async with library(studio, tmp_path) as logs:
        await read_whole(logs, "a")
        await until(lambda: file_suffixes(tmp_path) == [".log"])
    studio.is_lost = True
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        state = log.tail.state
        assert state.phase is FollowPhase.COMPLETE
        assert state.kept_since is not None
        assert raw(log) == b"one\ntwo\n"
        await until(lambda: log.tail.state.lines == 2)
        assert log.store.path is not None
        assert log.store.path.stat().st_mode & 0o777 == 0o600
        assert log.store.path.parent.stat().st_mode & 0o777 == 0o700
    assert studio.followed_jobs == ["a"]


async def test_a_poke_corrects_a_stored_log_but_not_for_another_reader_of_its_file(
    tmp_path: Path,
) -> None:
    studio = Studio(a=["one\n", "two\n"])
    studio.end()
    async with library(studio, tmp_path) as logs:
        await read_whole(logs, "a")
        await until(lambda: file_suffixes(tmp_path) == [".log"])
    async with library(studio, tmp_path) as elsewhere, library(studio, tmp_path) as logs:
        reader, log = elsewhere.open("a", allow_every_host), logs.open("a", allow_every_host)
        studio.lines_of_job["a"] = ["one\n", "2\n", "three\n"]
        log.tail.poke()
        await until(lambda: is_complete(log) and not log.tail.state.kept_since)
        assert raw(log) == b"one\n2\nthree\n"
        assert reader.store.read(0, 100) == b"one\ntwo\n"
        await until(lambda: file_suffixes(tmp_path) == [".log"])
    async with library(studio, tmp_path) as logs:
        assert raw(logs.open("a", allow_every_host)) == b"one\n2\nthree\n"


@pytest.mark.parametrize("left", [["one\n"], []])
async def test_a_stored_log_that_studio_has_truncated_stays_when_it_is_requested_again(
    tmp_path: Path, left: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tail, "AGREE_PAUSE", 0.001)
    studio = Studio(a=["one\n", "two\n"])
    studio.end()
    async with library(studio, tmp_path) as logs:
        await read_whole(logs, "a")
        await until(lambda: file_suffixes(tmp_path) == [".log"])
    studio.lines_of_job["a"] = left
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        log.tail.poke()
        await until(lambda: is_complete(log) and not log.tail.state.kept_since)
        assert raw(log) == b"one\ntwo\n"
        assert log.tail.state.reason == UNCONFIRMED
    async with library(studio, tmp_path) as logs:
        assert raw(logs.open("a", allow_every_host)) == b"one\ntwo\n"


class ForgetfulStudio(Studio):
    """A Studio that does not repeat the first two pieces of a log."""

    async def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:
        self.followed_jobs.append(job_id)
        for number, line in list(enumerate(self.lines_of_job[job_id], 1))[2:]:
            yield LogMessages((LogMessage(number, RawText(line)),))
        await asyncio.Event().wait()


async def test_a_mark_shows_where_studio_does_not_repeat_stored_lines(tmp_path: Path) -> None:
    studio = Studio(a=["one\n"])
    studio.end()
    async with library(studio, tmp_path) as logs:
        await until_kept(logs.open("a", allow_every_host))
    studio = ForgetfulStudio(a=["one\n", "two\n", "three\n", "four\n"])
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        log.tail.poke()
        await until(lambda: raw(log) == b"one\nthree\nfour\n")
        assert log.store.marks == (Mark(4, NO_REPLAY),)


async def test_a_log_that_is_requested_again_meanwhile_is_not_stored_as_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio = Studio(a=["one\n"])
    studio.end()
    is_followed_again = asyncio.Event()
    phases = []
    copy_to, use = Spool._copy_to, Spool._use

    async def poke_once(spool: Spool, file: IO[bytes]) -> None:
        await copy_to(spool, file)
        if not is_followed_again.is_set():
            log.tail.subscribe(lambda _: is_followed_again.set())
            log.tail.poke()
            await is_followed_again.wait()

    def note_phase(spool: Spool, file: IO[bytes], path: Path) -> None:
        phases.append(log.tail.state.phase)
        use(spool, file, path)

    monkeypatch.setattr(Spool, "_copy_to", poke_once)
    monkeypatch.setattr(Spool, "_use", note_phase)
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        await until_kept(log)
        assert phases == [FollowPhase.COMPLETE]


async def test_a_stored_log_that_studio_has_lost_stays_when_it_is_requested_again(
    tmp_path: Path,
) -> None:
    studio = Studio(a=["one\n"])
    studio.end()
    async with library(studio, tmp_path) as logs:
        await read_whole(logs, "a")
        await until(lambda: file_suffixes(tmp_path) == [".log"])
    studio.is_lost = True
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        log.tail.poke()
        await until(lambda: is_complete(log) and not log.tail.state.kept_since)
        assert raw(log) == b"one\n"
        assert log.tail.state.reason == UNCHECKED


async def test_a_log_that_studio_has_removed_is_not_whole(tmp_path: Path) -> None:
    studio = Studio(a=[REMOVED_LOG.decode()])
    studio.end()
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        await until(lambda: is_complete(log))
        assert log.tail.state.reason == REMOVED
    assert ".log" not in file_suffixes(tmp_path)


async def test_a_log_that_studio_has_lost_is_reported_as_missing(tmp_path: Path) -> None:
    studio = Studio(a=["one\n"])
    studio.is_lost = True
    studio.end()
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        await until(lambda: is_complete(log))
        assert log.tail.state.reason == NO_LOG
    assert file_suffixes(tmp_path) == []


async def test_logs_of_two_jobs_with_the_same_id_are_separate(tmp_path: Path) -> None:
    studio = Studio(a=["one\n"])
    studio.end()
    async with library(studio, tmp_path) as logs:
        await read_whole(logs, "a")
        await until(lambda: file_suffixes(tmp_path) == [".log"])
        assert not is_complete(logs.open("a", allow_every_host, START))
    async with library(studio, tmp_path, place="elsewhere") as logs:
        assert not is_complete(logs.open("a", allow_every_host))


async def test_the_log_closed_longest_ago_is_deleted_when_the_size_limit_is_exceeded(
    tmp_path: Path,
) -> None:
    studio = Studio(**{name: ["x" * 1000] for name in "abcd"})
    studio.end()
    async with library(studio, tmp_path, limit=2000) as logs:
        viewed = logs.open("a", allow_every_host)
        await until(lambda: is_complete(viewed))
        for name in "bcd":
            await read_whole(logs, name)
        await until(lambda: file_suffixes(tmp_path) == [".log"] * 3)
        assert len(raw(viewed)) == 1000
        connections_before = len(studio.followed_jobs)
        assert is_complete(logs.open("c", allow_every_host))
        assert is_complete(logs.open("d", allow_every_host))
        assert not is_complete(logs.open("b", allow_every_host))
        await until(lambda: len(studio.followed_jobs) == connections_before + 1)


async def test_logs_of_earlier_runs_count_towards_the_size_limit(tmp_path: Path) -> None:
    studio = Studio(**{name: ["x" * 1000] for name in "abc"})
    studio.end()
    for name in "abc":
        async with library(studio, tmp_path, place=name) as logs:
            await until_kept(logs.open(name, allow_every_host))
    async with library(studio, tmp_path, limit=2500):
        await until(lambda: file_suffixes(tmp_path) == [".log"] * 2)
    async with library(studio, tmp_path, place="a") as logs:
        assert not is_complete(logs.open("a", allow_every_host))


async def test_incomplete_logs_count_towards_the_size_limit(tmp_path: Path) -> None:
    studio = Studio(a=["x" * 1000], b=["x" * 1000])
    async with library(studio, tmp_path, limit=1500) as logs:
        first, second = (logs.open(name, allow_every_host) for name in "ab")
        for log in (first, second):
            await until_size(log, 1000)
            log.close()
        await until(lambda: first.store.is_closed)
        assert logs.open("b", allow_every_host).store.size == 1000


async def test_few_files_stay_open_without_a_viewer(tmp_path: Path) -> None:
    names = [f"job{number}" for number in range(KEPT_OPEN + 5)]
    studio = Studio(**{name: ["one\n"] for name in names})
    stores = []
    async with library(studio, tmp_path) as logs:
        for name in names:
            log = logs.open(name, allow_every_host)
            stores.append(log.store)
            await until_size(log, 1)
            log.close()
        await until(lambda: sum(not store.is_closed for store in stores) == KEPT_OPEN)
        await until_size(logs.open(names[0], allow_every_host), 4)


async def test_an_incomplete_log_leaves_no_file_and_is_loaded_again_in_the_next_run(
    tmp_path: Path,
) -> None:
    studio = Studio(a=["one\n", "two\n"])
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        await until_size(log, 8)
        assert file_suffixes(tmp_path) == []
    assert file_suffixes(tmp_path) == []
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        assert log.store.size == 0
        await until_size(log, 8)
        assert raw(log) == b"one\ntwo\n"
        assert log.store.marks == ()


async def test_files_that_killed_programs_have_left_count_towards_the_size_limit(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "other"
    folder.mkdir()
    (folder / ".nfs1").write_bytes(b"x" * 1000)  # a nameless file of another program
    (folder / "draft").write_bytes(b"x" * 1000)
    async with library(Studio(), tmp_path, limit=500):
        await until(lambda: [path.name for path in folder.iterdir()] == [".nfs1"])


async def test_a_viewer_that_is_closed_after_the_library_ended_closes_its_file(
    tmp_path: Path,
) -> None:
    logs = LogLibrary(Studio(a=["one\n"]), LogCache(tmp_path, ""))
    log = logs.open("a", allow_every_host)
    async with asyncio.TaskGroup() as tasks:
        running = tasks.create_task(logs.run())
        await until_size(log, 1)
        running.cancel()
    assert log.store.read(0, 10) == b"one\n"
    log.close()
    assert log.store.is_closed


async def test_a_bug_while_following_a_log_ends_the_library(tmp_path: Path) -> None:
    class Broken(Studio):
        async def follow_log(self, job_id: str) -> AsyncGenerator[LogFrame, None]:
            raise ZeroDivisionError(job_id)
            yield

    logs = LogLibrary(Broken(), LogCache(tmp_path, ""))
    log = logs.open("a", allow_every_host)
    with pytest.raises(BaseExceptionGroup) as caught:
        await logs.run()
    assert caught.group_contains(ZeroDivisionError)
    log.close()


async def test_a_log_that_cannot_be_kept_is_read_and_copied_only_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    fsync = mock.Mock(side_effect=full)
    monkeypatch.setattr("os.fsync", fsync)
    studio = Studio(a=["one\n"], b=["one\n"])
    studio.end()
    async with library(studio, tmp_path) as logs:
        log = logs.open("a", allow_every_host)
        await until(lambda: fsync.called)
        await read_whole(logs, "b")
        await until(lambda: fsync.call_count == 2)
        assert log.store.read(0, 10) == b"one\n"
    assert fsync.call_count == 2
    assert file_suffixes(tmp_path) == []


async def test_a_log_is_kept_when_it_is_opened_again_after_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    fsync = mock.Mock(side_effect=full)
    monkeypatch.setattr("os.fsync", fsync)
    studio = Studio(a=["one\n"])
    studio.end()
    async with library(studio, tmp_path) as logs:
        await read_whole(logs, "a")
        await until(lambda: fsync.called)
        fsync.side_effect = None
        logs.open("a", allow_every_host).close()
        await until(lambda: file_suffixes(tmp_path) == [".log"])


async def test_without_a_folder_logs_are_in_the_folder_of_temporary_files(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("no folder")
    studio = Studio(a=["one\n"])
    studio.end()
    async with library(studio, tmp_path / "logs") as logs:
        assert await read_whole(logs, "a") == b"one\n"


async def test_files_that_cannot_be_deleted_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_only = OSError(errno.EROFS, os.strerror(errno.EROFS))
    studio = Studio(a=["one\n"])
    studio.end()
    async with library(studio, tmp_path, limit=0) as logs:
        log = logs.open("a", allow_every_host)
        await until(lambda: file_suffixes(tmp_path) == [".log"])
        monkeypatch.setattr(Path, "unlink", mock.Mock(side_effect=read_only))
        log.close()
        await until(lambda: log.store.is_closed)
    monkeypatch.undo()
    assert file_suffixes(tmp_path) == [".log"]


async def test_opening_a_log_fails_if_no_folder_can_be_created(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "logs").write_text("no folder")
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "logs"))
    async with library(Studio(a=[]), tmp_path / "logs") as logs:
        with pytest.raises(StudioError, match="No log can be stored"):
            logs.open("a", allow_every_host)


async def test_the_log_of_a_real_job_is_complete_after_being_closed_and_reopened(
    shared_studio: "ThreadStudio", tmp_path: Path
) -> None:
    lines = 2000
    job = shared_studio.submit(
        f"import time\nfor n in range({lines}):\n  print(n, flush=True)\n  time.sleep(0.0005)"
    )
    may_fetch: MayFetch = allow_every_host
    settings = shared_studio.settings()
    expected = "".join(f"{number}\n" for number in range(lines)).encode()
    async with StudioClient(settings) as client:
        async with library(client, tmp_path) as logs:
            for part in (1, 2, 3):
                log = logs.open(job["id"], may_fetch)
                await until_size(log, part * 1000)
                log.close()
            assert await read_whole(logs, job["id"]) == expected
            await until(lambda: file_suffixes(tmp_path) == [".log"])
        async with library(client, tmp_path) as logs:
            log = logs.open(job["id"], may_fetch)
            assert (is_complete(log), raw(log)) == (True, expected)
