"""Display modes of a log line: as one row, or as several."""

from collections.abc import Callable, Iterable
from enum import StrEnum

from studio_tui.failures.origins import without_progress_bar
from studio_tui.presentation.logs.json_lines import JsonLine, compact_text, field_texts, json_line
from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.line_levels import level_of
from studio_tui.presentation.logs.lines import Pen, Span, StyledLine, styled_line
from studio_tui.presentation.logs.rewritten import is_rewritten, states
from studio_tui.presentation.logs.tracebacks import inherited_level

_STATES = 200
"""Maximum states that are shown of a rewritten line: the last ones."""

_COLORS = {LogLevel.WARNING: Pen(foreground=3), LogLevel.ERROR: Pen(foreground=1)}


class JsonForm(StrEnum):
    SHORT = "compact, on one row"
    OPEN = "expanded, one row per field"
    RAW = "raw"


def rows_of(
    head: bytes,
    tail: bytes,
    length: int,
    json: JsonForm = JsonForm.SHORT,
    *,
    with_states: bool = False,
    above: Callable[[], Iterable[str]] = tuple,
) -> tuple[StyledLine, ...]:
    """Return the rows of a line, at least one; `head`, `tail`, `length` are as in `styled_line`.

    `with_states` shows the earlier states of a rewritten line too, one per row.
    `above` returns the preceding lines, the nearest first; the line may inherit a level from them.
    """
    if with_states and is_rewritten(head):
        newest, earlier = states(head)
        if earlier:
            *before, last = (styled_line(state) for state in [*earlier, newest][-_STATES:])
            return (*before, *_split_at_traceback(last))
    if json is not JsonForm.RAW and not tail and head.lstrip()[:1] == b"{":
        parsed = json_line(head.decode("utf-8", "replace"))
        json_rows = () if parsed is None else _json_rows(parsed, json)
        # An object without content, such as `{}`, is shown as it is.
        if any(row.text.strip() for row in json_rows):
            return json_rows
    rows = _split_at_traceback(styled_line(head, tail=tail, length=length))
    return tuple(_colored(row, _level_in_context(row.text, above)) for row in rows)


def _split_at_traceback(line: StyledLine) -> tuple[StyledLine, ...]:
    """Split a line in which a traceback follows a progress bar; return any other line as it is."""
    bar_length = len(line.text) - len(without_progress_bar(line.text))
    if not bar_length:
        return (line,)
    before = [
        span._replace(end=min(span.end, bar_length))
        for span in line.spans
        if span.start < bar_length
    ]
    behind = [
        span._replace(start=max(0, span.start - bar_length), end=span.end - bar_length)
        for span in line.spans
        if span.end > bar_length
    ]
    bar = line._replace(text=line.text[:bar_length], spans=tuple(before), omitted=0)
    return bar, StyledLine(line.text[bar_length:], tuple(behind), line.omitted, 0)


def _level_in_context(text: str, above: Callable[[], Iterable[str]]) -> LogLevel | None:
    level = level_of(text)
    return inherited_level(text, above()) if level is None and text.strip() else level


def _json_rows(parsed: JsonLine, form: JsonForm) -> tuple[StyledLine, ...]:
    texts = [compact_text(parsed)] if form is JsonForm.SHORT else field_texts(parsed)
    return tuple(_colored(StyledLine(text, (), 0, 0), parsed.level) for text in texts)


def _colored(line: StyledLine, level: LogLevel | None) -> StyledLine:
    """Return a line in the color of its level, from warnings on, unless it has its own colors."""
    if line.spans or not line.text or level is None or level < LogLevel.WARNING:
        return line
    return line._replace(spans=(Span(0, len(line.text), _COLORS[min(level, LogLevel.ERROR)]),))
