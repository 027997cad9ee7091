"""Sample work for the first minute: real jobs of different lengths, each a file that can be read.

They need nothing but Python, and work on the text of its own library, which every machine has.
"""

import os
from pathlib import Path

from studio_tui.api.models import JobInput, QueryType
from studio_tui.local.team import TEAM

_FOLDER = Path(__file__).with_name("sample_jobs")


def _sample(name: str, *, workers: int = 1, **environment: str) -> JobInput:
    return JobInput(
        query=(_FOLDER / name).read_text("utf-8"),
        query_type=QueryType.SHELL if name.endswith(".sh") else QueryType.PYTHON,
        query_name=name,
        team_name=TEAM,
        workers=workers,
        environment="\n".join(f"{key}={value}" for key, value in environment.items()) or None,
    )


def _samples(cores: int) -> tuple[JobInput, ...]:
    return (
        _sample("common_names.py"),
        _sample("similar_modules.py"),
        _sample("largest_packages.sh"),
        _sample("require_docstrings.py", MINIMUM="95"),
        _sample("measure_functions.py"),
        _sample("learn_packages.py", SECONDS="150"),
        _sample("compress_library.py", workers=cores, WORKERS=str(cores)),
    )


SAMPLES = _samples(os.cpu_count() or 1)
"""In the order to submit them. The last takes all workers of a fresh install, so it waits."""
