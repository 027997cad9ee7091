"""Parsing of failures other than Python exceptions: of launchers, test runners, other languages."""

import re
from collections.abc import Callable, Sequence

from studio_tui.failures.exceptions import HEAD, NAME, read_traceback
from studio_tui.failures.exit_codes import exit_code_words
from studio_tui.failures.parsed_exception import ParsedException
from studio_tui.failures.printed_lines import is_frame, is_hint

_PANIC = re.compile(
    r"thread '(?P<thread>[^']{0,80})'(?: \(\d+\))? panicked at "
    r"(?:'(?P<old>.*)', (?P<old_place>\S+:\d+:\d+)$|(?P<place>\S+:\d+:\d+):?$)"
)
_GO = re.compile(r"(?:panic: |fatal error: )(.+?)(?: \[recovered\])?$")
_GO_STACK_HEAD = re.compile(r"goroutine \d+ \[|\[signal ")
"""A line that is expected within five lines after a panic of Go."""
_GO_DETAIL = re.compile(r"\s*$|[ \t\[]|goroutine |exit status|created by|panic: ")
_FATAL_DETAIL = re.compile(
    r"\s*$| |Current thread |Thread 0x|Python runtime state|Extension modules:|<no Python frame>"
)
_THROWN = re.compile(rf"(?:Exception in thread \"[^\"]*\" |Caused by: )?({NAME})(?:: (.*))?$")
"""The first line of a Java exception; groups: name, message (`None` without one)."""
_JAVA_FRAME = re.compile(r"\s+at [\w.$<>/]+\([^()]*\)$")
_JAVA_RELATED = re.compile(rf"\s*(?:Caused by|Suppressed): ({NAME}(?:: .*)?)$")
"""The first line of a related exception (group 1); causes of suppressed ones are indented."""
_NODE_FRAME = re.compile(r"\s+at .+(?::\d+:\d+\)?|<anonymous>\)?|\(native\))(?: \{)?$")
_NODE_NAME = re.compile(rf"{NAME}(?: \[\w+\])?(?:: |$)")
_NODE_CAUSE = re.compile(r"\s+\[cause\]: (\S.*)$")
_NODE_DETAIL = re.compile(r"\s*$|[ }]|(?:Node\.js|Bun) v")
_NODE_MESSAGE_LINES = 8
"""Maximum lines of a message, which come before the frames."""
_UNCAUGHT = re.compile(r"(?:Uncaught |Unhandled \w+:? )")
"""Words before the name of an uncaught error, as Deno and Node print them."""
_TERMINATE = re.compile(r"terminate called after throwing an instance of '([^']+)'")
_WHAT = re.compile(r"\s*what\(\):\s*(.*)$")
_CARGO = re.compile(r"(error(?:\[E\d+\])?: .+)$")
_CARGO_PLACE = re.compile(r"\s*--> (\S+:\d+:\d+)$")
_CARGO_END = re.compile(r"error: could not compile |error: aborting due to ")
_CROSS = re.compile(r"\s*× \w.*:$")
_BRANCH = re.compile(r"  .*\S")
_PYTEST_FAILED = re.compile(r"(FAILED|ERROR) (\S+(?:\[.*?\])?)(?: - (.*))?$")
_PYTEST_END = re.compile(r"=* ?((?:\d+ \w+, )*\d+ (?:failed|error|errors)\b.*? in [\d.]+s.*?) ?=*$")
_TORCHRUN_HEAD = re.compile(r"Root Cause \(first observed failure\):$")
_FIELD = re.compile(r"\s{2}(time|host|rank|exitcode|error_file|traceback)\s*: (.*)$")
"""A field in the summary of torchrun; groups: name, value."""
_RANK = re.compile(r"(\d+) \(local_rank: (\d+)\)")
_EXIT = re.compile(r"(-?\d+) \(pid: \d+\)")


def _first_line(lines: Sequence[str], start: int) -> tuple[str, int]:
    """Return the first non-empty of the three lines from `start`, and the index after it.

    If all are empty, the line is empty and the index is `start`.
    """
    for number in range(start, min(len(lines), start + 3)):
        if lines[number].strip():
            return lines[number].strip(), number + 1
    return "", start


def _end_of(lines: Sequence[str], start: int, belongs: Callable[[str], object]) -> int:
    """Return the index of the first line from `start` on for which `belongs` is false."""
    return next((n for n in range(start, len(lines)) if not belongs(lines[n])), len(lines))


def _after_frames(lines: Sequence[str], start: int) -> int:
    end = start
    for number in range(start, len(lines)):
        line = lines[number]
        if is_frame(line) or is_hint(line):
            end = number + 1
        elif line.strip():
            break
    return end


def rust_panic(lines: Sequence[str], start: int) -> ParsedException | None:
    """Parse a Rust panic; its message is on the same line in the old format, else on the next."""
    panic = _PANIC.match(lines[start])
    if panic is None:
        return None
    if panic["old"] is not None:
        message, place, end = panic["old"], panic["old_place"], start + 1
    else:
        message, end = _first_line(lines, start + 1)
        place = panic["place"]
    return ParsedException(f"panicked: {message} ({place})", _after_frames(lines, end))


def go_panic(lines: Sequence[str], start: int) -> ParsedException | None:
    """Parse a Go panic and the list of goroutines after it."""
    panic = _GO.match(lines[start])
    if panic is None:
        return None
    following = [line for line in lines[start + 1 : start + 6] if line.strip()]
    if not any(_GO_STACK_HEAD.match(line) for line in following):
        return None
    end = _end_of(lines, start + 1, lambda line: _GO_DETAIL.match(line) or is_frame(line))
    return ParsedException(lines[start].strip(), end)


