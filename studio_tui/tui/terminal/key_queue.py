"""Keys in the order in which they were pressed, however fast they come."""

import asyncio
from collections import deque
from typing import Any, NamedTuple

from textual import events
from textual.app import App
from textual.dom import DOMNode
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from studio_tui.text import safe_block

PATIENCE = 5.0
"""Seconds after which a key whose handler hangs is waited for no longer, so that one can leave."""


class _Waiting(NamedTuple):
    event: events.Key | events.Paste
    screen: Screen[Any]
    """What was in sight when it was pressed."""


class KeyQueue(App[Any]):
    """Gives each key to what has the focus once the key before it has been acted upon.

    Textual hands every key at once to what has the focus; letters are then put on a line before
    the slash that opens it, and before the backspace between them. Over a slow line many keys
    arrive together. A question that comes up takes no key that was pressed before.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waiting: deque[_Waiting] = deque()
        self._under_way = False
        """Whether a key is being acted upon."""
        self._number = 0
        """Which key that is; counts up."""
        self._last_resort: asyncio.TimerHandle | None = None
        self._given_on: Screen[Any] | None = None
        """What was in sight when it was handed out."""

    @property
    def is_acting(self) -> bool:
        """Whether a key is being acted upon, or waits for one that is."""
        return bool(self._under_way or self._waiting)

    async def on_event(self, event: events.Event) -> None:
        """Let a key wait for those before it."""
        if isinstance(event, events.InputEvent | events.Paste) and not self.screen_stack:
            return  # on the way out of the program
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            if self._under_way:
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
            # A line is drawn as it is typed, so no control character may get onto it.
            event = events.Paste(safe_block(event.text))
        self._under_way = True
        target = self.focused or self.screen
        way = deque(node for node in target.ancestors_with_self if node is not self)
        self._given_on = self.screen
        self._number += 1
        self._be_patient(self._number)
        await super().on_event(event)
        self._follow(way, self._number)

    def _be_patient(self, number: int) -> None:
        if self._last_resort is not None:
            self._last_resort.cancel()
        loop = asyncio.get_running_loop()
        self._last_resort = loop.call_later(PATIENCE, self.call_later, self._give_up, number)

    def _follow(self, way: deque[DOMNode], number: int) -> None:
        """Go after a key, and all that is said because of it, from its target up to the app.

        What has gone refuses, and has nothing left to do: the key is done with there.
        """
        while way:
            if way.popleft().call_later(self._follow, way, number):
                return
        if not self.call_later(self._go_on, number):
            # The app itself is going, so no key comes to its turn.
            self._under_way = False
            self._waiting.clear()

    async def _give_up(self, number: int) -> None:
        """Hand out all that waits for a key whose handler hangs; each has its own place there."""
        if number != self._number or not self._under_way or not self.screen_stack:
            return
        waiting = tuple(self._waiting)
        self._waiting.clear()
        self._under_way = False
        for event, screen in waiting:
            if not self._is_question_since(screen):
                await self._give(event)

    async def _go_on(self, number: int) -> None:
        """Go on with the next key, unless that has been done since."""
        if number != self._number:
            return
        self._under_way = False
        if self._last_resort is not None:
            self._last_resort.cancel()
        while self._waiting and not self._under_way and self.screen_stack:
            event, screen = self._waiting.popleft()
            if not self._is_question_since(screen):
                await self._give(event)
