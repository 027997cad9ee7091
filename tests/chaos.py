"""All faults between a client and Studio, in an order determined by a seed.

Each kind of fault occurs once; then everything passes, so that whatever is followed can finish.
"""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from tests import faults
from tests.fault_proxy import TEXT, Fault, Frame, Frames, Seen, StreamFault

LARGEST_FRAME = 16 * 1024 * 1024
STALL = 0.9
"""Seconds after which a client has given up."""

ARRIVAL = 0.1
"""Seconds within which a sent frame has certainly arrived."""


class Kind(NamedTuple):
    """A fault and its name for counting."""

    name: str
    fault: Fault


class StreamKind(NamedTuple):
    """A websocket fault and its name for counting."""

    name: str
    fault: StreamFault


def garbled(_frame: Frame) -> Frame:
    """Return something that is not JSON."""
    return faults.text("{not json")


def binary(_frame: Frame) -> Frame:
    """Return a text that is not valid UTF-8 at all."""
    return faults.text(b"\xff\xfe\xfd")


def lost(_frame: Frame) -> None:
    """Return nothing."""


def spoiled(frame: Frame) -> Frame:
    """Return the frame with one invalid byte in the middle of a line."""
    at = frame.payload.rfind(b"seq=") + 9
    if at < 9:
        return frame
    return Frame(frame.opcode, frame.payload[:at] + b"\xff" + frame.payload[at + 1 :])


ENDINGS = (
    StreamKind("cut", faults.instead(0)),
    StreamKind("reset", faults.cut(0)),
    StreamKind("torn frame", faults.torn),
    StreamKind("silence", faults.silence(0)),
    StreamKind("close 1011", faults.instead(0, faults.close(1011))),
    StreamKind("close 1012", faults.instead(0, faults.close(1012))),
    StreamKind("no JSON", faults.changed(garbled)),
    StreamKind("no UTF-8", faults.changed(binary)),
)
"""Faults that end a connection."""

GOOD_END = StreamKind("close 1000", faults.instead(0, faults.close(1000)))
"""Looks like the end of the log; only REST shows that it is not."""

STALLED = StreamKind("stalled stream", faults.stall_stream(STALL))
"""Ends most connections."""

SPOILERS: tuple[StreamKind, ...] = (
    StreamKind("doubled frames", faults.twice),
    StreamKind("swapped frames", faults.swapped),
)
"""Faults that a connection survives without loss."""

FORGED = "This line was never printed.\n"

LOSSES = (
    StreamKind("spoiled character", faults.changed(spoiled)),
    StreamKind("lost frame", faults.changed(lost)),
    StreamKind("forged line", faults.with_forged(999_999_999, FORGED)),
    StreamKind("forged flood", faults.with_forged(999_999_998, FORGED * 20_000)),
)
"""Faults that only REST can repair, if the connection is the last."""

TOO_LARGE = (
    StreamKind("oversize frame", faults.instead_oversized(LARGEST_FRAME + 1)),
    StreamKind("close 1009", faults.instead(0, faults.close(1009))),
)
"""Faults that stop the use of websockets."""

REFUSALS = (
    Kind("handshake 503", faults.answer(status="503 Service Unavailable")),
    Kind(
        "handshake 503, Retry-After",
        faults.answer(status="503 Service Unavailable", retry_after="1"),
    ),
    Kind("handshake HTML 502", faults.html_502()),
    Kind("handshake reset", faults.reset),
    Kind("handshake stall", faults.stall_and_reset(STALL)),
)
"""Faults instead of a connection."""

ANSWERS = (
    Kind("REST 503", faults.answer(status="503 Service Unavailable")),
    Kind("REST 503, Retry-After", faults.answer(status="503 Down", retry_after="1")),
    Kind("REST HTML 502", faults.html_502()),
    Kind("REST reset", faults.reset),
    Kind("REST reset in body", faults.reset_in_body(10)),
    Kind("REST half", faults.half),
    Kind("REST half", faults.half),
    Kind("REST empty", faults.truncated(0)),
    Kind("REST empty", faults.truncated(0)),
    Kind("REST twice", faults.doubled),
    Kind("REST twice", faults.doubled),
    Kind("REST misplaced", faults.misplaced),
    Kind("REST lagging", faults.lagging),
    Kind("REST stall", faults.stall_and_reset(STALL)),
)
"""Faults of requests for a job and its log."""

NO_REST = faults.answer_json({"message": "There is no log."}, "404 Not Found")


