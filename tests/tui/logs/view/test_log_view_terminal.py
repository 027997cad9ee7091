"""A terminal receives no control codes from a hostile log that is shown on it."""

import codecs
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from fcntl import ioctl
from pathlib import Path

import pyte
import pytest

from tests.tui.logs.view.log_stage import HOSTILE
from tests.waiting import HANG

pytestmark = pytest.mark.starts_processes


@contextmanager
def terminal(arguments: list[str], environment: dict[str, str]) -> Iterator[int]:
    """Run a program in a terminal of 80×24; yield the descriptor from which to read its output."""
    child, end = pty.fork()
    if child == 0:
        os.execvpe(arguments[0], arguments, environment)  # noqa: S606 (no shell is wanted)
    ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
    try:
        yield end
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        os.close(end)


def output_until(end: int, words: bytes) -> bytes:
    """Return everything that the program writes until it has written `words`."""
    output = b""
    deadline = time.monotonic() + HANG
    while words not in output:
        ready, _, _ = select.select([end], [], [], max(0.0, deadline - time.monotonic()))
        assert ready, output[-400:]
        output += os.read(end, 65536)
    return output


def test_a_terminal_shows_the_text_of_a_hostile_log_without_its_control_codes(
    tmp_path: Path,
) -> None:
    path = tmp_path / "hostile.log"
    path.write_text("\n".join(HOSTILE) + "\nthe last line\n", "utf-8", newline="")
    environment = {
        **os.environ,
        "TERM": "xterm-256color",
        "COLORTERM": "truecolor",
        "PYTHONPATH": str(Path(__file__).parents[4]),
    }
    program = [sys.executable, "-m", "tests.tui.logs.view.log_stage", str(path)]
    with terminal(program, environment) as end:
        output = output_until(end, b"the last line")
        # The output may end within a character.
        text = codecs.getincrementaldecoder("utf-8")().decode(output)
    text = re.sub(r"\x1b\]22;\w+(?:\x07|\x1b\\)", "", text)  # Textual's pointer shape
    for command in ("\x1b]", "\x1bP", "\x1b_", "\x1b^", "\x1b[2J", "\x07", "\x00", "\x0e"):
        assert command not in text
    assert not re.search("[\x80-\x9f\u200b\u200d\u202a-\u202e\u2066-\u2069]", text)
    assert not re.search(r"\x1b\[(?:[0-9;]*;)?[58](?:;[0-9;]*)?m", text.replace("38;2", ""))
    screen = pyte.Screen(80, 24)
    pyte.Stream(screen).feed(re.sub(r"\x1b\[[>=?<][0-9;$]*[a-zA-Z]", "", text))
    shown = [line[:-1].rstrip() for line in screen.display]  # without the scroll bar
    first = next(row for row, line in enumerate(shown) if "[@click" in line)
    assert shown[first] == f"  {HOSTILE[0]}"
    assert shown[first + 1 : first + 4] == ["   clipboard", "   window", "   cleared"]
    assert shown[first + 7] == "  link"
    assert shown[first + 8] == "  concealed blink"
    assert shown[first + 14] == "  ␛]52;c;bm90IGVuZGVk"
    assert shown[first + 15] == "▌ the last line"
