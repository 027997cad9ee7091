"""Sample jobs for a first impression: real jobs of different lengths, each a readable file.

They need only the source of Python's standard library, which every machine has. The jobs of
`PIPELINE` are submitted one by one, and process a part of the library. Then a pipeline runs them
again on all of it, where `shingle.py` fails: some modules have fewer than five words.
"""

import os
from pathlib import Path
from typing import Any

from studio_tui.api.models import JobInput, QueryType
from studio_tui.local.config.team import TEAM

_FOLDER = Path(__file__).parents[1] / "sample_jobs"
_LAKE = _FOLDER / "pipeline" / "lake.py"
_PIPELINE_PRIORITY = 4
"""Before the default of 5, so that a job that takes all workers does not delay the pipeline."""

PIPELINE = (
    "list_modules.py",
    "list_packages.py",
    "read_modules.py",
    "label_packages.py",
    "dedupe.py",
    "count_tokens.py",
    "shingle.py",
    "join_features.py",
    "merge_labels.py",
    "split_examples.py",
    "train_bayes.py",
    "train_centroids.py",
    "evaluate.py",
    "report.py",
    "export.py",
    "publish.py",
)
"""In the order of submission: each job after the jobs that make its input datasets.

Otherwise a job that waits for a dataset could occupy the worker that the dataset's job needs.
"""

ABOUT = (
    f"  {len(PIPELINE)} jobs that build datasets from each other; when they are done,",
    "     a pipeline rebuilds all of them, and one of its jobs fails",
    "  7 jobs of different lengths; one of them fails",
    "  a schedule, nightly at 3:00 UTC",
)

TARGET = "published"
"""The dataset that the pipeline rebuilds."""


def _job(path: str, **fields: Any) -> JobInput:
    return JobInput(
        query=(_FOLDER / path).read_text("utf-8"),
        query_type=QueryType.SHELL if path.endswith(".sh") else QueryType.PYTHON,
        query_name=Path(path).name,
        team_name=TEAM,
        **fields,
    )


def _samples(cores: int) -> tuple[tuple[JobInput, tuple[Path, ...]], ...]:
    pipeline = (_job(f"pipeline/{name}", priority=_PIPELINE_PRIORITY) for name in PIPELINE)
    others = (
        _job("common_names.py"),
        _job("similar_modules.py"),
        _job("largest_packages.sh"),
        _job("require_docstrings.py", environment="MINIMUM=95"),
        _job("measure_functions.py"),
        _job("learn_packages.py", environment="SECONDS=150"),
        _job("compress_library.py", workers=cores, environment=f"WORKERS={cores}"),
        _job("largest_packages.sh", cron_expression="0 3 * * *"),
    )
    return tuple(
        (job, (_LAKE,) if "from lake import" in job.query else ()) for job in (*pipeline, *others)
    )


SAMPLES = _samples(os.cpu_count() or 1)
"""Jobs with the files to upload for each, in the order of submission.

`compress_library.py` takes all workers, so it waits.
"""
