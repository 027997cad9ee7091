"""Keys in the order in which they were pressed, however fast they come."""

import asyncio
import re
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, NamedTuple

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.message_pump import MessagePump
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from studio_tui.text import safe_block

PATIENCE = 5.0
"""Seconds after which a key whose handler hangs is waited for no longer, so that one can leave."""


TAKES_KEYS = "takes_keys_pressed_before"
"""The attribute of a dialog that is no question: keys pressed before it came are for it."""

ROUNDS = 8
"""How often a key's effects are looked for at the most; after that, what comes is a stream."""


def keys_held(app: App[Any]) -> AbstractContextManager[None]:
    """Let keys wait for the screen that is being made, where the app can."""
    return app.keys_for_next_screen() if isinstance(app, KeyQueue) else nullcontext()


def _one_line(pasted: str) -> str:
    """Return what of a pasted text goes onto a line: it ends where enter would have ended it.

    The line is drawn as it is typed, so no control character may get onto it.
    """
    return safe_block(re.split(r"[\r\n]", pasted.lstrip("\r\n"), maxsplit=1)[0])


class _Waiting(NamedTuple):
    event: events.Key | events.Paste
    screen: Screen[Any]
    """What was in sight when it was pressed."""


class _UnderWay:
    """A key that is being acted upon."""

    def __init__(self, sight: tuple[object, object]) -> None:
        self.sight = sight
        """The screen and the focus as the round began."""
        self.is_quiet = False
        """Whether nothing has waited in this round where it came by; never so in the first.

        Textual runs the action of a key where the key arrives last, and so behind those who follow.
        """
        self.rounds = ROUNDS


class _Step:
    """What is to be called behind a key where it comes by.

    Textual works out the signature of what `call_later` is given each time, which takes 30 µs, ten
    times a key; it takes the count of parameters from here instead (`_callback.count_parameters`).
    """

    _param_count = 0

    def __init__(self, call: Callable[..., Any], *values: object) -> None:
        self._call = call
        self._values = values

    def __call__(self) -> Any:
        """Call it."""
        return self._call(*self._values)

    def post_to(self, node: MessagePump) -> bool:
        """Have a node call it after what waits there; return whether it will."""
        return node.post_message(events.Callback(callback=self))


class KeyQueue(App[Any]):
    """Gives each key to what has the focus once the key before it has been acted upon.

    Textual hands every key at once to what has the focus; letters are then put on a line before
    the slash that opens it, and before the backspace between them. Over a slow line many keys
    arrive together. A question that comes up takes no key that was pressed before.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waiting: deque[_Waiting] = deque()
        self._under_way: _UnderWay | None = None
        self._last_resort: asyncio.TimerHandle | None = None
        self._makings = 0
        """Screens that are being made, for which keys wait."""
        self._given_on: Screen[Any] | None = None
        """What was in sight when the last key was handed out."""

    @property
    def is_acting(self) -> bool:
        """Whether a key is being acted upon, or waits for one that is."""
        return bool(self._under_way or self._waiting)

    @property
    def _is_free(self) -> bool:
        return self._under_way is None and not self._makings

    @contextmanager
    def keys_for_next_screen(self) -> Iterator[None]:
        """Let keys wait while a screen is made that a key has asked for; they are for that screen.

        They wait for `PATIENCE` at the most, so that one can leave.
        """
        self._makings += 1
        is_over = False

        def release() -> None:
            nonlocal is_over
            if not is_over:
                is_over = True
                self._makings -= 1
                self.call_later(self._go_on)

        last_resort = asyncio.get_running_loop().call_later(PATIENCE, release)
        try:
            yield
        finally:
            last_resort.cancel()
            release()

    async def on_event(self, event: events.Event) -> None:
        """Let a key wait for those before it."""
        if isinstance(event, events.InputEvent | events.Paste) and not self.screen_stack:
            return  # on the way out of the program
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            if not self._is_free:
                self._waiting.append(_Waiting(event, self.screen))
            else:
                await self._give(event)
            return
        if isinstance(event, events.Key) and self._is_question_since(self._given_on):
            return
        await super().on_event(event)

    def _is_question_since(self, screen: Screen[Any] | None) -> bool:
        """Whether a question has come up since `screen` was in sight."""
        return self.screen is not screen and isinstance(self.screen, ModalScreen)

    async def _give(self, event: events.Key | events.Paste) -> None:
        """Hand out a key, and go on with the next one once it is done with."""
        if isinstance(event, events.Paste) and isinstance(self.focused, Input):
            event = events.Paste(_one_line(event.text))
        target = self.focused or self.screen
        way = self._way_of(target)
        self._given_on = self.screen
        self._under_way = key = _UnderWay(self._sight)
        self._be_patient(key)
        await super().on_event(event)
        self._follow(key, way)

    def _be_patient(self, key: _UnderWay) -> None:
        if self._last_resort is not None:
            self._last_resort.cancel()
        loop = asyncio.get_running_loop()
        self._last_resort = loop.call_later(PATIENCE, self.call_later, self._give_up, key)

    @property
    def _sight(self) -> tuple[object, object]:
        return self.screen, self.focused

    def _way_of(self, target: DOMNode) -> deque[DOMNode]:
        return deque(node for node in target.ancestors_with_self if node is not self)

    def _follow(self, key: _UnderWay, way: deque[DOMNode], at: DOMNode | None = None) -> None:
        """Go after a key, and all that is said because of it, from its target up to the app.

        What has gone refuses, and has nothing left to do: the key is done with there.
        """
        if at is not None and at.message_queue_size:
            key.is_quiet = False
        while way:
            node = way.popleft()
            if _Step(self._follow, key, way, node).post_to(node):
                return
        if not _Step(self._arrived, key).post_to(self):
            # The app itself is going, so no key comes to its turn.
            self._under_way = None
            self._waiting.clear()

    async def _arrived(self, key: _UnderWay) -> None:
        """Go on with the next key if this one has no effects left; else follow those.

        What is said because of a key stands behind it where it is said, and what has got the focus
        since, or has come in sight, has yet to be ready for the next key.
        """
        if key is not self._under_way:
            return
        is_settled = key.is_quiet and not self.message_queue_size
        if key.rounds and self.screen_stack and not (is_settled and key.sight == self._sight):
            key.rounds -= 1
            key.sight, key.is_quiet = self._sight, True
            self._follow(key, self._way_of(self.focused or self.screen))
            return
        self._under_way = None
        if self._last_resort is not None:
            self._last_resort.cancel()
        await self._go_on()

    async def _go_on(self) -> None:
        """Hand out what waits, one after the other."""
        while self._waiting and self._is_free and self.screen_stack:
            await self._give_waiting(self._waiting.popleft())

    async def _give_up(self, key: _UnderWay) -> None:
        """Hand out all that waits for a key whose handler hangs; each has its own place there."""
        if key is not self._under_way or not self.screen_stack:
            return
        waiting = tuple(self._waiting)
        self._waiting.clear()
        self._under_way = None
        for each in waiting:
            await self._give_waiting(each)

    async def _give_waiting(self, waiting: _Waiting) -> None:
        """Hand out a key that had to wait, unless it was pressed before a question came up."""
        is_for_it = getattr(self.screen, TAKES_KEYS, False)
        if is_for_it or not self._is_question_since(waiting.screen):
            await self._give(waiting.event)
