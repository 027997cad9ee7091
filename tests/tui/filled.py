"""Local Studios with jobs that have ended, none of which was ever run."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.bench.studio import fill
from tests.studios import ThreadStudio, closing


@contextmanager
def studio_with(jobs: int | Sequence[str], data_dir: Path) -> Iterator[ThreadStudio]:
    """Run a local Studio that has finished jobs: their names, oldest first, or how many."""
    fill(data_dir, jobs)
    studio = ThreadStudio(data_dir)
    with closing(studio):
        yield studio
