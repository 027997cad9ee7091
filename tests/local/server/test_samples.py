import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
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

BY_NAME: Mapping[str, JobInput] = {
    str(sample.job.query_name): sample.job for sample in reversed(SAMPLES)
}
LAKE = SAMPLES[0].files

THEIRS = 'Path(sysconfig.get_paths()["stdlib"])'
"""How the samples find the library that they work on."""
FEW = ("abc.py", "bisect.py", "csv.py", "asyncio", "email", "json", "logging", "unittest", "xml")
"""Modules and packages of it that are enough for them to do what they say."""


@pytest.fixture
def library(tmp_path: Path) -> Path:
    """Return a folder with a small part of Python's library; with all of it in a soak."""
    whole = Path(sysconfig.get_paths()["stdlib"])
    if SOAK:
        return whole
    part = tmp_path / "library"
    part.mkdir()
    for name in FEW:
        copy = shutil.copytree if (whole / name).is_dir() else shutil.copy
        copy(whole / name, part / name)
    return part


def of(library: Path, query: str) -> str:
    """Let a sample work on the modules in a folder."""
    assert query.count(THEIRS) <= 1
    return query.replace(THEIRS, f"Path({str(library)!r})")


def test_every_sample_is_accepted_by_a_fresh_install() -> None:
    fresh = Clusters((Cluster(name="local", max_workers=os.cpu_count() or 1),))
    context = RequestContext(fresh, {}, None, "me", clock.now())
    for sample in SAMPLES:
        assert validate_job(sample.job, None, context).name == sample.job.query_name


def test_one_sample_takes_all_workers_and_so_waits_for_the_others() -> None:
    most = max(SAMPLES, key=lambda sample: sample.job.workers or 0).job
    assert most.workers == os.cpu_count()
    assert all((sample.job.priority or 5) <= 5 for sample in SAMPLES)


def test_every_sample_is_standard_library_only() -> None:
    scripts = [sample.job.query for sample in SAMPLES if sample.job.query_type is QueryType.PYTHON]
    for script in (*scripts, *(path.read_text("utf-8") for path in LAKE)):
        imported = re.findall(r"^(?:from|import) (\w+)", script, re.MULTILINE)
        assert set(imported) <= {*sys.stdlib_module_names, "lake"}


@pytest.mark.parametrize(
    ("name", "environment", "end"),
    [
        ("common_names.py", None, ("COMPLETE", r"[\d,]+ names in \d+ modules")),
        ("largest_packages.sh", None, ("COMPLETE", r"\d+  asyncio")),
        ("require_docstrings.py", "MINIMUM=95", ("FAILED", "TooFewDocstrings")),
        ("require_docstrings.py", "MINIMUM=1", ("COMPLETE", "public functions are documented")),
        ("learn_packages.py", "SECONDS=0.1", ("COMPLETE", r"accuracy \d+\.\d%")),
    ],
)
def test_a_sample_does_what_it_says(
    studio: ThreadStudio, library: Path, name: str, environment: str | None, end: tuple[str, str]
) -> None:
    status, said = end
    changes = {"environment": environment, "query": of(library, BY_NAME[name].query)}
    sample = BY_NAME[name].model_copy(update=changes)
    response = studio.request("POST", "/datachain/jobs/", json=sample.model_dump(mode="json"))
    job = studio.end(response.json()["id"])
    assert job["status"] == status, studio.log(job["id"])
    assert re.search(said, studio.log(job["id"]))
    if status == "FAILED":
        assert job["error_message"].startswith("TooFewDocstrings: ")


@pytest.mark.parametrize(
    "name",
    at_length(
        ["measure_functions.py"],
        ["similar_modules.py", "measure_functions.py", "compress_library.py"],
    ),
)
def test_a_long_sample_begins_to_talk_at_once(studio: ThreadStudio, name: str) -> None:
    changes = {"workers": 1, "environment": "WORKERS=1"}
    sample = BY_NAME[name].model_copy(update=changes)
    response = studio.request("POST", "/datachain/jobs/", json=sample.model_dump(mode="json"))
    job_id = response.json()["id"]
    eventually(lambda: len(studio.log(job_id)) > 100)


def test_the_pipelines_jobs_pass_on_datasets_and_report_their_lineage(
    studio: ThreadStudio, library: Path
) -> None:
    with_lake = {"files": [upload_lake(studio)]}
    requests = {name: BY_NAME[name].model_dump(mode="json") | with_lake for name in PIPELINE}
    ids = {
        name: submit(studio, job_input | {"query": of(library, job_input["query"])})
        for name, job_input in requests.items()
    }
    for name, job_id in ids.items():
        assert studio.end(job_id)["status"] == "COMPLETE", (name, studio.log(job_id))
    assert "labels" in studio.log(ids["publish.py"])


def test_the_job_that_fails_in_the_pipeline_fails_for_an_honest_reason_and_can_be_fixed(
    studio: ThreadStudio,
) -> None:
    with_lake = {"files": [upload_lake(studio)]}
    texts = "from lake import write\nwrite('unique_texts', [{'path': 'empty.py', 'text': ''}])"
    sample = BY_NAME["shingle.py"]
    job_input = sample.model_dump(mode="json") | with_lake
    assert studio.end(submit(studio, job_input | {"query": texts}))["status"] == "COMPLETE"

    failed = studio.end(submit(studio, job_input))
    assert failed["status"] == "FAILED"
    assert failed["error_message"].startswith("ValueError: min() ")

    mended = sample.query.replace("min(", "min((").replace("in runs)", "in runs), default=0)")
    job_id = submit(studio, job_input | {"query": mended})
    assert studio.end(job_id)["status"] == "COMPLETE", studio.log(job_id)


def submit(studio: ThreadStudio, job_input: Mapping[str, Any]) -> str:
    response = studio.request("POST", "/datachain/jobs/", json=job_input)
    return str(response.json()["id"])


def upload_lake(studio: ThreadStudio) -> str:
    path = LAKE[0]
    answer = studio.request(
        "POST",
        f"/datachain/jobs/files?team_name={studio.team}",
        files={"file": (path.name, path.read_bytes())},
    )
    return str(answer.json()["id"])


@pytest.mark.starts_processes
def test_the_samples_are_packed_with_the_program() -> None:
    script = "from studio_tui.local.server.samples import SAMPLES; print(len(SAMPLES))"
    assert subprocess.check_output([sys.executable, "-c", script], cwd="/") == b"24\n"


def test_what_is_said_of_the_samples_fits_the_question_on_a_small_terminal() -> None:
    assert max(map(len, ABOUT)) <= 66
