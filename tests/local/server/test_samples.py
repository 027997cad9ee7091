import os
import re
import runpy
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from studio_tui import clock
from studio_tui.api.models import JobInput, QueryType
from studio_tui.local.config.clusters import Cluster, Clusters
from studio_tui.local.http.validation import RequestContext, validate_job
from studio_tui.local.server.samples import ABOUT, PIPELINE, SAMPLES
from tests.soak import SOAK, at_length
from tests.studios import ThreadStudio
from tests.waiting import eventually

BY_NAME: Mapping[str, JobInput] = {str(job.query_name): job for job, _files in reversed(SAMPLES)}
LAKE = SAMPLES[0][1]
DEFAULT_PRIORITY = 5

LIBRARY_EXPRESSION = 'Path(sysconfig.get_paths()["stdlib"])'
"""The expression with which samples find Python's library, whose modules are their data."""
LIBRARY_PARTS = (
    "abc.py",
    "bisect.py",
    "csv.py",
    "asyncio",
    "email",
    "json",
    "logging",
    "unittest",
    "xml",
)
"""Modules and packages of the library that are enough data for the samples."""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """A folder with a small part of Python's library; in a soak run, the whole library."""
    whole = Path(sysconfig.get_paths()["stdlib"])
    if SOAK:
        return whole
    part = tmp_path / "library"
    part.mkdir()
    for name in LIBRARY_PARTS:
        copy = shutil.copytree if (whole / name).is_dir() else shutil.copy
        copy(whole / name, part / name)
    return part


def replace_library(library: Path, query: str) -> str:
    """Return the script of a sample, changed to work on the modules in the folder `library`."""
    assert query.count(LIBRARY_EXPRESSION) <= 1
    return query.replace(LIBRARY_EXPRESSION, f"Path({str(library)!r})")


def test_a_new_local_studio_accepts_every_sample() -> None:
    fresh = Clusters((Cluster(name="local", max_workers=os.cpu_count() or 1),))
    context = RequestContext(fresh, {}, None, "me", clock.now())
    for job, _files in SAMPLES:
        assert validate_job(job, None, context).name == job.query_name


def test_the_sample_that_needs_all_workers_has_no_higher_priority_than_others() -> None:
    def priority(job: JobInput) -> int:
        return DEFAULT_PRIORITY if job.priority is None else job.priority

    jobs = [job for job, _files in SAMPLES]
    largest = max(jobs, key=lambda job: job.workers or 0)
    assert largest.workers == os.cpu_count()
    # A lower number is a higher priority.
    assert all(priority(job) <= priority(largest) for job in jobs)


def test_samples_import_only_the_standard_library() -> None:
    scripts = [job.query for job, _files in SAMPLES if job.query_type is QueryType.PYTHON]
    for script in (*scripts, *(path.read_text("utf-8") for path in LAKE)):
        imported = re.findall(r"^(?:from|import) (\w+)", script, re.MULTILINE)
        assert set(imported) <= {*sys.stdlib_module_names, "lake"}


@pytest.mark.parametrize(
    ("name", "environment", "status", "output"),
    [
        ("common_names.py", None, "COMPLETE", r"[\d,]+ names in \d+ modules"),
        ("largest_packages.sh", None, "COMPLETE", r"\d+  asyncio"),
        ("require_docstrings.py", "MINIMUM=95", "FAILED", "TooFewDocstrings"),
        ("require_docstrings.py", "MINIMUM=1", "COMPLETE", "public functions are documented"),
        ("learn_packages.py", "SECONDS=0.1", "COMPLETE", r"accuracy \d+\.\d%"),
    ],
)
def test_a_sample_ends_with_the_expected_status_and_output(
    studio: ThreadStudio,
    library: Path,
    name: str,
    environment: str | None,
    *,
    status: str,
    output: str,
) -> None:
    changes = {"environment": environment, "query": replace_library(library, BY_NAME[name].query)}
    sample = BY_NAME[name].model_copy(update=changes)
    response = studio.request("POST", "/datachain/jobs/", json=sample.model_dump(mode="json"))
    job = studio.wait_for_end(response.json()["id"])
    assert job["status"] == status, studio.log(job["id"])
    assert re.search(output, studio.log(job["id"]))
    if status == "FAILED":
        assert job["error_message"].startswith("TooFewDocstrings: ")


