"""Fixtures for tests of the screens of jobs."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.studios import ThreadStudio
from tests.tui.filled import studio_with


@pytest.fixture
def three_ended(tmp_path: Path) -> Iterator[ThreadStudio]:
    """A local Studio that has seen three jobs."""
    with studio_with(("one.py", "two.py", "three.py"), tmp_path / "studio") as studio:
        yield studio
