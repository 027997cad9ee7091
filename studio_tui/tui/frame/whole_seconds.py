"""Starts a page's timer of each second at a whole second of the monotonic clock.

Polling and saving the place happen then too. Waking up once for all three costs much less.
"""

import asyncio
from collections.abc import Callable

from textual.timer import Timer

from studio_tui import clock
from studio_tui.tui.frame.listening import Subscriptions
from studio_tui.tui.widgets.lifetime import Lifetime


def resume_at_whole_second(
    page: Lifetime, timer: Timer, tick: Callable[[], None], listening: Subscriptions
) -> None:
    """At the next whole second, call `tick` and resume the `timer` that calls it.

    Do neither if the page is hidden or removed by then.
    """

    def begin() -> None:
        if listening.is_on:
            timer.resume()
            tick()

    # A Textual timer would start its wait only when the event loop is free, so it would be late.
    loop = asyncio.get_running_loop()
    loop.call_later(clock.until_multiple(1.0), page.while_alive(begin))
