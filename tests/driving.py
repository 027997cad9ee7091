"""A pilot that waits until the program has handled all messages.

Textual's pilot waits until the process has used little CPU for 20 ms. With a server in a thread,
this never happens, and on a busy machine it happens too early.
"""

import asyncio
import contextlib
import gc
import unicodedata
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager, contextmanager
from functools import cached_property
from typing import Any, TypeVar
from unittest import mock

from textual._compositor import Compositor, ReflowResult
from textual._context import visible_screen_stack
from textual._queue import Queue
from textual._styles_cache import StylesCache
from textual.app import App
from textual.events import Key
from textual.geometry import Size
from textual.keys import REPLACED_KEYS, _character_to_key, _get_unicode_name_from_key
from textual.message import Message
from textual.message_pump import MessagePump
from textual.pilot import Pilot
from textual.widget import Widget
from textual.widgets import Input, TextArea

from studio_tui.tui.terminal.key_queue import KeyQueue
from tests.quick_textual import handlers_cached
from tests.style_cache import styles_shared
from tests.waiting import until

R = TypeVar("R")
T = TypeVar("T")

_ROUNDS = 25
"""Rounds after which remaining messages are an endless stream, not effects of the last key."""

_TURNS = 10
"""Turns of the event loop in which most messages are handled."""

_THREAD_PAUSE = 0.004
"""Seconds between two rounds while a thread is busy."""

_PUMP_PAUSE = 0.05
"""Seconds between checks whether a message pump still exists."""


class Threads(ThreadPoolExecutor):
    """Thread pool of an app's coroutines that counts its unfinished calls."""

    def __init__(self) -> None:
        super().__init__(thread_name_prefix="to thread")
        self.unfinished = 0

    def submit(self, call: Callable[..., T], /, *args: Any, **options: Any) -> Future[T]:
        """Run a call in a thread, counting it until it is done."""
        self.unfinished += 1
        future = super().submit(call, *args, **options)
        future.add_done_callback(self._ended)
        return future

    def _ended(self, _future: Future[Any]) -> None:
        self.unfinished -= 1


class Driver(Pilot[R]):
    """Presses keys as fast as the program handles them."""

    def __init__(self, app: App[R], threads: Threads, handling: "Handling") -> None:
        super().__init__(app)
        self._threads = threads
        self._handling = handling

    @property
    def change_count(self) -> int:
        """Number of handlers of messages that have started or ended, and of layouts.

        While it is unchanged, the screen is unchanged: only handlers and layouts change it.
        """
        return self._handling.steps

    async def press(self, *keys: str) -> None:
        """Press keys one by one, each after the previous one has taken effect.

        Letters for an input or text area are sent without waiting in between.
        """
        is_typing = False
        for key in keys:
            if is_typing and len(key) > 1:
                await self.settle()
            self.app.post_message(_key_event(key))
            is_typing = len(key) == 1 and isinstance(self.app.focused, Input | TextArea)
            if not is_typing:
                await self.settle()
        if is_typing:
            await self.settle()

    async def pause(self, delay: float | None = None) -> None:
        """Wait until everything has settled; with `delay`, handle pending messages, then sleep."""
        if delay is None:
            await self.settle()
        else:
            # Textual's own wait never ends if a widget is removed with a callback still pending.
            await self._drain()
            await asyncio.sleep(delay)
            self.app.screen._on_timer_update()

    async def resize_terminal(self, width: int, height: int) -> None:
        """Resize the terminal, and wait until the screen has the new size."""
        await super().resize_terminal(width, height)
        app = self.app
        await until(lambda: app._resize_event is None and app._resize_timer is None)
        await self.settle()

    async def settle(self) -> None:
        """Wait until every message has been handled and everything is drawn.

        It returns after `_ROUNDS` rounds at the latest, as a stream of messages never ends, but
        never while a key is being handled. Each round first handles messages, as they start
        animations, calls in threads and further messages.
        """
        app: App[Any] = self.app
        rounds = turns = 0
        while rounds < _ROUNDS and app._exception is None:
            await self._drain()
            if isinstance(app, KeyQueue) and is_acting(app):
                turns += 1
                await asyncio.sleep(0 if turns < _TURNS else _THREAD_PAUSE)
                continue
            rounds += 1
            await app.animator.wait_until_complete()
            app.screen._on_timer_update()
            await asyncio.sleep(0)
            if self._threads.unfinished:
                await asyncio.sleep(_THREAD_PAUSE)
            elif not self._busy():
                return

    async def _drain(self) -> None:
        """Wait until the pending messages of all pumps have been handled or the pumps are gone."""
        for _ in range(_TURNS):
            if not self._busy():
                return
            await asyncio.sleep(0)
        waiting = self._busy()

        def handled(pump: MessagePump) -> None:
            waiting.discard(pump)
            if not waiting:
                done.set()

        done = asyncio.Event()
        for pump in list(waiting):
            if not pump.call_later(handled, pump):
                handled(pump)
        while waiting and self.app._exception is None:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(done.wait(), _PUMP_PAUSE)
            waiting -= {pump for pump in waiting if not pump.is_running}

    def _busy(self) -> set[MessagePump]:
        """Return the app, screens and widgets of the top screen that have unhandled messages."""
        app = self.app
        pumps = self._handling.unfinished()
        if _has_pending(app):  # its queue was created before `Handling.watched`
            pumps.add(app)
        if not pumps:
            return pumps
        stack = app.screen_stack
        return {pump for pump in pumps if pump is app or pump in stack or _is_on(pump, stack[-1])}


def is_acting(app: KeyQueue) -> bool:
    """Return whether a key is being handled or is waiting."""
    return bool(app._under_way or app.waiting)


