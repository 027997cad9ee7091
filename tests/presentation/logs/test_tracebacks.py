"""The lines of a failure are one unit, with any prefix; the signature is the reason in words."""

import json
import re
import textwrap
import traceback
import unicodedata
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.logs.levels import LogLevel
from studio_tui.presentation.logs.line_levels import level_of
from studio_tui.presentation.logs.search import error_units, level_starts
from studio_tui.presentation.logs.signatures import SIGNATURE_LIMIT, normalize, signature
from studio_tui.presentation.logs.tracebacks import inherited_level
from tests.waiting import no_hang


def units_of(lines: Sequence[str]) -> list[list[int]]:
    """Return the numbers of the lines with errors, those of a unit together."""
    data = "\n".join(lines).encode()
    units = error_units(data, level_starts(LogLevel.ERROR, data))
    return [[data.count(b"\n", 0, start) for start in unit] for unit in units]


def is_one_unit(length: int, lines: Sequence[str]) -> bool:
    """Whether the errors on the first `length` lines are one unit, and no others are in it."""
    units = [unit for unit in units_of(lines) if unit[0] < length]
    return len(units) == 1 and units[0][0] == 0 and units[0][-1] < length


PLAIN = """\
Traceback (most recent call last):
  File "/srv/train.py", line 12, in <module>
    main()
    ~~~~^^
  File "/srv/train.py", line 8, in main
    loss.backward()
    ^^^^^^^^^^^^^^^
  [Previous line repeated 3 more times]
torch.OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"""
CHAINED = f"""\
{PLAIN}

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/srv/train.py", line 20, in main
    raise StepFailed(step) from None
train.StepFailed: 12"""
CAUSE = """\
Traceback (most recent call last):
  File "a.py", line 1, in f
KeyError: 'x'

The above exception was the direct cause of the following exception:

Traceback (most recent call last):
  File "a.py", line 3, in g
RuntimeError"""
SUB = """\
  + Exception Group Traceback (most recent call last):
  |   File "a.py", line 1, in <module>
  |     raise ExceptionGroup("both", [a, b])
  | ExceptionGroup: both (2 sub-exceptions)
  +-+---------------- 1 ----------------
    | Traceback (most recent call last):
    |   File "a.py", line 2, in f
    | TypeError: one
    +---------------- 2 ----------------
    | ValueError: two
    +------------------------------------"""
MULTILINE = """\
Traceback (most recent call last):
  File "a.py", line 1, in f
RuntimeError: CUDA error: an illegal memory access was encountered
CUDA kernel errors might be asynchronously reported at some other API call
For debugging consider passing CUDA_LAUNCH_BLOCKING=1
Compile with `TORCH_USE_CUDA_DSA` to enable device-side assertions."""
RICH = """\
╭───────────── Traceback (most recent call last) ─────────────╮
│ /srv/train.py:12 in main                                    │
│ ❱ 12     raise ValueError(x)                                │
╰─────────────────────────────────────────────────────────────╯
ValueError: no"""
SYNTAX = """\
Traceback (most recent call last):
  File "a.py", line 1, in <module>
    import b
  File "b.py", line 1
    def f(:
          ^
SyntaxError: invalid syntax"""
SCRIPT_SYNTAX = """\
  File "/job/query.py", line 3
    rows = [1, 2, 3
           ^
SyntaxError: '[' was never closed"""
INDENTED_MESSAGE = """\
Traceback (most recent call last):
  File "a.py", line 1, in f
RuntimeError: Error(s) in loading state_dict for Net:
\tMissing key: "a"
\tsize mismatch for b"""
JAVA = """\
Exception in thread "main" java.lang.IllegalStateException: outer
    at com.foo.Bar.run(Bar.java:12)
    at com.foo.Main.main(Main.java:3)
Caused by: java.io.IOException: broken pipe
    at com.foo.Io.read(Io.java:9)
    ... 2 more"""
SUPPRESSED_JAVA = """\
java.lang.IllegalStateException: outer
\tat com.foo.Bar.run(Bar.java:12)
\tSuppressed: java.io.IOException: not closed
\t\tat com.foo.Io.close(Io.java:9)
\tCaused by: java.io.IOException: why it was not closed
\t\tat com.foo.Io.close(Io.java:8)
Caused by: java.io.IOException: broken pipe
\tat com.foo.Io.read(Io.java:9)"""
LOGGED_JAVA = """\
2026-01-02 03:04:05,678 ERROR [main] c.Foo - request failed
java.io.IOException: broken pipe
    at com.foo.Io.read(Io.java:9)"""
