"""A dialog with the latest notices, which the user may have closed or missed."""

from typing import Any

from textual.app import App
from textual.content import Content

from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.jobs.states import LOOKS
from studio_tui.tui.frame.review import OK, Review
from studio_tui.tui.widgets.toasts import Notified, ShowsToasts, notify_here

_SIGNS = {"error": ("✗", Tone.BAD), "warning": ("!", Tone.WARN), "information": (" ", Tone.PLAIN)}
_STATES = {look.glyph: look.tone for look in LOOKS.values()}


def show_latest_notices(app: App[Any]) -> None:
    """Show the latest notices, the newest first."""
    if not isinstance(app, ShowsToasts) or not app.latest:
        notify_here(app, "There are no earlier notices")
        return
    lines = [line for each in reversed(app.latest) for line in _lines(each)]
    app.push_screen(Review("The latest notices", lines, (OK,), indent=12))


def _lines(notified: Notified) -> list[Cell]:
    notice = notified.notification
    text = Content.from_markup(notice.message).plain if notice.markup else notice.message
    title = f"{notice.title}: " if notice.title else ""
    time = notified.at.astimezone().strftime("%H:%M:%S")
    sign, tone = _SIGNS[notice.severity]
    first, *others = f"{title}{text}".splitlines() or [""]
    return [
        _line(f"{time}  ", sign, first, tone),
        *(_line(" " * 10, " ", line, tone) for line in others),
    ]


def _line(time: str, sign: str, words: str, tone: Tone) -> Cell:
    """Return a line of a notice, after `sign` unless it begins with the glyph of a state."""
    glyph, blank, _ = words.partition(" ")
    if blank and glyph in _STATES:
        return Cell(f"{time}{words}", _STATES[glyph])
    return Cell(f"{time}{sign} {words}", tone)
