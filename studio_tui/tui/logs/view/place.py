"""Where a reader is in a log, and how logs are looked at: what is worth remembering of both."""

from dataclasses import dataclass

from studio_tui.presentation.logs.gutter_times import StampForm
from studio_tui.presentation.logs.row_forms import JsonForm


@dataclass(frozen=True)
class LogLook:
    """How logs are looked at, whichever it is."""

    wrap: bool = False
    numbers: bool = False
    stamps: StampForm = StampForm.OFF
    json_form: JsonForm = JsonForm.SHORT


@dataclass(frozen=True)
class LogPlace:
    """Where the reader was in one log."""

    top: int | None = None
    """Start of the first line in sight; `None` while following."""
    current: int | None = None
    """Start of the reader's line."""
    kept: tuple[int, ...] = ()
    """Starts of the lines with a bookmark."""
    filter: str = ""
    """As it was typed."""
    seen: int = 0
    """Lines that had come when the reader was last at them."""
