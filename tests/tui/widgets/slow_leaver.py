"""A widget that is removed slowly, for tests of what happens meanwhile."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.widget import Widget


class SlowLeaver(Widget):
    """Stays until it is let go; whatever holds it has lost its other children by then."""

    def __init__(self) -> None:
        super().__init__()
        self.display = False
        self.is_leaving = asyncio.Event()
        """Set once it has been asked to leave."""
        self._may_leave = asyncio.Event()

    async def on_unmount(self) -> None:
        """Wait."""
        self.is_leaving.set()
        await self._may_leave.wait()

    def let_go(self) -> None:
        """Let it leave, now or whenever it is asked to."""
        self._may_leave.set()

    @asynccontextmanager
    async def held(self) -> AsyncIterator[None]:
        """Begin when it has been asked to leave, and let it go at the end.

        Meanwhile the app waits for it, so the pilot would too.
        """
        try:
            await self.is_leaving.wait()
            yield
        finally:
            self.let_go()
