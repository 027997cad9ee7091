"""Local Studios with ended jobs that were never run."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.studio import fill
from tests.studios import ThreadStudio, stopping


@contextmanager
def studio_with(jobs: int | Sequence[str], data_dir: Path) -> Iterator[ThreadStudio]:
    """Run a local Studio with ended jobs; `jobs` is their number, or their names, oldest first."""
    fill(data_dir, jobs)
    studio = ThreadStudio(data_dir)
    with stopping(studio):
        yield studio
