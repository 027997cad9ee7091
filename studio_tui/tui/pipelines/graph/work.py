"""Work that runs beside the keys, and ends with the screen it was begun for."""

from collections.abc import Coroutine
from typing import Any, Protocol

from studio_tui.tui.widgets.lifetime import Lifetime


class Begin(Protocol):
    """Begins work of a name."""

    def __call__(
        self, work: Coroutine[Any, Any, None], name: str, *, exclusive: bool = False
    ) -> None:
        """Begin it; an exclusive one ends the one of that name that is still under way."""


def begin_on(node: Lifetime) -> Begin:
    """Return what begins work as a worker of a screen or widget."""

    def begin(work: Coroutine[Any, Any, None], name: str, *, exclusive: bool = False) -> None:
        node.run_worker(work, name=name, group=name, exclusive=exclusive)

    return begin
