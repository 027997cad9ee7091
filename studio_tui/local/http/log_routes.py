"""Serves a job's log: as text over HTTP, whole or in ranges, and in frames on a websocket.

The published client 0.62 defines the frames (see its `show_logs_from_client`): `{"logs": [...]}`
with ascending ids, `{"job": {"status": ...}}`, and `{"message": ...}` for an error. It reads until
the server closes the connection. When nothing was sent for `_PING_SECONDS`, the server sends
`{"type": "ping"}`.
"""

import asyncio
import re
from bisect import bisect_right
from collections.abc import AsyncIterator, Awaitable, Iterator
from contextlib import suppress
from itertools import accumulate
from json.encoder import encode_basestring
from typing import Any, NamedTuple

from fastapi import APIRouter, Depends, Request, Response, WebSocket, WebSocketDisconnect
from fastapi.responses import PlainTextResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

from studio_tui import clock
from studio_tui.api.routes import FOLLOW_LOGS, JOB_LOGS
from studio_tui.api.states import JobState
from studio_tui.local.db.jobs import UnknownJob, state_of
from studio_tui.local.http.pieces import OutputPieces, PieceReader
from studio_tui.local.http.request_rules import CurrentStudio, check_team
from studio_tui.local.http.transcript import Transcript, TranscriptVersion
from studio_tui.local.server.studio import Studio

FRAME_BYTES = 190_000
"""Maximum bytes of a frame; the published client cannot receive frames above 1 MiB."""

_CHUNK_BYTES = 256 * 1024
_CHECK_SECONDS = 0.02
_IDLE_CHECK_SECONDS = 0.04
"""Seconds between checks when nothing was sent for `_IDLE_SECONDS`."""
_IDLE_SECONDS = 1.0
_READ_SECONDS = 0.2
"""Seconds after which output is read even if the files seem unchanged."""
_STATUS_SECONDS = 0.1
"""Minimum seconds between two reads of a status, which is read only after a change."""
_PING_SECONDS = 15.0
_NO_SUCH_JOB = 4404
_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,18})\s*-\s*(\d{0,18})\s*", re.IGNORECASE)
"""One range: `bytes=0-99`, `bytes=100-` or, for the last 100 bytes, `bytes=-100`."""
_TRUE = frozenset({"1", "true", "yes", "on"})

_JSON_ERROR = {
    "description": "Error",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ErrorBody"}}},
}
_RESPONSES: dict[int | str, dict[str, Any]] = {
    206: {"description": "The requested range", "content": {"text/plain": {}}},
    304: {"description": "Not modified"},
    416: {"description": "The range cannot be satisfied; without a body"},
    # Listed, as OpenAPI would otherwise describe errors as text, like a log.
    **dict.fromkeys(("4XX", "5XX", 422), _JSON_ERROR),
}


router = APIRouter(dependencies=[Depends(check_team)])


@router.get(
    JOB_LOGS.path,
    response_class=PlainTextResponse,
    responses=_RESPONSES,
    name="get_job_logs",
)
async def get_job_logs(studio: CurrentStudio, job_id: str, request: Request) -> Response:
    if await studio.database.read(state_of, job_id) is None:
        raise UnknownJob(job_id)
    transcript = await asyncio.to_thread(Transcript, studio.runner.output(job_id))
    return log_answer(transcript, request)


@router.websocket(FOLLOW_LOGS)
async def follow_logs(studio: CurrentStudio, websocket: WebSocket) -> None:
    await websocket.accept()
    job_id = websocket.query_params.get("job_id", "")
    status = await studio.database.read(state_of, job_id)
    if status is None:
        await websocket.send_json({"message": "Job ID is incorrect or not found"})
        await websocket.close(_NO_SUCH_JOB)
        return
    follows = websocket.query_params.get("no_follow", "").lower() not in _TRUE
    follower = _Follower(websocket, studio, job_id)
    await _run_while_connected(websocket, follower.run(status, to_end=follows))


class _Follower:
    def __init__(self, websocket: WebSocket, studio: Studio, job_id: str) -> None:
        self._websocket = websocket
        self._database = studio.database
        self._job_id = job_id
        self._pieces = PieceReader(studio.runner.output(job_id))
        self._revision: int | None = None
        """The revision at which the status was last read; `None` if it was not read yet."""
        self._sent_at = self._read_at = clock.monotonic()

    async def run(self, status: JobState, *, to_end: bool) -> None:
        """Send the log and, if `to_end`, its new parts until the job has ended; then close."""
        if not status.is_finished:
            await self._send_status(status)
        status_read_at = clock.monotonic()
        while True:
            # The log is read after the status: if the status is final, the log is complete.
            await self._send_new(ended=status.is_finished)
            if status.is_finished:
                await self._send_status(status)
                break
            if not to_end:
                break
            is_idle = clock.monotonic() - self._sent_at > _IDLE_SECONDS
            await asyncio.sleep(_IDLE_CHECK_SECONDS if is_idle else _CHECK_SECONDS)
            now = clock.monotonic()
            has_changed = self._database.revision != self._revision
            if has_changed and now - status_read_at >= _STATUS_SECONDS:
                status_read_at = now
                # The revision first: if the status changes between the two reads, it is read again.
                self._revision = self._database.revision
                last_status = status
                new_status = await self._database.read(state_of, self._job_id)
                status = new_status or status
                if status != last_status and not status.is_finished:
                    await self._send_status(status)
            if now - self._sent_at >= _PING_SECONDS:
                await self._send('{"type":"ping"}')
        await self._websocket.close(1000)

    async def _send_new(self, *, ended: bool) -> None:
        # `has_news` blocks, but three stats of cached files cost less than the use of a thread.
        is_due = clock.monotonic() - self._read_at > _READ_SECONDS
        if not (self._pieces.has_news() or ended or is_due):
            return
        self._read_at = clock.monotonic()
        while frames := await asyncio.to_thread(
            lambda: [*log_frames(self._pieces.read(ended=ended))]
        ):
            for frame in frames:
                await self._send(frame)

    async def _send_status(self, status: str) -> None:
        await self._send(f'{{"job":{{"status":{encode_basestring(status)}}}}}')

    async def _send(self, frame: str) -> None:
        await self._websocket.send_text(frame)
        self._sent_at = clock.monotonic()


