"""The readers of lists that were asked for lately: what did not change is not read again."""

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any, TypeVar, cast

from studio_tui.api.fields import Received
from studio_tui.api.pages import ListReader

R = TypeVar("R", bound=Received)

_REMEMBERED_LISTS = 8
_REMEMBERED_BYTES = 16 * 1024 * 1024
"""Bytes of the lists that are remembered; the one asked for last is, however long it is."""


class RememberedLists:
    """The readers by what was asked for, the latest last."""

    def __init__(self) -> None:
        self._readers: OrderedDict[tuple[str, ...], ListReader[Any]] = OrderedDict()

    def reader(self, path: str, query: Mapping[str, str], fresh: ListReader[R]) -> ListReader[R]:
        """Return the reader that read the last answer to the same query, else `fresh`."""
        key = (path, *(f"{name}={value}" for name, value in query.items()))
        reader = cast("ListReader[R]", self._readers.setdefault(key, fresh))
        self._readers.move_to_end(key)
        return reader

    def forget(self) -> None:
        """Forget the answers that were not asked for lately, if there are many or they are long."""
        left = _REMEMBERED_BYTES
        for number, (key, reader) in enumerate(reversed(tuple(self._readers.items()))):
            left -= reader.size
            if number and (left < 0 or number >= _REMEMBERED_LISTS):
                del self._readers[key]
