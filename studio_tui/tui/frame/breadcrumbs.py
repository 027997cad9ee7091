"""The tab from which the user came to a page over it."""

from typing import Any

from textual.screen import Screen

from studio_tui.tui.frame.page_bars import TABS

_TITLES = {name: title for _, name, title in TABS}


def first_crumb(page: Screen[Any]) -> str:
    """Return the title of the nearest tab below `page`."""
    stack = page.app.screen_stack if page.is_running else []
    below = stack[: stack.index(page)] if page in stack else stack
    places = [getattr(screen, "place", "") for screen in below]
    return next((_TITLES[place] for place in reversed(places) if place in _TITLES), "Jobs")
