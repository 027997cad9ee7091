import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Cluster, Job, Pipeline
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.jobs.facts import Fact, FactLine, facts
from studio_tui.presentation.jobs.preview import FactSpace, JobExtras, last_lines, preview
from studio_tui.presentation.jobs.waiting import NOTHING_KNOWN, Surroundings
from studio_tui.presentation.logs.row_forms import rows_of
from tests.hostile import control_characters
from tests.jobs import NOON, job, waiting_reason

LOG = b"".join(b"line %d\n" % number for number in range(100))
WIDE = FactSpace(60, 40)
NO_EXTRAS = JobExtras()


def texts(
    shown_job: Job, extras: JobExtras = NO_EXTRAS, space: FactSpace = WIDE
) -> list[tuple[str, str]]:
    """Return labels and values of the preview; lines of the log have the label `|`."""
    lines = preview(shown_job, facts(shown_job, NOON), extras, space)
    return [
        (each.label, each.value.text) if isinstance(each, Fact) else ("|", each.cells[0].text)
        for each in lines
    ]


def test_facts_without_a_value_are_left_out() -> None:
    labels = {label for label, _ in texts(job(1, "QUEUED", workers=None))}
    assert labels == {"status", "waits for", "name", "id", "created", "started", "by", "type"}


def test_the_error_is_shown_in_full() -> None:
    error = "RuntimeError: " + "corrupt tile, " * 60
    assert ("error", error.strip()) in texts(job(1, "FAILED", error_message=error))


def test_the_last_log_lines_fill_the_space_below_the_facts() -> None:
    lines = [text for label, text in texts(job(1), JobExtras(log_end=LOG)) if label == "|"]
    assert lines[0].startswith("── end of the log")
    assert lines[-1] == "line 99"
    assert len(texts(job(1), JobExtras(log_end=LOG))) in {WIDE.height - 1, WIDE.height}


def test_in_little_space_log_lines_replace_the_less_important_facts() -> None:
    shown = texts(job(1, "FAILED", error_message="E: x"), JobExtras(log_end=LOG), FactSpace(78, 7))
    assert [label for label, _ in shown[:7]] == ["status", "error", "|", "|", "|", "|", "|"]
    assert shown[6] == ("|", "line 99")
    assert ("name", "job_1.py") in shown


def test_a_schedule_shows_its_files_and_the_names_of_its_variables() -> None:
    task = job(1, "TASK", environment={"SHARD": "17", "HF_TOKEN": "secret"})
    shown = dict(texts(task, JobExtras(files={"a.csv": 2048, "id-7": None})))
    assert shown["variables"] == "HF_TOKEN, SHARD"
    assert shown["files"] == "a.csv (2.0 KiB), id-7"
    assert "secret" not in str(shown)


def test_an_unreadable_or_empty_log_is_reported() -> None:
    assert ("log", "not yours") in texts(job(1), JobExtras(log_trouble="not yours"))
    empty = JobExtras(log_end=b"\n\r\n")
    assert ("log", "the job printed nothing") in texts(job(1), empty)
    assert ("log", "the job has printed nothing yet") in texts(job(1, "RUNNING"), empty)
    assert "log" not in dict(texts(job(1)))


def test_lines_that_were_read_stay_with_their_age_when_the_log_is_unavailable() -> None:
    extra = JobExtras(log_end=LOG, log_trouble="not running", log_as_of="14:05:30")
    shown = texts(job(1), extra)
    heading = shown.index(("|", "── end of the log at 14:05:30, l shows all of it"))
    assert shown[heading - 1] == ("log", "not running")
    assert shown[-1] == ("|", "line 99")
    assert len(shown) in {WIDE.height - 1, WIDE.height}


def test_a_progress_bar_is_shown_as_one_line_in_its_last_state() -> None:
    assert last_lines(b"begin\n 10%\r 20%\r 30%", 5) == ["begin", " 30%"]


