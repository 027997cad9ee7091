"""Lets keys be handled while a log comes in, faster than it can be read."""

import asyncio

MANY = 100
"""Messages in a frame that take long enough to be noticed."""

_ROUNDS = 8
"""Rounds of the event loop at a time: a key needs about ten to be on the screen."""


async def give_way() -> None:
    """Let what else is to be done get on, before more of a log is processed."""
    for _ in range(_ROUNDS):
        await asyncio.sleep(0)
