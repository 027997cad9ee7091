"""A queue that lets each key take effect completely before the next key is handled.

A key is dispatched to the focused widget, from which Textual passes it up to the app. Its handlers
post messages, which may post further messages. To know when all of these are handled, the queue
*follows* the key: it posts a callback to each node on this path, one after the other. Each callback
is behind the messages that are queued at its node. A walk along the path is called a round; the key
is handled after a round in which nothing else was queued.
"""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import partial
from typing import Any, NamedTuple

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from studio_tui.service.listeners import Listeners
from studio_tui.text import safe_block
from studio_tui.tui.bindings import has_priority
from studio_tui.tui.idle_pump import call_when_idle

PATIENCE = 5.0
"""Seconds after which further keys, such as to quit, are dispatched although a handler hangs."""

TAKES_KEYS = "takes_keys_pressed_before"
"""Attribute of a dialog that accepts keys pressed before it opened, unlike a question."""

LINES_JOINED_BY = "pasted_lines_joined_by"
"""Attribute of an `Input`: the text that joins pasted lines.

If it is missing or empty, only the first line is used.
"""

FOLLOWS_AFTER = 0.008
"""Seconds from the dispatch of a key until it is followed, unless another key comes first.

Following takes half a millisecond, which would delay the painting of the key's effect. After this
time, the effect has usually been painted.
"""

IDLE_TURNS = 10
"""Turns of the event loop for which the path must be idle before a key counts as handled."""

MAX_ROUNDS = 8
"""The most further rounds for one key, as some keys cause an endless stream of messages."""


@contextmanager
def keys_held(app: App[Any], patience: float | None = PATIENCE) -> Iterator[None]:
    """If the app is a `KeyQueue`, hold keys back within the block, for a screen being created.

    They are released after the block, or earlier after `patience` seconds, unless that is `None`.
    The app's own keys with priority, such as to quit, are not held back.
    """
    with ExitStack() as hold:
        if isinstance(app, KeyQueue):
            app.holds += 1
            hold.callback(app.end_hold)  # only once, although it may be closed twice
            if patience is not None:
                asyncio.get_running_loop().call_later(patience, hold.close)
        yield


def drop_held_keys(app: App[Any]) -> None:
    """Drop the keys that are held back, if the app is a `KeyQueue`."""
    if isinstance(app, KeyQueue):
        app.waiting.clear()


def _has_dialog_opened(app: App[Any], screen: Screen[Any] | None) -> bool:
    """Return whether a dialog is on top that is not `screen`."""
    return app.screen is not screen and isinstance(app.screen, ModalScreen)


def _notify_of_input(event: events.Event, listeners: Listeners[[]]) -> None:
    is_from_user = isinstance(event, events.InputEvent | events.Paste)
    if is_from_user and not event.is_forwarded and not isinstance(event, events.MouseMove):
        listeners.notify()


def _path_from(target: DOMNode) -> deque[DOMNode]:
    return deque(node for node in target.ancestors_with_self if not isinstance(node, App))


def _safe_lines(pasted: str) -> list[str]:
    """Return the lines that are not blank, without control characters, which inputs would draw."""
    return [safe_block(line) for line in re.split(r"[\r\n]+", pasted) if line.strip()]


def _as_one_line(app: App[Any], pasted: str, target: Input) -> str:
    """Return the part of a pasted text that an input accepts, see `LINES_JOINED_BY`."""
    lines = _safe_lines(pasted)
    if len(lines) <= 1:
        return "".join(lines)
    if separator := getattr(target, LINES_JOINED_BY, ""):
        return str(separator).join(line.strip() for line in lines)
    words = f"Only the first of {len(lines)} pasted lines is used: this field accepts one line"
    app.notify(words, severity="warning", markup=False)
    return lines[0]


class _WaitingKey(NamedTuple):
    event: events.Key | events.Paste
    screen: Screen[Any]


class _ActiveKey:
    """A key or paste that was dispatched and is not completely handled."""

    def __init__(self, focus: tuple[object, object]) -> None:
        self.focus = focus
        """Screen and focused widget at the start of the round."""
        self.is_quiet = False
        """Whether no message queue held other messages during this round.

        False in the first round along the path: Textual runs the key's action at the last node that
        the key reaches, after that round's callbacks. True at once if the path was found idle.
        """
        self.rounds_left = MAX_ROUNDS
        self.path: deque[DOMNode] | None = None
        """The nodes along which to follow the key; `None` while there is no need to begin that."""
        self._timers: list[asyncio.TimerHandle] = []

    def after(self, seconds: float, call: Callable[..., object], *values: object) -> None:
        loop = asyncio.get_running_loop()
        self._timers.append(loop.call_later(seconds, call, *values))

    def end(self) -> None:
        for timer in self._timers:
            timer.cancel()


class _Step:
    """A callback for the message queue of a node, with which a key is followed.

    Textual's `call_later` would inspect the function's signature, for 30 µs, ten times per key.
    """

    _param_count = 0
    """Textual reads the number of parameters here (`_callback.count_parameters`)."""

    def __init__(self, call: Callable[..., Any], *values: object) -> None:
        self._call = call
        self._values = values

    def __call__(self) -> Any:
        return self._call(*self._values)

    def post_to(self, node: MessagePump) -> bool:
        return node.post_message(events.Callback(callback=self))


