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
        *(
            (f"The query ended with exit code 1; its last output: {error}", error)
            for error in (
                "error: shard 3 is empty",
                "fatal: not a git repository",
                "Killed",
                "CUDA out of memory",
                "Segmentation fault (core dumped)",
                "cp: a.txt: No such file or directory",
                "could not read shard 3",
                "2 of 9 checks failed",
                "✗ shard 3",
            )
        ),
        ("The query ended with exit code 3.", "exit code 3"),
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
            "std: no room",
        ),
        ("Process finished with exit status 2. Output: no such bucket", "no such bucket"),
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
        ("The query was killed by signal 9 (SIGKILL).", "signal 9 (SIGKILL)"),
        ("Job terminated by signal 15", "signal 15"),
        (
            "The query was killed by signal 6 (SIGABRT); its last output: std::bad_alloc: no room",
            "std::bad_alloc: no room",
        ),
        ("The job was killed by signal 9; its last output: done", "signal 9; last output: done"),
        ("The query was killed by signal 6 (SIGABRT).\nstd: no room", "std: no room"),
        (stopped := "The query was killed by signal 9 (SIGKILL), as memory ran out.", stopped),
        (stopped := "Canceled because of a TimeoutError in another", stopped),
        (
            "2026-11-28 10:00:01.100 | ERROR    | app:main:10 - /ckpt/42.pt is cut",
            "/ckpt/42.pt is cut",
        ),
        ("[2026-11-28T10:00:01.1+0000] {a.py:5} ERROR - no pool", "no pool"),
        ("01:02:03 ERROR root no route to db:5432", "root no route to db:5432"),
        ("query.sh: line 3: nvidia-smi: command not found", "nvidia-smi: command not found"),
        ("npm ERR! ERESOLVE no tree", "ERESOLVE no tree"),
        ('10:00:04    column "x" does not exist', 'column "x" does not exist'),
        (at := "12:00 is no time", at),
        ("\n\n  no space left  \nmore", "no space left"),
        ("", ""),
        ("  \n ", ""),
    ],
)
def test_the_cause_is_extracted_from_any_form_of_error_message(message: str, expected: str) -> None:
    assert cause(message) == expected


FRAMES, ENDING = TRACEBACK.strip().rsplit("\n", 1)
NEXT = "\n\nDuring handling of the above exception, another exception occurred:\n\n"


def prefixed(prefix: str, text: str) -> str:
    return "\n".join(prefix + line for line in text.splitlines())


@pytest.mark.parametrize("prefix", ["", "[rank0]: ", "2026-11-28 10:00:01 ERROR ", "a | ", "E   "])
def test_the_cause_in_a_traceback_without_its_beginning_is_its_exception(prefix: str) -> None:
    assert cause(prefixed(prefix, TRACEBACK)) == ENDING
    assert cause(prefixed(prefix, TRACEBACK.split("\n", 1)[1])) == ENDING


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("    raise RuntimeError('corrupt tile 17')\n" + ENDING, ENDING),
        ('…y", line 6, in embed\n    raise Broken(17)\nbase.Broken: 17', "Broken: 17"),
        (f"ecent call last):\n{TRACEBACK.split(chr(10), 1)[1]}", ENDING),
        (FRAMES, cut := "traceback cut off after: raise RuntimeError('corrupt tile 17')"),
        (prefixed("[rank0]: ", FRAMES), cut),
        (f"The query ended with exit code 1:\n{FRAMES}\n… [truncated]", cut),
        (FRAMES.split("\n", 1)[1], cut),
        (FRAMES[:60], f"traceback cut off after: {FRAMES[:60].splitlines()[1].strip()}"),
        (
            f"{TRACEBACK}{NEXT}{FRAMES}",
            f"exception in embed (query.py, line 6), whose traceback is cut off (after {ENDING})",
        ),
        (f"{TRACEBACK}{NEXT}{FRAMES}\nValueError: 3", "ValueError: 3"),
        (" ".join(TRACEBACK.split()), ENDING),
        (" ".join(FRAMES.split()), f"traceback cut off after: {' '.join(FRAMES.split()[5:])}"),
        ("Job failed: " + TRACEBACK.replace("\n", "\\n").replace('"', '\\"'), ENDING),
        ("╭─ Traceback (most recent call last) ─╮\n│ a.py:3 in f │", f"{cut[:24]} a.py:3 in f"),
        (head := "Traceback (most recent call last):", head),
        ("Parse error, line 3, in a.sql\n  select\nHINT: quote", "Parse error, line 3, in a.sql"),
    ],
)
def test_the_cause_in_a_part_of_a_traceback_is_not_its_first_line(
    message: str, expected: str
) -> None:
    assert cause(message) == expected


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
