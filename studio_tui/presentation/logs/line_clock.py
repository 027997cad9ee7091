"""Timestamps of the lines of one log, with the order of day and month detected for the log."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Protocol

from studio_tui.presentation.logs.dates import DateShape, Order, orders
from studio_tui.presentation.logs.lines import styled_line
from studio_tui.presentation.logs.timestamps import (
    DAY,
    Life,
    TimestampContext,
    find_timestamp,
    read_time,
    readings_of,
)
from studio_tui.presentation.logs.zones import Zones

HEAD_BYTES = 512
"""Bytes at the start of a line that are read to find its timestamp."""

_SAMPLE = 32 * 1024
"""Bytes at the start of a log from which the order of dates is detected."""
_PIECE = 8 * 1024
_NO_DATE = timedelta(days=10_000)
"""Stands for the distance from the job's life if the date does not exist in an order."""
_AHEAD = timedelta(hours=26)
"""Tolerance for future timestamps: clock differences, and unknown time zones."""


class LogBytes(Protocol):
    @property
    def version(self) -> int:
        """Incremented when existing bytes have changed."""

    @property
    def size(self) -> int:
        """In bytes."""

    def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes from `offset` on."""


class LineClock(TimestampContext):
    """Parses the timestamps of one log's lines.

    The order of day, month and year is detected for each shape of dates, in the first lines of the
    log. If only one order puts a line within a day of the job's life, that order is certain. As
    long as there is no such line, the order is the one with the least total distance from the life.
    If several have the least, or if a date does not exist in the order, a line gets the time
    closest to the life.
    """

    def __init__(
        self,
        log: LogBytes | None = None,
        zones: Callable[[], Zones] = Zones,
        life: Callable[[], Life | None] = lambda: None,
    ) -> None:
        self._log = log
        self._find_zones = zones
        self._find_life = life
        self._orders: dict[DateShape, Order] = {}
        """Orders that are certain, by shape of dates."""
        self._distances: dict[DateShape, dict[Order, float]] = {}
        """Total distance of lines from the job's life in days, by shape and by order."""
        self._examined = 0
        self._version = log.version if log is not None else 0

    def time(self, text: str, arrived_at: datetime | None = None) -> datetime | None:
        """Return the timestamp in a line's safe text, or `None`; `arrived_at` is its arrival."""
        return read_time(text, self, arrived_at=arrived_at)

    @property
    def zones(self) -> Zones:
        return self._find_zones()

    @property
    def life(self) -> Life | None:
        return self._find_life()

    def seconds(self, line: bytes, now: datetime) -> float | None:
        """Return an untrusted line's time in seconds since 1970.

        `None` if it is unknown, unclear, or far in the future.
        """
        moment = self.time(styled_line(line).text)
        return None if moment is None or moment > now + _AHEAD else moment.timestamp()

    def order_of(self, shape: DateShape) -> Order | None:
        """Return the order for a shape of dates.

        `None` if it is undecided, or if the log or the life is unknown.
        """
        log, life = self._log, self.life
        if log is None or life is None:
            return None
        if self._version != log.version:
            self._version, self._examined = log.version, 0
            self._orders.clear()
            self._distances.clear()
        if shape not in self._orders and self._examined < min(_SAMPLE, log.size):
            self._examine(log, life)
        return self._orders.get(shape) or self._closest_order(shape)

    def _closest_order(self, shape: DateShape) -> Order | None:
        distances = self._distances.get(shape, {})
        least = min(distances.values(), default=0.0)
        closest = [order for order, distance in distances.items() if distance == least]
        return closest[0] if len(closest) == 1 else None

    def _examine(self, log: LogBytes, life: Life) -> None:
        while self._examined < min(_SAMPLE, log.size):
            piece = log.read(self._examined, min(_PIECE, _SAMPLE - self._examined))
            end = piece.rfind(b"\n") + 1
            if not end:
                if len(piece) < _PIECE and self._examined + len(piece) < _SAMPLE:
                    # Wait until the line is complete.
                    return
                # Skip a very long line.
                self._examined += len(piece)
                continue
            for line in piece[:end].split(b"\n"):
                self._examine_line(styled_line(line[:HEAD_BYTES]).text, life)
            self._examined += end

    def _examine_line(self, text: str, life: Life) -> None:
        timestamp = find_timestamp(text)
        shape = timestamp[0].shape if timestamp is not None else None
        if timestamp is None or shape is None or shape in self._orders:
            return
        readings = readings_of(timestamp[0], self.zones, life)
        distances = {
            order: min(map(life.distance, moments), default=_NO_DATE)
            for order in orders(shape)
            for moments in (readings.get(order, ()),)
        }
        plausible = [order for order, distance in distances.items() if distance <= DAY]
        if len(plausible) == 1:
            self._orders[shape] = plausible[0]
        totals = self._distances.setdefault(shape, dict.fromkeys(distances, 0.0))
        for order, distance in distances.items():
            totals[order] += distance / DAY
