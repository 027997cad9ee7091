"""Workers that end with their screen."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeAlias

from studio_tui.tui.widgets.lifetime import Lifetime

Work: TypeAlias = Callable[[], Coroutine[Any, Any, None]]
"""A coroutine function; a coroutine would warn if it was canceled before it ran."""


class StartWorker(Protocol):
    """Starts a named worker."""

    def __call__(self, work: Work, name: str, *, exclusive: bool = False) -> None:
        """Start it; an exclusive one cancels a running one with that name."""


def worker_starter(node: Lifetime) -> StartWorker:
    """Return a function that starts workers of a screen or widget."""

    def begin(work: Work, name: str, *, exclusive: bool = False) -> None:
        node.run_worker(work, name=name, group=name, exclusive=exclusive)

    return begin
