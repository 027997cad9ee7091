"""Bulk commands: one confirmation before, progress in the frame, an outcome per item after.

They run as workers of the app, so that leaving the screen does not cancel them.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Generic, NamedTuple, TypeVar

from textual.message import Message

from studio_tui import clock
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import plural
from studio_tui.presentation.lists.fitting import ListSpace, fitting, rows_of
from studio_tui.service.commands.batch import BatchReport, ItemOutcome, Outcome
from studio_tui.tui.frame.commands import Host
from studio_tui.tui.frame.request_notices import error_message
from studio_tui.tui.frame.review import Review
from studio_tui.tui.widgets.workers import start_worker

T = TypeVar("T")
R = TypeVar("R")

_NARROW, _LOW = 70, 20
"""Columns and rows below which a dialog fills the screen without padding, as in the style sheet."""

FAILURE_TIMEOUT = 20.0
"""Seconds for which a report with failures stays visible over another page."""

_SIGNS = {
    Outcome.DONE: ("✓", Tone.GOOD),
    Outcome.REFUSED: ("✗", Tone.BAD),
    Outcome.UNKNOWN: ("?", Tone.WARN),
}
_ORDER = (Outcome.REFUSED, Outcome.UNKNOWN, Outcome.DONE)
"""Sort order of outcomes: those that need attention come first."""


class NextStep(NamedTuple):
    """An answer of a report besides closing it."""

    key: str
    words: str
    message: Message
    """Posted if it is chosen."""


@dataclass(frozen=True, kw_only=True)
class BulkCommand(Generic[T, R]):
    """A command on many items, with the words that describe it."""

    doing: str
    """Progress text, such as `Canceling`."""
    done: str
    """Report text for successful items, as in `2 of 3 jobs` followed by these words."""
    heading: str = ""
    """The same if the words do not follow the count: `{}` is replaced by `2 of 3 jobs`."""
    noun: str
    """The noun for one item."""
    items: Sequence[T]
    name: Callable[[T], str]
    """Returns the name of an item in the report, safe to draw."""
    command: Callable[[T], Awaitable[R]]
    """Raises only `StudioError`."""
    begun: Callable[[], object] = lambda: None
    """Called once it can no longer be undone."""
    unmark: Callable[[T], object] = lambda _: None
    """Called with each item as soon as its command succeeds."""
    report_text: Callable[[R], str] | None = None
    """Returns the report text of a successful item; `None` to use `done`."""
    now: Callable[[T], str] | None = None
    """Returns the state of an item when the report is shown; safe to draw."""
    on_finished: Callable[[], object] = lambda: None
    """Called when all items have finished, before the report is shown."""
    is_always_reported: bool = False
    """Whether to show the report of each item even if nothing failed."""
    next_step: Callable[[Sequence[R]], NextStep | None] = lambda _: None
    """Called with the results of all successful items; returns the step offered by the report."""


def space_for_list(host: Host, *others: str) -> ListSpace:
    """Return the room for a list in a dialog that also shows the lines `others`."""
    width, height = host.app.size
    narrow, low = width < _NARROW, height < _LOW
    padding = 0 if narrow or low else 2
    width = (width if narrow else width * 92 // 100) - 4 - padding
    title_and_answers = 2 if low else 4
    height = (height if low else height * 92 // 100) - 2 - padding - title_and_answers
    return ListSpace(height - sum(rows_of(line, width) for line in others), width)


def list_between(
    host: Host, before: Sequence[str], names: Sequence[str], after: Sequence[str]
) -> tuple[str, ...]:
    """Return the lines of a dialog: as many of the names as fit between the others."""
    return (*before, *fitting(names, space_for_list(host, *before, *after)), *after)


def begin(host: Host, bulk: BulkCommand[Any, Any]) -> None:
    """Run a command on many items in a worker of the app, which outlives the screen."""
    start_worker(host.app, partial(run, host, bulk), name="bulk", group="command")


async def run(host: Host, bulk: BulkCommand[T, R]) -> tuple[ItemOutcome[T, R], ...]:
    """Run a command on many items and report the outcomes; call from a worker of the app.

    It waits first so that the user can undo it; if undone, there are no outcomes.
    """

    def ended(one: ItemOutcome[T, R]) -> None:
        if one.outcome is Outcome.DONE:
            bulk.unmark(one.item)

    # A single item waits too: it may be the only one of many marked ones that can be canceled.
    if bulk.items and not await host.session.held.may_be_sent(_held_words(bulk)):
        return ()
    bulk.begun()
    batches = host.session.batches
    outcomes = await batches.run(bulk.doing, bulk.items, bulk.command, ended=ended)
    report = _report(host, bulk, outcomes)
    batches.keep(report)
    bulk.on_finished()
    is_complete = all(one.outcome is Outcome.DONE for one in outcomes)
    on_top: object = host.app.screen
    # Over another page a dialog would capture the keys typed there.
    if on_top is host and (bulk.is_always_reported or not is_complete):
        done = [one.result for one in outcomes if one.result is not None]
        step = bulk.next_step(done)
        answer = await host.app.push_screen_wait(report_dialog(report, step))
        if step is not None and answer == step.key:
            host.post_message(step.message)
    elif is_complete:
        host.app.notify(report.heading, markup=False)
    else:
        host.app.notify(
            f"{report.heading}\n{report.lines[0][1]}\nf8 shows the outcome of each",
            severity="error",
            timeout=FAILURE_TIMEOUT,
            markup=False,
        )
    return outcomes


def _held_words(bulk: BulkCommand[T, R]) -> str:
    """Return the words after `undo` while the command waits."""
    single = bulk.name(bulk.items[0]) if len(bulk.items) == 1 else None
    return f"{bulk.doing.lower()} {single or plural(len(bulk.items), bulk.noun)}"


def show_report(host: Host) -> None:
    """Show the outcome of the last bulk command."""
    if (report := host.session.batches.last) is not None:
        host.app.push_screen(report_dialog(report))
    else:
        host.notify_user("No bulk command has ended yet")


def report_dialog(report: BatchReport, step: NextStep | None = None) -> Review:
    """Return a dialog that shows the outcome of each item, and may offer a next step."""
    states = report.states_now()
    lines = [
        Cell(f"{_SIGNS[outcome][0]} {_with_state(words, state)}", _SIGNS[outcome][1])
        for (outcome, words), state in zip(report.lines, states, strict=True)
    ]
    at = f" · status at {clock.now().astimezone():%H:%M:%S}" if any(states) else ""
    offered = ((step.key, step.words),) if step is not None else ()
    return Review(f"{report.heading}{at}", lines, (("o", "ok"), *offered))


def _with_state(words: str, state: str) -> str:
    return f"{words.removesuffix('.')}; {state} now" if state else words


def _report(
    host: Host, bulk: BulkCommand[T, R], outcomes: Sequence[ItemOutcome[T, R]]
) -> BatchReport:
    """Return the report of all items, failures first."""
    ordered = sorted(outcomes, key=lambda one: _ORDER.index(one.outcome))
    lines = tuple(
        (one.outcome, f"{bulk.name(one.item)}: {_words(host, bulk, one)}") for one in ordered
    )
    count = sum(one.outcome is Outcome.DONE for one in outcomes)
    counted = f"{count} of {plural(len(outcomes), bulk.noun)}"
    heading = bulk.heading.format(counted) if bulk.heading else f"{counted} {bulk.done}"
    now = bulk.now or (lambda _: "")
    return BatchReport(heading, lines, lambda: tuple(now(one.item) for one in ordered))


def _words(host: Host, bulk: BulkCommand[T, R], one: ItemOutcome[T, R]) -> str:
    if one.error is not None:
        return error_message(one.error, host.session)
    if bulk.report_text is None or one.result is None:
        return bulk.done
    return bulk.report_text(one.result)
