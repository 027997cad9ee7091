"""The theme chosen by the user, saved for the next run; imported before the first paint."""

from pathlib import Path
from typing import Any

from textual.app import App
from textual.theme import Theme

from studio_tui.files import read_bytes, store_if_possible
from studio_tui.paths import state_dir
from studio_tui.tui.theme import FOR_16_COLOURS


def theme_file() -> Path:
    """Return the path of the file with the name of the theme."""
    return state_dir() / "theme"


def chosen_theme(app: App[Any], default: str) -> str:
    """Return the name of the theme chosen in an earlier run, or `default`.

    A `default` for 16 colours stays, as these would not tell apart the colours of other themes.
    """
    try:
        name = read_bytes(theme_file()).decode("utf-8", "replace").strip()
    except OSError:
        return default
    is_readable = name in FOR_16_COLOURS or default not in FOR_16_COLOURS
    return name if name in app.available_themes and is_readable else default


def save_choices(app: App[Any]) -> None:
    """Save the theme whenever the user chooses a theme."""
    app.theme_changed_signal.subscribe(app, _keep)


def _keep(theme: Theme) -> None:
    store_if_possible(theme_file(), f"{theme.name}\n")