GO = """\
panic: runtime error: index out of range [3] with length 3

goroutine 1 [running]:
main.main()
\t/tmp/x.go:5 +0x1d
exit status 2"""
RUST = """\
error[E0308]: mismatched types
 --> src/main.rs:2:18
  |
2 |     let x: i32 = "a";
  |            ---   ^^^ expected `i32`"""
PANIC = """\
thread 'main' (48213) panicked at src/main.rs:2:5:
index out of bounds
note: run with `RUST_BACKTRACE=1` environment variable to display a backtrace"""
OOM = "OutOfMemoryError: CUDA out of memory. Tried to allocate 2.00 GiB"
STAMP = "2026-01-02 03:04:05,678 - train - ERROR - "

UNITS = [
    (PLAIN, OOM),
    (CHAINED, "StepFailed: 12"),
    (CAUSE, "RuntimeError (caused by KeyError: 'x')"),
    (SUB, "TypeError: one (the first of 2 in ExceptionGroup: both)"),
    (MULTILINE, "RuntimeError: CUDA error: an illegal memory access was encountered"),
    (RICH, "ValueError: no"),
    (SYNTAX, "SyntaxError: invalid syntax (b.py, line 1)"),
    (SCRIPT_SYNTAX, "SyntaxError: '[' was never closed (query.py, line 3)"),
    (INDENTED_MESSAGE, ('RuntimeError: Error(s) in loading state_dict for Net: Missing key: "a"'
     "; size mismatch for b")),
    (textwrap.indent(PLAIN, "[rank0]: "), OOM),
    (textwrap.indent(CHAINED, "[rank0]: ", lambda _: True), "StepFailed: 12"),
    (textwrap.indent(PLAIN, STAMP), OOM),
    (textwrap.indent(CHAINED, "    ", lambda _: True), "StepFailed: 12"),
    (textwrap.indent(PLAIN, "web_1  | "), OOM),
    (textwrap.indent(SUB, "[rank1]: "),
     "TypeError: one (the first of 2 in ExceptionGroup: both)"),
    (f"{STAMP}step failed\n{PLAIN}", OOM),
    (f"ERROR:root:step failed\n{CHAINED}", "StepFailed: 12"),
    (f"Error in worker 3: {PLAIN}", OOM),
    (f"[2026-01-02 03:04:05,678: ERROR/MainProcess] Task x raised: KeyError\n{CAUSE}",
     "RuntimeError (caused by KeyError: 'x')"),
    (JAVA, "IllegalStateException: outer (caused by IOException: broken pipe)"),
    (SUPPRESSED_JAVA, "IllegalStateException: outer (caused by IOException: broken pipe)"),
    (LOGGED_JAVA, "IOException: broken pipe"),
    (f"{STAMP}cannot read", "cannot read"),
    ("npm ERR! code ELIFECYCLE", "code ELIFECYCLE"),
    ("ValueError: x", "ValueError: x"),
    ("CRITICAL:root:gone", "gone"),
    ("[2026-01-02 03:04:05] [ERROR] [a.b] cannot read", "cannot read"),
    ("2026-01-02 03:04:05.678 | ERROR    | __main__:main:12 - cannot read", "cannot read"),
    ("E0102 12:00:00.123456   140 file.cc:12] Check failed: x", "Check failed: x"),
    ('time=x level=error msg="cannot \\"read\\"" rank=0', 'cannot \\"read\\"'),
    ('{"level": "error", "msg": "step 3 failed", "rank": 0}', "step 3 failed"),
    (json.dumps({"level": "error", "event": "failed", "exception": CHAINED}), "failed"),
]  # fmt: skip

WITHOUT_SIGNATURES = [GO, RUST, PANIC]

PLAIN_HEAD = "Traceback (most recent call last):"

LINES_AFTER = [
    "Epoch 2/10",
    f"{STAMP}another",
    "ERROR:root:another",
    PLAIN_HEAD,
    "[rank1]: Traceback (most recent call last):",
    "2026-01-02 03:04:06,000 - train - INFO - goes on",
]


@pytest.mark.parametrize("text", [text for text, _ in UNITS] + WITHOUT_SIGNATURES)
@pytest.mark.parametrize("after", [*LINES_AFTER, ""])
def test_the_lines_of_a_failure_are_one_unit_without_the_lines_after_it(
    text: str, after: str
) -> None:
    lines = text.split("\n")
    if len(lines) == 1 and after == PLAIN_HEAD:
        after = ""  # a traceback that follows a message belongs to it
    assert is_one_unit(len(lines), lines)
    assert is_one_unit(len(lines), [*lines, "", "", after, after])
    assert is_one_unit(len(lines), [*lines, after])