class Chaos:
    """A proxy plan determined by a seed; `met` counts the faults that occurred.

    Without REST, only faults occur that a client can repair from repeated websocket frames; without
    repetition, only faults that leave a detectable gap.
    """

    def __init__(
        self, seed: int, *, has_rest: bool = True, repeats: bool = True, spoils: float = 0.4
    ) -> None:
        self.met: Counter[str] = Counter()
        self._chance = random.Random(seed)
        self._has_rest = has_rest
        self.repeats = repeats
        """Whether each websocket starts from the beginning."""
        self.has_streamed = False
        """Whether a websocket has been accepted."""
        self._streams: list[Kind | StreamKind] = [*ENDINGS, *REFUSALS]
        self._spoils = spoils
        """Probability of each spoiler per websocket."""
        self._spoilers = SPOILERS if repeats else ()
        self._answers: list[Kind | None] = []
        self._furthest = 0
        """Number of frames of the connection that got furthest."""
        self._told = -1
        """The highest id sent."""
        if repeats:
            self._streams.append(STALLED)
        if has_rest:
            self._streams.append(GOOD_END)
            self._spoilers += LOSSES
            self._answers = [*ANSWERS, *([None] * (len(ANSWERS) // 2))]
        self._chance.shuffle(self._streams)
        self._chance.shuffle(self._answers)
        if has_rest and (last := self._chance.choice((None, *TOO_LARGE))):
            self._streams.insert(0, last)

    def fault(self, seen: Seen) -> Fault | None:
        """Refuse a websocket, break a response about the job or its log, or let it pass."""
        if seen.headers.get("upgrade") == "websocket":
            is_refused = bool(self._streams) and isinstance(self._streams[-1], Kind)
            return self._meet(self._streams.pop()) if is_refused else None
        if seen.path.endswith("/logs") and not self._has_rest:
            return NO_REST
        is_of_log = seen.path.endswith("/logs") or "job_id" in seen.query
        return self._meet(self._answers.pop() if self._answers and is_of_log else None)

    def _meet(self, kind: Kind | StreamKind | None) -> Fault | None:
        if not isinstance(kind, Kind):
            return None
        self.met[kind.name] += 1
        return kind.fault

    def stream_fault(self) -> StreamFault:
        """Apply several faults to a websocket, the last of which ends it."""
        self.has_streamed = True
        stages: list[StreamFault] = [self._rebatched]
        if self._streams:
            kinds = [kind for kind in self._spoilers if self._chance.random() < self._spoils]
            self._chance.shuffle(kinds)
            kind = self._streams.pop()
            assert isinstance(kind, StreamKind)
            stages += [self._later(kind) for kind in (*kinds, kind)]

        def fault(frames: Frames) -> Frames:
            for stage in stages:
                frames = stage(frames)
            return frames

        return fault

    async def _rebatched(self, frames: Frames) -> Frames:
        """Send the chunks of a log in frames of other sizes."""
        count = 0
        async for frame in frames:
            for part in self._parts(frame):
                count += 1
                self._furthest = max(self._furthest, count)
                yield part

    def _parts(self, frame: Frame) -> Iterator[Frame]:
        if not _is_log(frame):
            yield frame
            return
        pieces = json.loads(frame.payload)["logs"]
        if not self.repeats:
            pieces = [piece for piece in pieces if piece["id"] > self._told]
            self._told = max((self._told, *(piece["id"] for piece in pieces)))
        while pieces:
            size = self._chance.randrange(1, 200)
            yield faults.text(json.dumps({"logs": pieces[:size]}, ensure_ascii=False))
            pieces = pieces[size:]

    def _later(self, kind: StreamKind) -> StreamFault:
        """Let some frames pass before the fault, sometimes more than ever before."""
        if not self.repeats:
            return self._after_loss(kind)
        left = self._chance.randrange(int(1.3 * self._furthest) + 3)

        async def fault(frames: Frames) -> Frames:
            async for frame in _first(frames, left):
                yield frame
            self.met[kind.name] += 1
            async for frame in kind.fault(frames):
                yield frame

        return fault

    def _after_loss(self, kind: StreamKind) -> StreamFault:
        """Let a few frames arrive, as a missing beginning cannot be detected; then lose one."""
        left = self._chance.randrange(3, 8)

        async def fault(frames: Frames) -> Frames:
            async for frame in _first(frames, left):
                yield frame
            await asyncio.sleep(ARRIVAL)
            async for frame in frames:
                if _is_log(frame):
                    break
                yield frame
            self.met[kind.name] += 1
            async for frame in kind.fault(frames):
                yield frame

        return fault


async def _first(frames: Frames, count: int) -> Frames:
    for _ in range(count):
        frame = await anext(frames, None)
        if frame is None:
            return
        yield frame


def _is_log(frame: Frame) -> bool:
    return frame.opcode == TEXT and frame.payload.startswith(b'{"logs"')
