import zipfile
from pathlib import Path

import pytest

from studio_tui.local.run import notes
from studio_tui.local.run.runner import JobPhase
from studio_tui.local.shim.shim import StepNotes
from tests.local.run.test_local_runner import Bench, clean_up

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
    """Write a package with DataChain's names, which hangs on demand; return its requirement."""
    info = "datachain-1.0.dist-info"
    files = DATACHAIN | {
        f"{info}/METADATA": "Metadata-Version: 2.1\nName: datachain\nVersion: 1.0\n",
        f"{info}/WHEEL": "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
    }
    record = "".join(f"{name},,\n" for name in files)
    path = folder / "datachain-1.0-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        for name, text in (files | {f"{info}/RECORD": record}).items():
            wheel.writestr(name, text)
    return f"datachain @ {path.as_uri()}"


@pytest.mark.parametrize(
    ("hang", "said"),
    [("begin", "could not be registered"), ("end", "could not be recorded in DataChain")],
)
async def test_a_datachain_that_hangs_does_not_hold_the_job_up(
    tmp_path: Path, hang: str, said: str
) -> None:
    bench = Bench(tmp_path, registration_seconds=0.5)
    requirement = datachain_wheel(tmp_path)
    report = await bench.run(QUERY, requirements=requirement, environment={"HANG": hang})
    assert (report.phase, report.exit_code) == (JobPhase.FINISHED, 0)
    log = bench.log()
    assert "queried" in log
    assert "stopping what did not end within 0.5 s" in log
    assert said in log
    assert not bench.processes()
    await clean_up(bench)


async def test_a_job_that_takes_its_own_python_away_ends_as_its_query_did(tmp_path: Path) -> None:
    bench = Bench(tmp_path)
    query = f"{QUERY}\nimport pathlib; pathlib.Path('../env').unlink()"
    report = await bench.run(query, requirements=datachain_wheel(tmp_path))
    assert (report.phase, report.exit_code, report.error_message) == (JobPhase.FINISHED, 0, None)
    assert "could not be recorded in DataChain" in bench.log()
    await clean_up(bench)


def test_a_step_that_could_not_be_noted_is_noted_with_the_next(tmp_path: Path) -> None:
    path = tmp_path / "steps.jsonl"
    steps = StepNotes(path)
    path.mkdir()  # nothing can be written here
    steps.add({"step": "virtualenv", "started_at": "2026-01-01T12:00:00+00:00"})
    path.rmdir()
    path.write_text('{"step": "virt')  # as a full disk leaves it
    steps.add({"step": "virtualenv", "finished_at": "2026-01-01T12:00:01+00:00"})
    steps.add({"step": "running_query", "started_at": "2026-01-01T12:00:01+00:00"})
    made, running = notes.read_steps(tmp_path)
    assert (made.name, running.name) == ("virtualenv", "running_query")
    assert made.finished_at == running.started_at
    assert path.read_text().count("\n") == 4