@pytest.mark.parametrize(
    "name",
    at_length(
        ["measure_functions.py"],
        ["similar_modules.py", "measure_functions.py", "compress_library.py"],
    ),
)
def test_a_long_sample_prints_output_before_it_ends(studio: ThreadStudio, name: str) -> None:
    changes = {"workers": 1, "environment": "WORKERS=1", "files": [upload_lake(studio)]}
    job_input = BY_NAME[name].model_dump(mode="json") | changes
    job_id = submit(studio, job_input)
    eventually(lambda: len(studio.log(job_id)) > 100)


def test_the_jobs_of_the_sample_pipeline_run_in_order_on_each_others_datasets(
    studio: ThreadStudio, library: Path
) -> None:
    files = {"files": [upload_lake(studio)]}
    requests = {name: BY_NAME[name].model_dump(mode="json") | files for name in PIPELINE}
    ids = {
        name: submit(studio, job_input | {"query": replace_library(library, job_input["query"])})
        for name, job_input in requests.items()
    }
    for name, job_id in ids.items():
        assert studio.wait_for_end(job_id)["status"] == "COMPLETE", (name, studio.log(job_id))
    assert "labels" in studio.log(ids["publish.py"])


def test_the_failing_job_of_the_sample_pipeline_has_a_real_bug_that_can_be_fixed(
    studio: ThreadStudio,
) -> None:
    files = {"files": [upload_lake(studio)]}
    texts = "from lake import write\nwrite('unique_texts', [{'path': 'empty.py', 'text': ''}])"
    sample = BY_NAME["shingle.py"]
    job_input = sample.model_dump(mode="json") | files
    written = studio.wait_for_end(submit(studio, job_input | {"query": texts}))
    assert written["status"] == "COMPLETE"
    assert "wrote unique_texts: 1 rows" in studio.log(written["id"])

    failed = studio.wait_for_end(submit(studio, job_input))
    assert failed["status"] == "FAILED"
    assert failed["error_message"].startswith("ValueError: min() ")

    fixed = sample.query.replace("min(", "min((").replace("in runs)", "in runs), default=0)")
    job_id = submit(studio, job_input | {"query": fixed})
    assert studio.wait_for_end(job_id)["status"] == "COMPLETE", studio.log(job_id)


def test_a_bar_erases_a_longer_line_and_ends_before_an_error_is_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("STUDIO_DATASETS", str(tmp_path))
    monkeypatch.setenv("STUDIO_LINEAGE", str(tmp_path / "lineage"))
    bar = runpy.run_path(str(LAKE[0]))["bar"]
    # When the bar begins, then after each item.
    times = iter((0.0, 2000.0, 2000.1, 2000.5))
    bar.__globals__["time"] = SimpleNamespace(monotonic=lambda: next(times))

    def divide() -> None:
        for item in bar([1, 1, 1, 0], "dividing"):
            assert 1 / item

    with pytest.raises(ZeroDivisionError):
        divide()
    first, second = capsys.readouterr().out.removeprefix("\r").split("\r")
    assert first == "dividing:  25%|██        | 1/4 [33:20<100:00, 0.00it/s]"
    assert second == "dividing:  75%|████████  | 3/4 [33:20<11:06, 0.00it/s] \n"


def submit(studio: ThreadStudio, job_input: Mapping[str, Any]) -> str:
    response = studio.request("POST", "/datachain/jobs/", json=job_input)
    return str(response.json()["id"])


def upload_lake(studio: ThreadStudio) -> str:
    """Upload the module `lake`, which the jobs of the sample pipeline import; return its id."""
    path = LAKE[0]
    response = studio.request(
        "POST",
        f"/datachain/jobs/files?team_name={studio.team}",
        files={"file": (path.name, path.read_bytes())},
    )
    return str(response.json()["id"])


@pytest.mark.starts_processes
def test_the_samples_are_installed_with_the_program() -> None:
    script = "from studio_tui.local.server.samples import SAMPLES; print(len(SAMPLES))"
    assert subprocess.check_output([sys.executable, "-c", script], cwd="/") == b"24\n"


def test_the_lines_about_the_samples_fit_a_dialog_of_80_columns() -> None:
    assert max(map(len, ABOUT)) <= 66
