"""All kinds of faults between a client and Studio, in an order determined by a seed.

Each fault that ends or refuses a websocket, or breaks a response, occurs at most twice. Then
everything passes, so that a log can be followed to its end.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import NamedTuple

from tests import faults
from tests.fault_proxy import TEXT, Fault, Frame, Frames, ReceivedRequest, StreamFault

LARGEST_FRAME = 16 * 1024 * 1024
STALL = 0.9
"""Seconds of silence, more than a client waits."""

ARRIVAL = 0.1
"""Seconds after which a sent frame has certainly arrived."""


class RequestKind(NamedTuple):
    """A fault of requests, and its name for counting."""

    name: str
    fault: Fault


class StreamKind(NamedTuple):
    """A fault of websockets, and its name for counting."""

    name: str
    fault: StreamFault


def invalid_json(_frame: Frame) -> Frame:
    """Return a text frame that is not JSON."""
    return faults.text_frame("{not json")


def invalid_utf8(_frame: Frame) -> Frame:
    """Return a text frame of which no byte is valid UTF-8."""
    return faults.text_frame(b"\xff\xfe\xfd")


def dropped(_frame: Frame) -> None:
    """Return nothing."""


def with_invalid_byte(frame: Frame) -> Frame:
    """Return the frame with one invalid byte in the middle of a line."""
    at = frame.payload.rfind(b"seq=") + 9
    if at < 9:
        return frame
    return Frame(frame.opcode, frame.payload[:at] + b"\xff" + frame.payload[at + 1 :])


ENDINGS = (
    StreamKind("cut", faults.replace_after(0)),
    StreamKind("reset", faults.cut(0)),
    StreamKind("torn frame", faults.cut_in_frame),
    StreamKind("silence", faults.silence(0)),
    StreamKind("close 1011", faults.replace_after(0, faults.close_frame(1011))),
    StreamKind("close 1012", faults.replace_after(0, faults.close_frame(1012))),
    StreamKind("no JSON", faults.change_next(invalid_json)),
    StreamKind("no UTF-8", faults.change_next(invalid_utf8)),
)
"""Faults that end a connection."""

GOOD_END = StreamKind("close 1000", faults.replace_after(0, faults.close_frame(1000)))
"""Looks like the end of the log; only a REST request shows that the log continues."""

STALLED = StreamKind("stalled stream", faults.stall_stream(STALL))
"""Ends most connections, as most clients stop waiting."""

SPOILERS: tuple[StreamKind, ...] = (
    StreamKind("doubled frames", faults.twice),
    StreamKind("swapped frames", faults.swapped),
)
"""Faults that a connection survives without loss."""

FORGED = "This line was never printed.\n"

LOSSES = (
    StreamKind("spoiled character", faults.change_next(with_invalid_byte)),
    StreamKind("lost frame", faults.change_next(dropped)),
    StreamKind("forged line", faults.with_forged(999_999_999, FORGED)),
    StreamKind("forged flood", faults.with_forged(999_999_998, FORGED * 20_000)),
)
"""Faults that only REST requests can repair if no further connection follows."""

TOO_LARGE = (
    StreamKind("oversize frame", faults.instead_oversized(LARGEST_FRAME + 1)),
    StreamKind("close 1009", faults.replace_after(0, faults.close_frame(1009))),
)
"""Faults after which a client no longer uses websockets."""

REFUSALS = (
    RequestKind("handshake 503", faults.answer(status="503 Service Unavailable")),
    RequestKind(
        "handshake 503, Retry-After",
        faults.answer(status="503 Service Unavailable", retry_after="1"),
    ),
    RequestKind("handshake HTML 502", faults.html_502()),
    RequestKind("handshake reset", faults.reset),
    RequestKind("handshake stall", faults.stall_and_reset(STALL)),
)
"""Faults that prevent a websocket from being opened."""

ANSWERS = (
    RequestKind("REST 503", faults.answer(status="503 Service Unavailable")),
    RequestKind("REST 503, Retry-After", faults.answer(status="503 Down", retry_after="1")),
    RequestKind("REST HTML 502", faults.html_502()),
    RequestKind("REST reset", faults.reset),
    RequestKind("REST reset in body", faults.reset_in_body(10)),
    RequestKind("REST half", faults.first_half),
    RequestKind("REST half", faults.first_half),
    RequestKind("REST empty", faults.truncated(0)),
    RequestKind("REST empty", faults.truncated(0)),
    RequestKind("REST twice", faults.doubled),
    RequestKind("REST twice", faults.doubled),
    RequestKind("REST misplaced", faults.wrong_content_range),
    RequestKind("REST lagging", faults.lagging),
    RequestKind("REST stall", faults.stall_and_reset(STALL)),
)
"""Faults of requests for a job and its log."""

NO_REST = faults.answer_json({"message": "There is no log."}, "404 Not Found")


class Chaos:
    """A plan of the fault proxy, determined by a seed; `occurred` counts the faults that occurred.

    Without `has_rest`, there are only faults that a client can repair from repeated frames. Without
    `repeats`, there are only faults that lose frames in a way that a client can detect.
    """

    def __init__(
        self,
        seed: int,
        *,
        has_rest: bool = True,
        repeats: bool = True,
        spoiler_probability: float = 0.4,
    ) -> None:
        self.occurred: Counter[str] = Counter()
        self._random = random.Random(seed)
        self._has_rest = has_rest
        self.repeats = repeats
        """Whether each websocket starts from the beginning."""
        self.has_streamed = False
        """Whether a websocket has been accepted."""
        self._stream_kinds: list[RequestKind | StreamKind] = [*ENDINGS, *REFUSALS]
        self._spoiler_probability = spoiler_probability
        """Probability of each spoiler per websocket."""
        self._spoilers = SPOILERS if repeats else ()
        self._request_kinds: list[RequestKind | None] = []
        self._most_frames = 0
        """Maximum number of frames that a connection has sent so far."""
        self._highest_id = -1
        """The highest id of a chunk that was sent."""
        if repeats:
            self._stream_kinds.append(STALLED)
        if has_rest:
            self._stream_kinds.append(GOOD_END)
            self._spoilers += LOSSES
            self._request_kinds = [*ANSWERS, *([None] * (len(ANSWERS) // 2))]
        self._random.shuffle(self._stream_kinds)
        self._random.shuffle(self._request_kinds)
        if has_rest and (last := self._random.choice((None, *TOO_LARGE))):
            self._stream_kinds.insert(0, last)

    def fault(self, seen: ReceivedRequest) -> Fault | None:
        """Refuse a websocket, break a response about the job or its log, or let it pass."""
        if seen.headers.get("upgrade") == "websocket":
            is_refused = bool(self._stream_kinds) and isinstance(
                self._stream_kinds[-1], RequestKind
            )
            return self._count(self._stream_kinds.pop()) if is_refused else None
        if seen.path.endswith("/logs") and not self._has_rest:
            return NO_REST
        is_of_log = seen.path.endswith("/logs") or "job_id" in seen.query
        return self._count(self._request_kinds.pop() if self._request_kinds and is_of_log else None)

    def _count(self, kind: RequestKind | StreamKind | None) -> Fault | None:
        if not isinstance(kind, RequestKind):
            return None
        self.occurred[kind.name] += 1
        return kind.fault

    def stream_fault(self) -> StreamFault:
        """Apply several faults to a websocket, of which the last ends it; in the end, none."""
        self.has_streamed = True
        stages: list[StreamFault] = [self._in_other_sizes]
        if self._stream_kinds:
            kinds = [
                kind for kind in self._spoilers if self._random.random() < self._spoiler_probability
            ]
            self._random.shuffle(kinds)
            kind = self._stream_kinds.pop()
            assert isinstance(kind, StreamKind)
            stages += [self._delayed(kind) for kind in (*kinds, kind)]

        def fault(frames: Frames) -> Frames:
            for stage in stages:
                frames = stage(frames)
            return frames

        return fault

    async def _in_other_sizes(self, frames: Frames) -> Frames:
        """Split the frames with chunks of a log into smaller ones."""
        count = 0
        async for frame in frames:
            for part in self._parts(frame):
                count += 1
                self._most_frames = max(self._most_frames, count)
                yield part

    def _parts(self, frame: Frame) -> Iterator[Frame]:
        if not _is_log(frame):
            yield frame
            return
        chunks = json.loads(frame.payload)["logs"]
        if not self.repeats:
            chunks = [chunk for chunk in chunks if chunk["id"] > self._highest_id]
            self._highest_id = max((self._highest_id, *(chunk["id"] for chunk in chunks)))
        while chunks:
            size = self._random.randrange(1, 200)
            yield faults.text_frame(json.dumps({"logs": chunks[:size]}, ensure_ascii=False))
            chunks = chunks[size:]

    def _delayed(self, kind: StreamKind) -> StreamFault:
        """Let some frames pass before the fault, sometimes more than any connection has sent."""
        if not self.repeats:
            return self._after_loss(kind)
        count = self._random.randrange(int(1.3 * self._most_frames) + 3)
        return faults.after(count, partial(self._apply, kind))

    def _apply(self, kind: StreamKind, frames: Frames) -> Frames:
        self.occurred[kind.name] += 1
        return kind.fault(frames)

    def _after_loss(self, kind: StreamKind) -> StreamFault:
        """Let a few frames arrive, then lose one; a client cannot detect a missing beginning."""

        async def fault(frames: Frames) -> Frames:
            await asyncio.sleep(ARRIVAL)
            async for frame in frames:
                if _is_log(frame):
                    break
                yield frame
            async for frame in self._apply(kind, frames):
                yield frame

        return faults.after(self._random.randrange(3, 8), fault)


def _is_log(frame: Frame) -> bool:
    return frame.opcode == TEXT and frame.payload.startswith(b'{"logs"')
