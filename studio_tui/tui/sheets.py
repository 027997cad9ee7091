"""The style sheets. The sheets of the opening screen are loaded first, the others on demand."""

from pathlib import PurePath

from studio_tui.paths import styles_dir


def sheets(*names: str) -> list[str | PurePath]:
    """Return the paths of style sheets; a later sheet has precedence over an earlier one."""
    return [styles_dir() / f"{name}.tcss" for name in names]


OPENING = sheets("frame", "opening")
"""The sheets for the first paint."""

OPENING_LIST = sheets("frame", "opening", "big_table", "lists")
"""The sheets for the first paint if it shows the list of the previous run."""

WELCOME = sheets("welcome")
"""The sheet of the form on which the user chooses how to connect."""

DIALOGS = sheets("dialogs")
"""The sheet of all dialogs."""

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
"""The sheets of the pages, loaded with the first page."""
