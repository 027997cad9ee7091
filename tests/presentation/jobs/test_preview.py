from datetime import UTC

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.jobs.facts import Fact, FactLine, facts
from studio_tui.presentation.jobs.preview import FactRoom, JobDetails, last_lines, preview
from studio_tui.presentation.jobs.waiting import why_waiting
from studio_tui.presentation.logs.row_forms import PLAIN_FORM, rows_of
from tests.jobs import NOON, job

LOG = b"".join(b"line %d\n" % number for number in range(100))
WIDE = FactRoom(60, 40)
NO_DETAILS = JobDetails()


def told(
    known: Job, details: JobDetails = NO_DETAILS, room: FactRoom = WIDE
) -> list[tuple[str, str]]:
    said = preview(known, facts(known, NOON), details, room, now=NOON, zone=UTC)
    return [
        (each.label, each.value.text) if isinstance(each, Fact) else ("|", each.cells[0].text)
        for each in said
    ]


def test_what_is_not_known_is_left_out() -> None:
    labels = {label for label, _ in told(job(1, "QUEUED", workers=None))}
    assert labels == {"status", "waits for", "name", "id", "created", "started", "by", "type"}


def test_the_error_is_told_whole() -> None:
    error = "RuntimeError: " + "corrupt tile, " * 60
    assert ("error", error.strip()) in told(job(1, "FAILED", error_message=error))


def test_the_last_lines_fill_the_room_that_the_facts_leave() -> None:
    lines = [text for label, text in told(job(1), JobDetails(log_end=LOG)) if label == "|"]
    assert lines[0].startswith("── end of the log")
    assert lines[-1] == "line 99"
    assert len(told(job(1), JobDetails(log_end=LOG))) in {WIDE.height - 1, WIDE.height}


def test_where_there_is_little_room_the_lines_come_before_what_matters_less() -> None:
    shown = told(job(1, "FAILED", error_message="E: x"), JobDetails(log_end=LOG), FactRoom(78, 7))
    assert [label for label, _ in shown[:7]] == ["status", "error", "|", "|", "|", "|", "|"]
    assert shown[6] == ("|", "line 99")
    assert ("name", "job_1.py") in shown


def test_a_schedule_says_when_it_runs_files_and_variables_are_named() -> None:
    task = job(
        1, "TASK", schedule={"cron_expression": "0 3 * * *", "time_zone": "UTC"},
        environment={"SHARD": "17", "HF_TOKEN": "secret"},
    )  # fmt: skip
    shown = dict(told(task, JobDetails(files={"a.csv": 2048, "id-7": None})))
    assert shown["schedule"].startswith("0 3 * * *")
    assert shown["variables"] == "HF_TOKEN, SHARD"
    assert shown["files"] == "a.csv (2.0 KiB), id-7"
    assert "secret" not in str(shown)


def test_a_log_that_cannot_be_seen_or_is_empty_says_so() -> None:
    assert ("log", "not yours") in told(job(1), JobDetails(log_trouble="not yours"))
    assert ("log", "the job printed nothing") in told(job(1), JobDetails(log_end=b"\n\r\n"))
    assert "log" not in dict(told(job(1)))


def test_of_a_progress_bar_the_last_state_is_a_line() -> None:
    assert last_lines(b"begin\n 10%\r 20%\r 30%", 5) == ["begin", " 30%"]


def test_a_json_line_is_as_short_as_the_log_shows_it() -> None:
    line = b'{"time": "2026-03-01T12:00:00Z", "level": "error", "message": "disk full", "gpu": 3}'
    (shown,) = last_lines(line + b"\n", 5)
    assert shown == rows_of(line, b"", len(line), PLAIN_FORM)[0].text
    assert "disk full" in shown
    assert '"message"' not in shown
    assert last_lines(b'{"cut\n' + line[:40], 5) == ['{"cut', line[:40].decode()]


@given(st.binary(max_size=300), st.integers(1, 9))
def test_last_lines_are_safe_and_no_more_than_there_is_room_for(end: bytes, count: int) -> None:
    lines = last_lines(end, count)
    assert len(lines) <= count
    assert not any(ord(c) < 32 or 0x7F <= ord(c) < 0xA0 for line in lines for c in line)


@given(st.integers(1, 100), st.integers(1, 60))
def test_in_any_room_every_known_fact_is_told(width: int, height: int) -> None:
    known = job(1, "FAILED", error_message="x" * 500)
    shown = preview(known, facts(known, NOON), JobDetails(log_end=LOG),
                    FactRoom(width, height), now=NOON, zone=UTC)  # fmt: skip
    labels = {each.label for each in shown if isinstance(each, Fact)}
    assert {"status", "error", "name", "id", "by"} <= labels
    assert any(isinstance(each, FactLine) and each.cells == (Cell("line 99"),) for each in shown)


def test_why_a_job_waits_is_told_of_every_state_before_it_begins() -> None:
    gpu = Cluster.model_validate({"id": 1, "name": "gpu", "max_workers": 4, "busy_workers": 3})
    for status in ("CREATED", "SCHEDULED", "QUEUED", "PENDING"):
        assert why_waiting(job(1, status), (gpu,)), status
    for status in ("RUNNING", "COMPLETE", "FAILED", "TASK", "NEW"):
        assert not why_waiting(job(1, status), (gpu,)), status
    pending = job(1, "PENDING")
    for status, words in (
        ("FAILED", "its pipeline, which has failed"),
        ("PAUSED", "its pipeline, which is paused"),
        ("RUNNING", "the jobs before it in its pipeline"),
        ("WARMING", "the jobs before it in its pipeline"),
    ):
        owner = Pipeline.model_validate({"pipeline_id": "p", "name": "p", "status": status})
        assert why_waiting(pending, (), owner) == words
    queued = job(1, "QUEUED", workers=2, compute_cluster_name="gpu")
    assert why_waiting(queued, (gpu,)).startswith("needs 2 workers; gpu has 1 free of 4")
    assert "does not say" in why_waiting(queued, ())
