"""Where a reader is in a log, and how logs are looked at: what is worth remembering of both."""

from dataclasses import dataclass

from studio_tui.presentation.log_forms import JsonForm
from studio_tui.presentation.log_stamps import StampForm


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
