"""Timestamps of one log's lines, with ambiguous date formats resolved per log."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Protocol

from studio_tui.presentation.logs.dates import DateShape, Order, orders
from studio_tui.presentation.logs.lines import styled_line
from studio_tui.presentation.logs.timestamps import (
    DAY,
    Life,
    read_time,
    readings_of,
    written_in,
)

LINE = 512
"""Number of bytes of a line that are searched for a timestamp."""

_FIRST = 32 * 1024
"""Number of bytes at the start of a log that are used to detect the order of dates."""
_PIECE = 8 * 1024
_NO_DATE = timedelta(days=10_000)
"""Distance of a date that is invalid in an order."""
_AHEAD = timedelta(hours=26)
"""Tolerance for future timestamps: clock differences, and unknown time zones."""


class Bytes(Protocol):
    """Access to the bytes of a log, for detecting its date format."""

    @property
    def version(self) -> int:
        """Incremented when existing bytes have changed."""

    @property
    def size(self) -> int:
        """Size in bytes."""

    def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes."""


@dataclass(frozen=True)
class Zones:
    """Time zones for parsing timestamps."""

    lines: tzinfo = UTC
    """Zone of times without an offset."""
    local: tzinfo = UTC
    """Zone of this machine, whose abbreviations are recognized."""


class LineClock:
    """Parses the timestamps of one log's lines.

    The order of day, month and year is taken from the first line for which exactly one order is
    within a day of the job's lifetime; without such a line, it is the order that puts all lines
    closest to it. If that is a tie, or the order does not apply, each line gets the closest time.
    """

    def __init__(
        self,
        log: Bytes | None = None,
        zones: Callable[[], Zones] = Zones,
        life: Callable[[], Life | None] = lambda: None,
    ) -> None:
        self._log = log
        self._find_zones = zones
        self._life = life
        self._orders: dict[DateShape, Order] = {}
        """Orders that are certain."""
        self._distances: dict[DateShape, dict[Order, float]] = {}
        """Total distance of lines from the job's lifetime in days, for each order."""
        self._now: datetime | None = None
        self._latest: Life | None = None
        """Lifetime of the job; read once per call of `time`."""
        self._has_life = False
        self._seen = 0
        """Number of bytes already examined for the order of dates."""
        self._version = log.version if log is not None else 0

    def time(self, text: str, now: datetime, came: datetime | None = None) -> datetime | None:
        """Return the timestamp in a line that is safe to draw; `None` if it has none.

        `came` is the arrival time of the line, if known.
        """
        self._now, self._has_life = now, False
        return read_time(text, self, came=came)

    @cached_property
    def _zones(self) -> Zones:
        """Read lazily: detecting this machine's time zone is slow."""
        return self._find_zones()

    @property
    def zone(self) -> tzinfo:
        """The zone of times without an offset."""
        return self._zones.lines

    @property
    def local_zone(self) -> tzinfo:
        """The zone of this machine."""
        return self._zones.local

    @property
    def life(self) -> Life | None:
        """Lifetime of the job; `None` if unknown."""
        if not self._has_life:
            self._latest, self._has_life = self._life(), True
        return self._latest

    @property
    def reference_time(self) -> datetime | None:
        """The current time."""
        return self._now

    def seconds(self, line: bytes, now: datetime) -> float | None:
        """Return the timestamp of an untrusted line in seconds since the epoch.

        `None` if it has none, or one too far in the future.
        """
        moment = self.time(styled_line(line).text, now)
        return None if moment is None or moment > now + _AHEAD else moment.timestamp()

    def order_of(self, shape: DateShape) -> Order | None:
        """Return the order for a shape of dates, examining lines that arrived since the last call.

        `None` if undecided.
        """
        log, life = self._log, self.life
        if log is None or life is None:
            return None
        if self._version != log.version:
            self._version, self._seen = log.version, 0
            self._orders.clear()
            self._distances.clear()
        if shape not in self._orders and self._seen < min(_FIRST, log.size):
            self._examine(log, life)
        return self._orders.get(shape) or self._nearest(shape)

    def _nearest(self, shape: DateShape) -> Order | None:
        """Return the order with the smallest distance from the job's lifetime; `None` if tied."""
        distances = self._distances.get(shape, {})
        least = min(distances.values(), default=0.0)
        found = [order for order, distance in distances.items() if distance == least]
        return found[0] if len(found) == 1 else None

    def _examine(self, log: Bytes, life: Life) -> None:
        while self._seen < min(_FIRST, log.size):
            piece = log.read(self._seen, min(_PIECE, _FIRST - self._seen))
            end = piece.rfind(b"\n") + 1
            if not end:
                if len(piece) < _PIECE and self._seen + len(piece) < _FIRST:
                    # Wait until the line is complete.
                    return
                # Skip a very long line.
                self._seen += len(piece)
                continue
            for line in piece[:end].split(b"\n"):
                self._examine_line(styled_line(line[:LINE]).text, life)
            self._seen += end

    def _examine_line(self, text: str, life: Life) -> None:
        """Record the order of a line's date if it is the only plausible one for its shape."""
        written = written_in(text)
        shape = written[0].shape if written is not None else None
        if written is None or shape is None or shape in self._orders:
            return
        readings = readings_of(written[0], self._zones.lines, self._zones.local, life)
        distances = {
            order: min(map(life.distance, moments), default=_NO_DATE)
            for order in orders(shape)
            for moments in (readings.get(order, ()),)
        }
        sure = [order for order, distance in distances.items() if distance <= DAY]
        if len(sure) == 1:
            self._orders[shape] = sure[0]
        sums = self._distances.setdefault(shape, dict.fromkeys(distances, 0.0))
        for order, distance in distances.items():
            sums[order] += distance / DAY