def _is_on(pump: MessagePump | None, screen: MessagePump) -> bool:
    """Whether a widget is on a screen, and not removed from it."""
    while isinstance(pump, Widget) and pump is not screen:
        parent = pump._parent
        if not isinstance(parent, Widget) or pump not in parent._nodes:
            return False
        pump = parent
    return pump is screen


def _has_pending(pump: MessagePump) -> bool:
    return pump.message_queue_size > 0 or bool(pump._next_callbacks)


class _WatchedQueue(Queue[Message | None]):
    """The message queue of a pump; a new message adds the pump to `pumps`."""

    def __init__(self, pump: MessagePump, pumps: set[MessagePump]) -> None:
        super().__init__()
        self._pump = pump
        self._pumps = pumps

    def put_nowait(self, value: Message | None) -> None:
        """Add a message, in the thread of the pump."""
        super().put_nowait(value)
        self._pumps.add(self._pump)


class Handling:
    """Tracks which message pumps are handling a message or have pending ones."""

    def __init__(self) -> None:
        self._running_handlers: Counter[MessagePump] = Counter()
        self._with_messages: set[MessagePump] = set()
        self.steps = 0
        """Number of handlers and callbacks that have started or ended, and of layouts."""

    def unfinished(self) -> set[MessagePump]:
        """Return the pumps with unhandled messages, including those that have been removed.

        A pump whose queue was created before `watched` may be missing.
        """
        if self._with_messages:
            self._with_messages -= {pump for pump in self._with_messages if not _has_pending(pump)}
        return self._with_messages | self._running_handlers.keys()

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Record each message that arrives, each start and end of a handler, and each layout."""
        reflow, scroll = Compositor.reflow, Compositor.reflow_visible
        dispatch, flush = MessagePump._dispatch_message, MessagePump._flush_next_callbacks

        async def watched_dispatch(pump: MessagePump, message: Message) -> None:
            self._begin(pump)
            try:
                await dispatch(pump, message)
            finally:
                self._end(pump)

        async def watched_flush(pump: MessagePump) -> None:
            if pump._next_callbacks:
                self._begin(pump)
                try:
                    await flush(pump)
                finally:
                    self._end(pump)

        def watched_reflow(compositor: Compositor, parent: Widget, size: Size) -> ReflowResult:
            self.steps += 1
            return reflow(compositor, parent, size)

        def watched_scroll(compositor: Compositor, parent: Widget, size: Size) -> set[Widget]:
            self.steps += 1
            return scroll(compositor, parent, size)

        queue = cached_property(lambda pump: _WatchedQueue(pump, self._with_messages))
        queue.__set_name__(MessagePump, "_message_queue")
        with (
            mock.patch.object(MessagePump, "_message_queue", queue),
            mock.patch.object(MessagePump, "_dispatch_message", watched_dispatch),
            mock.patch.object(MessagePump, "_flush_next_callbacks", watched_flush),
            mock.patch.object(Compositor, "reflow", watched_reflow),
            mock.patch.object(Compositor, "reflow_visible", watched_scroll),
        ):
            yield

    def _begin(self, pump: MessagePump) -> None:
        self.steps += 1
        self._running_handlers[pump] += 1

    def _end(self, pump: MessagePump) -> None:
        self.steps += 1
        self._running_handlers[pump] -= 1
        if not self._running_handlers[pump]:
            del self._running_handlers[pump]


def _key_event(key: str) -> Key:
    """Return the event for a key name or a character."""
    name = _character_to_key(key) if len(key) == 1 and not key.isalnum() else key
    character = key if len(key) == 1 else None
    if character is None:
        with contextlib.suppress(KeyError):
            original = REPLACED_KEYS.get(name, name)
            character = unicodedata.lookup(_get_unicode_name_from_key(original))
    return Key(name, character)


@contextmanager
def _no_drawing() -> Iterator[None]:
    """Draw no frames: there is no terminal, and tests render the screen when they read it.

    `export_screenshot` still draws.
    """
    draw_update: Any = Compositor.render_update
    export: Any = App.export_screenshot
    exporting: list[App[Any]] = []

    def skipped_update(
        compositor: Compositor, *args: Any, screen_stack: list[Any] | None = None, **options: Any
    ) -> Any:
        if exporting:
            return draw_update(compositor, *args, screen_stack=screen_stack, **options)
        visible_screen_stack.set(screen_stack or [])
        compositor._dirty_regions.clear()
        return None

    def drawn_export(app: App[Any], **options: Any) -> Any:
        exporting.append(app)
        try:
            return export(app, **options)
        finally:
            exporting.pop()

    with (
        mock.patch.object(Compositor, "render_update", skipped_update),
        mock.patch.object(App, "export_screenshot", drawn_export),
    ):
        yield


@asynccontextmanager
async def driving(
    app: App[R], size: tuple[int, int] = (80, 24), *, frames: bool = True, **options: Any
) -> AsyncIterator[Driver[R]]:
    """Run an app in the test's event loop, and yield its driver; without `frames`, draw nothing."""
    threads, handling = Threads(), Handling()
    asyncio.get_running_loop().set_default_executor(threads)
    with ExitStack() as patches:
        patches.enter_context(styles_shared(app))
        patches.enter_context(handlers_cached())
        patches.enter_context(handling.watched())
        # The objects of a finished dashboard would stay until the end of the test run if frozen.
        patches.enter_context(mock.patch.object(gc, "freeze"))
        if not frames:
            patches.enter_context(_no_drawing())
        # Textual remembers lines of the last thousand widgets, including those of finished apps.
        patches.callback(StylesCache.get_inner_outer.cache_clear)
        async with app.run_test(size=size, **options) as pilot:
            yield Driver(pilot.app, threads, handling)
