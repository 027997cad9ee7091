"""Display modes of a log line: as one row, or as several."""

from collections.abc import Callable, Iterable
from enum import StrEnum
from typing import NamedTuple

from studio_tui.presentation.logs.json_lines import JsonLine, compact, json_line, pretty
from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.line_levels import level_of
from studio_tui.presentation.logs.lines import Pen, Span, StyledLine, styled_line
from studio_tui.presentation.logs.rewritten import is_rewritten, states
from studio_tui.presentation.logs.tracebacks import level_below

_STATES = 200
"""Maximum number of states shown of a rewritten line, the latest ones."""

_TINTS = {LogLevel.WARNING: Pen(foreground=3), LogLevel.ERROR: Pen(foreground=1)}


class JsonForm(StrEnum):
    """Display mode of a line that is a JSON object."""

    SHORT = "time, level and message"
    OPEN = "expanded, one row per field"
    RAW = "raw"


class RowForm(NamedTuple):
    """Display options of log lines."""

    json: JsonForm = JsonForm.SHORT

    states: bool = False
    """Whether each state of a rewritten line has its own row."""


PLAIN_FORM = RowForm()
"""Default options."""


def rows_of(
    head: bytes,
    tail: bytes,
    length: int,
    form: RowForm,
    above: Callable[[], Iterable[str]] = tuple,
) -> tuple[StyledLine, ...]:
    """Return the rows of a line, at least one; see `styled_line` for the parameters.

    `above` returns the preceding lines, nearest first; the level may be in one of them.
    """
    if form.states and is_rewritten(head):
        newest, earlier = states(head)
        if earlier:
            return tuple(styled_line(state) for state in [*earlier, newest][-_STATES:])
    if form.json is not JsonForm.RAW and not tail and head.lstrip()[:1] == b"{":
        parsed = json_line(head.decode("utf-8", "replace"))
        if parsed is not None:
            return _json_rows(parsed, form.json)
    line = styled_line(head, tail=tail, length=length)
    level = level_of(line.text)
    if level is None and line.text.strip():
        level = level_below(line.text, above())
    return (_tinted(line, level),)


def _json_rows(parsed: JsonLine, form: JsonForm) -> tuple[StyledLine, ...]:
    texts = [compact(parsed)] if form is JsonForm.SHORT else pretty(parsed)
    return tuple(_tinted(StyledLine(text, (), 0, 0), parsed.level) for text in texts)


def _tinted(line: StyledLine, level: LogLevel | None) -> StyledLine:
    """Colour a line by its level if it has no colours of its own."""
    if line.spans or not line.text or level is None or level < LogLevel.WARNING:
        return line
    return line._replace(spans=(Span(0, len(line.text), _TINTS[min(level, LogLevel.ERROR)]),))
