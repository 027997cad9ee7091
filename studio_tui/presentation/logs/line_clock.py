"""Reads the times of one log's lines: what is ambiguous in a line is found out once a log."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from functools import cached_property
from typing import Protocol

from studio_tui.presentation.logs.dates import Order, Shape, orders
from studio_tui.presentation.logs.lines import styled_line
from studio_tui.presentation.logs.timestamps import (
    DAY,
    Life,
    read_time,
    readings_of,
    written_in,
)

LINE = 512
"""Bytes of a line that tell its time."""

_FIRST = 32 * 1024
"""Bytes of a log's beginning in which the order of its dates shows."""
_PIECE = 8 * 1024
_NO_DATE = timedelta(days=10_000)
"""Counts as the distance of what is no date in an order."""
_AHEAD = timedelta(hours=26)
"""By how much a line's time may be ahead: clocks differ, and zones that are not told."""


class Bytes(Protocol):
    """What of a log is needed to find out how its times are written."""

    @property
    def version(self) -> int:
        """Grows when bytes have changed that were there before."""

    @property
    def size(self) -> int:
        """How many bytes there are."""

    def read(self, offset: int, length: int) -> bytes:
        """Return up to `length` bytes."""


@dataclass(frozen=True)
class Zones:
    """In which zones times are read."""

    lines: tzinfo = UTC
    """Of times without an offset."""
    here: tzinfo = UTC
    """Of this machine: its names of zones are known."""


class LineClock:
    """Reads the times of the lines of one log.

    The order of day, month and year is that of the first line which one order alone puts within a
    day of the job's life; without such a line the one that puts all lines nearest to it. Where that
    does not tell either, and for dates that do not have that order, each line's is the nearest.
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
        self._orders: dict[Shape, Order] = {}
        """Those that are sure."""
        self._distances: dict[Shape, dict[Order, float]] = {}
        """By how much the lines seen are beside the job's life, in days, for each order."""
        self._now: datetime | None = None
        self._latest: Life | None = None
        """The life of the job, once a line has asked for it."""
        self._has_life = False
        self._seen = 0
        """Bytes of whole lines in which the order of dates was looked for."""
        self._version = log.version if log is not None else 0

    def time(self, text: str, now: datetime, came: datetime | None = None) -> datetime | None:
        """Return the own time of a line that is safe to draw; `None` when it does not tell any.

        `came` is when the line arrived, if somebody watched.
        """
        self._now, self._has_life = now, False
        return read_time(text, self, came=came)

    @cached_property
    def _zones(self) -> Zones:
        """Asked for once a line has a time: to find out this machine's zone takes long."""
        return self._find_zones()

    @property
    def zone(self) -> tzinfo:
        """The zone of times without an offset."""
        return self._zones.lines

    @property
    def here(self) -> tzinfo:
        """The zone of this machine."""
        return self._zones.here

    @property
    def life(self) -> Life | None:
        """Of the job; `None` where it is not known."""
        if not self._has_life:
            self._latest, self._has_life = self._life(), True
        return self._latest

    @property
    def near(self) -> datetime | None:
        """The moment at which a time is asked for."""
        return self._now

    def seconds(self, line: bytes, now: datetime) -> float | None:
        """Return the own time of untrusted bytes of a line in seconds since the epoch.

        `None` when it tells none, or one that is still to come, which is no time of writing.
        """
        told = self.time(styled_line(line).text, now)
        return None if told is None or told > now + _AHEAD else told.timestamp()

    def order_of(self, shape: Shape) -> Order | None:
        """Return the order of dates of a shape, with the lines that have come since it was asked.

        `None` where none is the likeliest.
        """
        log, life = self._log, self.life
        if log is None or life is None:
            return None
        if self._version != log.version:
            self._version, self._seen = log.version, 0
            self._orders.clear()
            self._distances.clear()
        if shape not in self._orders and self._seen < min(_FIRST, log.size):
            self._look(log, life)
        return self._orders.get(shape) or self._nearest(shape)

    def _nearest(self, shape: Shape) -> Order | None:
        """Return the order that puts all lines nearest to the job's life, if there is one."""
        distances = self._distances.get(shape, {})
        least = min(distances.values(), default=0.0)
        found = [order for order, distance in distances.items() if distance == least]
        return found[0] if len(found) == 1 else None

    def _look(self, log: Bytes, life: Life) -> None:
        while self._seen < min(_FIRST, log.size):
            piece = log.read(self._seen, min(_PIECE, _FIRST - self._seen))
            end = piece.rfind(b"\n") + 1
            if not end:
                if len(piece) < _PIECE and self._seen + len(piece) < _FIRST:
                    return  # an unfinished line is looked at once it is whole
                self._seen += len(piece)  # a very long one not at all
                continue
            for line in piece[:end].split(b"\n"):
                self._judge(styled_line(line[:LINE]).text, life)
            self._seen += end

    def _judge(self, text: str, life: Life) -> None:
        """Take the order of a line's date for that of its shape, if no other one will do."""
        found = written_in(text)
        shape = found[0].shape if found is not None else None
        if found is None or shape is None or shape in self._orders:
            return
        readings = readings_of(found[0], self._zones.lines, self._zones.here, life)
        near = {
            order: min(map(life.distance, moments), default=_NO_DATE)
            for order in orders(shape)
            for moments in (readings.get(order, ()),)
        }
        sure = [order for order, distance in near.items() if distance <= DAY]
        if len(sure) == 1:
            self._orders[shape] = sure[0]
        sums = self._distances.setdefault(shape, dict.fromkeys(near, 0.0))
        for order, distance in near.items():
            sums[order] += distance / DAY