class KeyQueue(App[Any]):
    """An app that dispatches each key only after the previous key has been handled.

    Textual sends every key at once to the focused widget. Over a slow connection many keys arrive
    together: letters after a slash would be handled before the slash has opened the input for them.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.waiting: deque[_WaitingKey] = deque()
        """The keys to dispatch after the one under way."""
        self._under_way: _ActiveKey | None = None
        self.holds = 0
        """How many blocks hold keys back."""
        self.input_listeners: Listeners[[]] = Listeners()
        """Called for each key, paste, mouse button and turn of the wheel before it is handled."""
        self._last_key_screen: Screen[Any] | None = None

    def end_hold(self) -> None:
        """End one of the holds that `keys_held` has begun."""
        self.holds -= 1
        self.call_later(self._dispatch_waiting)

    @property
    def _is_free(self) -> bool:
        return self._under_way is None and not self.holds

    async def on_event(self, event: events.Event) -> None:
        if isinstance(event, events.InputEvent | events.Paste) and not self.screen_stack:
            return  # the app is exiting
        _notify_of_input(event, self.input_listeners)
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            is_priority = self.holds > 0 and has_priority(self, getattr(event, "key", ""))
            if not self._is_free and not is_priority:
                self.waiting.append(_WaitingKey(event, self.screen))
                self._begin_following()
            else:
                await self._dispatch(event)
            return
        # A key that comes back from the focused widget must not reach a dialog opened meanwhile.
        if isinstance(event, events.Key) and _has_dialog_opened(self, self._last_key_screen):
            return
        await super().on_event(event)

    async def _dispatch(self, event: events.Key | events.Paste) -> None:
        if isinstance(event, events.Paste) and isinstance(self.focused, Input):
            event = events.Paste(_as_one_line(self, event.text, self.focused))
        path = _path_from(self.focused or self.screen)
        self._last_key_screen = self.screen
        self._under_way = key = _ActiveKey(self._focus)
        key.after(PATIENCE, self.call_later, self._give_up, key)
        await super().on_event(event)
        key.path = path
        key.after(0 if self.waiting else FOLLOWS_AFTER, self._begin_following)

    def _begin_following(self) -> None:
        """Follow the key under way, unless that has begun or the key is not dispatched yet."""
        if (key := self._under_way) is not None and key.path is not None:
            path, key.path = key.path, None
            follow = partial(self._follow, key, path)
            end = partial(self._end_if_last, key)
            call_when_idle((*path, self), IDLE_TURNS, idle=end, busy=follow)

    def _end_if_last(self, key: _ActiveKey) -> None:
        """End a key whose path is idle, unless another key waits or the focus has changed."""
        is_last = key is self._under_way and not self.waiting and bool(self.screen_stack)
        if is_last and key.focus == self._focus:
            self._under_way = None  # without a message, as there is no key to dispatch
            key.end()
        else:
            key.is_quiet = True
            self._follow(key, deque())

    @property
    def _focus(self) -> tuple[object, object]:
        return self.screen, self.focused

    def _follow(self, key: _ActiveKey, path: deque[DOMNode], here: DOMNode | None = None) -> None:
        """Post a callback to the next node of `path`; at its end, finish the round at the app.

        `here` is the node that runs this callback. A node that was removed rejects the callback,
        and has nothing left to handle.
        """
        if here is not None and here.message_queue_size:
            key.is_quiet = False
        while path:
            node = path.popleft()
            if _Step(self._follow, key, path, node).post_to(node):
                return
        if not _Step(self._finish_round, key).post_to(self):
            # The app itself is exiting, so no further key is handled.
            self._under_way = None
            self.waiting.clear()

    async def _finish_round(self, key: _ActiveKey) -> None:
        """Dispatch the next key if this one is handled; otherwise follow it for another round.

        A newly focused widget or a new screen must become ready before the next key.
        """
        if key is not self._under_way:
            return
        is_handled = key.is_quiet and not self.message_queue_size and key.focus == self._focus
        if key.rounds_left and self.screen_stack and not is_handled:
            key.rounds_left -= 1
            key.focus, key.is_quiet = self._focus, True
            self._follow(key, _path_from(self.focused or self.screen))
            return
        self._under_way = None
        key.end()
        await self._dispatch_waiting()

    async def _dispatch_waiting(self) -> None:
        while self.waiting and self._is_free and self.screen_stack:
            await self._dispatch_or_drop(self.waiting.popleft())

    async def _give_up(self, key: _ActiveKey) -> None:
        """Dispatch the waiting keys behind `key`, whose handler hangs; Textual queues them."""
        if key is not self._under_way or not self.screen_stack:
            return
        waiting_keys, self.waiting = self.waiting, deque()
        self._under_way = None
        for waiting_key in waiting_keys:
            await self._dispatch_or_drop(waiting_key)

    async def _dispatch_or_drop(self, waiting: _WaitingKey) -> None:
        """Dispatch a waiting key; drop it if a question has opened since it was pressed."""
        accepts_keys = getattr(self.screen, TAKES_KEYS, False)
        if accepts_keys or not _has_dialog_opened(self, waiting.screen):
            await self._dispatch(waiting.event)
