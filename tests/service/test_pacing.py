"""How long pollers pause: longer when nothing happens."""

import pytest

from studio_tui import clock
from studio_tui.service.pacing import (
    AWAY_FACTOR,
    BUSY_REST,
    IDLE_REST,
    LOCAL_IDLE_REST,
    LOCAL_OTHERS_REST,
    PIPELINES_REST,
    GrowingRest,
    Pacing,
)
from studio_tui.service.polling.jobs_feed import JobList
from studio_tui.service.polling.pipelines_feed import PipelineList
from tests.jobs import job
from tests.pipelines import pipeline

ENDED = JobList((job(1), job(2)))


@pytest.fixture
def at(monkeypatch: pytest.MonkeyPatch) -> dict[str, float]:
    """The time of the monotonic clock, in seconds."""
    now = {"seconds": 100.0}
    monkeypatch.setattr(clock, "monotonic", lambda: now["seconds"])
    return now


def test_a_rest_grows_while_answers_are_the_same_and_begins_again_with_a_change() -> None:
    rest = GrowingRest(least=1.0, most=100.0)
    answer = object()
    rests = [rest.after(answer) for _ in range(4)]
    assert rests[0] == 1.0
    assert rests == sorted(set(rests))
    assert rest.after(object()) == 1.0


def test_a_rest_begins_again_where_a_change_is_expected() -> None:
    rest = GrowingRest(least=1.0, most=100.0)
    answer = object()
    assert [rest.after(answer), rest.after(answer)] == [1.0, 1.25]
    rest.start_over()
    assert rest.after(answer) == 1.0


@pytest.mark.parametrize("began", [0.0, 1.0, 2.9, 3.1, 5.99])
def test_the_longest_rests_end_together_one_after_another(
    at: dict[str, float], began: float
) -> None:
    ends = []
    for turn in (0.0, 0.25):
        rest, answer = GrowingRest(least=1.0, most=6.0, turn=turn), object()
        at["seconds"] = 600.0 + began + turn
        seconds = [rest.after(answer) for _ in range(20)][-1]
        assert 3.0 < seconds <= 9.25
        ends.append(at["seconds"] + seconds)
    assert ends[0] % 6 == pytest.approx(0.0)
    assert ends[1] == pytest.approx(ends[0] + 0.25)


def test_lists_of_a_studio_on_this_machine_rest_longer_once_nothing_has_changed_for_a_while(
    at: dict[str, float],
) -> None:
    at["seconds"] = 6.0 * 100
    rests, pipelines = Pacing(is_local=True), PipelineList((pipeline(1, "COMPLETED"),))
    assert rests.jobs(ENDED) == BUSY_REST
    assert rests.pipelines(pipelines) == BUSY_REST
    for _ in range(20):
        jobs_rest, others_rest = rests.jobs(ENDED), rests.pipelines(pipelines)
    assert jobs_rest == pytest.approx(LOCAL_IDLE_REST)
    assert others_rest == pytest.approx(LOCAL_OTHERS_REST, rel=0.02)
    rests.expect_changes()
    assert rests.jobs(ENDED) == BUSY_REST


def test_a_list_with_something_active_is_polled_often_however_long_it_has_been_the_same() -> None:
    rests, jobs = Pacing(is_local=True), JobList((job(1, "RUNNING"),))
    moving = PipelineList((pipeline(1, "RUNNING", {"a": "RUNNING"}),))
    assert {rests.jobs(jobs) for _ in range(20)} == {BUSY_REST}
    assert {rests.pipelines(moving) for _ in range(20)} == {BUSY_REST}


def test_a_list_of_another_machine_is_polled_at_a_constant_rate() -> None:
    rests = Pacing(is_local=False)
    moving = PipelineList((pipeline(1, "RUNNING", {"a": "RUNNING"}),))
    assert {rests.jobs(ENDED) for _ in range(20)} == {IDLE_REST}
    assert rests.pipelines(moving) == PIPELINES_REST


def test_rests_are_longer_while_the_terminal_has_no_focus() -> None:
    rests = Pacing(is_local=False)
    rests.focused = False
    assert rests.jobs(ENDED) == IDLE_REST * AWAY_FACTOR
