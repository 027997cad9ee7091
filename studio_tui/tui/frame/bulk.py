"""Bulk commands: they show their progress in the frame, then report the outcome in a notice.

A dialog with the outcomes would take the keys that the user is pressing when the command ends, so
it opens only with f8.
"""

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, Generic, TypeVar

from studio_tui import clock
from studio_tui.errors import NotSent
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import clock_time, join_names, plural
from studio_tui.presentation.lists.fitting import fit_lines
from studio_tui.service.commands.batch import ItemOutcome, Outcome
from studio_tui.tui.frame.commands import Host, Severity
from studio_tui.tui.frame.request_notices import error_message, remedy_words
from studio_tui.tui.frame.review import OK, Review
from studio_tui.tui.widgets.toasts import notify_here
from studio_tui.tui.widgets.workers import start_worker

T = TypeVar("T")
R = TypeVar("R")

_MOST_LINES = 200
"""How many lines a paragraph of a question has at most; most lines are names."""

_MOST_RECORDED = 8
"""How many names of items are recorded at most with a command that waits to be sent."""

_SIGNS = {
    Outcome.DONE: ("✓", Tone.GOOD),
    Outcome.FAILED: ("✗", Tone.BAD),
    Outcome.UNKNOWN: ("?", Tone.WARN),
}

_F8 = "f8 shows the outcome of each"

_ORDER = (Outcome.FAILED, Outcome.UNKNOWN, Outcome.DONE)
"""The order of the lines of a report."""


@dataclass(frozen=True)
class BulkReport:
    """The outcomes of a bulk command, as text that is safe to draw."""

    heading: str
    lines: tuple[tuple[Outcome, str], ...]
    ended_at: datetime


@dataclass(frozen=True, kw_only=True)
class BulkCommand(Generic[T, R]):
    """A command on many items, with the words that describe it."""

    doing: str
    """Progress text, such as `Canceling`."""
    done: str
    """The outcome of a successful item, and the end of the heading, such as `canceled`."""
    heading: str = ""
    """The heading of the report, with `{}` for a count such as `2 of 3 jobs`.

    Empty for the count followed by `done`.
    """
    noun: str
    """Singular, such as `job`."""
    items: Sequence[T]
    name: Callable[[T], str]
    """Safe to draw."""
    command: Callable[[T], Awaitable[R]]
    """Raises only `StudioError`."""
    can_be_undone: bool = True
    """Whether it waits a few seconds before it is sent, so that the user can undo it."""
    on_begun: Callable[[], object] = lambda: None
    """Called once the command can no longer be undone, before the first item is sent."""
    unmark: Callable[[T], object] = lambda _: None
    """Called with each item as soon as its command succeeds."""
    report_text: Callable[[R], str] | None = None
    """The outcome of a successful item; `None` to use `done`."""
    not_done_yet: Callable[[R], str] = lambda _: ""
    """The outcome of an item that Studio has accepted but not done yet, such as `pause requested`;
    empty if it is done."""


def question_lines(host: Host, *paragraphs: Sequence[str]) -> tuple[str, ...]:
    """Return the lines of a question: its paragraphs that are not empty, with blank lines between.

    If the filter hides some of the marked rows, the first line says how many.
    """
    if hidden := host.hidden_marks:
        are = "is" if hidden == 1 else "are"
        paragraphs = (f"{hidden:,} of the marked rows {are} hidden by the filter.",), *paragraphs
    lines: list[str] = []
    for paragraph in filter(None, paragraphs):
        lines += [""] * bool(lines) + [*fit_lines(paragraph, _MOST_LINES)]
    return tuple(lines)


def begin_bulk(host: Host, bulk: BulkCommand[Any, Any]) -> None:
    """Run a command on many items in a worker of the app, which outlives the screen."""
    start_worker(host.app, partial(run_bulk, host, bulk), name="bulk", group="command")


