"""A dialog with the latest notices, which the user may have closed or missed."""

from typing import Any

from textual.app import App
from textual.content import Content
from textual.screen import ModalScreen

from studio_tui.presentation.cells import Cell, Tone
from studio_tui.tui.frame.review import OK, Review
from studio_tui.tui.widgets.toasts import Notified, ShowsToasts, notify_here

_SIGNS = {"error": ("✗", Tone.BAD), "warning": ("!", Tone.WARN), "information": (" ", Tone.PLAIN)}


def show_latest_notices(app: App[Any]) -> None:
    """Show the latest notices, the newest first, except over a dialog."""
    if not isinstance(app, ShowsToasts) or isinstance(app.screen, ModalScreen):
        return
    if not app.history.latest:
        notify_here(app, "There are no earlier notices")
        return
    lines = [line for each in reversed(app.history.latest) for line in _lines(each)]
    app.push_screen(Review("The latest notices", lines, (OK,)))


def _lines(notified: Notified) -> list[Cell]:
    notice = notified.notification
    sign, tone = _SIGNS[notice.severity]
    text = Content.from_markup(notice.message).plain if notice.markup else notice.message
    title = f"{notice.title}: " if notice.title else ""
    first, *others = f"{title}{text}".splitlines() or [""]
    time = notified.at.astimezone().strftime("%H:%M:%S")
    return [
        Cell(f"{sign} {time}  {first}", tone),
        *(Cell(f"{' ' * 12}{line}", tone) for line in others),
    ]
