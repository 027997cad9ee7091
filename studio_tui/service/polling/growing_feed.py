"""The base of feeds of lists: how many items they request, and whether Studio can filter.

The API has no pages: each answer begins with the newest item, and has at most `limit` items.
"""

import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from studio_tui import clock
from studio_tui.api.fields import Received
from studio_tui.api.pages import ResultPage
from studio_tui.errors import AnswerTooLarge

T = TypeVar("T", bound=Received)

FILTER_PAUSE = 600.0
"""Seconds after which a filter that Studio has refused is tried again."""


@dataclass(slots=True)
class ItemLimit:
    """How many items are requested at once, as longer answers were too large."""

    most: int = sys.maxsize

    async def request(
        self, count: int, request: Callable[[int], Awaitable[ResultPage[T]]]
    ) -> tuple[ResultPage[T], int]:
        """Request `count` items, or fewer if the answer is too large; return it and the count."""
        while True:
            count = min(count, self.most)
            try:
                return await request(count), count
            except AnswerTooLarge:
                if count == 1:
                    raise
                self.most = max(1, count * 2 // 3)


class GrowingFeed:
    """A feed that requests as many of the newest items as the user wants to see."""

    def __init__(self, page: int) -> None:
        self.requested_count = page
        self._page = page
        self._limit = ItemLimit()
        self._filter_refused_until = 0.0

    def request_more(self) -> None:
        """From now on, request twice as many items: at least one page more, and at most five."""
        count, page = self.requested_count, self._page
        self.requested_count = max(count + page, min(count * 2, count + 5 * page))
        self._limit.most = sys.maxsize

    def request_at_least(self, count: int) -> None:
        """From now on, request at least `count` items: as many as were shown before a restart."""
        self.requested_count = max(self.requested_count, count)

    async def _request(
        self, count: int, request: Callable[[int], Awaitable[ResultPage[T]]]
    ) -> tuple[ResultPage[T], int]:
        page, count = await self._limit.request(count, request)
        self.requested_count = min(self.requested_count, self._limit.most)
        return page, count

    @property
    def _can_filter(self) -> bool:
        """Whether this Studio is assumed to filter by state."""
        return clock.monotonic() >= self._filter_refused_until

    def _note_refused_filter(self) -> None:
        self._filter_refused_until = clock.monotonic() + FILTER_PAUSE
