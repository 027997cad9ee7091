"""Follows one job's log into a store while it has viewers.

It is received over a websocket. If that keeps failing, REST is polled as well. When the job has
ended, REST confirms that everything has arrived.
"""

import asyncio
from contextlib import aclosing
from datetime import datetime, timedelta

from studio_tui import clock
from studio_tui.api.client import StudioClient
from studio_tui.api.connection_states import FollowPhase
from studio_tui.api.log_stream import (
    Blobs,
    Closed,
    LogFrame,
    LogMessage,
    LogMessages,
    ServerMessage,
    StatusFrame,
    Unreadable,
)
from studio_tui.api.routes import REMOVED_LOG
from studio_tui.api.states import FINISHED_STATES
from studio_tui.errors import (
    AuthenticationError,
    InvalidRequest,
    NotFound,
    PermissionDenied,
    SpoolError,
    StudioError,
)
from studio_tui.service.logs.archived_log import MayFetch, read_archive
from studio_tui.service.logs.assembler import DIFFERS, LogAssembler
from studio_tui.service.logs.comparison import Comparison
from studio_tui.service.logs.connection import (
    SILENCE,
    AfterConnection,
    LogConnection,
    Verdict,
    verdict_of_close_code,
    verdict_of_error,
)
from studio_tui.service.logs.doubts import NO_REPLAY
from studio_tui.service.logs.message_index import MessageIndex
from studio_tui.service.logs.rest_log import RestFallback, RestLog
from studio_tui.service.logs.retries import Retries
from studio_tui.service.logs.state import NO_LOG, REMOVED, UNCHECKED, UNCONFIRMED, StatePublisher
from studio_tui.service.logs.store.log_store import LogStore
from studio_tui.service.polling.backoff import wait_for
from studio_tui.service.polling.reachability import Reachability

MANY = 100
"""A frame with more messages is followed by `give_way`."""

_ROUNDS = 8
"""Rounds of the event loop in a pause.

A key needs about ten rounds to be on the screen; with one round per pause, it would wait for the
processing of ten batches.
"""


async def give_way() -> None:
    """Let other tasks run, such as the handling of a key, before more of a log is processed."""
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)


POLL_INTERVAL = 2.0
"""Seconds between polls if there is no websocket."""
AGREE_PAUSE = 0.5
"""Seconds between two final requests by REST, whose answers must be equal."""

_BATCH = 1024
"""Maximum messages that are added at once."""
_UNREADABLE_TRIES = 3
"""Connections broken off because of an unreadable frame, before such a frame only sets a mark."""
_NORMAL_CLOSE = 1000


