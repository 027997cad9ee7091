"""Callbacks that are told of changes until they are taken away."""

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Listeners(Generic[P]):
    """Callbacks, in the order in which they were added; one may be there more than once."""

    def __init__(self) -> None:
        self._callbacks: dict[object, Callable[P, None]] = {}

    def __bool__(self) -> bool:
        return bool(self._callbacks)

    def add(self, callback: Callable[P, None]) -> Callable[[], None]:
        """Add a callback; return what takes it away, and does nothing when called again."""
        key = object()
        self._callbacks[key] = callback

        def leave() -> None:
            self._callbacks.pop(key, None)

        return leave

    def tell(self, *args: P.args, **options: P.kwargs) -> None:
        """Call those that were there as it began."""
        for callback in tuple(self._callbacks.values()):
            callback(*args, **options)

    def clear(self) -> None:
        """Take all away."""
        self._callbacks.clear()
