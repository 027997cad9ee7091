"""Work that runs beside the keys, and ends with the screen it was begun for."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeAlias

from studio_tui.tui.widgets.lifetime import Lifetime

Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
"""A coroutine function; not a coroutine, which would complain if it was ended before it ran."""


class Begin(Protocol):
    """Begins work of a name."""

    def __call__(self, work: Work, name: str, *, exclusive: bool = False) -> None:
        """Begin it; an exclusive one ends the one of that name that is still under way."""


def begin_on(node: Lifetime) -> Begin:
    """Return what begins work as a worker of a screen or widget."""

    def begin(work: Work, name: str, *, exclusive: bool = False) -> None:
        node.run_worker(work, name=name, group=name, exclusive=exclusive)

    return begin
