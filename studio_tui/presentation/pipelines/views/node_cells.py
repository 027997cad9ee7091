"""Cells shared by the lists of a pipeline's jobs: time, progress and reason."""

from studio_tui.api.states import JobState
from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.columns import Align, Column, Reserves
from studio_tui.presentation.format import duration, shorter_durations
from studio_tui.presentation.jobs.causes import cause_of
from studio_tui.presentation.jobs.rows import progress_cell, share_cell
from studio_tui.presentation.logs.progress import Progress, rate_words, share_text
from studio_tui.presentation.pipelines.graph.critical import estimated_bar
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.statuses import NodeState
from studio_tui.presentation.pipelines.graph.view_model import ViewModel

LEAST_NAME_WIDTH = 12

SHARE, REMAINING = "share", "usual"
"""Keys of the columns of shares done, and of remaining or usual times."""

TIME_COLUMN = Column("took", "TIME", 7, align=Align.RIGHT, drop=1)
WHY_COLUMN = Column(
    "why",
    "WHY / ERROR",
    20,
    grow=2,
    drop=2,
    fits=True,
    reserves=Reserves.ONCE_FILLED,
    wanted_width=24,
)


def bar_cells(node: Node, model: ViewModel) -> tuple[Cell, Cell]:
    """Return a bar and the share done; both empty if a job does not run or shows no progress."""
    progress = model.bar(node)
    return progress_cell(progress), share_cell(progress)


def run_time_cell(node: Node, model: ViewModel) -> Cell:
    """Return how long a job has run: `1:02`, or `~1:02` if estimated."""
    took = model.run_time(node)
    if took is None:
        return NOTHING
    forms = (duration(took.seconds), *shorter_durations(took.seconds))
    if took.is_estimate:
        forms = tuple(f"~{form}" for form in forms)
    return Cell(forms[0], Tone.DIM if took.is_estimate else Tone.PLAIN, forms[1:])


def usual_cell(node: Node, model: ViewModel) -> Cell:
    """Return the remaining time of a job if its bar tells it, else its usual duration if known."""
    bar = estimated_bar(node, model)
    if bar is not None and bar.remaining is not None:
        return Cell(f"~{duration(bar.remaining)} left", Tone.DIM)
    usual = model.usual_seconds(node)
    return Cell(f"~{duration(usual)}", Tone.DIM) if usual is not None else NOTHING


def why_cell(node: Node, model: ViewModel) -> Cell:
    """Return why a job is in its state, and the number of the attempt if there were others.

    The reason is the error of a failed or canceled job, what a waiting job waits for, or the
    progress of a running job. In `Cell.beside`, it lacks what the columns named there show.
    """
    reason = _reason_cell(node, model)
    if not node.attempts:
        return reason
    attempt = f"attempt {len(node.attempts) + 1}"
    if not reason.text:
        return Cell(attempt, Tone.DIM)
    return reason._replace(
        text=f"{reason.text} · {attempt}",
        shorter=(reason.text, *reason.shorter),
        beside=tuple(
            (key, f"{text} · {attempt}" if text else attempt) for key, text in reason.beside
        ),
    )


def _reason_cell(node: Node, model: ViewModel) -> Cell:
    state = model.statuses.states[node.id]
    if state in {NodeState.FAILED, NodeState.CANCELED, NodeState.CANCELING}:
        return _failure_cell(node, model)
    wait = model.wait_of(node.id)
    if wait is not None:
        tone = Tone.WARN if state is NodeState.BLOCKED else Tone.DIM
        return Cell(wait.words, tone, wait.shorter)
    bar = estimated_bar(node, model)
    return _progress_in_words(bar) if bar is not None else NOTHING


def _progress_in_words(bar: Progress) -> Cell:
    share, rate = share_text(bar), rate_words(bar)
    is_known = bar.remaining is not None and bar.percent != 100
    left = f"~{duration(bar.remaining)} left" if is_known else ""
    words, without_rate, without_share = (
        "  ".join(filter(None, parts))
        for parts in ((share, rate, left), (share, left), (rate, left))
    )
    # A table with the column of remaining times also has the column of shares.
    beside = ((REMAINING, rate), (SHARE, without_share))
    return Cell(words, Tone.DIM, (without_rate, share or left), beside=beside)


def _failure_cell(node: Node, model: ViewModel) -> Cell:
    job = model.job(node)
    error = cause_of(job) if job is not None else ""
    blocked = model.statuses.roots.get(node.id, 0)
    # The error comes first, because a long cell is truncated at its end.
    text = " · ".join(part for part in (error, f"blocks {blocked}" if blocked else "") if part)
    return Cell(text, Tone.BAD if node.state is JobState.FAILED else Tone.WARN) if text else NOTHING
