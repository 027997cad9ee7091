"""Keys in the order in which they were pressed, however fast they come."""

import asyncio
from collections import deque
from typing import Any, NamedTuple

from textual import events
from textual.app import App
from textual.message import Message
from textual.screen import ModalScreen, Screen
from textual.widgets import Input

from studio_tui.text import safe_block

_LONGEST = 0.25
"""Seconds after which a key is taken to be done with, whatever became of it."""


class _Done(Message, bubble=True):
    """Follows a key on its way, and comes back when the key has been acted upon."""

    def __init__(self, number: int) -> None:
        super().__init__()
        self.number = number


class _Waiting(NamedTuple):
    event: events.Key | events.Paste
    screen: Screen[Any] | None
    """What was in sight when it was pressed."""


class TypeAhead(App[Any]):
    """Gives each key to what has the focus once the key before it has been acted upon.

    Textual hands every key at once to what has the focus; letters are then put on a line before
    the slash that opens it, and before the backspace between them. Over a slow line many keys
    arrive together. A question that comes up takes no key that was pressed before.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._waiting: deque[_Waiting] = deque()
        self._under_way = 0
        """Number of the key that is being acted upon; 0 when none is."""
        self._given_on: Screen[Any] | None = None
        """What was in sight when it was handed out."""
        self._keys = 0
        self._patience: asyncio.TimerHandle | None = None

    @property
    def is_acting(self) -> bool:
        """Whether a key is being acted upon, or waits for one that is."""
        return bool(self._under_way or self._waiting)

    async def on_event(self, event: events.Event) -> None:
        """Let a key wait for those before it."""
        if isinstance(event, events.Key | events.Paste) and not event.is_forwarded:
            screen = self.screen if self.screen_stack else None
            if self._under_way:
                self._waiting.append(_Waiting(event, screen))
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
        """Hand out a key, and send after it what tells that it is done with."""
        if isinstance(event, events.Paste) and isinstance(self.focused, Input):
            # A line is drawn as it is typed, so no control character may get onto it.
            event = events.Paste(safe_block(event.text))
        self._keys += 1
        self._under_way = number = self._keys
        target = self.focused or self.screen
        self._given_on = self.screen
        loop = asyncio.get_running_loop()
        self._patience = loop.call_later(_LONGEST, self.post_message, _Done(number))
        await super().on_event(event)
        target.post_message(_Done(number))

    async def on__done(self, message: _Done) -> None:
        """Go on with the next key."""
        message.stop()
        if message.number != self._under_way:
            return
        self._under_way = 0
        if self._patience is not None:
            self._patience.cancel()
        while self._waiting and not self._under_way:
            event, screen = self._waiting.popleft()
            if not self._is_question_since(screen):
                await self._give(event)
