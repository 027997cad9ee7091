"""The theme and the style sheets of an app, parsed once.

What Textual does instead is in docs/upstream/first-theme.md; `tests/tui/test_styling.py` checks the
assumptions about it.
"""

import os
from collections.abc import Callable, Iterable
from pathlib import PurePath
from typing import Any

from textual.app import App

from studio_tui.tui.placed_styles import PlacedStylesheet
from studio_tui.tui.theme import ANSI_DARK, ANSI_LIGHT, THEMES


class GrowingStylesheet(PlacedStylesheet):
    """A style sheet to which screens add their own, without parsing again what is parsed.

    Textual would parse all of it again for each sheet that is added, before the first dialog, too.
    """

    def reparse(self) -> None:
        """Parse what has been added since, or everything if variables have changed."""
        self.parse()


def variables_of_theme(app: App[Any]) -> dict[str, str]:
    """Return the variables of an app's theme; none before `apply_theme` has set it.

    As the `get_css_variables` of an app, it spares those of Textual's own theme.
    """
    is_set = isinstance(app.__dict__.get("stylesheet"), GrowingStylesheet)
    return App.get_css_variables(app) if is_set else {}


def keeps_palette(theme: str) -> bool:
    """Return whether a theme without colours is one of the terminal's own palette.

    Textual then turns colours grey, but must not change that palette.
    """
    return bool(os.environ.get("NO_COLOR")) and theme in {ANSI_DARK, ANSI_LIGHT}


def apply_theme(app: App[Any], choose: Callable[[], str]) -> None:
    """Set the theme of an app that is not running yet; `choose` returns its name.

    Assigning `theme` would parse the style sheets twice before the first paint: with the variables
    of Textual's own theme, and with those of this one.
    """
    for own in THEMES:
        app.register_theme(own)
    theme = choose()
    app.set_reactive(App.theme, theme)
    dark = app.current_theme.dark
    for name, is_set in (
        (f"-theme-{theme}", True),
        ("-dark-mode", dark),
        ("-light-mode", not dark),
    ):
        app.set_class(is_set, name, update=False)
    app._refresh_truecolor_filter(app.ansi_theme)
    app.stylesheet = GrowingStylesheet(variables=App.get_css_variables(app))


def parse_early(app: App[Any], sheets: Iterable[str | PurePath]) -> None:
    """Parse the sheets of a screen before its first use.

    Textual parses them otherwise when the screen is shown, and then restyles all widgets of all
    other screens, which takes longer than showing a dialog.
    """
    missing = [PurePath(path) for path in sheets if not app.stylesheet.has_source(str(path))]
    if missing:
        app.stylesheet.read_all(missing)
        app.stylesheet.parse()
