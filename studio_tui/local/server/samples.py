"""Sample work for the first minute: real jobs of different lengths, each a file that can be read.

They need nothing but Python, and work on the text of its own library, which every machine has.
The jobs of the pipeline run once by themselves, on a part of that text; from what they read and
made then, a pipeline can be planned that does it all again on everything.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from studio_tui.api.models import JobInput, QueryType
from studio_tui.local.config.team import TEAM

_FOLDER = Path(__file__).parents[1] / "sample_jobs"
_LAKE = _FOLDER / "pipeline" / "lake.py"
_BEFORE_OTHERS = 4
"""Priority of the pipeline's jobs: a job that takes all workers does not hold them up."""

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
"""Each after those it takes datasets from, so that none waits for one that has no worker."""

ABOUT = (
    f"  {len(PIPELINE)} jobs that hand datasets on; when they are done, a pipeline",
    "     rebuilds all of it, and one of its jobs fails",
    "  7 jobs of different lengths; one fails for an honest reason",
    "  a schedule, nightly at three",
)
"""What the samples are, for whoever is asked to run them."""

TARGET = "published"
"""The dataset that the pipeline is made for, once its jobs have run by themselves."""

LOOK_AT = "2, enter show it; n finds the failed job, L says why, e fixes it."
"""What to look at first."""


class Sample(NamedTuple):
    """A job to submit, with the files to upload for it."""

    wish: JobInput
    files: Sequence[Path] = ()


def _sample(name: str, *, workers: int = 1, cron: str | None = None, **environment: str) -> Sample:
    return Sample(
        JobInput(
            query=(_FOLDER / name).read_text("utf-8"),
            query_type=QueryType.SHELL if name.endswith(".sh") else QueryType.PYTHON,
            query_name=name,
            team_name=TEAM,
            workers=workers,
            cron_expression=cron,
            environment="\n".join(f"{key}={value}" for key, value in environment.items()) or None,
        )
    )


def _of_pipeline(name: str) -> Sample:
    wish = JobInput(
        query=(_FOLDER / "pipeline" / name).read_text("utf-8"),
        query_type=QueryType.PYTHON,
        query_name=name,
        team_name=TEAM,
        priority=_BEFORE_OTHERS,
    )
    return Sample(wish, (_LAKE,))


def _samples(cores: int) -> tuple[Sample, ...]:
    return (
        *map(_of_pipeline, PIPELINE),
        _sample("common_names.py"),
        _sample("similar_modules.py"),
        _sample("largest_packages.sh"),
        _sample("require_docstrings.py", MINIMUM="95"),
        _sample("measure_functions.py"),
        _sample("learn_packages.py", SECONDS="150"),
        _sample("compress_library.py", workers=cores, WORKERS=str(cores)),
        _sample("largest_packages.sh", cron="0 3 * * *"),
    )


SAMPLES = _samples(os.cpu_count() or 1)
"""In the order to submit them. The last to run takes all workers of a fresh install: it waits."""
