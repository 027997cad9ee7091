"""Which style sheets belong to what: the opening's at once, the others with their screens."""

from pathlib import PurePath

from studio_tui.paths import styles_dir


def sheets(*names: str) -> list[str | PurePath]:
    """Return the paths of style sheets, in the order in which they apply."""
    return [styles_dir() / f"{name}.tcss" for name in names]


OPENING = sheets("frame", "opening")
"""What the first paint needs."""

DIALOGS = sheets("dialogs")

FORM_DIALOGS = sheets("dialogs", "submit")
"""What a dialog with fields needs."""

PAGES = sheets(
    "big_table", "log_view", "lists", "pipeline", "job", "clusters", "schedules", "logs", "submit"
)
"""What the main screens need, loaded with the first of them."""
