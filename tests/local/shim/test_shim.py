import os
from pathlib import Path

import pytest

from studio_tui.local.run import notes
from studio_tui.local.run.runner import JobPhase
from studio_tui.local.shim.shim import StepNotes
from tests import needs
from tests.local.run.test_local_runner import Bench, clean_up
from tests.local.wheels import write_wheel

pytestmark = pytest.mark.starts_processes

QUERY = "import datachain\nprint('queried', flush=True)"

DATACHAIN = {
    "datachain/__init__.py": "",
    "datachain/catalog.py": """
import os, time
class Metastore:
    def create_job(self, **_job):
        print("begun", flush=True)
        if os.environ.get("HANG") == "begin":
            time.sleep(300)
    def set_job_status(self, _job, status):
        print("status", status, flush=True)
        if os.environ.get("HANG") == "end":
            time.sleep(300)
class Catalog:
    metastore = Metastore()
get_catalog = Catalog
""",
    "datachain/data_storage/__init__.py": "",
    "datachain/data_storage/job.py": """
from enum import Enum
JobStatus = Enum("JobStatus", "RUNNING COMPLETE FAILED")
""",
}


def datachain_wheel(folder: Path) -> str:
    """Write a wheel of a stand-in for DataChain; return a requirement for it.

    The stand-in hangs at the beginning or end of a job if the variable HANG is `begin` or `end`.
    """
    path = write_wheel(folder, "datachain", DATACHAIN)
    return f"datachain @ {path.as_uri()}"


@pytest.mark.parametrize(
    ("hang", "log_part"),
    [("begin", "could not be registered"), ("end", "could not be recorded in DataChain")],
)
async def test_a_job_is_not_delayed_by_a_datachain_that_hangs(
    tmp_path: Path, hang: str, log_part: str
) -> None:
    bench = Bench(tmp_path, registration_seconds=0.5)
    requirement = datachain_wheel(tmp_path)
    report = await bench.run(QUERY, requirements=requirement, environment={"HANG": hang})
    assert (report.phase, report.exit_code) == (JobPhase.FINISHED, 0)
    log = bench.log()
    assert "queried" in log
    assert "stopping what did not end within 0.5 s" in log
    assert log_part in log
    assert not bench.processes()
    await clean_up(bench)


async def test_a_job_that_deletes_its_environment_ends_with_the_exit_code_of_its_query(
    tmp_path: Path,
) -> None:
    bench = Bench(tmp_path)
    query = f"{QUERY}\nimport pathlib; pathlib.Path('../env').unlink()"
    report = await bench.run(query, requirements=datachain_wheel(tmp_path))
    assert (report.phase, report.exit_code, report.error_message) == (JobPhase.FINISHED, 0, None)
    assert "could not be recorded in DataChain" in bench.log()
    await clean_up(bench)


@needs.linux("only it has /dev/full")
def test_a_step_that_could_not_be_written_is_written_with_the_next(tmp_path: Path) -> None:
    steps = StepNotes(tmp_path / "steps.jsonl")
    file = steps._file
    with Path("/dev/full").open("wb", buffering=0) as full:
        steps._file = full.fileno()
        steps.add({"step": "virtualenv", "started_at": "2026-01-01T12:00:00+00:00"})
        steps._file = file
    steps.add({"step": "virtualenv", "finished_at": "2026-01-01T12:00:01+00:00"})
    steps.add({"step": "running_query", "started_at": "2026-01-01T12:00:01+00:00"})
    os.close(file)
    virtualenv, running = notes.read_steps(tmp_path)
    assert (virtualenv.name, running.name) == ("virtualenv", "running_query")
    assert virtualenv.finished_at == running.started_at
    assert (tmp_path / "steps.jsonl").read_text().count("\n") == 3
