"""Fixtures that all tests share."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

# Examples are never timed, as the machine may be busy; where a run must be repeatable so are they.
settings.register_profile("any", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True)
settings.load_profile("ci" if os.environ.get("CI") else "any")

if TYPE_CHECKING:
    from tests.studios import ProcessStudio, ThreadStudio

# The server's imports take half a second that tests of a table or a text need not wait for, so the
# fixtures do them.


@pytest.fixture
def studio(tmp_path: Path) -> "Iterator[ThreadStudio]":
    """A real local Studio on a socket, in a thread: `.url .token .team .data_dir`."""
    from tests.studios import ThreadStudio, closing

    studio = ThreadStudio(tmp_path / "studio")
    with closing(studio):
        yield studio


@pytest.fixture(scope="module")
def shared_studio(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[ThreadStudio]":
    """A local Studio of a whole module, for tests that leave nothing in it."""
    from tests.studios import ThreadStudio, closing

    studio = ThreadStudio(tmp_path_factory.mktemp("shared") / "studio")
    with closing(studio):
        yield studio


@pytest.fixture
def studio_process(tmp_path: Path) -> "Iterator[ProcessStudio]":
    """A real local Studio as a process, for tests that kill it with -9."""
    from tests.studios import ProcessStudio, closing

    studio = ProcessStudio(tmp_path / "studio")
    with closing(studio):
        yield studio
