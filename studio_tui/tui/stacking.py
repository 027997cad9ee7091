"""What lies above what: the opening at the bottom, a main place over it, other pages above."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from textual.app import App
from textual.screen import Screen

from studio_tui.errors import StudioError

BOTTOM = 2
"""Screens on the stack when a main place is shown: the opening, and the place over it."""


def show_at_bottom(app: App[Any], screen: Screen[Any]) -> None:
    """Show `screen` with nothing but the opening below it, and nothing above."""
    while len(app.screen_stack) > BOTTOM:
        app.pop_screen()
    if app.screen is screen:
        return
    if len(app.screen_stack) == BOTTOM:
        app.switch_screen(screen)
    else:
        app.push_screen(screen)


def show_over(app: App[Any], screen: Screen[Any]) -> None:
    """Show `screen` over the page that asked for it, so that going back leads there."""
    if screen not in app.screen_stack:
        app.push_screen(screen)
    while app.screen is not screen:
        app.pop_screen()


def back_in_pipeline(app: App[Any]) -> bool:
    """Go back to the graph of a pipeline if the screen was reached from it; return whether so."""
    while any(map(_is_of_pipeline, app.screen_stack[BOTTOM:-1])):
        app.pop_screen()
        if _is_of_pipeline(app.screen):
            return True
    return False


def _is_of_pipeline(screen: Screen[Any]) -> bool:
    return getattr(screen, "belongs_to", "") == "pipelines"


def installed(app: App[Any], tab: Screen[None], name: str) -> Screen[None]:
    """Return a main place that lives on while another is shown, and so keeps the user's place."""
    if not app.is_screen_installed(tab):
        app.install_screen(tab, name)
    return tab


@contextmanager
def failure_said(app: App[Any]) -> Iterator[None]:
    """Say of a screen that cannot be shown why, instead of raising that."""
    try:
        yield
    except StudioError as error:
        app.notify(str(error), severity="error", markup=False)
