"""Cache of the list readers of recent queries, which reparse only what changed."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from studio_tui.api.fields import Received
from studio_tui.api.pages import ListReader

R = TypeVar("R", bound=Received)

_REMEMBERED_LISTS = 8
_REMEMBERED_BYTES = 16 * 1024 * 1024
"""Maximum total bytes of cached bodies; the most recent one is kept whatever its size."""


class RememberedLists:
    """List readers by query, in LRU order."""

    def __init__(self) -> None:
        self._readers: OrderedDict[tuple[str, ...], ListReader[Any]] = OrderedDict()

    def reader(self, path: str, query: Mapping[str, str], fresh: ListReader[R]) -> ListReader[R]:
        """Return the reader of the last response to the same query, else `fresh`."""
        key = (path, *(f"{name}={value}" for name, value in query.items()))
        reader = cast("ListReader[R]", self._readers.setdefault(key, fresh))
        self._readers.move_to_end(key)
        return reader

    def forget(self) -> None:
        """Evict the least recently used readers beyond the limits."""
        left = _REMEMBERED_BYTES
        for number, (key, reader) in enumerate(reversed(tuple(self._readers.items()))):
            left -= reader.size
            if number and (left < 0 or number >= _REMEMBERED_LISTS):
                del self._readers[key]
