"""The style sheets: those of the opening screen are loaded first, the others on demand."""

from pathlib import PurePath

from studio_tui.paths import styles_dir


def sheets(*names: str) -> list[str | PurePath]:
    """Return the paths of style sheets, in the order of precedence."""
    return [styles_dir() / f"{name}.tcss" for name in names]


OPENING = sheets("frame", "opening")
"""The sheets for the first paint."""

OPENING_LIST = sheets("frame", "opening", "big_table", "lists")
"""The same if the list of the previous run is shown."""

WELCOME = sheets("welcome")
"""The sheet of the first run."""

DIALOGS = sheets("dialogs")

FORM_DIALOGS = sheets("dialogs", "submit")
"""The sheets of a dialog with fields."""

PAGES = sheets(
    "facts",
    "big_table",
    "log_view",
    "lists",
    "pipeline",
    "job",
    "clusters",
    "schedules",
    "logs",
    "submit",
)
"""The sheets of the main screens, loaded with the first of them."""
