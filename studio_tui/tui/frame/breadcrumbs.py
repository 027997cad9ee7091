"""The tab, or the pipeline, from which the user came to a page over it."""

from typing import Any

from textual.screen import Screen


def crumbs_below(page: Screen[Any]) -> tuple[str, ...]:
    """Return the breadcrumbs of the nearest page below `page` that leads to others."""
    stack = page.app.screen_stack if page.is_running else []
    below = stack[: stack.index(page)] if page in stack else stack
    leading = (screen for screen in reversed(below) if getattr(screen, "leads_to_pages", False))
    nearest: Any = next(leading, None)
    return ("Jobs",) if nearest is None else nearest.crumbs()
