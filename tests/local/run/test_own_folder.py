"""Jobs that change what the local Studio has in their folder, and then end by themselves."""

import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from studio_tui.local.run.runner import JobPhase
from studio_tui.local.shim.output import OutputReader
from tests import needs
from tests.local.permissions import permissions_matter
from tests.local.run.test_local_runner import Bench, clean_up
from tests.soak import at_length
from tests.waiting import until

pytestmark = pytest.mark.starts_processes

NAMES = (
    "exit.tmp",
    "exit.json",
    ".exit.json.tmp",
    "steps.jsonl",
    "started.json",
    "output/reserve",
    "output/cuts",
    "cancel.unused",
    "lineage.jsonl",
)
OUTPUT = ("output/00000000000000000000.part", "output/99999999999999999999.part")
KINDS = {
    "link": "os.symlink(VICTIM, path)",
    "hard link": "os.link(VICTIM, path)",
    "folder": "os.makedirs(path + '/within')",
    "pipe": "os.mkfifo(path)",
    "huge file": "open(path, 'wb').truncate(1 << 40)",
    "nothing": "None",
}
TAMPER = """
import os, shutil
VICTIM = {victim!r}
for name in {names!r}:
    path = os.path.abspath("../" + name)
    if os.path.isdir(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.unlink(path)
    {replace}
print("replaced", flush=True)
raise SystemExit(7)
"""


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    await clean_up(bench)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_job_that_replaces_its_files_ends_with_its_exit_code_and_harms_no_other_file(
    bench: Bench, tmp_path: Path, kind: str
) -> None:
    victim = tmp_path / "victim"
    victim.write_text("untouched")
    groups = at_length((NAMES, OUTPUT), tuple((name,) for name in (*NAMES, *OUTPUT)))
    for number, names in enumerate(groups):
        query = TAMPER.format(victim=str(victim), names=names, replace=KINDS[kind])
        report = await bench.run(query, f"job{number}")
        assert (report.phase, report.exit_code) == (JobPhase.FINISHED, 7), names
        if names is NAMES:
            assert bench.log(f"job{number}").startswith("replaced\n")
        assert victim.read_text() == "untouched", names


async def test_a_job_that_removes_its_output_ends_with_its_exit_code(bench: Bench) -> None:
    report = await bench.run("import shutil; shutil.rmtree('../output'); raise SystemExit(7)")
    assert (report.phase, report.exit_code) == (JobPhase.FINISHED, 7)
    assert report.error_message == "The query ended with exit code 7."


async def test_the_output_of_a_job_that_moves_it_away_is_not_written_through_a_link(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path, segment_bytes=100, cap_bytes=400)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    query = f"""
import os
os.rename("../output", "../moved")
os.symlink({str(elsewhere)!r}, "../output")
for number in range(1000):
    print("line", number, flush=True)
raise SystemExit(7)
"""
    report = await bench.run(query)
    assert (report.phase, report.exit_code) == (JobPhase.FINISHED, 7)
    assert [*elsewhere.iterdir()] == []
    assert OutputReader(tmp_path / "jobs" / "job" / "moved").tail(9) == b"line 999\n"
    await clean_up(bench)


async def test_a_job_that_closes_its_folder_ends_with_its_exit_code(bench: Bench) -> None:
    report = await bench.run("import os; os.chmod('..', 0); raise SystemExit(7)")
    assert (report.phase, report.exit_code) == (JobPhase.FINISHED, 7)
    assert (bench.folder / "jobs" / "job").stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize(
    ("path", "mode"),
    [
        ("output", 0),
        ("output", 0o100),
        ("output", 0o400),
        (OUTPUT[0], 0),
        ("output/cuts", 0),
        ("steps.jsonl", 0),
        ("started.json", 0),
        ("lock", 0),
        (".", 0),
        ("..", 0),
    ],
)
async def test_what_a_job_makes_unreadable_is_read(bench: Bench, path: str, mode: int) -> None:
    with permissions_matter():
        query = f"""
import os, time
os.chmod({f"../{path}"!r}, {mode})
print("closed", flush=True)
time.sleep(0.2)
raise SystemExit(7)
"""
        report = await bench.run(query)
        assert (report.phase, report.exit_code) == (JobPhase.FINISHED, 7)
        assert report.started_at
        assert bench.log() == "closed\n"


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


async def test_a_folder_that_a_running_job_has_closed_is_opened_again(bench: Bench) -> None:
    with permissions_matter():
        await bench.start(
            "import os, time; os.chmod('..', 0); print('up', flush=True); time.sleep(60)"
        )
        await bench.until_printed("up")
        assert (await bench.runner.report("job")).phase is JobPhase.RUNNING
        await bench.runner.cancel("job")
        assert (await bench.until_ended()).canceled


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
