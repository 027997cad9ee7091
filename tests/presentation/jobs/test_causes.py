import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.states import JobState
from studio_tui.presentation.jobs.causes import cause, cause_of, own_error
from studio_tui.presentation.jobs.facts import facts
from studio_tui.presentation.jobs.filters import JOBS
from studio_tui.presentation.jobs.rows import COLUMNS
from studio_tui.text import safe_block
from tests.columns import by_key
from tests.jobs import NOON, job, row_of

TRACEBACK = (
    "Traceback (most recent call last):\n"
    '  File "query.py", line 6, in embed\n'
    "    raise RuntimeError('corrupt tile 17')\n"
    "RuntimeError: corrupt tile 17\n"
)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("RuntimeError: corrupt tile 17", "RuntimeError: corrupt tile 17"),
        (
            "The query ended with exit code 1; its last output: RuntimeError: corrupt tile 17",
            "RuntimeError: corrupt tile 17",
        ),
        ("The query ended with exit code 3; its last output: line 29", "“line 29”, exit code 3"),
        ("The query ended with exit code 1; its last output: 0 failed", "“0 failed”, exit code 1"),
        ("Job failed with exit code 1. Output: WARNING: slow", "“WARNING: slow”, exit code 1"),
        (
            "The query ended with exit code 1; its last output: error: shard 3 is empty",
            "“error: shard 3 is empty”, exit code 1",
        ),
        ("The query ended with exit code 3.", "exit code 3"),
        ("The query ended with exit code 3; its last output: ", "exit code 3"),
        ("Job failed with exit code 1: KeyError: 'path'", "KeyError: 'path'"),
        (
            "Query script exited with code 137",
            killed_by_137 := "exit code 137 (SIGKILL, often out of memory)",
        ),
        (
            "The query ended with exit code 137 (128+9: SIGKILL, often out of memory).",
            killed_by_137,
        ),
        ("Job failed with exit code: -9", "exit code -9 (SIGKILL, often out of memory)"),
        (
            "The query ended with exit code 134 (128+6: SIGABRT); its last output: std: no room",
            "“std: no room”, exit code 134 (SIGABRT, the program aborted)",
        ),
        ("Process finished with exit status 2. Output: no bucket", "“no bucket”, exit code 2"),
        ("Script failed: ValueError: bad shard", "ValueError: bad shard"),
        ("Job failed: disk full", "disk full"),
        (f"The query ended with exit code 1:\n{TRACEBACK}", "RuntimeError: corrupt tile 17"),
        (TRACEBACK, "RuntimeError: corrupt tile 17"),
        (f"{TRACEBACK}\n\nsome words after it", "RuntimeError: corrupt tile 17"),
        ("torch.cuda.OutOfMemoryError: CUDA out of memory", "OutOfMemoryError: CUDA out of memory"),
        ("RayTaskError(ValueError): worker died: ValueError: bad shard", "ValueError: bad shard"),
        (
            "subprocess.CalledProcessError: Command '['ls']' returned non-zero exit status 2.",
            "CalledProcessError: Command '['ls']' returned non-zero exit status 2.",
        ),
        ("ValueError: caught KeyError: 'x'", "ValueError: caught KeyError: 'x'"),
        (not_cloned := "The repository could not be cloned: not found", not_cloned),
        ("The query was killed by signal 9 (SIGKILL).", "signal 9"),
        ("Job terminated by signal 15", "signal 15"),
        (
            "The query was killed by signal 6 (SIGABRT); its last output: std::bad_alloc: no room",
            "“std::bad_alloc: no room”, signal 6",
        ),
        ("The query was killed by signal 6 (SIGABRT).\nstd: no room", "std: no room"),
        (stopped := "The query was killed by signal 9 (SIGKILL), as memory ran out.", stopped),
        (stopped := "Canceled because of a TimeoutError in another", stopped),
        (at := "12:00 is no time", at),
        ("\n\n  no space left  \nmore", "no space left"),
        ("", ""),
        ("  \n ", ""),
    ],
)
def test_the_cause_is_extracted_from_any_form_of_error_message(message: str, expected: str) -> None:
    assert cause(message) == expected


@pytest.mark.parametrize("prefix", ["", "[rank0]: ", "2026-11-28 10:00:01 ERROR ", "a | ", "E   "])
def test_the_cause_in_a_traceback_is_its_exception(prefix: str) -> None:
    prefixed = "\n".join(prefix + line for line in TRACEBACK.splitlines())
    assert cause(prefixed) == "RuntimeError: corrupt tile 17"


def test_a_number_too_long_for_an_exit_code_is_shown_as_it_is() -> None:
    assert cause(f"The query exited with code {'9' * 5000}").startswith(
        "The query exited with code 99"
    )


def test_a_traceback_without_an_exception_is_no_cause() -> None:
    frames = TRACEBACK.rsplit("\n", 2)[0]
    assert cause(f"Disk full\n{frames}") == "Disk full"


@given(st.text(max_size=300).map(safe_block))
def test_a_cause_is_one_line_and_empty_only_for_a_blank_message(message: str) -> None:
    line = cause(message)
    assert "\n" not in line
    assert bool(line) == bool(message.strip())


@pytest.mark.parametrize("status", ["CANCELED", "CANCELING"])
@pytest.mark.parametrize(
    "ending",
    [
        "The query ended with exit code 143 (128+15: SIGTERM, told to stop).",
        "The query was killed by signal 15 (SIGTERM).",
        "The query ended with exit code 1; its last output: RuntimeError: stopped",
        "Traceback (most recent call last):\n  File 'a.py', line 1, in <module>\nKeyboardInterrupt",
        "Job failed with exit code 143: Terminated",
        "The job was killed by signal 9; its last output: done",
    ],
)
def test_the_ending_of_a_canceled_job_is_not_shown_as_an_error(ending: str, status: str) -> None:
    canceled = job(3, status, error_message=ending, exit_code=143)
    assert cause_of(canceled) == ""
    assert by_key(COLUMNS, row_of(canceled, NOON))["error"].text == ""
    assert "error" not in {each.label for each in facts(canceled, NOON)}
    assert cause_of(job(3, "FAILED", error_message=ending))


def test_a_reason_for_canceling_a_job_is_shown() -> None:
    removed = "Removed from its pipeline"
    assert own_error(removed, JobState.CANCELED) == removed
    assert cause_of(job(3, "CANCELED", error_message=removed)) == removed


@pytest.mark.parametrize(
    "message",
    [
        "Job exited with code 1: OSError: disk full",
        "Job exited with code 1:\nOSError: disk full",
        f"The query ended with exit code 1:\n{TRACEBACK}",
    ],
)
def test_an_error_of_a_canceled_job_that_says_more_than_its_end_is_shown(message: str) -> None:
    assert own_error(message, JobState.CANCELED) == message


def test_the_list_shows_the_cause_and_sorts_by_it() -> None:
    message = "The query ended with exit code 1; its last output: AError: x"
    with_exit_code = job(3, "FAILED", error_message=message)
    plain = job(4, "FAILED", error_message="BError: y")
    assert by_key(COLUMNS, row_of(with_exit_code, NOON))["error"].text == "AError: x"
    sort_key = JOBS.sorts["error"].key
    assert sorted((plain, with_exit_code), key=lambda each: sort_key(each, NOON)) == [
        with_exit_code,
        plain,
    ]
