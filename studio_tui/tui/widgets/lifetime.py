"""The life of a widget or screen: what reaches it on its way out is dropped.

Textual takes the children of a widget away before the widget itself, and gives it none when it is
to go before it has come. Whatever comes meanwhile (a timer, a listener of a service, the result of
a worker) would look for children that are not there.
"""

from collections.abc import Callable
from typing import Any, ParamSpec

from textual.events import Callback, Compose, Event, Mount, Unmount
from textual.message_pump import MessagePump
from textual.messages import Prune
from textual.timer import Timer, TimerCallback
from textual.worker import Worker

P = ParamSpec("P")


class Lifetime(MessagePump):
    """Mixin of a widget or screen that sets timers, runs workers or listens to services.

    It stands before Textual's class among the bases. It is no widget itself, as Textual takes style
    and focus from the first base that is one.
    """

    _pruning: bool
    """Textual's mark of what is on its way out."""
    _never_came = False
    """Whether it was to go before it was there."""

    @property
    def is_alive(self) -> bool:
        """Whether it is in the program with all of its children, and is to stay there."""
        return self._is_mounted and self._is_to_stay

    @property
    def _is_to_stay(self) -> bool:
        # Textual's own signals ask the same. `_pruning` is set as soon as a widget is to go, and
        # for all that is in it; nothing that is public tells as much.
        return self.is_running and not self._pruning and self.is_attached and self.app.is_running

    async def on_event(self, event: Event) -> None:
        """Let a widget that is to go before it was there hear of its end alone.

        Textual gives it no children then, and none once the program ends, and tells it all the
        same that they are there.
        """
        if isinstance(event, Compose | Mount) and (self._pruning or self.app._exit):
            self._never_came = True
        # What is only passed through (`KeyQueue` does so) needs no children.
        if not self._never_came or isinstance(event, Unmount | Callback):
            await super().on_event(event)

    def while_alive(self, callback: Callable[P, Any]) -> Callable[P, Any]:
        """Return a function that does what `callback` does, until the widget is to go."""

        def call(*values: P.args, **named: P.kwargs) -> Any:
            return callback(*values, **named) if self.is_alive else None

        return call

    def listen(
        self,
        subscribe: Callable[[Callable[P, None]], Callable[[], None]],
        listener: Callable[P, None],
    ) -> Callable[[], None]:
        """Subscribe for as long as the widget lives; return a function that ends it earlier."""
        leave = subscribe(self.while_alive(listener))
        self._listening.add(leave)

        def unsubscribe() -> None:
            if leave in self._listening:
                self._listening.remove(leave)
                leave()

        return unsubscribe

    @property
    def _listening(self) -> set[Callable[[], None]]:
        """What ends each subscription; made when it is needed, as a mixin has no beginning."""
        found: set[Callable[[], None]] = self.__dict__.setdefault("_listening_to", set())
        return found

    async def on_prune(self, event: Prune) -> None:  # noqa: ARG002 (Textual's form)
        """End what is under way, before the children go."""
        self._end_life()

    def on_unmount(self) -> None:
        """End what was begun since; of a program that ends there is no earlier sign."""
        self._end_life()

    def _end_life(self) -> None:
        self.app.workers.cancel_node(self)  # type: ignore[arg-type]
        while self._listening:
            self._listening.pop()()

    def set_timer(
        self,
        delay: float,
        callback: TimerCallback | None = None,
        *,
        name: str | None = None,
        pause: bool = False,
    ) -> Timer:
        """Call a function after a delay in seconds, if the widget is alive then."""
        living = None if callback is None else self.while_alive(callback)
        timer = super().set_timer(delay, living, name=name, pause=pause)
        # Textual skips ticks that are late, and so the only one there is; see `toasts`.
        timer._skip = False
        return timer

    def set_interval(
        self,
        interval: float,
        callback: TimerCallback | None = None,
        *,
        name: str | None = None,
        repeat: int = 0,
        pause: bool = False,
    ) -> Timer:
        """Call a function every so many seconds, as long as the widget is alive."""
        living = None if callback is None else self.while_alive(callback)
        return super().set_interval(interval, living, name=name, repeat=repeat, pause=pause)

    def call_after_refresh(self, callback: Callable[..., Any], *values: Any, **named: Any) -> bool:
        """Call a function after the next painting, if the widget is alive then."""
        return super().call_after_refresh(self.while_alive(callback), *values, **named)

    def run_worker(self, *how: Any, **options: Any) -> Worker[Any]:
        """Run a worker; one that is begun on the way out is cancelled before it does anything."""
        worker: Worker[Any] = super().run_worker(*how, **options)  # type: ignore[misc]
        if not self._is_to_stay:
            worker.cancel()
        return worker
