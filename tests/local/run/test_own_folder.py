"""Jobs that change what the local Studio has in their folder."""

import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from studio_tui.local.run.runner import JobPhase
from tests import needs
from tests.local.run.test_local_runner import Bench, clean_up
from tests.waiting import until

pytestmark = pytest.mark.starts_processes


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    await clean_up(bench)


@pytest.mark.parametrize("is_restarted", [False, True])
async def test_a_job_cannot_have_another_process_canceled_in_its_place(
    bench: Bench, tmp_path: Path, *, is_restarted: bool
) -> None:
    with subprocess.Popen(["sleep", "600"]) as other:  # noqa: ASYNC220 (starting it is quick)
        query = f"""
import json, time
open("../started.json", "w").write(json.dumps({{"pid": {other.pid}}}))
print("forged", flush=True)
time.sleep(600)
"""
        await bench.start(query)
        await bench.until_printed("forged")
        canceling = Bench(tmp_path) if is_restarted else bench
        await canceling.runner.cancel("job")
        assert (await canceling.until_ended()).canceled
        assert other.poll() is None
        other.kill()


@needs.linux("/proc")
async def test_a_job_that_stops_the_process_that_watches_it_can_be_canceled(bench: Bench) -> None:
    query = "import os, signal, time; print('up', flush=True); time.sleep(0.2)"
    await bench.start(f"{query}; os.kill(os.getppid(), signal.SIGSTOP); time.sleep(600)")
    await bench.until_printed("up")
    shim_stat = Path(f"/proc/{bench.shim_pid()}/stat")
    await until(lambda: ") T " in shim_stat.read_text())
    await bench.runner.cancel("job")
    assert (await bench.until_ended()).canceled


@pytest.mark.parametrize("name", ["exit.json", "lost.json"])
async def test_a_job_cannot_record_its_own_end(bench: Bench, tmp_path: Path, name: str) -> None:
    end = {
        "finished_at": "2026-01-01T00:00:00Z",
        "exit_code": 0,
        "error_message": None,
        "canceled": False,
    }
    query = f"""
import os, time
open("../{name}", "w").write({json.dumps(end)!r})
print("recorded", flush=True)
while not os.path.exists({str(tmp_path / "go")!r}):
    time.sleep(0.01)
raise SystemExit(7)
"""
    await bench.start(query)
    await bench.until_printed("recorded")
    assert (await bench.runner.report("job")).phase is JobPhase.RUNNING
    (tmp_path / "go").touch()
    report = await bench.until_ended()
    assert (report.phase, report.exit_code) == (JobPhase.FINISHED, 7)


async def test_a_started_job_without_any_record_is_lost_and_one_that_was_not_started_is_not(
    bench: Bench,
) -> None:
    await bench.run("print(1)")
    shutil.rmtree(bench.folder / "jobs" / "job")
    assert (await bench.runner.report("job")).phase is JobPhase.NOT_STARTED
    lost = await bench.until_ended(was_started=True)
    assert lost.phase is JobPhase.LOST
    assert lost.error_message
    assert "were removed" in lost.error_message