@pytest.mark.parametrize(("text", "expected"), UNITS)
def test_the_signature_is_the_reason_for_the_failure(text: str, expected: str) -> None:
    assert signature(text.split("\n")) == expected
    assert signature(["Epoch 1", *text.split("\n"), "", "Closing 4 workers"]) == expected


BARS = [
    "shingling: 100%|██████████| 860/863 [00:46<00:00, 18.31it/s]",
    " 12%|#2        | 12/100 [00:01<00:09,  9.87it/s, loss=0.3]",
    "[rank0]: embed:  42%|████▏     | 42/100 [00:01<00:01, 40.00it/s]",
]


@pytest.mark.parametrize("bar", BARS)
@pytest.mark.parametrize("text", [PLAIN, CHAINED, MULTILINE])
def test_a_traceback_appended_to_a_progress_bar_is_parsed_like_any_other(
    bar: str, text: str
) -> None:
    expected = signature(text.split("\n"))
    if bar.startswith("[rank0]"):
        text = textwrap.indent(text, "[rank0]: ", lambda _: True).removeprefix("[rank0]: ")
    lines = [*f"{bar}{text}".split("\n"), "", "Closing 4 workers"]
    assert signature(["begins", *lines]) == expected
    assert is_one_unit(len(lines) - 2, lines)
    assert level_of(lines[0]) is LogLevel.ERROR
    announced = "ERROR:root:step failed"
    if not bar.startswith("[rank0]"):
        assert is_one_unit(len(lines) - 1, [announced, *lines])


@pytest.mark.parametrize("text", [PLAIN, CHAINED, CAUSE, SUB, MULTILINE, RICH])
def test_a_failure_that_was_logged_and_handled_is_not_the_signature(text: str) -> None:
    logged = ["ERROR:root:step failed", *text.split("\n")]
    assert signature([*logged, "INFO:root:goes on", "gave up after 2 steps"]) == (
        "gave up after 2 steps"
    )


def interleaved(*texts: str) -> list[str]:
    """Return the lines of the texts in turn, each with the prefix of its rank."""
    by_rank = [
        [f"[rank{rank}]: {line}" for line in text.split("\n")] for rank, text in enumerate(texts)
    ]
    longest = max(map(len, by_rank))
    return [lines[n] for n in range(longest) for lines in by_rank if n < len(lines)]


@pytest.mark.parametrize("others", [(CHAINED,), (PLAIN, SUB), (MULTILINE, RICH, CAUSE, SYNTAX)])
def test_interleaved_tracebacks_are_units_by_their_prefixes(others: tuple[str, ...]) -> None:
    lines = interleaved(PLAIN, *others)
    units = units_of(lines)
    assert [lines[unit[0]] for unit in units] == lines[: len(units)]
    assert [{lines[number][:7] for number in unit} for unit in units] == [
        {f"[rank{rank}]"} for rank in range(1 + len(others))
    ]


def test_lines_of_other_processes_do_not_end_a_traceback() -> None:
    lines = textwrap.indent(PLAIN, "(train pid=47, ip=10.0.0.7) ").split("\n")
    all_lines = [*lines[:3], "step 12", "(raylet) slow", *lines[3:], "step 13"]
    assert units_of(all_lines) == [[0, len(all_lines) - 2]]


def test_units_begin_at_the_tags_of_their_lines() -> None:
    tagged = textwrap.indent(f"{PLAIN}\nERROR last", "001|").encode()
    head, final, last = (tagged.index(b"001|" + text) for text in (b"Trace", b"torch", b"ERROR"))
    assert error_units(tagged, [head, final, last], tag_length=4) == [[head, final], [last]]


def test_errors_with_the_same_timestamp_are_separate_units() -> None:
    assert units_of([f"{STAMP}one", f"{STAMP}two", f"{STAMP}three"]) == [[0], [1], [2]]


def test_a_logger_that_prefixes_each_line_of_a_chain_does_not_divide_it() -> None:
    lines = textwrap.indent(CHAINED, STAMP, lambda _: True).split("\n")
    assert units_of([*lines, f"{STAMP}another"]) == [[*range(len(lines))], [len(lines)]]


def test_a_chained_traceback_from_python_is_one_unit() -> None:
    def fail(depth: int) -> None:
        try:
            if depth:
                fail(depth - 1)
            int("x")
        except (ValueError, RuntimeError) as error:
            raise RuntimeError(f"depth {depth}") from error

    with pytest.raises(RuntimeError, match="depth 3") as caught:
        fail(3)
    lines = "".join(traceback.format_exception(caught.value)).splitlines()
    assert is_one_unit(len(lines), [*lines, "next"])
    assert signature([*lines, "see the manual"]) == (
        "RuntimeError: depth 3 (caused by ValueError: invalid literal for int() with base 10: 'x')"
    )


