"""The screen stack: the opening screen at the bottom, a tab over it, then pages and dialogs.

Before the first connection, the form to connect can be in place of the tab. A second tab can be
over a page, as when a page shows a filtered list.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from textual.app import App
from textual.screen import ModalScreen, Screen

from studio_tui.errors import StudioError

SCREENS_AT_BOTTOM = 2
"""Number of screens when a tab is shown: the opening screen and the tab."""


def show_at_bottom(app: App[Any], screen: Screen[Any]) -> None:
    """Show `screen` over the opening screen, in place of everything else."""
    while len(app.screen_stack) > SCREENS_AT_BOTTOM:
        app.pop_screen()
    if app.screen is screen:
        return
    if len(app.screen_stack) == SCREENS_AT_BOTTOM:
        app.switch_screen(screen)
    else:
        app.push_screen(screen)


def show_over(app: App[Any], screen: Screen[Any]) -> None:
    """Show `screen` over the current page, or close everything over it if it is open already."""
    if screen not in app.screen_stack:
        app.push_screen(screen)
    while app.screen is not screen:
        app.pop_screen()


def close_top_page(app: App[Any]) -> None:
    """Close the dialogs and the page under them."""
    while isinstance(app.screen, ModalScreen):
        app.pop_screen()
    app.pop_screen()


def install_tab(app: App[Any], tab: Screen[None], name: str) -> Screen[None]:
    """Install the tab, so that it keeps its state while hidden."""
    if not app.is_screen_installed(tab):
        app.install_screen(tab, name)
    return tab


@contextmanager
def failure_as_notification(app: App[Any]) -> Iterator[None]:
    """Show a `StudioError` raised while a screen is opened as a notification."""
    try:
        yield
    except StudioError as error:
        app.notify(str(error), severity="error", markup=False)
