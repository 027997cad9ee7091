"""Fixtures for tests of the screens of jobs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.studios import ThreadStudio
from tests.tui.filled import studio_with


@pytest.fixture
def studio_with_three_jobs(tmp_path: Path) -> Iterator[ThreadStudio]:
    """A local Studio with three completed jobs: `one.py`, `two.py` and `three.py`."""
    with studio_with(("one.py", "two.py", "three.py"), tmp_path / "studio") as studio:
        yield studio