class LogTail(StatePublisher):
    """Follows one job's log; `run` is owned by the caller, and is ended by canceling it.

    If `run` is called again, it resumes where it was. The creator closes the tail.
    """

    def __init__(
        self,
        source: StudioClient,
        job_id: str,
        store: LogStore,
        *,
        may_fetch: MayFetch,
        kept_since: datetime | None = None,
        reachability: Reachability | None = None,
    ) -> None:
        """Initialize; `kept_since` is as in `TailState`."""
        super().__init__(store, kept_since)
        self._source = source
        self._job_id = job_id
        self._may_fetch = may_fetch
        self._reachability = reachability or Reachability()
        self._retries = Retries(job_id, self, self._reachability)
        self._index: MessageIndex | None = None
        self._assembler: LogAssembler
        self._rest = RestLog(source, job_id, store)
        self._unreadable = 0
        """Unreadable frames since the last new piece."""
        self._connection: LogConnection
        self._is_archive_whole = False
        """Whether everything stored equals the last archive that was read."""
        self._has_ended = False
        """Whether the job had ended when a viewer opened the log."""
        self._rest_fallback = RestFallback(
            job_id, self._rest, self._reachability, lambda: self.publish(self.state.phase)
        )

    def poke(self) -> None:
        """Retry now, also after a refusal."""
        self._retries.poked.set()

    def note_ended(self) -> None:
        """Note that the job has ended: what is received from now on gets no arrival time."""
        self._has_ended = True

    async def run(self) -> None:
        """Follow the log until it is complete or the disk fails; then return.

        After a refusal, or if the log is over already, it is requested again when poked; after a
        403, also after a pause.
        """
        if self.state.is_over:
            await self._count_lines()
            await self._retries.wait_until_poked()
        self._rest_fallback.stop()
        if self.state.phase is not FollowPhase.CONNECTING:
            self.publish(FollowPhase.CONNECTING)
        try:
            await self._store.make_writable()
            if not self._store.is_indexed:
                await self._store.index()
                self.publish(self.state.phase)
            if self._index is None:
                self._index = MessageIndex(self._store.folder)
                self._assembler = LogAssembler(self._store, self._index)
            async with asyncio.TaskGroup() as tasks:
                polling = tasks.create_task(self._rest_fallback.run(), name="poll a log")
                unsubscribe = self._retries.subscribe()
                try:
                    await self._follow()
                finally:
                    unsubscribe()
                    polling.cancel()
        except* SpoolError as group:
            self._stop(str(group.exceptions[0]))
        # The index may describe bytes that the disk did not store, or that REST has replaced.
        self.close()

    def close(self) -> None:
        """Delete the index of messages, after `run` has ended; a later run compares the bytes."""
        if self._index is not None:
            self._index.close()
            self._index = None

    @property
    def disk_size(self) -> int:
        """Bytes that this log takes on disk."""
        return self._store.size + (self._index.size if self._index is not None else 0)

    async def _count_lines(self) -> None:
        try:
            await self._store.index()
        except SpoolError as error:
            self._stop(str(error))
        else:
            self.publish(self.state.phase)

    async def _follow(self) -> None:
        while self.state.phase is not FollowPhase.COMPLETE:
            if self.state.phase is FollowPhase.STOPPED:
                await self._retries.wait_until_poked()
                self.publish(FollowPhase.CONNECTING)
            await self._retries.wait_until_reachable()
            verdict = await self._read_connection()
            if verdict.next is AfterConnection.STOP:
                self._stop(verdict.reason, verdict.at_least)
            elif verdict.next is AfterConnection.AGAIN:
                failures = self._retries.backoff.failures + 1
                self._rest_fallback.note_failures(failures, verdict.at_least)
                await self._retries.wait_after_failure(verdict.reason, verdict.at_least)
            else:
                await self._finish(poll=verdict.next is AfterConnection.POLL)

    def _stop(self, reason: str, again_in: float = 0.0) -> None:
        """Stop until poked, or for `again_in` seconds if that is not 0."""
        self._rest_fallback.stop()
        self._retries.poked.clear()
        next_try = clock.now() + timedelta(seconds=again_in) if again_in else None
        self.publish(FollowPhase.STOPPED, reason, next_try)

    # --- the websocket ---------------------------------------------------------------------------

    async def _read_connection(self) -> Verdict:
        self._assembler.note_connection()
        is_all_replay = self._has_ended or self.state.status in FINISHED_STATES
        connection = self._connection = LogConnection(is_all_replay=is_all_replay)
        try:
            self._reachability.raise_if_refused()
            async with aclosing(self._source.follow_log(self._job_id)) as frames:
                while True:
                    waiting_since = connection.now
                    async with asyncio.timeout(connection.patience):
                        frame = await anext(frames)
                    if not isinstance(frame, Closed):
                        self._reachability.note_success()
                    connection.note_pause(connection.now - waiting_since)
                    verdict = await self._process(frame)
                    if verdict is not None:
                        return verdict
        except TimeoutError:
            if connection.is_lingering:
                return Verdict(AfterConnection.DRAIN)
            return Verdict(AfterConnection.AGAIN, f"Nothing was received for {SILENCE:.0f} s.")
        except StopAsyncIteration:
            return Verdict(AfterConnection.AGAIN, "The connection ended.")
        except SpoolError:
            raise
        except StudioError as error:
            self._reachability.note_failure(error)
            return verdict_of_error(error)

    async def _process(self, frame: LogFrame) -> Verdict | None:
        """Process one frame; a verdict ends the connection."""
        if self._assembler.note_frame(frame):
            self._unreadable += 1
            if self._unreadable <= _UNREADABLE_TRIES:
                return Verdict(AfterConnection.AGAIN, "Studio sent something that cannot be read.")
        match frame:
            case Closed(code, reason):
                return await self._verdict_of_close(code, reason)
            case LogMessages(items, has_invalid_utf8):
                await self._add_pieces(items, has_invalid_utf8=has_invalid_utf8)
            case StatusFrame(word):
                self.note_status(word)
                if word in FINISHED_STATES:
                    self._connection.note_end()
            case Blobs(urls):
                if (verdict := await self._read_archive(urls)) is not None:
                    return verdict
            case ServerMessage(text):
                self._connection.server_message = text
            case Unreadable() if not self._assembler.is_behind:
                self._assembler.mark_unreadable()
        self._rest_fallback.stop()
        if self._connection.is_steady:
            self._retries.backoff.reset()
        self.publish(FollowPhase.FOLLOWING)
        return None

    async def _add_pieces(self, items: tuple[LogMessage, ...], *, has_invalid_utf8: bool) -> None:
        for start in range(0, len(items), _BATCH):
            if start:
                await give_way()  # one frame can hold 100,000 lines
            batch = items[start : start + _BATCH]
            is_live = self._connection.is_replay_over and not self._has_ended
            with self._store.arrivals.live(clock.now() if is_live else None):
                has_changed = self._assembler.add(batch)
            self._connection.note_pieces(piece.text for piece in batch)
            if has_changed or has_invalid_utf8:
                self._rest.note_replacements(batch)
            if has_changed:
                self._retries.backoff.reset()
                self._unreadable = 0
        if len(items) > MANY:
            await give_way()
        if self._connection.is_lingering:
            self._connection.linger()

    async def _verdict_of_close(self, code: int, reason: str) -> Verdict:
        verdict = verdict_of_close_code(code, reason, self._connection.server_message)
        if verdict is not None:
            return verdict
        if code == _NORMAL_CLOSE and (self._connection.is_lingering or await self._is_finished()):
            return Verdict(AfterConnection.DRAIN)
        return Verdict(AfterConnection.AGAIN, reason or f"The connection was closed ({code}).")

    async def _read_archive(self, urls: tuple[str, ...]) -> Verdict | None:
        comparison = Comparison(self._store)
        verdict = await read_archive(
            self._source,
            urls,
            comparison,
            self._may_fetch,
            lambda: self.publish(FollowPhase.FOLLOWING),
        )
        if verdict is None:
            self._is_archive_whole = comparison.has_proved_whole
            self._assembler.note_caught_up()
            if comparison.differs and not self._store.marks:
                self._assembler.mark_end(DIFFERS)
        return verdict

    # --- REST ------------------------------------------------------------------------------------

    async def _is_finished(self) -> bool:
        """Request the job; return whether it has ended. With an unknown status it has not."""
        if (job := await self._source.job(self._job_id)) is not None:
            self.note_status(job.status)
        return self.state.status in FINISHED_STATES

    async def _finish(self, *, poll: bool) -> None:
        """Read the log by REST until enough final answers are equal, or Studio refuses it.

        With `poll`, the job may still be running.
        """
        self._rest_fallback.stop()  # REST is polled here
        while not self.state.is_over:
            await self._retries.wait_until_reachable()
            try:
                with self._reachability.asking():
                    is_final = not poll or await self._is_finished()
                    assembler = self._assembler
                    self._rest.note_live(
                        assembler.kept_end,
                        padding=assembler.padding,
                        is_doubted=assembler.is_doubted,
                    )
                    await self._rest.read(is_final=is_final)
            except (AuthenticationError, PermissionDenied) as error:
                self._stop(str(error), verdict_of_error(error).at_least)
            except SpoolError:
                raise
            except (NotFound, InvalidRequest) as error:
                if poll:
                    self._stop(str(error))
                    continue
                if self._assembler.is_behind:
                    self._assembler.mark_end(NO_REPLAY)
                self._complete(UNCHECKED if self._store.size else NO_LOG)
            except StudioError as error:
                await self._retries.wait_after_failure(str(error), error.retry_after)
            else:
                self._retries.backoff.reset()
                if is_final and self._rest.is_settled:
                    if self._rest.differs and not self._store.marks:
                        self._assembler.mark_end(DIFFERS)
                    self._complete("" if self._rest.is_confirmed else UNCONFIRMED)
                    return
                self.publish(FollowPhase.FOLLOWING)
                await wait_for(self._retries.poked, AGREE_PAUSE if is_final else POLL_INTERVAL)
                self._retries.poked.clear()

    def _complete(self, reason: str) -> None:
        """Publish that the log is complete, but perhaps not whole if there is a `reason`."""
        self._retries.poked.clear()
        if self._is_archive_whole and not self._store.marks:
            reason = ""
        if (
            self._store.size == len(REMOVED_LOG)
            and self._store.read(0, self._store.size) == REMOVED_LOG
        ):
            reason = REMOVED
        self.publish(FollowPhase.COMPLETE, reason)
