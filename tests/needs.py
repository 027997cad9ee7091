"""Marks that skip a test if the machine lacks what it needs. No test is skipped for other reasons.

Each reason says what is missing and how to provide it; docs/testing.md has the commands.
"""

import os
import shutil
import sys

import pytest

from tests.soak import SOAK

SMALL_DISK = os.environ.get("STUDIO_TUI_SMALL_DISK", "")
"""An empty directory on a separate disk of 1 MiB, which only root can mount."""
PUBLISHED_CLI = os.environ.get("STUDIO_TUI_DATACHAIN", "")
"""The `datachain` command of a released DataChain, which is not installed as it has 300 MB."""

time = pytest.mark.skipif(not SOAK, reason="takes minutes: run it with STUDIO_TUI_SOAK=1")
"""For tests that only `make soak` runs: the long monkey test, and the tests of the benchmark, which
would take a tenth of the suite's CPU. After changing these, run them yourself."""

small_disk = pytest.mark.skipif(
    not SMALL_DISK, reason="fills a disk: name a directory on one of 1 MiB in STUDIO_TUI_SMALL_DISK"
)
"""For tests on a really full disk; the suite causes the same errors by limits of file sizes."""

published_cli = pytest.mark.skipif(
    not PUBLISHED_CLI, reason="compares with DataChain: name its command in STUDIO_TUI_DATACHAIN"
)
"""For the comparison with the released client; the suite sends the requests of that client."""


def linux(why: str) -> pytest.MarkDecorator:
    """Mark a test that needs a feature that only Linux has; `why` names the feature.

    For example, /proc, /dev/full, or limits that one process sets for another. CI runs on Linux, so
    it skips none of these tests.
    """
    return pytest.mark.skipif(sys.platform != "linux", reason=f"Linux only: {why}")


def program(name: str) -> pytest.MarkDecorator:
    """Mark a test that runs another program, which may not be installed, such as tmux, less or dot.

    Such a test compares with the program, and other tests check the same behavior without it. The
    exception is node: nothing else runs the script of a job's page, so that without node only the
    requests of the page are tested. Nobody should need node to pass the suite.
    """
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")
