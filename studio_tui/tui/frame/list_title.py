"""The line above a list, and the text in an empty list."""

from typing import Any

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.format import plural
from studio_tui.presentation.lists.kinds import AS_SENT, Kind
from studio_tui.service.polling.snapshot import Snapshot
from studio_tui.service.session import StudioSession
from studio_tui.tui.frame.list_view import ListView
from studio_tui.tui.frame.request_notices import unreachable_message
from studio_tui.tui.widgets.bar import Part

Parts = tuple[Part, ...]


def has_all(answer: Any) -> bool:
    """Return whether there are no older rows; True without an answer."""
    return answer is None or getattr(answer, "has_all", True)


def amount_parts(
    tab: str,
    *,
    shown: int,
    total: int,
    answer: Any,
    terms: str,
    is_filter_wrong: bool,
    has_unfiltered_row: bool,
) -> Parts:
    """Return the left side of the title, such as `── Jobs 3 of 10 · filter status=failed`.

    `shown` of the `total` rows pass the filter `terms`, from which invalid terms are left out if
    `is_filter_wrong`. With `has_unfiltered_row` one more is shown. The `answer` may have attributes
    `has_all`, `unreadable` and `duplicates`.
    """
    amount = "" if answer is None else f"{shown} of {total} " if terms else f"{total} "
    parts = [Part("── ", "rule"), Part(f"{tab.capitalize()} ", Tone.STRONG), Part(amount)]
    if not has_all(answer):
        parts.append(Part("newest, M loads older ", Tone.DIM, f"screen.do('{tab}.more')"))
    if terms:
        parts.append(Part("· filter ", Tone.DIM))
        parts.append(Part(f"{terms} ", Tone.ACCENT, f"screen.do('{tab}.filter')"))
    if is_filter_wrong:
        parts.append(Part(f"· {'rest' if terms else 'filter'} not applied ", Tone.WARN))
    if has_unfiltered_row:
        parts.append(Part("· this row no longer fits ", Tone.WARN))
    if unreadable := getattr(answer, "unreadable", 0):
        parts.append(Part(f"{plural(unreadable, 'row')} unreadable ", Tone.WARN))
    if duplicates := getattr(answer, "duplicates", 0):
        parts.append(Part(f"{plural(duplicates, 'row')} duplicated ", Tone.WARN))
    return tuple(parts)


def order_parts(tab: str, kind: Kind[Any], view: ListView, *, hidden_marks: int) -> Parts:
    """Return the order of the rows, unless it is the default, and the number of marked rows."""
    order = kind.sorts[view.sort]
    label = order.reversed_label if view.reverse else order.label
    parts: list[Part] = []
    if view.sort != AS_SENT or view.reverse:
        action = f"screen.do('{tab}.sort')"
        parts += [Part(f" sorted by {label} ", Tone.DIM, action), Part("──", "rule")]
    if marks := len(view.marks):
        hidden = f", {hidden_marks:,} hidden" if hidden_marks else ""
        parts += [Part(f" {marks:,} marked{hidden} ", Tone.ACCENT), Part("──", "rule")]
    return tuple(parts)


def unseen_parts(unseen: int) -> Parts:
    """Return how many unseen rows are above the visible ones."""
    if not unseen:
        return ()
    return (Part(f" ↑ {unseen:,} new ", "title", "screen.press('g')"), Part("──", "rule"))


def why_empty(
    snapshot: Snapshot[Any], session: StudioSession, kind: Kind[Any], known: int, *, none: str
) -> str:
    """Return why a table is empty.

    `known` is the number of rows without the filter. `none` is the text if there is no row even
    without the filter; empty if the filter may be the reason.
    """
    if snapshot.value is None:
        error = snapshot.error
        return "Loading…" if error is None else unreachable_message(error, session)
    if none:
        return none
    if not has_all(snapshot.value):
        return (
            f"None of the newest {known} {kind.noun}s matches the filter.\n"
            "M loads older ones, esc removes the filter."
        )
    return f"No {kind.noun} matches the filter.\nesc removes the filter."