@pytest.mark.parametrize("states", [1, 500])
def test_a_traceback_after_a_progress_bar_is_a_line_of_its_own(states: int) -> None:
    log_end = (
        b"begin\n" + b" 10%|#  |\r" * states + b" 12%|#  | 1/8 [00:01<00:09]Traceback (most recent"
    )
    shown = [" 12%|#  | 1/8 [00:01<00:09]", "Traceback (most recent call last):"]
    assert last_lines(log_end + b" call last):\n", 5) == ["begin", *shown]
    assert last_lines(log_end + b" call last):\n", 1) == shown[1:]


def test_a_line_of_a_traceback_that_is_too_long_keeps_its_file_and_line() -> None:
    folder = "/tmp/studio/jobs/f07c7a11-2b0c-4a37-9d3c-1c2f3a4b5c6d"
    frames = [f'  File "{folder}/query.py", line 20, in <module>', '  File "b.py", line 3, in f']
    end = "\n".join((*frames, f"wrote {folder}/a.txt and {folder}/b.txt")).encode()
    lines = texts(job(1, "FAILED"), JobExtras(log_end=end))[-3:]
    shown = ['  File "…/query.py", line 20, in <module>', frames[1]]
    assert [text for _, text in lines] == [*shown, f"wrote {folder}/a.txt and {folder}/b.txt"]
    wide = texts(job(1, "FAILED"), JobExtras(log_end=end), FactSpace(200, 40))[-3:]
    assert wide[0] == ("|", frames[0])


def test_a_json_line_is_formatted_as_in_the_log() -> None:
    line = b'{"time": "2026-03-01T12:00:00Z", "level": "error", "message": "disk full", "gpu": 3}'
    (shown,) = last_lines(line + b"\n", 5)
    assert shown == rows_of(line, b"", len(line))[0].text
    assert "disk full" in shown
    assert '"message"' not in shown
    assert last_lines(b'{"cut\n' + line[:40], 5) == ['{"cut', line[:40].decode()]


@given(st.binary(max_size=300), st.integers(1, 9))
def test_log_lines_are_safe_to_draw_and_fit_the_space(log_end: bytes, count: int) -> None:
    lines = last_lines(log_end, count)
    assert len(lines) <= count
    assert not any(map(control_characters, lines))


@given(st.integers(1, 100), st.integers(1, 60))
def test_the_main_facts_and_the_last_log_line_are_shown_at_any_size(
    width: int, height: int
) -> None:
    failed = job(1, "FAILED", error_message="x" * 500)
    space = FactSpace(width, height)
    shown = preview(failed, facts(failed, NOON), JobExtras(log_end=LOG), space)
    labels = {each.label for each in shown if isinstance(each, Fact)}
    assert {"status", "error", "name", "id", "by"} <= labels
    assert any(isinstance(each, FactLine) and each.cells == (Cell("line 99"),) for each in shown)


def test_a_job_in_any_state_before_its_start_shows_why_it_waits() -> None:
    gpu = Cluster.model_validate({"id": 1, "name": "gpu", "max_workers": 4, "busy_workers": 3})
    surroundings = Surroundings((gpu,))
    for status in ("CREATED", "SCHEDULED", "QUEUED", "PENDING"):
        assert waiting_reason(job(1, status), surroundings), status
    for status in ("RUNNING", "COMPLETE", "FAILED", "TASK", "NEW"):
        assert not waiting_reason(job(1, status), surroundings), status
    pending = job(1, "PENDING")
    for status, words in (
        ("FAILED", "its pipeline, which has failed"),
        ("PAUSED", "its pipeline, which is paused"),
        ("RUNNING", "earlier jobs of its pipeline"),
        ("WARMING", "earlier jobs of its pipeline"),
    ):
        its_pipeline = Pipeline.model_validate({"pipeline_id": "p", "name": "p", "status": status})
        assert waiting_reason(pending, Surroundings(pipeline=its_pipeline)) == f"waits for {words}"
    queued = job(1, "QUEUED", workers=2, compute_cluster_name="gpu")
    assert waiting_reason(queued, surroundings).startswith(
        "waits for 2 workers; gpu has 1 free of 4"
    )
    assert "does not say" in waiting_reason(queued, NOTHING_KNOWN)
