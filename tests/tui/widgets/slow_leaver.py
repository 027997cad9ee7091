"""A widget that is removed slowly, for tests of events during the removal."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from textual.widget import Widget


class SlowLeaver(Widget):
    """Is removed only when the test lets it go.

    A parent that is being removed waits for it, and has already lost its other children.
    """

    def __init__(self) -> None:
        super().__init__()
        self.display = False
        self.is_leaving = asyncio.Event()
        """Set once its removal has begun."""
        self._may_leave = asyncio.Event()

    async def on_unmount(self) -> None:
        """Delay the removal until the test lets it go."""
        self.is_leaving.set()
        await self._may_leave.wait()

    def allow_removal(self) -> None:
        """Let a removal end, whether it has begun or not."""
        self._may_leave.set()

    @asynccontextmanager
    async def while_leaving(self) -> AsyncIterator[None]:
        """Wait until its removal has begun, and let it go at the end of the block.

        In the block, do not use the pilot: it would wait for the app, which waits for the removal.
        """
        try:
            await self.is_leaving.wait()
            yield
        finally:
            self.allow_removal()
