"""The server, the shim of a job or the job itself is killed with -9 at random moments."""

import contextlib
import json
import os
import random
import signal
import time
from pathlib import Path

import pytest

from studio_tui.local.config.data_dir import DataDir
from tests.soak import seeds
from tests.studios import ProcessStudio
from tests.waiting import eventually

KILLS = 10

COUNT = 500

QUERY = f"""
import os, time
open(os.environ["MARK"], "a").write(f"{{os.getpid()}}\\n")
for number in range({COUNT}):
    print("seq=%06d" % number, flush=True)
    time.sleep(0.001)
raise SystemExit(7)
"""


def kill_process(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("seed", seeds(1, 10))
def test_no_kill_loses_a_job_or_runs_it_twice(
    studio_process: ProcessStudio, tmp_path: Path, seed: int
) -> None:
    studio = studio_process
    rng, jobs = random.Random(seed), DataDir(studio.data_dir).jobs
    for number in range(KILLS):
        mark = tmp_path / str(number)
        job_id = studio.submit(QUERY, environment=f"MARK={mark}")["id"]
        target = rng.choice(["server", "shim", "job"])
        if target != "server":
            eventually(lambda: mark.exists() and mark.read_text())  # noqa: B023 (called here)
        time.sleep(rng.uniform(0, 0.5))  # a random moment, not a state to wait for
        if target == "server":
            studio.kill()
            studio.restart()
        elif target == "job":
            kill_process(int(mark.read_text()))
        else:
            kill_process(json.loads((jobs / job_id / "started.json").read_text())["pid"])
        ended = studio.wait_for_end(job_id)
        assert ended["status"] == "FAILED"
        assert len(mark.read_text().splitlines()) == 1, "a job starts exactly once"
        lines = studio.log(job_id).splitlines()
        all_lines = [f"seq={line:06d}" for line in range(COUNT)]
        if ended["exit_code"] == 7:
            assert lines == all_lines
        elif target == "job":
            assert ended["exit_code"] == 128 + signal.SIGKILL
            assert lines == all_lines[: len(lines)]
        else:
            assert target == "shim"
            assert ended["error_message"].startswith("lost: ")
            # The last line may be incomplete.
            assert lines[:-1] == all_lines[: max(0, len(lines) - 1)]
        assert studio.jobs(limit=1)[0]["id"] == job_id
    assert len(studio.jobs()) == KILLS
