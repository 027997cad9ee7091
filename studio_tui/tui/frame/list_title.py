"""The line above a list, and the text in an empty list."""

from typing import TYPE_CHECKING, Any

from studio_tui.presentation.cells import Tone
from studio_tui.presentation.format import plural
from studio_tui.presentation.lists.kinds import AS_SENT
from studio_tui.tui.frame.request_notices import unreachable_message
from studio_tui.tui.widgets.bar import Part

if TYPE_CHECKING:
    from studio_tui.tui.frame.list_body import ListBody

Parts = tuple[Part, ...]


def amount_parts(body: "ListBody[Any]") -> Parts:
    """Return the left side of the title, such as `── Jobs 3 of 10 · filter status=failed`."""
    tab, terms, total = body.page.tab, body.filtering.terms.text, len(body.rows)
    # Some answers have the attributes `unreadable` and `duplicates`.
    answer = body.page.source().snapshot.value
    amount = "" if answer is None else f"{len(body.passing)} of {total} " if terms else f"{total} "
    parts = [Part("── ", "rule"), Part(f"{tab.capitalize()} ", Tone.STRONG), Part(amount)]
    if not body.is_complete:
        parts.append(Part("newest, M loads older ", Tone.DIM, f"screen.do('{tab}.more')"))
    if terms:
        parts.append(Part("· filter ", Tone.DIM))
        parts.append(Part(f"{terms} ", Tone.ACCENT, f"screen.do('{tab}.filter')"))
    if body.filtering.is_wrong:
        parts.append(Part(f"· {'rest' if terms else 'filter'} not applied ", Tone.WARN))
    if body.unfiltered_row is not None:
        parts.append(Part("· this row no longer fits ", Tone.WARN))
    if unreadable := getattr(answer, "unreadable", 0):
        parts.append(Part(f"{plural(unreadable, 'row')} unreadable ", Tone.WARN))
    if duplicates := getattr(answer, "duplicates", 0):
        parts.append(Part(f"{plural(duplicates, 'row')} duplicated ", Tone.WARN))
    return tuple(parts)


def order_parts(body: "ListBody[Any]") -> Parts:
    """Return the order of the rows, unless it is the default, and the number of marked rows."""
    view, hidden_marks = body.view, body.page.hidden_marks
    order = body.page.kind.sorts[view.sort]
    label = order.reversed_label if view.reverse else order.label
    parts: list[Part] = []
    if view.sort != AS_SENT or view.reverse:
        action = f"screen.do('{body.page.tab}.sort')"
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


def why_empty(body: "ListBody[Any]") -> str:
    """Return why a table is empty."""
    page, known = body.page, len(body.rows)
    snapshot, noun = page.source().snapshot, page.kind.noun
    if snapshot.value is None:
        error = snapshot.error
        return "Loading…" if error is None else unreachable_message(error, page.session)
    if not body.filtering.terms or (body.is_complete and not known):
        return page.none_words()
    if not body.is_complete:
        return (
            f"None of the newest {known} {noun}s matches the filter.\n"
            "M loads older ones, esc removes the filter."
        )
    return f"No {noun} matches the filter.\nesc removes the filter."
