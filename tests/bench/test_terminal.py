import json
import sys
import time
from pathlib import Path

import pytest

from tests.bench import processes
from tests.bench.report import Goal, Measure, Section, as_json, as_text
from tests.bench.terminal import Terminal

pytestmark = pytest.mark.starts_processes


def python(script: str) -> list[str]:
    return [sys.executable, "-c", script]


def test_a_frame_is_complete_when_its_update_is_closed() -> None:
    script = (
        "import sys, time; w = lambda t: (sys.stdout.write(t), sys.stdout.flush());"
        "w('\\x1b[?2026hhalf'); time.sleep(0.2); w(' and half\\x1b[?2026l'); sys.stdin.read(1)"
    )
    with Terminal(python(script)) as terminal:
        frame = terminal.next_frame(10)
        assert frame is not None
        assert frame.at - terminal.started > 0.2
        assert terminal.text() == b"half and half"
        assert len(terminal.frames) == 1


def test_questions_of_programs_are_answered() -> None:
    script = (
        "import os, tty; tty.setraw(0); os.write(1, b'\\x1b[?20'); os.write(1, b'26$p\\x1b[6n');"
        "got = b''\n"
        "while not got.endswith(b'R'): got += os.read(0, 99)\n"
        "os.write(1, repr(got).encode()); os.read(0, 1)"
    )
    with Terminal(python(script)) as terminal:
        terminal.wait_for_text(r"\?2026;2\$y.*\[1;1R")


def test_what_is_never_drawn_is_reported_as_missing() -> None:
    with Terminal(python("print('here')")) as terminal, pytest.raises(TimeoutError, match="here"):
        terminal.wait_for_text("there", 0.5)


def test_text_drawn_before_is_not_taken_for_what_is_waited_for() -> None:
    script = "import os\nwhile True: print('same', flush=True); os.read(0, 1)"
    with Terminal(python(script)) as terminal:
        first = terminal.wait_for_text("same")
        before = len(terminal.output)
        with pytest.raises(TimeoutError):
            terminal.wait_for_text("same", 0.1, since=before)
        terminal.press("enter")
        assert terminal.wait_for_text("same", since=before) > first


def test_a_program_is_gone_when_the_terminal_is() -> None:
    stubborn = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print('on', flush=True); time.sleep(60)"
    )
    with Terminal(python(stubborn)) as terminal:
        terminal.wait_for_text("on")
    assert not Path(f"/proc/{terminal.pid}").exists()


def test_children_count() -> None:
    script = (
        "import subprocess, sys, time;"
        "child = subprocess.Popen([sys.executable, '-c', 'while True: pass']);"
        "print('on', flush=True); time.sleep(60)"
    )
    with Terminal(python(script)) as terminal:
        terminal.wait_for_text("on")
        terminal.pump(0.1)
        assert len(processes.tree(terminal.pid)) == 2
        before = processes.cpu_seconds(terminal.pid)
        deadline = time.monotonic() + 20
        while processes.cpu_seconds(terminal.pid) < before + 0.05:
            assert time.monotonic() < deadline
            terminal.pump(0.05)
        now, peak = processes.memory(terminal.pid)
        assert 0 < now <= peak


def test_goals_are_held_against_the_floor() -> None:
    floor = Measure("floor", (2.0, 2.0, 2.0))
    near = Measure("near", (2.4, 2.5, 2.6), floor, Goal(times_floor=1.3))
    far = Measure("far", (2.4, 2.7, 9.0), floor, Goal(times_floor=1.3, p95=8))
    assert (floor.is_met, near.is_met, far.is_met) == (None, True, False)
    few = Measure("frames", (59.0,), None, Goal(least=57))
    assert few.is_met
    text = as_text(Section("Keys", "ms", (floor, near, far)))
    assert "<= 1.3 x floor: met" in text
    assert "p95 < 8: MISSED" in text


def test_a_run_is_laid_beside_the_last_one() -> None:
    floor = Measure("floor", (2.0,))
    section = Section("Keys", "ms", (floor, Measure("near", (3.0,), floor), Measure("new", (1.0,))))
    before = Section("Keys", "ms", (Measure("floor", (8.0,)), Measure("near", (5.0,), floor)))
    lines = as_text(section, json.loads(as_json([before]))).splitlines()
    assert lines[0].split()[-2:] == ["was", "goal"]
    assert [line.split()[1:] for line in lines[1:]] == [
        ["2.00", "8.00"], ["3.00", "1.50", "2.50"], ["1.00"],
    ]  # fmt: skip
