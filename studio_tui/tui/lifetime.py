"""What reaches a screen or a widget on its way out is dropped, here and nowhere else."""

from collections.abc import Callable
from typing import Any

from textual.dom import DOMNode


class Lifetime(DOMNode):
    """Ends listeners, timers and workers in the moment in which a node begins to be taken down.

    Textual takes the children away first and ends the node's own timers and workers last; between
    the two, what still arrives finds no widget to paint. It marks all nodes that will go before
    the first is gone, by the attribute that is a property here. It stands last among the bases:
    the first is the one from which Textual inherits styles.
    """

    _is_leaving = False

    @property
    def _pruning(self) -> bool:
        return self._is_leaving

    @_pruning.setter
    def _pruning(self, is_leaving: bool) -> None:
        was_leaving, self._is_leaving = self._is_leaving, is_leaving
        if is_leaving and not was_leaving:
            self._end_of_life()

    def while_here(self, leave: Callable[[], None]) -> Callable[[], None]:
        """Have `leave` called when this node goes; returns it, for who leaves earlier.

        It is what subscribing gave, and must do no harm when it is called twice.
        """
        self.__dict__.setdefault("_leaves", []).append(leave)
        return leave

    def unless_gone(self, callback: Callable[..., Any]) -> Callable[..., Any]:
        """Return what calls `callback`, and does nothing once this node goes."""

        def call(*args: Any, **options: Any) -> Any:
            return None if self._is_leaving else callback(*args, **options)

        return call

    def call_next(self, callback: Callable[..., Any], *args: Any, **options: Any) -> None:
        """Call it after the message that is being handled, unless this node is gone by then.

        Timers call what they were set for by this.
        """
        super().call_next(self._guarded(callback), *args, **options)

    def call_later(self, callback: Callable[..., Any], *args: Any, **options: Any) -> bool:
        """Call it after the messages that wait, unless this node is gone by then."""
        return super().call_later(self._guarded(callback), *args, **options)

    def call_after_refresh(self, callback: Callable[..., Any], *args: Any, **options: Any) -> bool:
        """Call it once the screen is drawn, unless this node is gone by then."""
        return super().call_after_refresh(self._guarded(callback), *args, **options)

    def _guarded(self, callback: Callable[..., Any]) -> Callable[..., Any]:
        # What Textual itself calls stays as it is: some of it takes the node down.
        is_textuals = str(getattr(callback, "__module__", "")).startswith("textual")
        return callback if is_textuals else self.unless_gone(callback)

    def _end_of_life(self) -> None:
        for leave in self.__dict__.pop("_leaves", ()):
            leave()
        self.app.workers.cancel_node(self)
