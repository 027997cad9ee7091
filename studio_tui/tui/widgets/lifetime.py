"""Ends listeners, timers and workers with their widget; see docs/upstream/removed-widgets.md."""

from collections.abc import Callable
from typing import Any, ParamSpec

from textual.events import Callback, Compose, Event, Mount, Unmount
from textual.message_pump import MessagePump
from textual.messages import Prune
from textual.timer import Timer, TimerCallback
from textual.worker import Worker

P = ParamSpec("P")


class Lifetime(MessagePump):
    """Mixin of a widget or screen that sets timers, runs workers or subscribes to services.

    List it before Textual's class: Textual inherits style and focus from the first base class that
    is a widget.
    """

    _pruning: bool
    _removed_before_mount = False

    @property
    def is_alive(self) -> bool:
        """Whether the widget is mounted with all its children, and is not being removed."""
        return self._is_mounted and self._is_staying

    @property
    def _is_staying(self) -> bool:
        """Whether the widget is running and is not being removed; it may not be mounted yet."""
        # Textual's own signals check the same. `_pruning` is set as soon as a widget is to be
        # removed with its children; no public attribute says so.
        return self.is_running and not self._pruning and self.is_attached and self.app.is_running

    async def on_event(self, event: Event) -> None:
        """Drop events of a widget that is removed before it is mounted.

        Textual mounts no children of such a widget, nor any children while the app exits. It sends
        `Mount` all the same.
        """
        if isinstance(event, Compose | Mount) and (self._pruning or self.app._exit):
            self._removed_before_mount = True
        # Callbacks are kept, as `KeyQueue` waits for them; they need no children.
        if not self._removed_before_mount or isinstance(event, Unmount | Callback):
            await super().on_event(event)

    def while_alive(self, callback: Callable[P, Any]) -> Callable[P, Any]:
        """Return a function that calls `callback` if the widget is alive."""

        def call(*args: P.args, **kwargs: P.kwargs) -> Any:
            return callback(*args, **kwargs) if self.is_alive else None

        return call

    def listen(
        self,
        subscribe: Callable[[Callable[P, None]], Callable[[], None]],
        listener: Callable[P, None],
    ) -> Callable[[], None]:
        """Subscribe until the widget is removed; return a function that unsubscribes earlier."""
        unsubscribe = subscribe(self.while_alive(listener))
        self._unsubscribers.add(unsubscribe)

        def unsubscribe_once() -> None:
            if unsubscribe in self._unsubscribers:
                self._unsubscribers.remove(unsubscribe)
                unsubscribe()

        return unsubscribe_once

    @property
    def _unsubscribers(self) -> set[Callable[[], None]]:
        functions: set[Callable[[], None]] = self.__dict__.setdefault("_to_unsubscribe", set())
        return functions

    async def on_prune(self, event: Prune) -> None:  # noqa: ARG002 (as Textual calls it)
        self._end_life()

    def on_unmount(self) -> None:
        """End what began after `on_prune`, or everything when the app exits without `Prune`."""
        self._end_life()

    def _end_life(self) -> None:
        self.app.workers.cancel_node(self)  # type: ignore[arg-type]
        while self._unsubscribers:
            self._unsubscribers.pop()()

    def set_timer(
        self, delay: float, callback: TimerCallback | None = None, **options: Any
    ) -> Timer:
        guarded = None if callback is None else self.while_alive(callback)
        timer = super().set_timer(delay, guarded, **options)
        # Textual skips late ticks, even the only one of a timer; see docs/upstream/toast-timer.md.
        timer._skip = False
        return timer

    def set_interval(
        self, interval: float, callback: TimerCallback | None = None, **options: Any
    ) -> Timer:
        guarded = None if callback is None else self.while_alive(callback)
        return super().set_interval(interval, guarded, **options)

    def call_after_refresh(self, callback: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        return super().call_after_refresh(self.while_alive(callback), *args, **kwargs)

    def run_worker(self, *args: Any, **kwargs: Any) -> Worker[Any]:
        """Run a worker, but cancel it at once if the widget is being removed."""
        worker: Worker[Any] = super().run_worker(*args, **kwargs)  # type: ignore[misc]
        if not self._is_staying:
            worker.cancel()
        return worker
