"""Keys that were pressed before the program had moved the focus they were meant for."""

from collections import deque
from typing import Any

from textual import events
from textual.app import App
from textual.widget import Widget
from textual.widgets import Input

_KEPT = 256
"""Keys that are under way at most."""


class TypeAhead(App[Any]):
    """Gives keys to a line that was opened for them while they were under way.

    Over a slow line `/loss` and enter arrive at once. Textual hands all of them to what has the
    focus then; the first opens a line to type on, and the others come back unused. Only such a
    line is given them: a question that has come up meanwhile must not be answered by chance.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._aimed: deque[tuple[events.Key, Widget | None]] = deque(maxlen=_KEPT)
        """Keys under way, and what they were given to."""

    async def on_event(self, event: events.Event) -> None:
        """Note what a key is given to; give one that comes back to what has the focus by now."""
        if isinstance(event, events.Key):
            if not event.is_forwarded:
                self._aimed.append((event, self.focused))
            elif (line := self._line_for(event)) is not None:
                line._forward_event(events.Key(event.key, event.character))
                return
        await super().on_event(event)

    def _line_for(self, event: events.Key) -> Input | None:
        """Return the line that was opened since a key was given to something else."""
        for place, (key, given_to) in enumerate(self._aimed):
            if key is event:
                del self._aimed[place]
                line = self.focused
                is_new = isinstance(line, Input) and line is not given_to
                is_here = given_to is None or given_to.screen is self.screen
                return line if isinstance(line, Input) and is_new and is_here else None
        return None
