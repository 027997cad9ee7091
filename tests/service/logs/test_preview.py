"""A preview shows the end of a long log until the log has arrived up to it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from studio_tui.api.client import StudioClient
from studio_tui.api.connection_states import FollowPhase
from studio_tui.api.log_body import LogBody
from studio_tui.errors import BrokenAnswer, NotFound, ServerError, StudioError
from studio_tui.service.logs.cache import LogCache
from studio_tui.service.logs.log_library import LogLibrary
from studio_tui.service.logs.preview import CHECK, LENGTH, PAUSE, LogTailPreview
from studio_tui.service.logs.store.log_store import LogStore
from tests.service.logs.allowed_hosts import allow_every_host
from tests.service.logs.stored import stored_bytes
from tests.service.polling.virtual_time import run
from tests.waiting import until

if TYPE_CHECKING:
    from tests.studios import ThreadStudio


NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Studio(StudioClient):
    """Studio in memory: REST serves the end of a log."""

    def __init__(self, log: bytes) -> None:
        self.log = log
        self.errors: list[StudioError] = []
        self.requests = 0

    async def job_log_end(self, job_id: str, length: int, *, etag: str | None = None) -> LogBody:
        assert (job_id, etag) == ("7", None)
        self.requests += 1
        await asyncio.sleep(0.01)
        if self.errors:
            raise self.errors.pop(0)
        return LogBody(self.log[-length:], max(0, len(self.log) - length), len(self.log), None)


def lines(first: int, last: int) -> bytes:
    return b"".join(b"line %06d of the log\n" % number for number in range(first, last))


LOG = lines(0, 100_000)


class PreviewedLog:
    """A log that arrives when a test says so, and the preview of its end."""

    def __init__(self, studio: Studio, folder: Path) -> None:
        self.studio = studio
        self.store = LogStore.create(folder)
        self.preview = LogTailPreview(studio, "7", self.store, lambda: LogStore.create(folder))
        self.changes: list[bool] = []
        """Whether the preview was needed, after each change."""
        self.preview.subscribe(lambda: self.changes.append(self.preview.is_needed))

    @property
    def shown(self) -> bytes:
        """The bytes of the preview."""
        assert self.preview.store is not None
        return stored_bytes(self.preview.store)

    def arrive(self, size: int) -> None:
        """Append to the log until it has `size` bytes."""
        self.store.append(self.studio.log[self.store.size : size])


@asynccontextmanager
async def running(studio: Studio, folder: Path) -> AsyncIterator[PreviewedLog]:
    log = PreviewedLog(studio, folder)
    async with asyncio.TaskGroup() as tasks:
        task = tasks.create_task(log.preview.run())
        await asyncio.sleep(0.1)
        yield log
        task.cancel()
    log.preview.close()
    log.store.close()


def test_a_preview_shows_whole_lines_from_the_end_of_the_log_under_a_mark(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(Studio(LOG), tmp_path) as log:
            assert LOG.endswith(log.shown)
            assert log.shown.startswith(b"line ")
            assert LENGTH - 100 < len(log.shown) <= LENGTH
            assert log.preview.offset == len(LOG) - len(log.shown)
            store = log.preview.store
            assert store is not None
            assert [(mark.offset, mark.text) for mark in store.marks] == [
                (0, "1.9 MiB before this are still arriving.")
            ]
            assert log.changes == [True]

    run(scene())


@pytest.mark.parametrize("received", [0, 100, 4_000])
def test_lines_that_studio_had_when_the_log_was_opened_have_no_arrival_time(
    tmp_path: Path, received: int
) -> None:
    async def scene() -> None:
        studio = Studio(lines(0, 1_000))
        log = PreviewedLog(studio, tmp_path)
        with log.store.arrivals.live(NOON):
            log.arrive(received)
        async with asyncio.TaskGroup() as tasks:
            task = tasks.create_task(log.preview.run())
            await asyncio.sleep(0.001)
            for size in (received + 2_000, len(studio.log) // 2, len(studio.log)):
                with log.store.arrivals.live(NOON):
                    log.arrive(size)
                await asyncio.sleep(0.1)
            studio.log += b"new"
            with log.store.arrivals.live(NOON):
                log.arrive(len(studio.log))
            task.cancel()
        arrivals = [log.store.arrivals.at(at) for at in range(log.store.size)]
        assert arrivals[:received] == [NOON] * received
        assert arrivals[received:-3] == [None] * (len(arrivals) - received - 3)
        assert arrivals[-3:] == [NOON] * 3
        log.store.close()

    run(scene())


def test_a_log_that_has_nearly_arrived_has_no_preview(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(Studio(lines(0, 20_000)), tmp_path) as log:
            assert log.preview.store is None
            await asyncio.sleep(100)
            assert log.studio.requests == 1
            assert log.changes == []

    run(scene())


def test_a_preview_ends_when_the_log_has_caught_up(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(Studio(LOG), tmp_path) as log:
            log.arrive(len(LOG) - 1)
            assert log.changes == [True]
            await asyncio.sleep(2 * CHECK)
            assert log.preview.behind == 1
            log.arrive(len(LOG))
            assert (log.changes, log.preview.behind) == ([True, False], 0)
            await asyncio.sleep(1)
            requests = log.studio.requests
            await asyncio.sleep(10 * CHECK)
            assert log.studio.requests == requests
            for position in (0, 42, len(log.shown) - 1):
                place = log.preview.offset_in_log(position)
                assert place == log.preview.offset + position

    run(scene())


def test_an_offset_in_the_log_is_found_although_invalid_bytes_have_other_lengths(
    tmp_path: Path,
) -> None:
    async def scene() -> None:
        invalid = lines(0, 50_000) + b"\xff\xfe bad\n" * 1000 + lines(50_000, 100_000)
        async with running(Studio(invalid), tmp_path) as log:
            log.store.append(invalid.decode("utf-8", "replace").encode())
            assert not log.preview.is_needed
            for position in (0, 42, 100_000):
                place = log.preview.offset_in_log(position)
                assert log.store.read(place, 1000) == log.shown[position:][:1000]

    run(scene())


def test_a_preview_ends_when_the_log_catches_up_during_a_check(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(Studio(LOG), tmp_path) as log:
            await asyncio.sleep(CHECK - 0.085)
            assert log.studio.requests == 2
            log.arrive(len(LOG))
            await asyncio.sleep(10 * CHECK)
            assert (log.changes, log.studio.requests) == ([True, False], 2)

    run(scene())


def test_a_log_that_starts_over_is_previewed_again(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(Studio(LOG), tmp_path) as log:
            log.studio.log = lines(500_000, 580_000)
            await asyncio.sleep(CHECK + 1)
            assert log.studio.log.endswith(log.shown)
            assert log.shown.startswith(b"line 5")
            store = log.preview.store
            assert store is not None
            assert [mark.text for mark in store.marks] == [
                "1.5 MiB before this are still arriving."
            ]
            log.studio.log = b"short"
            await asyncio.sleep(CHECK + 1)
            assert log.changes == [True, False, True, False]

    run(scene())


def test_an_end_is_requested_again_after_a_broken_answer(tmp_path: Path) -> None:
    async def scene() -> None:
        studio = Studio(LOG)
        studio.errors.append(BrokenAnswer("Studio sent it twice."))
        async with running(studio, tmp_path) as log:
            assert log.preview.store is None
            await asyncio.sleep(PAUSE)
            assert LOG.endswith(log.shown)

    run(scene())


@pytest.mark.parametrize(
    ("error", "requests"), [(NotFound(404, "No log."), 1), (ServerError(503, "Down.", 30.0), 2)]
)
def test_an_end_is_requested_again_after_a_failure_but_not_after_a_refusal(
    tmp_path: Path, error: StudioError, requests: int
) -> None:
    async def scene() -> None:
        studio = Studio(LOG)
        studio.errors.append(error)
        async with running(studio, tmp_path) as log:
            await asyncio.sleep(29)
            assert (studio.requests, log.preview.store) == (1, None)
            await asyncio.sleep(2)
            assert studio.requests == requests
            assert log.preview.is_needed == (requests > 1)

    run(scene())


async def test_a_preview_shows_the_end_of_a_real_log_while_its_beginning_arrives(
    shared_studio: "ThreadStudio", tmp_path: Path
) -> None:
    job = shared_studio.submit(
        "for block in range(400):\n"
        "    print('\\n'.join(f'line {block * 1000 + n:07} {\"x\" * 60}' for n in range(1000)))"
    )
    shared_studio.wait_for_end(job["id"])
    settings = shared_studio.settings()
    async with StudioClient(settings) as client, asyncio.TaskGroup() as tasks:
        logs = LogLibrary(client, LogCache(tmp_path, ""))
        running = tasks.create_task(logs.run())
        log = logs.open(job["id"], allow_every_host)
        preview = log.preview
        sizes: list[tuple[bool, int]] = []
        preview.subscribe(lambda: sizes.append((preview.is_needed, log.store.size)))
        await until(lambda: preview.is_needed)
        assert preview.store is not None
        assert preview.store.read(preview.store.size - 74, 13) == b"line 0399999 "
        await until(lambda: log.tail.state.phase is FollowPhase.COMPLETE)
        whole = 400_000 * 74
        assert log.store.size == whole
        (_, size_at_begin), (is_needed, size_at_end) = sizes
        assert not is_needed
        assert size_at_begin < whole / 2
        assert size_at_end == whole
        assert log.store.read(preview.offset_in_log(0), 1000) == preview.store.read(0, 1000)
        running.cancel()
    log.close()


def test_a_log_that_grew_while_its_end_was_shown_is_previewed_again(tmp_path: Path) -> None:
    async def scene() -> None:
        studio = Studio(LOG)
        async with running(studio, tmp_path) as log:
            studio.log += lines(100_000, 200_000)
            await asyncio.sleep(CHECK + 1)
            assert LOG.endswith(log.shown), "the place of a reader is not lost"
            log.arrive(len(LOG))
            await asyncio.sleep(1)
            assert log.preview.behind == len(studio.log) - log.store.size
            assert studio.log.endswith(log.shown)
            log.arrive(len(studio.log))
            assert (log.preview.is_needed, log.preview.behind) == (False, 0)
            assert log.changes == [True, False, True, False]

    run(scene())


def test_a_character_cut_off_at_the_end_is_left_out(tmp_path: Path) -> None:
    async def scene() -> None:
        async with running(Studio(LOG + "é".encode()[:1]), tmp_path) as log:
            assert LOG.endswith(log.shown)

    run(scene())
