"""Workers that end with their screen."""

from typing import Protocol

from studio_tui.tui.widgets.lifetime import Lifetime
from studio_tui.tui.widgets.workers import Work, start_worker


class StartWorker(Protocol):
    """Starts a named worker."""

    def __call__(self, work: Work, name: str, *, exclusive: bool = False) -> None:
        """Start it; an exclusive one cancels a running one with that name."""


def worker_starter(node: Lifetime) -> StartWorker:
    """Return a function that starts workers of a screen or widget."""

    def begin(work: Work, name: str, *, exclusive: bool = False) -> None:
        start_worker(node, work, name=name, group=name, exclusive=exclusive)

    return begin
