"""Callbacks that are called on changes until they are removed."""

from collections.abc import Callable
from typing import Generic, ParamSpec

P = ParamSpec("P")


class Listeners(Generic[P]):
    """Callbacks in the order in which they were added; each may be added more than once."""

    def __init__(self) -> None:
        self._callbacks: dict[object, Callable[P, None]] = {}

    def __bool__(self) -> bool:
        return bool(self._callbacks)

    def add(self, callback: Callable[P, None]) -> Callable[[], None]:
        """Add a callback; return an idempotent function that removes it."""
        key = object()
        self._callbacks[key] = callback

        def remove() -> None:
            self._callbacks.pop(key, None)

        return remove

    def notify(self, *args: P.args, **options: P.kwargs) -> None:
        """Call the callbacks that were registered when the call began."""
        for callback in tuple(self._callbacks.values()):
            callback(*args, **options)

    def clear(self) -> None:
        self._callbacks.clear()
