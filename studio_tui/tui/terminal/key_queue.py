"""A queue that handles keys strictly in the order in which they were pressed."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
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
"""Seconds to wait for a hanging key handler, so that the user can still leave."""


TAKES_KEYS = "takes_keys_pressed_before"
"""Attribute of dialogs that accept keys pressed before they opened, unlike questions."""

LINES_JOINED_BY = "pasted_lines_joined_by"
"""Attribute of inputs of one line into which several can be pasted: the text between them."""

FOLLOWS_AFTER = 0.008
"""Seconds from a key until its effects are followed, or less if another key comes.

By then a usual key has been handled. Following takes about half a millisecond, and would hold up
the painting.
"""

LOOKS = 10
"""Turns of the event loop for which all must rest before a key counts as handled."""

ROUNDS = 8
"""Limit of rounds of waiting for a key's effects; more are an endless stream of events."""


class KeyHold:
    """Holds keys back while a screen that a key asked for is created; they are for that screen."""

    def __init__(self, released: Callable[[], object]) -> None:
        """Call `released` when keys are no longer held back."""
        self._released = released
        self._count = 0

    @property
    def is_held(self) -> bool:
        """Whether keys are held back."""
        return self._count > 0

    @contextmanager
    def for_next_screen(self, patience: float | None = PATIENCE) -> Iterator[None]:
        """Hold keys back for so many seconds at most; `None` for no limit.

        The app's own keys with priority, such as the one to leave, are not held back.
        """
        self._count += 1
        is_over = False

        def release() -> None:
            nonlocal is_over
            if not is_over:
                is_over = True
                self._count -= 1
                self._released()

        limit = ExitStack()
        if patience is not None:
            limit.callback(asyncio.get_running_loop().call_later(patience, release).cancel)
        with limit:
            try:
                yield
            finally:
                release()


def keys_held(app: App[Any], patience: float | None = PATIENCE) -> AbstractContextManager[None]:
    """Hold keys back for the next screen, if the app can."""
    return app.key_hold.for_next_screen(patience) if isinstance(app, KeyQueue) else nullcontext()


def _is_question_since(app: App[Any], screen: Screen[Any] | None) -> bool:
    """Return whether a question has opened since `screen` was current."""
    return app.screen is not screen and isinstance(app.screen, ModalScreen)


def _report(event: events.Event, inputs: Listeners[[]]) -> None:
    """Notify `inputs` if an event is from the user, unless the mouse only moves."""
    is_from_user = isinstance(event, events.InputEvent | events.Paste)
    if is_from_user and not event.is_forwarded and not isinstance(event, events.MouseMove):
        inputs.notify()


def _way_of(target: DOMNode) -> deque[DOMNode]:
    """Return the nodes from a target up to the one below the app."""
    return deque(node for node in target.ancestors_with_self if not isinstance(node, App))


def _lines(pasted: str) -> list[str]:
    """Return the lines of a pasted text that are not blank.

    The input draws a line as is, so control characters are removed.
    """
    return [safe_block(line) for line in re.split(r"[\r\n]+", pasted) if line.strip()]


def _for_one_line(app: App[Any], pasted: str, line: Input) -> str:
    """Return the text for an input of one line: all lines if it joins them, else the first,
    with a notice about the others."""
    lines = _lines(pasted)
    if not lines[1:]:
        return "".join(lines)
    if between := getattr(line, LINES_JOINED_BY, ""):
        return str(between).join(each.strip() for each in lines)
    words = f"Only the first of {len(lines)} pasted lines is used: this field accepts one line"
    app.notify(words, severity="warning", markup=False)
    return lines[0]


class _Waiting(NamedTuple):
    event: events.Key | events.Paste
    screen: Screen[Any]
    """The current screen when the key was pressed."""


class _UnderWay:
    """A key that is being handled."""

    def __init__(self, sight: tuple[object, object]) -> None:
        self.sight = sight
        """The screen and the focused widget at the start of the round."""
        self.is_quiet = False
        """Whether no message queue held other messages during this round; never in the first round.

        Textual runs the action of a key at the last node it reaches, after the callbacks posted
        there.
        """
        self.rounds = ROUNDS
        self.way: deque[DOMNode] | None = None
        """The nodes at which to follow it; `None` before it is dispatched and once followed."""
        self._timers: list[asyncio.TimerHandle] = []

    def after(self, seconds: float, call: Callable[..., object], *values: object) -> None:
        """Call something after a delay, unless the key has been handled by then."""
        loop = asyncio.get_running_loop()
        self._timers.append(loop.call_later(seconds, call, *values))

    def end(self) -> None:
        """Cancel what was to be called."""
        for timer in self._timers:
            timer.cancel()


class _Step:
    """A callback posted to a message queue after a key.

    Textual inspects the signature of the argument of `call_later` each time, which costs 30 µs, ten
    times per key; it reads the number of parameters from here (`_callback.count_parameters`).
    """

    _param_count = 0

    def __init__(self, call: Callable[..., Any], *values: object) -> None:
        self._call = call
        self._values = values

    def __call__(self) -> Any:
        """Call the function."""
        return self._call(*self._values)

    def post_to(self, node: MessagePump) -> bool:
        """Queue the call at a node; return whether the node accepted it."""
        return node.post_message(events.Callback(callback=self))


