"""What there is to say about one pipeline, and the runs of its target side by side."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

from studio_tui.api.models import Job, JobState, Pipeline, PipelineJob, RemovedJob
from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.format import (
    UNKNOWN,
    age,
    duration,
    local_time,
    plural,
    seconds_between,
    with_short_ids,
)
from studio_tui.presentation.ids import id_cell
from studio_tui.presentation.jobs.causes import cause
from studio_tui.presentation.jobs.facts import Fact, Line
from studio_tui.presentation.jobs.states import LOOKS
from studio_tui.presentation.jobs.times import run_seconds
from studio_tui.presentation.pipelines.datasets import target_key
from studio_tui.presentation.pipelines.graph.plan import Node
from studio_tui.presentation.pipelines.graph.statuses import (
    Shown,
    Verdicts,
    counts,
    paused_words,
)
from studio_tui.presentation.pipelines.rows import Overview, state_cell, total
from studio_tui.presentation.pipelines.times import ended_at, pipeline_seconds

NAMED = 8
"""Jobs that are named before the others are only counted."""
GRID_RUNS = 8
"""Runs of a target that stand side by side, at most."""
GRID_JOBS = 24
"""Jobs beside which these stand, at most; of more, as many as there is room for."""

_AROUND_ROWS = 3
"""Lines above and below the rows: what they are of, the ages of the runs, how many are left."""

_NAME_LEAST, _NAME_MOST = 12, 24


class Around(NamedTuple):
    """What is known beside a pipeline."""

    overview: Overview
    jobs: Mapping[str, Job]
    """The runs that are known, by id."""
    now: datetime
    heard_at: datetime | None = None
    """When Studio last said so, while it is silent: what may have ended since is counted so far."""

    @property
    def until(self) -> datetime:
        """The time up to which what goes on is counted."""
        return self.heard_at or self.now


def facts(pipeline: Pipeline, around: Around) -> tuple[Fact, ...]:
    """Return what there is to say of a pipeline, most wanted first."""
    overview, jobs, now = around.overview, around.jobs, around.now
    verdicts = overview.verdicts(pipeline)
    error = with_short_ids((pipeline.error_message or "").strip())
    return (
        Fact("status", _status(pipeline, verdicts)),
        Fact("jobs", _counts(pipeline, overview)),
        *((Fact("error", Cell(error, Tone.BAD)),) if error else ()),
        *warning_facts(pipeline),
        *removed_facts(pipeline),
        *_failed(verdicts, jobs),
        *_running(verdicts, jobs, around.until),
        Fact("target", Cell(pipeline.triggered_from or UNKNOWN, Tone.STRONG)),
        Fact("name", Cell(pipeline.name or UNKNOWN)),
        Fact("id", id_cell(pipeline.pipeline_id)),
        Fact("created", _moment(pipeline.created_at, now)),
        Fact("updated", _moment(pipeline.updated_at, now)),
        *_length(pipeline, around),
        *(Fact("odd", Cell(flaw, Tone.WARN)) for flaw in verdicts.plan.flaws),
        *(
            (Fact("unreadable", Cell(", ".join(pipeline.unreadable), Tone.WARN)),)
            if pipeline.unreadable
            else ()
        ),
    )


def warning_facts(pipeline: Pipeline) -> tuple[Fact, ...]:
    """Return all that Studio warns of: what the plan leaves as it is, and why."""
    warnings = pipeline.warnings or ()
    return tuple(
        Fact("" if number else "warning", Cell(f"⚠ {warning}", Tone.WARN))
        for number, warning in enumerate(warnings)
    )


def removed_facts(pipeline: Pipeline) -> tuple[Fact, ...]:
    """Return which jobs were taken out, as far as that is known."""
    return tuple(
        Fact("" if number else "taken out", Cell(removed_words(job), Tone.DIM))
        for number, job in enumerate(pipeline.removed or ())
    )


def removed_words(job: RemovedJob) -> str:
    """Return the name of a job that was taken out, and when it was."""
    when = f"  {local_time(job.removed_at)}" if job.removed_at is not None else ""
    return f"{job.name or job.job_id}{when}"


def grid(
    pipeline: Pipeline,
    pipelines: Iterable[Pipeline],
    around: Around,
    width: int,
    room: int = 0,
) -> tuple[Line, ...]:
    """Return the runs of a pipeline's target side by side, oldest first, within `width` cells.

    A row is a job by its name; nothing where the target has had no other run. Of very many jobs as
    many are shown as `room` has lines, those in which something went wrong first.
    """
    runs = _runs_of(pipeline, pipelines)
    if len(runs) < 2:
        return ()
    judged = [around.overview.verdicts(run) for run in runs]
    rows = _rows(judged)
    if not rows:
        return ()
    columns = [_column(verdicts, rows, around) for verdicts in judged]
    heads = [
        ("▸" if run is pipeline else "") + age(seconds_between(run.created_at, around.now))
        for run in runs
    ]
    widths = [
        max(len(head), *(len(cell.text) for cell in column)) + 2
        for head, column in zip(heads, columns, strict=True)
    ]
    while len(widths) > 1 and sum(widths) + _NAME_LEAST > width:
        # The oldest go first.
        del runs[0], heads[0], columns[0], widths[0]
    name = max(_NAME_LEAST, min(_NAME_MOST, width - sum(widths)))
    chosen = _chosen(rows, columns, room - _AROUND_ROWS)
    left = len(rows) - len(chosen)
    return (
        Line((Cell(f"runs of {pipeline.triggered_from}, oldest first", Tone.DIM),), (width,)),
        _line("", [Cell(head, Tone.DIM) for head in heads], name, widths),
        *(_line(rows[row][0], [column[row] for column in columns], name, widths) for row in chosen),
        *((Line((Cell(f"and {plural(left, 'job')} more", Tone.DIM),), (width,)),) if left else ()),
    )


def raw(pipeline: Pipeline) -> str:
    """Return the pipeline as indented JSON; safe to draw."""
    fields = pipeline.model_dump(mode="json")
    if pipeline.unreadable:
        fields["(could not be read)"] = list(pipeline.unreadable)
    return json.dumps(fields, indent=2, ensure_ascii=False)


def _status(pipeline: Pipeline, verdicts: Verdicts) -> Cell:
    text, tone, _ = state_cell(pipeline)
    means = paused_words(verdicts).removeprefix("paused").removeprefix(": ")
    return Cell(" · ".join(filter(None, (text, means))), tone)


def _counts(pipeline: Pipeline, overview: Overview) -> Cell:
    numbers = overview.numbers(pipeline)
    if not total(numbers):
        return Cell(UNKNOWN, Tone.DIM)
    words = [f"{count.amount} {count.name}" for count in counts(numbers) if count.number]
    return Cell(f"{total(numbers):,}: {', '.join(words)}")


def _failed(verdicts: Verdicts, jobs: Mapping[str, Job]) -> tuple[Fact, ...]:
    """Say which jobs failed by themselves, why, and what each keeps from starting."""
    named = [
        Fact("failed" if number == 0 else "", Cell(_failure(verdicts, node_id, jobs), Tone.BAD))
        for number, node_id in enumerate(verdicts.root_failures[:NAMED])
    ]
    left = len(verdicts.root_failures) - NAMED
    if left > 0:
        named.append(Fact("", Cell(f"and {left} more", Tone.BAD)))
    return tuple(named)


def _failure(verdicts: Verdicts, node_id: str, jobs: Mapping[str, Job]) -> str:
    node = verdicts.plan.nodes[node_id]
    job = jobs.get(node.run or "")
    blocked = verdicts.roots[node_id]
    error = cause(job.error_message or "") if job else ""
    return " · ".join(filter(None, (node.name, error, f"blocks {blocked}" if blocked else "")))


def _running(verdicts: Verdicts, jobs: Mapping[str, Job], now: datetime) -> tuple[Fact, ...]:
    running = [
        node
        for node_id, node in verdicts.plan.nodes.items()
        if verdicts.shown[node_id] is Shown.RUNNING
    ]
    if not running:
        return ()
    names = [_with_time(node, jobs, now) for node in running[:NAMED]]
    more = f", and {len(running) - NAMED} more" if len(running) > NAMED else ""
    return (Fact("running", Cell(", ".join(names) + more, Tone.ACTIVE)),)


def _with_time(node: Node, jobs: Mapping[str, Job], now: datetime) -> str:
    job = jobs.get(node.run or "")
    ran = run_seconds(job, now) if job else None
    return node.name if ran is None else f"{node.name} {duration(ran)}"


def _length(pipeline: Pipeline, around: Around) -> tuple[Fact, ...]:
    """Return when a pipeline ended, and how long it took or has taken."""
    ended = ended_at(pipeline, around.jobs)
    took = pipeline_seconds(pipeline, around.jobs, around.until)
    # Nothing is said of an end that is not known, and a pause is not time that it takes.
    if took is None:
        return ()
    if ended is None:
        return (Fact("so far", Cell(duration(took))),)
    return (Fact("ended", _moment(ended, around.now)), Fact("took", Cell(duration(took))))


def _moment(moment: datetime | None, now: datetime) -> Cell:
    if moment is None:
        return Cell(UNKNOWN, Tone.DIM)
    old = age(seconds_between(moment, now))
    return Cell(f"{local_time(moment)}  ({old if old == 'now' else old + ' ago'})")


def _runs_of(pipeline: Pipeline, pipelines: Iterable[Pipeline]) -> list[Pipeline]:
    """Return the newest pipelines of the same target and this one, oldest first."""
    if not pipeline.triggered_from:
        return []
    target = target_key(pipeline.triggered_from)
    same = [one for one in pipelines if target_key(one.triggered_from or "") == target]
    newest = same[:GRID_RUNS]
    if not any(one is pipeline for one in newest):
        newest = [*newest[: GRID_RUNS - 1], pipeline]
    return newest[::-1]


def _rows(judged: Sequence[Verdicts]) -> list[tuple[str, int]]:
    """Return the jobs by name, and by number where a run has several of a name.

    Those of the newest run stand in its order; those that only older runs have come after.
    """
    rows: dict[tuple[str, int], None] = {}
    for verdicts in reversed(judged):
        rows |= dict.fromkeys(_numbered(verdicts))
    return list(rows)


def _numbered(verdicts: Verdicts) -> dict[tuple[str, int], str]:
    """Return the nodes of a run by name and number."""
    seen: dict[str, int] = {}
    found = {}
    for node_id, node in verdicts.plan.nodes.items():
        seen[node.name] = seen.get(node.name, 0) + 1
        found[node.name, seen[node.name]] = node_id
    return found


def _column(verdicts: Verdicts, rows: Iterable[tuple[str, int]], around: Around) -> list[Cell]:
    nodes = _numbered(verdicts)
    return [_sign(verdicts, nodes[row], around) if row in nodes else NOTHING for row in rows]


def _sign(verdicts: Verdicts, node_id: str, around: Around) -> Cell:
    """Return what became of a job in a run, and how long it ran where that is known."""
    look = verdicts.look(node_id)
    job = around.jobs.get(verdicts.plan.nodes[node_id].run or "")
    ran = run_seconds(job, around.until) if job else None
    return Cell(look.glyph if ran is None else f"{look.glyph} {duration(ran)}", look.tone)


def _chosen(rows: Sequence[object], columns: Sequence[Sequence[Cell]], most: int) -> list[int]:
    """Return which rows are shown: all, or of very many first those in which something is amiss.

    The others fill the room that is left; there is a row at least.
    """
    if len(rows) <= GRID_JOBS:
        return list(range(len(rows)))
    wrong = [row for row in range(len(rows)) if any(_is_amiss(column[row]) for column in columns)]
    others = (row for row in range(len(rows)) if row not in set(wrong))
    return [*wrong, *others][: max(most, min(len(wrong), GRID_JOBS), 1)]


def _is_amiss(cell: Cell) -> bool:
    canceled = LOOKS[JobState.CANCELED].glyph
    return cell.tone in {Tone.BAD, Tone.WARN} or cell.text.startswith(canceled)


def _line(name: str, cells: Sequence[Cell], width: int, widths: Sequence[int]) -> Line:
    return Line((Cell(name), NOTHING, *cells), (width - 1, 1, *widths))


def begun(pipeline: Pipeline) -> tuple[PipelineJob, ...]:
    """Return the jobs that have a log, those that are most wanted first."""
    runs = [
        run for run in pipeline.job_runs if run.created_job_id and run.state is not JobState.PENDING
    ]
    return tuple(sorted(runs, key=_urgency))


def _urgency(run: PipelineJob) -> int:
    if run.state is JobState.FAILED:
        return 0
    return 2 if run.state.is_finished else 1
