"""Fixtures that all tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.studios import ProcessStudio, ThreadStudio, closing


@pytest.fixture
def studio(tmp_path: Path) -> Iterator[ThreadStudio]:
    """A real local Studio on a socket, in a thread: `.url .token .team .data_dir`."""
    studio = ThreadStudio(tmp_path / "studio")
    with closing(studio):
        yield studio


@pytest.fixture
def studio_process(tmp_path: Path) -> Iterator[ProcessStudio]:
    """A real local Studio as a process, for tests that kill it with -9."""
    studio = ProcessStudio(tmp_path / "studio")
    with closing(studio):
        yield studio