def java_exception(lines: Sequence[str], start: int) -> ParsedException | None:
    """Parse a Java exception; the reason also names its root cause."""
    first = _THROWN.match(lines[start])
    if first is None or start + 1 >= len(lines) or not _JAVA_FRAME.match(lines[start + 1]):
        return None
    text = f"{first[1]}: {first[2]}" if first[2] else first[1]
    end = _end_of(
        lines,
        start + 1,
        lambda line: _JAVA_RELATED.match(line) or is_frame(line) or _JAVA_FRAME.match(line),
    )
    related = filter(None, map(_JAVA_RELATED.match, lines[start + 1 : end]))
    causes = [each[1] for each in related if each[0].startswith("Caused")]
    root = causes[-1] if causes else text
    return ParsedException(text if root == text else f"{text} (caused by {root})", end)


def node_error(lines: Sequence[str], start: int) -> ParsedException | None:
    """Parse an uncaught error of Node, Deno or Bun; the reason also names its root cause."""
    line = _UNCAUGHT.sub("", lines[start])
    if not _NODE_NAME.match(line):
        return None
    end = start + 1
    while end < min(len(lines), start + _NODE_MESSAGE_LINES) and not _NODE_FRAME.match(lines[end]):
        if not lines[end].strip():
            return None
        end += 1
    if end >= len(lines) or not _NODE_FRAME.match(lines[end]):
        return None
    frames, end = end, _end_of(lines, end, _NODE_DETAIL.match)
    causes = [cause[1] for below in lines[frames:end] if (cause := _NODE_CAUSE.match(below))]
    return ParsedException(line.strip() + (f" (caused by {causes[-1]})" if causes else ""), end)


def fatal_python_error(lines: Sequence[str], start: int) -> ParsedException | None:
    """Parse the message that Python prints before it aborts."""
    if not lines[start].startswith("Fatal Python error: "):
        return None
    return ParsedException(lines[start], _end_of(lines, start + 1, _FATAL_DETAIL.match))


def cpp_exception(lines: Sequence[str], start: int) -> ParsedException | None:
    match = _TERMINATE.match(lines[start])
    if match is None:
        return None
    what = _WHAT.match(lines[start + 1]) if start + 1 < len(lines) else None
    return ParsedException(
        f"{match[1]}: {what[1]}" if what else match[1], start + (2 if what else 1)
    )


def rust_compiler_error(lines: Sequence[str], start: int) -> ParsedException | None:
    """Parse the last line of a failed Rust compilation, and the first error above it."""
    if not _CARGO_END.match(lines[start]):
        return None
    for number in range(max(0, start - 400), start):
        error = _CARGO.match(lines[number])
        place = _CARGO_PLACE.match(lines[number + 1]) if error else None
        if error and place:
            return ParsedException(f"{error[1]} ({place[1]})", _after_frames(lines, start + 1))
    return None


def resolver_error(lines: Sequence[str], start: int) -> ParsedException | None:
    """Parse the tree printed by a dependency resolver such as uv: what failed, and why."""
    if not _CROSS.match(lines[start]):
        return None
    end = _end_of(lines, start + 1, _BRANCH.match)
    words = [lines[start].strip(" ×"), *(line.strip(" ╰─▶│├") for line in lines[start + 1 : end])]
    return ParsedException(" ".join(words), end) if len(words) > 1 else None


def pytest_summary(lines: Sequence[str], start: int) -> ParsedException | None:
    """Parse the summary line of pytest, and the first failed test above it."""
    summary = _PYTEST_END.match(lines[start])
    if summary is None:
        return None
    for number in range(max(0, start - 400), start):
        if failed := _PYTEST_FAILED.match(lines[number]):
            why = f": {failed[3]}" if failed[3] else ""
            verb = "failed" if failed[1] == "FAILED" else "could not run"
            return ParsedException(f"{failed[2]} {verb}{why} ({summary[1]})", start + 1)
    return ParsedException(summary[1], start + 1)


def torchrun_summary(
    lines: Sequence[str], start: int, exception_of_rank: Callable[[str, str], str | None]
) -> ParsedException | None:
    """Parse torchrun's summary.

    If it has no exception, `exception_of_rank` returns the one printed by the worker of a rank and
    local rank.
    """
    if not _TORCHRUN_HEAD.match(lines[start].strip()):
        return None
    fields: dict[str, str] = {}
    end = start + 1
    for number in range(start + 1, min(len(lines), start + 200)):
        if field := _FIELD.match(lines[number]):
            fields[field[1]] = field[2]
            end = number + 1
        elif lines[number].startswith("===="):
            end = number + 1
            break
    ranks = _RANK.match(fields.get("rank", ""))
    rank, local = (ranks[1], ranks[2]) if ranks else (fields.get("rank", "?"), "")
    exception = _exception_in_summary(lines, start, end) or exception_of_rank(rank, local)
    where = f"rank {rank} on {fields['host']}" if "host" in fields else f"rank {rank}"
    if exception:
        return ParsedException(f"{exception} ({where})", end)
    return ParsedException(f"{where} {_describe_exit(fields.get('exitcode', ''))}", end)


def _exception_in_summary(lines: Sequence[str], start: int, end: int) -> str | None:
    for number in range(start, end):
        head = HEAD.search(lines[number])
        if head and "traceback" in lines[number]:
            below = [line.removeprefix("  ") for line in lines[number + 1 : end]]
            raised = read_traceback(["Traceback (most recent call last):", *below], 0)
            return raised.reason if raised else None
    return None


def _describe_exit(exit_code: str) -> str:
    match = _EXIT.match(exit_code)
    code = int(match[1]) if match else 0
    return f"ended with {exit_code_words(code)}" if code else "failed"