def log_frames(pieces: OutputPieces) -> Iterator[str]:
    """Yield JSON frames of at most `FRAME_BYTES` with as many pieces as fit."""
    messages = [
        f'{{"id":{number},"message":{encode_basestring(text)}}}'
        for number, text in zip(pieces.ids, pieces.texts, strict=True)
    ]
    lengths = (len(message if message.isascii() else message.encode()) + 1 for message in messages)
    ends = list(accumulate(lengths, initial=0))
    """Number of bytes before each message, then of all, with a comma per message."""
    begin = 0
    while begin < len(messages):
        # 16 bytes are enough for the braces and the key around the messages.
        end = max(begin + 1, bisect_right(ends, ends[begin] + FRAME_BYTES - 16) - 1)
        yield f'{{"logs":[{",".join(messages[begin:end])}]}}'
        begin = end


async def _run_while_connected(websocket: WebSocket, work: Awaitable[None]) -> None:
    """Run `work` until it is done or the client disconnects; the client's messages are ignored."""
    working = asyncio.ensure_future(work)
    listening = asyncio.ensure_future(_wait_for_disconnect(websocket))
    try:
        await asyncio.wait((working, listening), return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()
        listening.cancel()
        with suppress(asyncio.CancelledError, WebSocketDisconnect):
            await working
        with suppress(asyncio.CancelledError):
            await listening


async def _wait_for_disconnect(websocket: WebSocket) -> None:
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


class _Span(NamedTuple):
    begin: int
    end: int
    """Offset after the last byte."""


class _TranscriptResponse(StreamingResponse):
    """Reads a range of a transcript while it is sent, and closes the transcript afterwards."""

    def __init__(
        self, transcript: Transcript, span: _Span, status: int, headers: dict[str, str]
    ) -> None:
        super().__init__(_chunks(transcript, span), status, headers, "text/plain; charset=utf-8")
        self._transcript = transcript

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await super().__call__(scope, receive, send)
        finally:
            self._transcript.close()


async def _chunks(transcript: Transcript, span: _Span) -> AsyncIterator[bytes]:
    offset = span.begin
    while offset < span.end:
        limit = min(_CHUNK_BYTES, span.end - offset)
        chunk = await asyncio.to_thread(transcript.read, offset, limit)
        if not chunk:
            return  # the job has cut its log: the connection is closed before the promised length
        offset += len(chunk)
        yield chunk


def log_answer(transcript: Transcript, request: Request) -> Response:
    """Return the response to a GET, by its `If-None-Match`, `Range` and `If-Range` headers.

    They are evaluated in the order of RFC 9110, 13.2.2. The transcript is closed at the latest
    after the response was sent.
    """
    version = transcript.version
    headers = {
        "ETag": version.etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "no-cache",
        "X-Content-Type-Options": "nosniff",
    }
    if _matches(version, request.headers.get("if-none-match")):
        transcript.close()
        return Response(status_code=304, headers=headers)
    range_header = request.headers.get("range")
    if range_header is None or not _may_send_range(version, request.headers.get("if-range")):
        span: _Span | None = None
    else:
        span = _parse_range(range_header, version.length)
        if span is not None and span.begin >= span.end:
            transcript.close()
            headers["Content-Range"] = f"bytes */{version.length}"
            return Response(status_code=416, headers=headers)
    if span is None:
        headers["Content-Length"] = str(version.length)
        return _TranscriptResponse(transcript, _Span(0, version.length), 200, headers)
    headers["Content-Length"] = str(span.end - span.begin)
    headers["Content-Range"] = f"bytes {span.begin}-{span.end - 1}/{version.length}"
    return _TranscriptResponse(transcript, span, 206, headers)


def _matches(version: TranscriptVersion, if_none_match: str | None) -> bool:
    """Whether the client has this version, by a weak comparison (RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or version.etag in tags


def _may_send_range(version: TranscriptVersion, if_range: str | None) -> bool:
    """Whether a client's bytes, of the version `if_range`, are the beginning of this version."""
    if if_range is None:
        return True
    earlier = TranscriptVersion.from_etag(if_range)
    return earlier is not None and version.continues(earlier)


def _parse_range(header: str, length: int) -> _Span | None:
    """Parse a `Range`: `None` if it must be ignored, an empty span if it cannot be satisfied."""
    match = _RANGE.fullmatch(header)
    if match is None or not (match[1] or match[2]):
        return None
    if not match[1]:
        return _Span(max(0, length - int(match[2])), length)
    begin = int(match[1])
    end = int(match[2]) + 1 if match[2] else length
    if end <= begin and match[2]:
        return None
    return _Span(begin, min(end, length))
