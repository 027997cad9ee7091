"""The timeline draws a bar for each job at the times that Studio sends."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job, Pipeline
from studio_tui.api.states import PipelineState
from studio_tui.presentation.cells import Tone
from studio_tui.presentation.pipelines.graph.plan import plan_of
from studio_tui.presentation.pipelines.graph.statuses import judge
from studio_tui.presentation.pipelines.graph.view_model import ViewModel
from studio_tui.presentation.pipelines.views.timeline import (
    AHEAD,
    BEYOND,
    NOT_KNOWN,
    NOW,
    SIGN_NAMES,
    Timeline,
)
from tests.presentation.pipelines.graphs import any_pipelines
from tests.presentation.pipelines.sample import SIXTEEN, sixteen

_TEN = datetime(2026, 3, 1, 10, tzinfo=UTC)
_EMBED_RUNS = sixteen(embed="RUNNING")
_PAST = dict.fromkeys(SIXTEEN, (110.0, 120.0, 130.0))


def at(minute: float) -> datetime:
    """Return the time so many minutes after ten."""
    return _TEN + timedelta(minutes=minute)


def job(name: str, status: str, left_queue: float | None = None, **minutes: float) -> Job:
    """Return a run; all times are in minutes after ten, such as `started=1`."""
    times = {f"{key}_at": at(minute) for key, minute in minutes.items()}
    steps = None
    if left_queue is not None:
        steps = [
            {"name": "waiting", "started_at": at(0)},
            {"name": "virtualenv", "started_at": at(left_queue)},
        ]
    sent = {"id": f"run-{name}", "status": status, "created_at": at(0), "steps": steps, **times}
    return Job.model_validate(sent)


_JOBS = (
    job("ingest_raw", "COMPLETE", 0.3, started=0.5, finished=2),
    job("index", "COMPLETE", 2.5, started=3, finished=5),
    job("dedupe", "COMPLETE", 5.5, started=6, finished=10),
    job("thumbs", "COMPLETE", 10.5, started=11, finished=14),
    job("embed", "FAILED", 10.5, started=11, finished=18),
    job("ingest_labels", "COMPLETE", finished=1),
)


def view_model(
    *jobs: Job, sent: Pipeline | None = None, minute: float = 20, has_past: bool = False
) -> ViewModel:
    sent = sent or sixteen()
    by_run = {each.id: each for each in jobs}
    statuses = judge(plan_of(sent), sent.state)
    return ViewModel(statuses, at(minute), by_run, past_seconds=_PAST if has_past else {})


def text(timeline: Timeline, node: str) -> str:
    return "".join(piece.text for piece in timeline.bar(node))


def test_bars_show_when_jobs_were_queued_started_and_ran_up_to_now() -> None:
    timeline = Timeline(view_model(*_JOBS), UTC, 41)
    assert timeline.axis == "10:00     10:05     10:10     10:15"
    assert [text(timeline, node) for node in timeline.order[:6]] == [
        "▒███                                    ┊",
        "▓▓                                      ┊",
        "    ░▒████                              ┊",
        "          ░▒████████                    ┊",
        "                    ░▒██████            ┊",
        "                    ░▒██████████████✗   ┊",
    ]
    first_jobs = ("ingest_raw", "ingest_labels", "index", "dedupe", "thumbs", "embed")
    assert timeline.order[:6] == first_jobs
    tones = {piece.tone for piece in timeline.bar("embed") if piece.text.strip()}
    assert tones == {Tone.WAITING, Tone.ACTIVE, Tone.BAD, Tone.DIM}


def test_the_future_is_dotted_if_past_runs_provide_an_estimate() -> None:
    jobs = (*_JOBS[:4], job("embed", "RUNNING", 10.5, started=19.5))
    with_past = replace(
        view_model(*jobs, sent=_EMBED_RUNS), past_seconds=dict.fromkeys(SIXTEEN, (60.0, 60.0, 60.0))
    )
    timeline = Timeline(with_past, UTC, 81)
    bars = {node: text(timeline, node) for node in timeline.order}
    assert bars["embed"].rstrip().endswith(f"█{NOW}{AHEAD}")
    assert bars["eval"].index(AHEAD) > bars["split"].rindex(AHEAD)
    assert bars["report"] == bars["export"]
    assert timeline.note("clean_labels") == NOT_KNOWN
    assert AHEAD not in text(Timeline(view_model(*jobs, sent=_EMBED_RUNS), UTC, 81), "split")


def test_no_future_is_drawn_for_blocked_jobs_or_while_paused() -> None:
    blocked = Timeline(view_model(*_JOBS, has_past=True), UTC, 60)
    assert not any(AHEAD in text(blocked, node) for node in blocked.order)
    paused = sixteen("PAUSED", embed="PENDING")
    assert paused.state is PipelineState.PAUSED
    timeline = Timeline(view_model(*_JOBS[:4], sent=paused, has_past=True), UTC, 60)
    assert not any(AHEAD in text(timeline, node) for node in timeline.order)


def test_a_job_with_unknown_times_has_no_bar() -> None:
    early = job("embed", "RUNNING", started=11)  # older than the plan, in which it failed
    timeline = Timeline(view_model(*_JOBS[:2], early), UTC, 60)
    for node in ("thumbs", "embed", "clean_labels"):
        assert text(timeline, node).strip() == NOW
        assert timeline.note(node) == NOT_KNOWN
    assert timeline.note("split").text == ""
    assert timeline.order[2] == "ingest_labels"


def test_an_estimate_beyond_the_visible_period_is_marked_at_the_edge() -> None:
    running = view_model(*_JOBS[:4], job("embed", "RUNNING", 10.5, started=19.5), sent=_EMBED_RUNS)
    with_long_past = replace(running, past_seconds=dict.fromkeys(SIXTEEN, (5.0e6, 6.0e6, 7.0e6)))
    without_past, timeline = (
        Timeline(running, UTC, 61),
        Timeline(with_long_past, UTC, 61),
    )
    assert timeline.axis == without_past.axis
    for node in ("ingest_raw", "thumbs"):
        assert text(timeline, node) == text(without_past, node)
    embed = text(timeline, "embed")
    assert embed.index(NOW) == text(without_past, "embed").index(NOW)
    assert embed.endswith(f"{NOW}{AHEAD * (59 - embed.index(NOW))}{BEYOND}")
    assert text(timeline, "split").strip() == f"{NOW}{' ' * (59 - embed.index(NOW))}{BEYOND}"
    assert BEYOND not in text(without_past, "embed")


@given(st.lists(st.floats(0, 1e9), min_size=3, max_size=3), st.integers(20, 120))
def test_estimates_move_neither_axis_nor_bars(past: list[float], width: int) -> None:
    running = view_model(*_JOBS[:4], job("embed", "RUNNING", 10.5, started=19.5), sent=_EMBED_RUNS)
    without_past = Timeline(running, UTC, width)
    timeline = Timeline(
        replace(running, past_seconds=dict.fromkeys(SIXTEEN, tuple(past))), UTC, width
    )
    assert (timeline.axis, timeline.order) == (without_past.axis, without_past.order)
    for node in timeline.order:
        dots = str.maketrans(dict.fromkeys((AHEAD, BEYOND), " "))
        assert text(timeline, node).translate(dots) == text(without_past, node)


def test_the_axis_does_not_move_while_time_passes() -> None:
    axes = {
        Timeline(view_model(*_JOBS, sent=_EMBED_RUNS, minute=19 + second / 60), UTC, 61).axis
        for second in range(150)
    }
    assert len(axes) == 1


@pytest.mark.parametrize("status", ["FAILED", "CANCELED"])
def test_the_timeline_of_a_stopped_pipeline_ends_with_its_last_job(
    status: str,
) -> None:
    sent = sixteen(status, embed=status)
    *before, embed = _JOBS[:5]
    stopped = embed.model_copy(update={"status": status})
    timeline = Timeline(view_model(*before, stopped, sent=sent, minute=500, has_past=True), UTC, 41)
    assert text(timeline, "embed").rstrip()[-1] in "✗◇"
    assert len(text(timeline, "embed").rstrip()) == 41
    assert not any({NOW, AHEAD} & set(text(timeline, node)) for node in timeline.order)


def test_the_timeline_of_an_ended_pipeline_has_no_line_for_now() -> None:
    sent = sixteen("COMPLETED", **dict.fromkeys(SIXTEEN, "COMPLETE"))
    timeline = Timeline(view_model(*_JOBS[:4], sent=sent, minute=500), UTC, 41)
    assert not any(NOW in text(timeline, node) for node in timeline.order)
    assert max(len(text(timeline, node).rstrip()) for node in timeline.order) == 40


_STATES = st.sampled_from(["QUEUED", "INIT", "RUNNING", "COMPLETE", "FAILED", "CANCELED", "ODD"])
_MOMENTS = st.one_of(
    st.none(),
    st.integers(-600, 600).map(at),
    st.sampled_from([datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)]),
)


@given(any_pipelines(), st.data(), st.integers(1, 90))
def test_each_job_has_one_bar_of_the_requested_width_whatever_its_times(
    sent: Pipeline, data: st.DataObject, width: int
) -> None:
    jobs = [
        Job(
            id=f"run-{run.job_id}",
            status=data.draw(_STATES),
            created_at=data.draw(_MOMENTS),
            started_at=data.draw(_MOMENTS),
            finished_at=data.draw(_MOMENTS),
        )
        for run in sent.job_runs[:6]
    ]
    model = view_model(*jobs, sent=sent)
    timeline = Timeline(model, UTC, width)
    assert sorted(timeline.order) == sorted(model.plan.nodes)
    assert len(timeline.axis) <= max(2, width)
    for node in timeline.order:
        assert len(text(timeline, node)) == max(2, width)
        assert timeline.signs.issuperset(SIGN_NAMES.keys() & text(timeline, node))


def test_the_timeline_of_an_empty_pipeline_is_empty() -> None:
    timeline = Timeline(view_model(sent=Pipeline(pipeline_id="p")), UTC, 40)
    assert timeline.order == ()


def test_every_attempt_of_a_job_has_a_bar_that_shows_how_it_ended() -> None:
    sent = sixteen("RUNNING", embed="RUNNING")
    runs = tuple(
        run.model_copy(update={"attempts": ("first", "second", "never_started")})
        if run.job_id == "embed"
        else run
        for run in sent.job_runs
    )
    sent = sent.model_copy(update={"job_runs": runs})
    first, second, never_started = (
        Job.model_validate({"id": key, "status": status, "created_at": at(0), **times})
        for key, status, times in (
            ("first", "FAILED", {"started_at": at(11), "finished_at": at(13)}),
            ("second", "CANCELED", {"started_at": at(14), "finished_at": at(16)}),
            ("never_started", "CANCELED", {"finished_at": at(16.5)}),
        )
    )
    now = job("embed", "RUNNING", 17, started=17)
    timeline = Timeline(
        view_model(*_JOBS[:4], first, second, never_started, now, sent=sent), UTC, 61
    )
    bar = text(timeline, "embed")
    assert bar.count("✗") == 1
    signs = "".join(sign for sign, _ in groupby(bar.strip()))
    assert signs == "░█✗░█◇░█┊"
    assert timeline.order.index("embed") > timeline.order.index("dedupe")
