"""The forms in which a line of a log can be read: one row, or several of its own."""

from typing import NamedTuple

from studio_tui.presentation.log_levels import Level, level_of
from studio_tui.presentation.log_lines import Pen, Span, StyledLine, styled_line

_STATES = 200
"""States of a rewritten line that are shown, the last ones."""

_TINTS = {Level.WARNING: Pen(foreground=3), Level.ERROR: Pen(foreground=1)}


class Form(NamedTuple):
    """What a reader wants lines to be."""

    states: bool = False
    """Whether each state of a line that was rewritten by carriage returns has a row."""


PLAIN_FORM = Form()
"""As lines are shown at first."""


def rows_of(head: bytes, tail: bytes, length: int, form: Form) -> tuple[StyledLine, ...]:
    """Return the rows of a line, at least one; see `styled_line` for what it is given."""
    if form.states and b"\r" in head:
        states = [state for state in head.rstrip(b"\r").split(b"\r") if state.strip()]
        if len(states) > 1:
            return tuple(styled_line(state) for state in states[-_STATES:])
    return (_tinted(styled_line(head, tail=tail, length=length)),)


def _tinted(line: StyledLine) -> StyledLine:
    """Return a line without colours of its own in that of how grave it is."""
    if line.spans or not line.text:
        return line
    level = level_of(line.text)
    if level is None or level < Level.WARNING:
        return line
    return line._replace(spans=(Span(0, len(line.text), _TINTS[min(level, Level.ERROR)]),))
