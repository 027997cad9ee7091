"""Starting workers from coroutine functions."""

from collections.abc import Callable, Coroutine
from typing import Any, Protocol, TypeAlias

from textual.worker import Worker

Work: TypeAlias = Callable[[], Coroutine[Any, Any, object]]
"""A coroutine function; a coroutine would warn if its worker was canceled before it ran."""


class RunsWorkers(Protocol):
    """The app, a screen or a widget."""

    def run_worker(self, *args: Any, **kwargs: Any) -> Worker[Any]:
        pass


def start_worker(
    node: RunsWorkers, work: Work, *, name: str, group: str, exclusive: bool = False
) -> Worker[Any]:
    """Run a coroutine function in a worker that ends with `node`."""
    return node.run_worker(work, name=name, group=group, exclusive=exclusive)
