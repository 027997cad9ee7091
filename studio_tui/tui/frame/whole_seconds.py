"""A page's timer of each second, at the whole seconds of the monotonic clock.

Saving the place and polling happen at whole seconds too. A process that wakes up pays for its cold
caches, so what is done in one go costs much less than the same at three times of a second.
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
    """Resume a paused timer of a page that calls `tick`, unless the page is hidden by then."""

    def begin() -> None:
        if listening.is_on:
            timer.resume()
            tick()

    # A timer of Textual would begin to wait when the loop is free, which is late at a start.
    loop = asyncio.get_running_loop()
    loop.call_later(clock.until_multiple(1.0), page.while_alive(begin))
