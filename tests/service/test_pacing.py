"""How long pollers rest: longer while nothing changes."""

import pytest

from studio_tui import clock
from studio_tui.service.pacing import (
    AWAY_FACTOR,
    BUSY_INTERVAL,
    IDLE_INTERVAL,
    LOCAL_IDLE_INTERVAL,
    LOCAL_OTHERS_INTERVAL,
    PIPELINES_INTERVAL,
    GrowingRest,
    Pacing,
)
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.polling.pipelines_feed import PipelineList
from tests.jobs import job
from tests.pipelines import pipeline

ENDED = JobList((job(1), job(2)))
RUNNING = JobList((job(1, "RUNNING"),))


@pytest.fixture
def clock_time(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """Return the time of the monotonic clock in `seconds`, which a test may set."""
    time = {"seconds": 100.0}
    monkeypatch.setattr(clock, "monotonic", lambda: time["seconds"])
    return time


def test_a_rest_grows_while_answers_are_the_same_and_is_reset_by_a_change() -> None:
    rest = GrowingRest(least=1.0, most=100.0)
    answer = object()
    rests = [rest.after(answer) for _ in range(4)]
    assert rests[0] == 1.0
    assert rests == sorted(set(rests))
    assert rest.after(object()) == 1.0


def test_a_rest_is_reset_if_a_change_is_expected() -> None:
    rest = GrowingRest(least=1.0, most=100.0)
    answer = object()
    assert [rest.after(answer), rest.after(answer)] == [1.0, 1.25]
    rest.start_over()
    assert rest.after(answer) == 1.0


@pytest.mark.parametrize("began", [0.0, 1.0, 2.9, 3.1, 5.99])
def test_the_longest_rests_end_at_common_times_in_the_order_of_their_turns(
    clock_time: dict[str, float], began: float
) -> None:
    ends = []
    for turn in (0.0, 0.25):
        rest, answer = GrowingRest(least=1.0, most=6.0, turn=turn), object()
        clock_time["seconds"] = 600.0 + began + turn
        longest = [rest.after(answer) for _ in range(20)][-1]
        assert 3.0 < longest <= 9.25
        ends.append(clock_time["seconds"] + longest)
    assert ends[0] % 6 == pytest.approx(0.0)
    assert ends[1] == pytest.approx(ends[0] + 0.25)


def test_unchanged_lists_of_a_local_studio_are_polled_less_often_until_changes_are_expected(
    clock_time: dict[str, float],
) -> None:
    clock_time["seconds"] = 6.0 * 100
    pacing, pipelines = Pacing(is_local=True), PipelineList((pipeline(1, "COMPLETED"),))
    assert pacing.jobs(ENDED) == BUSY_INTERVAL
    assert pacing.pipelines(pipelines) == BUSY_INTERVAL
    for _ in range(20):
        jobs_rest, others_rest = pacing.jobs(ENDED), pacing.pipelines(pipelines)
    assert jobs_rest == pytest.approx(LOCAL_IDLE_INTERVAL)
    assert others_rest == pytest.approx(LOCAL_OTHERS_INTERVAL, rel=0.02)
    pacing.expect_changes()
    assert pacing.jobs(ENDED) == BUSY_INTERVAL


def test_a_list_with_an_active_item_is_polled_often_even_if_it_does_not_change() -> None:
    pacing = Pacing(is_local=True)
    active_pipelines = PipelineList((pipeline(1, "RUNNING", {"a": "RUNNING"}),))
    assert {pacing.jobs(RUNNING) for _ in range(20)} == {BUSY_INTERVAL}
    assert {pacing.pipelines(active_pipelines) for _ in range(20)} == {BUSY_INTERVAL}


def test_a_list_of_a_remote_studio_is_polled_at_a_constant_rate() -> None:
    pacing = Pacing(is_local=False)
    active_pipelines = PipelineList((pipeline(1, "RUNNING", {"a": "RUNNING"}),))
    assert {pacing.jobs(ENDED) for _ in range(20)} == {IDLE_INTERVAL}
    assert pacing.pipelines(active_pipelines) == PIPELINES_INTERVAL


def test_rests_are_longer_while_the_terminal_has_no_focus() -> None:
    pacing = Pacing(is_local=False)
    pacing.focused = False
    assert pacing.jobs(ENDED) == IDLE_INTERVAL * AWAY_FACTOR
    assert pacing.jobs(RUNNING) == BUSY_INTERVAL * AWAY_FACTOR


def test_rests_of_a_local_studio_are_longer_without_focus_only_while_nothing_runs() -> None:
    pacing = Pacing(is_local=True)
    pacing.focused = False
    assert pacing.jobs(ENDED) == BUSY_INTERVAL * AWAY_FACTOR
    assert pacing.jobs(RUNNING) == BUSY_INTERVAL
    assert pacing.pipeline(pipeline(1, "RUNNING", {"a": "RUNNING"})) == BUSY_INTERVAL
    assert pacing.jobs(ENDED) == BUSY_INTERVAL * AWAY_FACTOR
