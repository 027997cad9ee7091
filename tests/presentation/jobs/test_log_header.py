"""The header above a log: the state of its connection and of its job."""

from datetime import timedelta

import pytest

from studio_tui.api.connection_states import FollowPhase, Outage, TailState
from studio_tui.errors import RequestTimedOut, ServerError, StudioError, TransportError
from studio_tui.presentation.format import clock_time
from studio_tui.presentation.jobs.log_header import (
    amount,
    cells_around_name,
    describe_connection,
    describe_connections,
    failure_cause,
    job_parts,
    merged_amount,
)
from studio_tui.service.polling.snapshot import Snapshot
from studio_tui.tui.frame.page_bars import freshness
from tests.jobs import NOON, job


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (TailState(FollowPhase.FOLLOWING, NOON), "● live"),
        (
            TailState(FollowPhase.RECONNECTING, NOON, next_try=NOON + timedelta(seconds=0.3)),
            f"disconnected since {clock_time(NOON, NOON)}, next try 1s",
        ),
        (
            TailState(FollowPhase.RECONNECTING, NOON, next_try=NOON),
            f"disconnected since {clock_time(NOON, NOON)}, trying…",
        ),
        (TailState(FollowPhase.STOPPED, NOON, reason="Log in."), "✗ Log in."),
        (
            TailState(
                FollowPhase.STOPPED,
                NOON,
                next_try=NOON + timedelta(seconds=270),
                reason="Not yours.",
            ),
            "✗ next try 5m: Not yours.",
        ),
    ],
)
def test_the_header_shows_the_state_of_the_connection_and_the_next_try(
    state: TailState, words: str
) -> None:
    assert words in describe_connection(state, job(1, "RUNNING"), NOON).text


@pytest.mark.parametrize(
    ("state", "words"),
    [("COMPLETE", "◌ 2.0 KiB still to come"), ("RUNNING", "◌ at least 2.0 KiB still to come")],
)
def test_while_a_job_runs_the_bytes_still_to_come_are_called_a_minimum(
    state: str, words: str
) -> None:
    following = TailState(FollowPhase.FOLLOWING, NOON)
    assert describe_connection(following, job(1, state), NOON, behind=2048).text == words


@pytest.mark.parametrize(
    ("phase", "lines", "size", "words"),
    [
        (FollowPhase.CONNECTING, 0, 0, ""),
        (FollowPhase.CONNECTING, 0, 2048, "2.0 KiB"),
        (FollowPhase.COMPLETE, 0, 2048, "2.0 KiB"),
        (FollowPhase.COMPLETE, 12, 2048, "12 lines  2.0 KiB"),
        (FollowPhase.COMPLETE, 0, 0, "0 lines  0 B"),
        (FollowPhase.FOLLOWING, 0, 0, "0 lines  0 B"),
    ],
)
def test_the_lines_of_a_log_are_left_out_until_they_are_counted(
    phase: FollowPhase, lines: int, size: int, words: str
) -> None:
    assert amount(TailState(phase, NOON, lines=lines, size=size)).text == words


def test_the_size_of_a_merged_log_is_left_out_until_a_line_is_merged() -> None:
    assert merged_amount(2, 3, 0, 0).text == "2 of 3 jobs"
    assert merged_amount(2, 2, 1, 64).text == "2 jobs  1 line  64 B"


def outage(error: StudioError) -> Outage:
    return Outage(error, NOON, NOON)


@pytest.mark.parametrize(("seconds", "words"), [(-1, "✗ offline"), (1, "● live")])
def test_a_log_without_a_frame_since_an_outage_began_is_not_live(seconds: int, words: str) -> None:
    state = TailState(FollowPhase.FOLLOWING, NOON, received_at=NOON + timedelta(seconds=seconds))
    away = outage(TransportError("gone"))
    assert words in describe_connection(state, job(1, "RUNNING"), NOON, outage=away).text
    assert "live" in describe_connection(state, job(1, "RUNNING"), NOON).text
    (summary,) = describe_connections([(state, job(1, "RUNNING"))], away)
    assert summary.text == words[:2] + "1 " + words[2:]


@pytest.mark.parametrize("phase", [FollowPhase.CONNECTING, FollowPhase.RECONNECTING])
@pytest.mark.parametrize(
    "error", [TransportError("gone"), ServerError(503, "down"), RequestTimedOut("late")]
)
def test_during_an_outage_the_log_header_shows_the_same_as_the_page_header(
    phase: FollowPhase, error: StudioError
) -> None:
    of_page: Snapshot[object] = Snapshot(
        (), NOON, error=error, failing_since=NOON, next_try_at=NOON + timedelta(seconds=5)
    )
    state = TailState(phase, NOON, next_try=NOON + timedelta(seconds=5))
    running, away = job(1, "RUNNING"), outage(error)
    shown = describe_connection(state, running, NOON, outage=away).text
    assert freshness(of_page, NOON).text.startswith(f"{shown} since ")
    _, of_job = cells_around_name(state, running, None, away)
    (summary,) = describe_connections([(state, running)], away)
    assert summary.text == shown.replace("✗ ", "✗ 1 ")
    assert of_job.text == shown


def test_the_failure_cause_omits_the_sentence_around_it() -> None:
    full_message = "The query ended with exit code 1; its last output: no such bucket"
    cause = failure_cause(job(1, "FAILED", error_message=full_message), b"")
    assert cause == "“no such bucket”, exit code 1"
    assert failure_cause(job(1, "FAILED", error_message="disk\nfull"), b"") == "disk"
    log_end = b"Traceback (most recent call last):\nKeyError: 'path'\n"
    assert failure_cause(job(1, "FAILED"), log_end) == "KeyError: 'path'"
    assert failure_cause(job(1), log_end) == ""


@pytest.mark.parametrize(
    ("message", "count"),
    [
        ("The query ended with exit code 137 (128+9: SIGKILL, often out of memory).", 1),
        ("The query ended with exit code 137.", 1),
        ("The query ended with exit code 137; its last output: line 29", 1),
        ("disk full", 1),
        ("The query ended with exit code 3.", 2),
        ("The tool ended with exit code 1372.", 2),
    ],
)
def test_the_header_names_each_exit_code_once(message: str, count: int) -> None:
    failed = job(1, "FAILED", exit_code=137, error_message=message)
    reason = failure_cause(failed, b"")
    words = " ".join([*(part.text for part in job_parts(failed, NOON, reason)), reason])
    assert words.count("exit code") == count
    assert "exit code 137" in words


def test_the_header_of_a_blocked_job_has_the_sign_and_the_word_of_its_row() -> None:
    (status,) = job_parts(job(1, "PENDING"), NOON, is_blocked=True)
    assert status.text == "⊘ BLOCKED"
