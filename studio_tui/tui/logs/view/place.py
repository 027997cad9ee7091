"""The user's place in a log, and the display options, as they are saved."""

from dataclasses import dataclass

from studio_tui.presentation.logs.gutter_times import StampForm
from studio_tui.presentation.logs.row_forms import JsonForm


@dataclass(frozen=True)
class LogLook:
    """The display options shared by all logs."""

    wrap: bool = False
    numbers: bool = False
    stamps: StampForm = StampForm.OFF
    json_form: JsonForm = JsonForm.SHORT


@dataclass(frozen=True)
class LogPlace:
    top: int | None = None
    """Start of the first visible line; `None` while following."""
    current: int | None = None
    """Start of the current line."""
    bookmarks: tuple[int, ...] = ()
    """Starts of the lines with a bookmark."""
    filter: str = ""
    """The filter as typed."""
    search: str = ""
    """The search as typed."""
    lines_seen: int = 0
    """Number of lines, from the first one, that were not new to the user."""
