"""The theme, saved for the next run, and the style sheets; see docs/upstream/first-theme.md."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path, PurePath
from typing import Any

from textual.app import App
from textual.theme import Theme

from studio_tui.files import read_bytes, store_if_possible
from studio_tui.paths import state_dir
from studio_tui.tui.placed_styles import PlacedStylesheet
from studio_tui.tui.theme import FOR_16_COLORS, THEMES


def variables_of_theme(app: App[Any]) -> dict[str, str]:
    """Return the variables of an app's theme; empty before `apply_theme`.

    When the app is made, Textual calls this with its own theme, whose variables nobody needs.
    """
    is_set = isinstance(app.__dict__.get("stylesheet"), PlacedStylesheet)
    return App.get_css_variables(app) if is_set else {}


def keeps_palette(theme: str) -> bool:
    """Return whether NO_COLOR is set and `theme` uses the terminal's own palette.

    With NO_COLOR, Textual turns colors gray, but it must not replace the colors of that palette.
    """
    return bool(os.environ.get("NO_COLOR")) and theme in FOR_16_COLORS


def apply_theme(app: App[Any], choose: Callable[[], str]) -> None:
    """Set the theme of an app that is not running yet.

    `choose` is called once our themes are registered, and returns the name of the theme. Assigning
    `App.theme` would parse the style sheets twice.
    """
    for our_theme in THEMES:
        app.register_theme(our_theme)
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
    app.stylesheet = PlacedStylesheet(variables=App.get_css_variables(app))


def parse_early(app: App[Any], sheets: Iterable[str | PurePath]) -> None:
    """Parse the sheets of a screen before it is shown, when parsing would restyle all widgets."""
    missing = [PurePath(path) for path in sheets if not app.stylesheet.has_source(str(path))]
    if missing:
        app.stylesheet.read_all(missing)
        app.stylesheet.parse()


def theme_file() -> Path:
    """Return the path of the file with the name of the theme."""
    return state_dir() / "theme"


def chosen_theme(app: App[Any], default: str) -> str:
    """Return the name of the theme chosen in an earlier run, or `default`.

    A `default` for 16 colors is replaced only by such a theme, as 16 colors cannot represent the
    others.
    """
    try:
        name = read_bytes(theme_file()).decode("utf-8", "replace").strip()
    except OSError:
        return default
    is_readable = name in FOR_16_COLORS or default not in FOR_16_COLORS
    return name if name in app.available_themes and is_readable else default


def save_chosen_theme(app: App[Any]) -> None:
    """Save the theme whenever the user chooses a theme."""
    app.theme_changed_signal.subscribe(app, _save)


def _save(theme: Theme) -> None:
    store_if_possible(theme_file(), f"{theme.name}\n")
