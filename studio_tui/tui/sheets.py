"""The style sheets. The sheets of the opening screen are loaded first, the others on demand."""

from pathlib import PurePath

from studio_tui.paths import styles_dir


def sheets(*names: str) -> list[str | PurePath]:
    """Return the paths of style sheets; a later sheet has precedence over an earlier one."""
    return [styles_dir() / f"{name}.tcss" for name in names]


OPENING = sheets("frame", "opening")

OPENING_LIST = sheets("frame", "opening", "lists")
"""For a first paint with the list of the previous run."""

LIST_WIDTHS = [(0, "-narrow"), (80, "-medium"), (120, "-broad")]
LIST_HEIGHTS = [(0, "-low"), (20, "-high")]
"""The breakpoints of screens with a list."""

WELCOME = sheets("welcome")
DIALOGS = sheets("dialogs")
FORM_DIALOGS = sheets("dialogs", "submit")
"""For dialogs with fields."""
LIST_DIALOGS = sheets("dialogs", "big_table", "lists")
"""For dialogs with the table and the filter of a list."""

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