def test_a_traceback_that_was_cut_off_ends_before_the_next_line() -> None:
    lines = PLAIN.split("\n")[:5]
    assert units_of([*lines, f"{STAMP}another"]) == [[0], [5]]
    assert units_of([*lines, "INFO: Uvicorn running"]) == [[0]]


def test_the_exception_of_a_wrapper_is_not_the_signature() -> None:
    wrapper = 'Traceback (most recent call last):\n  File "run.py", line 1, in <module>\n'
    for name in ("torch.distributed.elastic.multiprocessing.errors.ChildFailedError: ",
                 "SystemExit: 1", "KeyboardInterrupt"):  # fmt: skip
        assert signature(f"{PLAIN}\n{wrapper}{name}".split("\n")) == OOM
    assert signature(f"{wrapper}KeyboardInterrupt".split("\n")) == "KeyboardInterrupt"


def test_lines_without_a_failure_have_no_signature() -> None:
    assert signature([]) is None
    assert signature(["Epoch 1", "0 errors", "WARNING:root:slow"]) is None


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("OutOfMemoryError: Tried to allocate 2.00 GiB",
         "OutOfMemoryError: Tried to allocate <n> GiB"),
        ("FileNotFoundError: [Errno 2] No such file: '/data/a-1/x.txt'",
         "FileNotFoundError: [Errno <n>] No such file: '<path>'"),
        ("cannot read gs://bucket/x/1.jpg: 403", "cannot read <path> <n>"),
        ("object at 0x7f12ab is gone", "object at <hex> is gone"),
        ("job 497f6eca-6276-4993-bfeb-53cbbbba6f08 failed", "job <hex> failed"),
        ("commit 3fa3f83 failed", "commit <hex> failed"),
        ("int64, conv2d, utf8, deadbeef and/or", "int64, conv2d, utf8, deadbeef and/or"),
        ("took 1.5e-3 s, 1,000 rows, cuda:3", "took <n> s, <n> rows, cuda:<n>"),
        (r"no C:\data\x.txt", "no <path>"),
        ("", ""),
    ],
)  # fmt: skip
def test_equal_failures_have_equal_normal_forms(text: str, same: str) -> None:
    assert normalize(text) == same
    assert normalize(same) == same


LINES = st.lists(
    st.sampled_from([line for text, _ in UNITS for line in text.split("\n")]) | st.text(max_size=30)
)


@given(LINES)
def test_any_lines_have_units_and_a_safe_signature_or_none(lines: list[str]) -> None:
    numbers = [number for unit in units_of("\n".join(lines).split("\n")) for number in unit]
    assert len(set(numbers)) == len(numbers)
    reason = signature(lines)
    if reason is not None:
        assert len(reason) <= SIGNATURE_LIMIT
        assert not any(
            unicodedata.category(each) in {"Cc", "Cf", "Cs", "Zl", "Zp"} for each in reason
        )
        assert not re.search(r"\d{4}", re.sub(r"[^\x00-\x7f]|[A-Za-z_<]\d+", "", normalize(reason)))


@pytest.mark.parametrize(
    "text", ["a." * 8000, "/a" * 8000, "a1" * 8000, "Traceback (" * 1500, " " * 16_384]
)
def test_hostile_lines_are_parsed_without_hanging(text: str) -> None:
    lines = ["Traceback (most recent call last):", text, "ERROR " + text]
    with no_hang("the traceback of a line"):
        for _ in range(10):
            units_of(lines)
            signature(lines)
            normalize(text)


def test_the_message_of_an_exception_inherits_the_level_of_its_traceback() -> None:
    frames = ["    main()", '  File "a.py", line 3, in <module>']
    traceback = [*frames, "Traceback (most recent call last):", "INFO fine"]
    assert inherited_level("TooFewDocstrings: 57.5% of 200", traceback) is LogLevel.ERROR
    assert inherited_level("the end", ["  indented", "INFO a heading"]) is None
    assert inherited_level("the end", ["Traceback (most recent call last):"]) is None, "cut off"
    assert inherited_level("    main()", traceback[1:]) is None, "a frame"


def test_errors_of_a_log_that_has_changed_since_are_in_no_unit() -> None:
    assert error_units(b"ERROR a\nERROR b", [0, 3, 8, 40]) == [[0], [8]]
