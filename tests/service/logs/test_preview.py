"""The end of a long log is shown before its beginning, until all of it has come."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from pydantic import SecretStr

from studio_tui.api.client import StudioClient
from studio_tui.api.log_body import LogBody
from studio_tui.errors import BrokenAnswer, NotFound, ServerError, StudioError
from studio_tui.service.logs.archived_log import allow_every_host
from studio_tui.service.logs.cache import LogCache
from studio_tui.service.logs.log_library import LogLibrary
from studio_tui.service.logs.preview import LENGTH, REST, LogTailPreview
from studio_tui.service.logs.state import FollowPhase
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.settings import Settings
from tests.service.polling.virtual_time import run
from tests.waiting import until

if TYPE_CHECKING:
    from tests.studios import ThreadStudio


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Ends(StudioClient):
    """What REST has of a log, in memory."""

    def __init__(self, log: bytes) -> None:
        self.log = log
        self.errors: list[StudioError] = []
        self.asked = 0
        self.sent = 0

    async def job_logs(self, job_id: str, *, offset: int = 0, etag: str | None = None) -> LogBody:
        assert job_id == "7"
        return await self._answer(self.log[offset:], offset, etag)

    async def job_log_end(self, job_id: str, length: int, *, etag: str | None = None) -> LogBody:
        assert job_id == "7"
        return await self._answer(self.log[-length:], max(0, len(self.log) - length), etag)

    async def _answer(self, data: bytes, offset: int, etag: str | None) -> LogBody:
        self.asked += 1
        await asyncio.sleep(0.01)
        if self.errors:
            raise self.errors.pop(0)
        fresh = str(hash(self.log))
        if etag == fresh:
            return LogBody(b"", offset, None, etag, unchanged=True)
        self.sent += len(data)
        return LogBody(data, offset, len(self.log), fresh)


def lines(first: int, last: int) -> bytes:
    return b"".join(b"line %06d of the log\n" % number for number in range(first, last))


LOG = lines(0, 100_000)


class Preview:
    """A log that arrives by hand, and the preview of its end."""

    def __init__(self, ends: Ends, folder: Path) -> None:
        self.ends = ends
        self.whole = LogStore.create(folder)
        self.ahead = LogTailPreview(ends, "7", self.whole, lambda: LogStore.create(folder))
        self.told: list[bool] = []
        self.ahead.subscribe(lambda: self.told.append(self.ahead.is_needed))

    @property
    def shown(self) -> bytes:
        assert self.ahead.store is not None
        return self.ahead.store.path.read_bytes()

    def arrive(self, size: int) -> None:
        self.whole.append(self.ends.log[self.whole.size : size])


@asynccontextmanager
async def running(ends: Ends, folder: Path) -> AsyncIterator[Preview]:
    preview = Preview(ends, folder)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(preview.ahead.run())
        await asyncio.sleep(0.1)
        yield preview
        task.cancel()
    preview.ahead.close()
    preview.whole.close()


def test_the_end_is_there_at_once_in_whole_lines_under_a_mark(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(Ends(LOG), tmp_path) as preview:
            assert LOG.endswith(preview.shown)
            assert preview.shown.startswith(b"line ")
            assert LENGTH - 100 < len(preview.shown) <= LENGTH
            assert preview.ahead.offset == len(LOG) - len(preview.shown)
            store = preview.ahead.store
            assert store is not None
            assert [(mark.offset, mark.text) for mark in store.marks] == [
                (0, "1.9 MiB before this are still arriving.")
            ]
            assert preview.told == [True]

    run(scene())


@pytest.mark.parametrize("here", [0, 100, 4_000])
def test_what_studio_had_when_the_log_was_opened_nobody_has_seen_coming(
    tmp_path: Path, here: int
) -> None:
    """Whatever the breaks in which a slow connection repeats it."""

    async def scene() -> None:
        ends = Ends(lines(0, 1_000))
        preview = Preview(ends, tmp_path)
        with preview.whole.arrivals.live(NOON):
            preview.arrive(here)
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(preview.ahead.run())
            await asyncio.sleep(0.001)
            for size in (here + 2_000, len(ends.log) // 2, len(ends.log)):
                with preview.whole.arrivals.live(NOON):
                    preview.arrive(size)
                await asyncio.sleep(0.1)
            ends.log += b"new"
            with preview.whole.arrivals.live(NOON):
                preview.arrive(len(ends.log))
            task.cancel()
        came = [preview.whole.arrivals.at(at) for at in range(preview.whole.size)]
        assert came[:here] == [NOON] * here
        assert came[here:-3] == [None] * (len(came) - here - 3)
        assert came[-3:] == [NOON] * 3
        preview.whole.close()

    run(scene())


def test_a_log_that_has_nearly_come_has_no_preview(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(Ends(lines(0, 20_000)), tmp_path) as preview:
            assert preview.ahead.store is None
            await asyncio.sleep(100)
            assert preview.ends.asked == 1
            assert preview.told == []

    run(scene())


def test_the_end_stays_live_and_what_is_not_new_is_not_sent(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(Ends(LOG), tmp_path) as preview:
            known = preview.shown
            await asyncio.sleep(5 * REST)
            assert preview.ends.sent == LENGTH
            assert preview.ends.asked > 4
            preview.ends.log += lines(100_000, 105_000)
            await asyncio.sleep(2 * REST)
            assert preview.shown == known + lines(100_000, 105_000)

    run(scene())


def test_the_preview_gives_way_when_the_log_has_come_as_far(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(Ends(LOG), tmp_path) as preview:
            preview.arrive(len(LOG) - 1)
            assert preview.told == [True]
            preview.arrive(len(LOG))
            assert preview.told == [True, False]
            asked = preview.ends.asked
            await asyncio.sleep(10 * REST)
            assert preview.ends.asked == asked
            for position in (0, 42, len(preview.shown) - 1):
                place = preview.ahead.offset_in_log(position)
                assert place == preview.ahead.offset + position

    run(scene())


def test_a_place_is_found_although_studio_counts_bad_characters_otherwise(tmp_path: Path) -> None:
    async def scene() -> None:
        bad = lines(0, 50_000) + b"\xff\xfe bad\n" * 1000 + lines(50_000, 100_000)
        async with running(Ends(bad), tmp_path) as preview:
            preview.whole.append(bad.decode("utf-8", "replace").encode())
            assert not preview.ahead.is_needed
            for position in (0, 42, 100_000):
                place = preview.ahead.offset_in_log(position)
                assert preview.whole.read(place, 1000) == preview.shown[position:][:1000]

    run(scene())


def test_a_log_begun_again_is_previewed_again(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(Ends(LOG), tmp_path) as preview:
            preview.ends.log = lines(500_000, 580_000)
            await asyncio.sleep(2 * REST)
            assert preview.ends.log.endswith(preview.shown)
            assert preview.shown.startswith(b"line 5")
            store = preview.ahead.store
            assert store is not None
            assert [mark.text for mark in store.marks] == [
                "1.5 MiB before this are still arriving."
            ]

    run(scene())


def test_an_end_that_was_sent_twice_is_requested_again(tmp_path: Path) -> None:
    async def scene() -> None:
        ends = Ends(LOG)
        ends.errors.append(BrokenAnswer("Studio sent it twice."))
        async with running(ends, tmp_path) as preview:
            assert preview.ahead.store is None
            await asyncio.sleep(REST)
            assert LOG.endswith(preview.shown)

    run(scene())


@pytest.mark.parametrize(
    ("error", "asked"), [(NotFound(404, "No log."), 1), (ServerError(503, "Down.", 30.0), 2)]
)
def test_a_studio_that_fails_is_asked_again_and_one_that_refuses_is_not(
    tmp_path: Path, error: StudioError, asked: int
) -> None:
    async def scene() -> None:
        ends = Ends(LOG)
        ends.errors.append(error)
        async with running(ends, tmp_path) as preview:
            await asyncio.sleep(29)
            assert (ends.asked, preview.ahead.store) == (1, None)
            await asyncio.sleep(2)
            assert ends.asked == asked
            assert preview.ahead.is_needed == (asked > 1)

    run(scene())


async def test_the_end_of_a_real_log_is_there_while_its_beginning_still_arrives(
    shared_studio: "ThreadStudio", tmp_path: Path
) -> None:
    job = shared_studio.submit(
        "for block in range(400):\n"
        "    print('\\n'.join(f'line {block * 1000 + n:07} {\"x\" * 60}' for n in range(1000)))"
    )
    shared_studio.end(job["id"])
    settings = Settings(
        url=shared_studio.url, team=shared_studio.team, token=SecretStr(shared_studio.token)
    )
    async with StudioClient(settings) as client, asyncio.TaskGroup() as tasks:
        logs = LogLibrary(client, LogCache(tmp_path, ""))
        running = tasks.create_task(logs.run())
        log = logs.open(job["id"], allow_every_host)
        ahead = log.preview
        sizes: list[tuple[bool, int]] = []
        ahead.subscribe(lambda: sizes.append((ahead.is_needed, log.store.size)))
        await until(lambda: ahead.is_needed)
        assert ahead.store is not None
        assert ahead.store.read(ahead.store.size - 74, 13) == b"line 0399999 "
        await until(lambda: log.tail.state.phase is FollowPhase.COMPLETE)
        whole = 400_000 * 74
        assert log.store.size == whole
        preview = ahead.store.path
        (_, seen_at), (is_needed, given_way_at) = sizes
        assert not is_needed
        assert seen_at < whole / 2
        assert given_way_at == whole
        assert log.store.read(ahead.offset_in_log(0), 1000) == ahead.store.read(0, 1000)
        running.cancel()
    log.close()
    assert not preview.exists()


def test_a_log_that_falls_behind_again_shows_its_end_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flood = 64 * 1024
    monkeypatch.setattr("studio_tui.service.logs.preview.FLOOD", flood)

    async def scene() -> None:
        ends = Ends(LOG)
        async with running(ends, tmp_path) as preview:
            preview.arrive(len(LOG))
            await asyncio.sleep(0.1)
            asked = ends.asked
            assert not preview.ahead.is_needed
            ends.log += lines(100_000, 200_000)
            preview.arrive(len(LOG) + 1000)
            await asyncio.sleep(10)
            assert ends.asked == asked  # a quiet log is not asked about
            preview.arrive(len(LOG) + flood + 1)
            await asyncio.sleep(0.1)
            assert preview.ahead.is_needed
            assert preview.ahead.behind == len(ends.log) - preview.whole.size
            assert ends.log.endswith(preview.shown)
            preview.arrive(len(ends.log))
            assert (preview.ahead.is_needed, preview.ahead.behind) == (False, 0)
            assert preview.told == [True, False, True, False]

    run(scene())


def test_an_end_that_runs_ahead_of_the_preview_is_put_under_a_mark(tmp_path: Path) -> None:
    async def scene() -> None:
        ends = Ends(LOG)
        async with running(ends, tmp_path) as preview:
            known = preview.shown
            ends.log += lines(100_000, 300_000)
            await asyncio.sleep(REST + 0.1)
            store = preview.ahead.store
            assert store is not None
            assert preview.shown.startswith(known)
            assert ends.log.endswith(preview.shown[len(known) :])
            assert [mark.offset for mark in store.marks] == [0, len(known)]
            assert store.marks[1].text.endswith("more here are still arriving.")
            preview.arrive(len(ends.log))
            for position in (0, 1000, len(known), len(known) + 2000, store.size - 23):
                place = preview.ahead.offset_in_log(position)
                line = store.read(position, 22)
                assert preview.whole.read(place, 22) == line

    run(scene())