async def run_bulk(host: Host, bulk: BulkCommand[T, R]) -> tuple[ItemOutcome[T, R], ...]:
    """Run a command on many items and report the outcomes; call from a worker of the app.

    The result is empty if nothing is sent: because there are no items, the user undoes the command
    in time, the same command on one of the items still waits, or the local Studio is known to have
    stopped.
    """
    if not bulk.items:
        host.notify_user("Nothing was sent, as nothing is left to do", "warning")
        return ()
    error = host.session.jobs.snapshot.error
    if error is not None and remedy_words(error, host.session):
        host.notify_user(f"Nothing was sent: {error_message(error, host.session)}", "warning")
        return ()

    def unmark_if_done(ended: ItemOutcome[T, R]) -> None:
        if ended.outcome is Outcome.DONE:
            bulk.unmark(ended.item)

    names = [*map(bulk.name, bulk.items)]
    targets = frozenset(f"{bulk.doing} {name}" for name in names)
    try:
        if bulk.can_be_undone and not await host.session.held.may_be_sent(
            _undo_words(bulk), targets, join_names(names, _MOST_RECORDED) if names[1:] else ""
        ):
            return ()
    except NotSent as error:
        host.notify_user(str(error), "warning")
        return ()
    bulk.on_begun()
    batches = host.session.batches
    outcomes = await batches.run(bulk.doing, bulk.items, bulk.command, on_outcome=unmark_if_done)
    report = _make_report(host, bulk, outcomes)
    is_done = all(entry.outcome is Outcome.DONE for entry in outcomes)
    severity: Severity = "information" if is_done else "error"
    first = report.lines[0][1]
    if len(outcomes) == 1:
        # The notice says everything, so the last report about several items is kept.
        words = first
    else:
        batches.last_report = report
        words = f"{report.heading}\n{_F8}" if is_done else f"{report.heading}\n{first}\n{_F8}"
    host.app.notify(words, severity=severity, markup=False)
    return outcomes


def _undo_words(bulk: BulkCommand[T, R]) -> str:
    single_name = bulk.name(bulk.items[0]) if len(bulk.items) == 1 else None
    return f"{bulk.doing.lower()} {single_name or plural(len(bulk.items), bulk.noun)}"


def show_report(host: Host) -> None:
    """Show the report of the last bulk command on several items, if there is one."""
    report = host.session.batches.last_report
    if not isinstance(report, BulkReport):
        notify_here(host.app, "No bulk command has ended yet")
        return
    host.app.push_screen(report_dialog(report))


def report_dialog(report: BulkReport) -> Review:
    """Return a dialog that shows the outcome of each item."""
    lines = [
        Cell(f"{_SIGNS[outcome][0]} {words}", _SIGNS[outcome][1]) for outcome, words in report.lines
    ]
    ended = clock_time(report.ended_at, clock.now(), seconds=True)
    return Review(f"{report.heading} at {ended}", lines, (OK,), indent=2)


def _make_report(
    host: Host, bulk: BulkCommand[T, R], outcomes: Sequence[ItemOutcome[T, R]]
) -> BulkReport:
    lines = tuple(
        (entry.outcome, f"{bulk.name(entry.item)}: {_outcome_words(host, bulk, entry)}")
        for entry in sorted(outcomes, key=lambda entry: _ORDER.index(entry.outcome))
    )
    done = [entry.result for entry in outcomes if entry.outcome is Outcome.DONE]
    not_done_yet = Counter(
        filter(None, (bulk.not_done_yet(each) for each in done if each is not None))
    )
    count = f"{len(done) - not_done_yet.total()} of {plural(len(outcomes), bulk.noun)}"
    heading = bulk.heading.format(count) if bulk.heading else f"{count} {bulk.done}"
    others = "".join(f", {words}: {number}" for words, number in not_done_yet.items())
    return BulkReport(heading + others, lines, clock.now())


def _outcome_words(host: Host, bulk: BulkCommand[T, R], entry: ItemOutcome[T, R]) -> str:
    if entry.error is not None:
        return error_message(entry.error, host.session)
    if entry.result is None:
        return bulk.done
    if words := bulk.not_done_yet(entry.result):
        return words
    return bulk.done if bulk.report_text is None else bulk.report_text(entry.result)
