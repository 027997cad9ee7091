"""Jobs that replace the files in which the local Studio records them."""

import sys
from pathlib import Path

import pytest

from studio_tui.local.shim import process_tree
from tests.soak import at_length
from tests.studios import ThreadStudio
from tests.waiting import eventually

NAMES = (
    "exit.json",
    "exit.tmp",
    "started.json",
    "steps.jsonl",
    "lost.json",
    "cancel",
    "lock",
    "output/cuts",
    "output/00000000000000000000.part",
    "output/00000000000000000900.part",
    "output/another.part",
    "output",
)
KINDS = {
    "pipe": "os.mkfifo(path)",
    "folder": "os.mkdir(path)",
    "endless": "os.symlink('/dev/zero', path)",
    "loop": "os.symlink(path, path)",
    "nothing": "None",
}


def kinds_for(name: str) -> list[str]:
    """Return the kinds of replacements to test for a file: all in a soak run, otherwise one.

    That kind differs from file to file.
    """
    first = NAMES.index(name) % len(KINDS)
    kinds = [*KINDS, *KINDS][first:]
    return kinds[: at_length(1, len(KINDS))]


TAMPER = """
import os, shutil, time
path = os.path.abspath("../{name}")
if os.path.isdir(path):
    shutil.rmtree(path)
elif os.path.lexists(path):
    os.unlink(path)
{replace}
open("../../{mark}", "w").close()
time.sleep(600)
"""


@pytest.mark.parametrize("name", at_length(NAMES[::3], NAMES))
def test_a_job_that_replaces_its_files_can_be_canceled_and_harms_no_other_job(
    studio: ThreadStudio, name: str
) -> None:
    for kind in kinds_for(name):
        replace = KINDS[kind]
        job_id = studio.submit(TAMPER.format(name=name, replace=replace, mark=kind))["id"]
        mark = studio.data_dir / "jobs" / kind
        # A job that counts as lost may have been stopped before it wrote its mark.
        eventually(lambda: mark.exists() or studio.job(job_id)["status"] == "FAILED")  # noqa: B023
        assert studio.request("GET", f"/datachain/jobs/{job_id}/logs").status_code in {200, 404}
        # A job whose lock is gone counts as lost, and has ended.
        assert studio.cancel(job_id).status_code in {200, 409}
        ended = studio.wait_for_end(job_id)
        assert ended["status"] in {"CANCELED", "FAILED"}, kind
        assert studio.request("GET", f"/datachain/jobs/{job_id}/logs").status_code in {200, 404}
    other = studio.submit("print('unharmed')")["id"]
    assert studio.wait_for_end(other)["status"] == "COMPLETE"
    assert studio.log(other) == "unharmed\n"


REMOVE = """
import os, shutil, time
open("{mark}", "a").write("ran\\n")
shutil.rmtree("..", ignore_errors=True)
time.sleep(600)
"""


def test_a_job_that_removes_its_folder_is_stopped_and_does_not_run_again(
    studio: ThreadStudio, tmp_path: Path
) -> None:
    mark = tmp_path / "mark"
    job_id = studio.submit(REMOVE.format(mark=mark))["id"]
    studio.wait_for_state(job_id, "RUNNING", "FAILED")
    studio.restart()
    ended = studio.wait_for_end(job_id)
    assert ended["status"] == "FAILED"
    assert mark.read_text() == "ran\n"
    assert not process_tree.job_processes(str(studio.data_dir / "jobs" / job_id))


def test_a_job_is_lost_if_the_process_that_runs_it_ends_before_the_job_begins(
    studio: ThreadStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    ended = studio.wait_for_end(studio.submit("print(1)", query_type="SHELL")["id"])
    assert ended["status"] == "FAILED"
    assert "ended before the job began" in ended["error_message"]