class KeyQueue(App[Any]):
    """Dispatches each key only after the previous key has been handled.

    Textual sends every key at once to the focused widget; letters would reach an input before the
    slash that opens it, and before the backspace between them. Over a slow connection many keys
    arrive together. A question that opens ignores keys pressed before it was shown.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waiting: deque[_Waiting] = deque()
        self._under_way: _UnderWay | None = None
        self.key_hold = KeyHold(lambda: self.call_later(self._go_on))
        self.inputs: Listeners[[]] = Listeners()
        """Called for each key, paste and click before it is handled."""
        self._given_on: Screen[Any] | None = None
        """The current screen when the last key was dispatched."""

    @property
    def is_acting(self) -> bool:
        """Whether a key is being handled or is waiting."""
        return bool(self._under_way or self._waiting)

    @property
    def _is_free(self) -> bool:
        return self._under_way is None and not self.key_hold.is_held

    async def on_event(self, event: events.Event) -> None:
        """Queue keys while an earlier one is being handled."""
        if isinstance(event, events.InputEvent | events.Paste) and not self.screen_stack:
            return  # the app is exiting
        _report(event, self.inputs)
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            is_priority = self.key_hold.is_held and has_priority(self, getattr(event, "key", ""))
            if not self._is_free and not is_priority:
                self._waiting.append(_Waiting(event, self.screen))
                self._follow_at_once()
            else:
                await self._give(event)
            return
        if isinstance(event, events.Key) and _is_question_since(self, self._given_on):
            return
        await super().on_event(event)

    async def _give(self, event: events.Key | events.Paste) -> None:
        """Dispatch a key, then follow it; the next key is dispatched once it is handled."""
        if isinstance(event, events.Paste) and isinstance(self.focused, Input):
            event = events.Paste(_for_one_line(self, event.text, self.focused))
        target = self.focused or self.screen
        way = _way_of(target)
        self._given_on = self.screen
        self._under_way = key = _UnderWay(self._sight)
        key.after(PATIENCE, self.call_later, self._give_up, key)
        await super().on_event(event)
        key.way = way
        key.after(0 if self._waiting else FOLLOWS_AFTER, self._follow_at_once)

    def _follow_at_once(self) -> None:
        """Follow the key under way, unless that has begun."""
        if (key := self._under_way) is not None and key.way is not None:
            way, key.way = key.way, None
            follow = partial(self._follow, key, way)
            call_when_idle((*way, self), LOOKS, partial(self._rested, key), follow)

    def _rested(self, key: _UnderWay) -> None:
        """Let a key arrive that everything on its way has handled."""
        is_last = key is self._under_way and not self._waiting and bool(self.screen_stack)
        if is_last and key.sight == self._sight:
            self._under_way = None  # without a message, as there is no key to dispatch
            key.end()
        else:
            key.is_quiet = True
            self._follow(key, deque())

    @property
    def _sight(self) -> tuple[object, object]:
        return self.screen, self.focused

    def _follow(self, key: _UnderWay, way: deque[DOMNode], at: DOMNode | None = None) -> None:
        """Wait for a key and the messages it causes, at each node from its target up to the app.

        A node that was removed rejects the callback; it has nothing left to handle.
        """
        if at is not None and at.message_queue_size:
            key.is_quiet = False
        while way:
            node = way.popleft()
            if _Step(self._follow, key, way, node).post_to(node):
                return
        if not _Step(self._arrived, key).post_to(self):
            # The app itself is exiting, so no further key is handled.
            self._under_way = None
            self._waiting.clear()

    async def _arrived(self, key: _UnderWay) -> None:
        """Dispatch the next key if this one has no effects left; otherwise wait another round.

        Messages caused by a key are queued behind it, and a widget that was focused or a screen
        that was shown since must become ready before the next key.
        """
        if key is not self._under_way:
            return
        is_settled = key.is_quiet and not self.message_queue_size
        if key.rounds and self.screen_stack and not (is_settled and key.sight == self._sight):
            key.rounds -= 1
            key.sight, key.is_quiet = self._sight, True
            self._follow(key, _way_of(self.focused or self.screen))
            return
        self._under_way = None
        key.end()
        await self._go_on()

    async def _go_on(self) -> None:
        """Dispatch the waiting keys, one after the other."""
        while self._waiting and self._is_free and self.screen_stack:
            await self._give_waiting(self._waiting.popleft())

    async def _give_up(self, key: _UnderWay) -> None:
        """Dispatch all waiting keys behind one whose handler hangs; Textual queues them there."""
        if key is not self._under_way or not self.screen_stack:
            return
        waiting, self._waiting = self._waiting, deque()
        self._under_way = None
        for each in waiting:
            await self._give_waiting(each)

    async def _give_waiting(self, waiting: _Waiting) -> None:
        """Dispatch a waiting key, unless a question has opened since it was pressed."""
        if getattr(self.screen, TAKES_KEYS, False) or not _is_question_since(self, waiting.screen):
            await self._give(waiting.event)
