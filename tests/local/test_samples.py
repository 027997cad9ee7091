import os
import re
import subprocess
import sys
from collections.abc import Mapping

import pytest

from studio_tui import clock
from studio_tui.api.models import JobInput, QueryType
from studio_tui.local.clusters import Cluster, Clusters
from studio_tui.local.samples import SAMPLES
from studio_tui.local.submission import Surroundings, check
from tests.studios import ThreadStudio, eventually

BY_NAME: Mapping[str, JobInput] = {str(sample.query_name): sample for sample in SAMPLES}


def test_every_sample_is_accepted_by_a_fresh_install() -> None:
    fresh = Clusters((Cluster(name="local", max_workers=os.cpu_count() or 1),))
    around = Surroundings(fresh, {}, None, "me", clock.now())
    for sample in SAMPLES:
        assert check(sample, None, around).name == sample.query_name


def test_one_sample_takes_all_workers_and_so_waits_for_the_others() -> None:
    assert [sample.workers for sample in SAMPLES][-1] == os.cpu_count()


def test_every_sample_is_standard_library_only() -> None:
    for sample in SAMPLES:
        if sample.query_type is QueryType.PYTHON:
            imported = re.findall(r"^(?:from|import) (\w+)", sample.query, re.MULTILINE)
            assert set(imported) <= sys.stdlib_module_names


@pytest.mark.parametrize(
    ("name", "environment", "status", "said"),
    [
        ("common_names.py", None, "COMPLETE", r"[\d,]+ names in \d+ modules"),
        ("largest_packages.sh", None, "COMPLETE", r"\d+  asyncio"),
        ("require_docstrings.py", "MINIMUM=95", "FAILED", "TooFewDocstrings"),
        ("require_docstrings.py", "MINIMUM=1", "COMPLETE", "public functions are documented"),
        ("learn_packages.py", "SECONDS=1", "COMPLETE", r"accuracy \d+\.\d%"),
    ],
)
def test_a_sample_does_what_it_says(
    studio: ThreadStudio, name: str, environment: str | None, status: str, said: str
) -> None:
    sample = BY_NAME[name].model_copy(update={"environment": environment})
    response = studio.request("POST", "/datachain/jobs/", json=sample.model_dump(mode="json"))
    job = studio.end(response.json()["id"], 60)
    assert job["status"] == status, studio.log(job["id"])
    assert re.search(said, studio.log(job["id"]))
    if status == "FAILED":
        assert job["error_message"].startswith("TooFewDocstrings: ")


@pytest.mark.parametrize(
    "name", ["similar_modules.py", "measure_functions.py", "compress_library.py"]
)
def test_a_long_sample_begins_to_talk_at_once(studio: ThreadStudio, name: str) -> None:
    sample = BY_NAME[name].model_copy(update={"workers": 1, "environment": "WORKERS=1"})
    response = studio.request("POST", "/datachain/jobs/", json=sample.model_dump(mode="json"))
    job_id = response.json()["id"]
    eventually(lambda: len(studio.log(job_id)) > 100, 30)


def test_the_samples_are_packed_with_the_program() -> None:
    script = "from studio_tui.local.samples import SAMPLES; print(len(SAMPLES))"
    assert subprocess.check_output([sys.executable, "-c", script], cwd="/") == b"7\n"
