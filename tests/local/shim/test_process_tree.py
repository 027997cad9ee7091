import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from studio_tui.local.shim import process_tree
from studio_tui.local.shim.process_tree import MARKER, Process, job_processes, send, stop_job
from tests import needs
from tests.waiting import HANG, eventually

pytestmark = [
    pytest.mark.starts_processes,
    needs.linux("it reads /proc"),
]

SLEEP = "import sys, time; print('up', flush=True); time.sleep(300)"
STUBBORN = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEP


class Family:
    """Processes that were started with the same marker in their environment."""

    def __init__(self, marker: str) -> None:
        self.marker = marker
        self.members: list[subprocess.Popen[bytes]] = []

    def add(self, code: str) -> subprocess.Popen[bytes]:
        """Start a process that runs `code`; return it when it has printed `up`."""
        member = subprocess.Popen(
            [sys.executable, "-c", code],
            stdout=subprocess.PIPE,
            env={MARKER: self.marker},
        )
        self.members.append(member)
        assert member.stdout
        assert member.stdout.readline() == b"up\n"
        return member


@pytest.fixture
def family(tmp_path: Path) -> Iterator[Family]:
    family = Family(str(tmp_path))
    yield family
    stop_job(family.marker, grace_seconds=0)
    for member in family.members:
        member.wait(HANG)
        assert member.stdout
        member.stdout.close()


def pids(processes: tuple[Process, ...]) -> set[int]:
    return {process.pid for process in processes}


def test_a_marked_process_is_found(family: Family) -> None:
    member = family.add(SLEEP)
    assert pids(job_processes(family.marker)) == {member.pid}


def test_a_marker_with_the_same_beginning_is_of_another_job(family: Family) -> None:
    family.add(SLEEP)
    assert job_processes(family.marker[:-1]) == ()
    assert job_processes(family.marker + "/x") == ()


def test_an_unmarked_child_of_a_marked_process_is_found(family: Family) -> None:
    code = (
        "import subprocess, sys\n"
        f"subprocess.run([sys.executable, '-c', {SLEEP!r}], env={{}}, start_new_session=True)"
    )
    family.add(code)
    assert len(job_processes(family.marker)) == 2


def test_a_marked_orphan_in_its_own_session_is_found(family: Family) -> None:
    code = (
        "import os, subprocess, sys\n"
        f"subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True)\n"
    )
    member = family.add(code)
    member.wait(HANG)
    (orphan,) = job_processes(family.marker)
    assert orphan.parent != member.pid
    assert os.getsid(orphan.pid) == orphan.pid


def test_unmarked_descendants_of_the_root_are_found(family: Family) -> None:
    unmarked = subprocess.Popen([sys.executable, "-c", SLEEP], stdout=subprocess.DEVNULL)
    try:
        assert unmarked.pid in pids(job_processes(family.marker, os.getpid()))
        assert os.getpid() not in pids(job_processes(family.marker, os.getpid()))
    finally:
        unmarked.kill()
        unmarked.wait()


def test_a_zombie_is_not_found(family: Family) -> None:
    member = family.add("print('up', flush=True)")
    eventually(lambda: not job_processes(family.marker))
    assert Path(f"/proc/{member.pid}").exists()


def test_stopping_ends_a_process_with_sigterm(family: Family) -> None:
    member = family.add(SLEEP)
    assert stop_job(family.marker, grace_seconds=10 * HANG) == ()
    assert member.wait(HANG) == -signal.SIGTERM


def test_stopping_kills_a_process_that_ignores_sigterm_after_the_grace_period(
    family: Family,
) -> None:
    member = family.add(STUBBORN)
    assert stop_job(family.marker, grace_seconds=0.3) == ()
    assert member.wait(HANG) == -signal.SIGKILL


def test_a_process_started_while_others_are_stopped_is_stopped_too(family: Family) -> None:
    code = (
        "import signal, subprocess, sys\n"
        "def start_another(*_):\n"
        f"    subprocess.Popen([sys.executable, '-c', {SLEEP!r}], start_new_session=True)\n"
        "    sys.exit()\n"
        "signal.signal(signal.SIGTERM, start_another)\n"
        "print('up', flush=True)\n"
        "signal.pause()\n"
    )
    family.add(code)
    assert stop_job(family.marker, grace_seconds=5) == ()
    assert job_processes(family.marker) == ()


def test_a_signal_is_not_sent_to_a_later_process_with_the_same_pid(family: Family) -> None:
    member = family.add(SLEEP)
    (process,) = job_processes(family.marker)
    send(process._replace(started="1"), signal.SIGKILL)
    assert member.poll() is None
    send(process, signal.SIGKILL)
    assert member.wait(HANG) == -signal.SIGKILL
    send(process, signal.SIGKILL)


def test_a_process_whose_name_has_brackets_and_spaces_is_read(tmp_path: Path) -> None:
    odd_program = tmp_path / "a) R 1 (b"
    odd_program.symlink_to(sys.executable)
    process = subprocess.Popen([odd_program, "-c", SLEEP], stdout=subprocess.PIPE)
    try:
        assert process.stdout
        process.stdout.readline()
        (entry,) = [entry for entry in process_tree.processes() if entry.pid == process.pid]
        assert entry.parent == os.getpid()
    finally:
        process.kill()
        process.communicate()
