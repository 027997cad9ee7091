"""What some tests need that not every machine has. Nothing else is skipped.

Each mark says why, and how to provide it; CONTRIBUTING has the commands.
"""

import os
import shutil
import sys
from importlib.metadata import distributions
from pathlib import Path

import pytest

from tests.soak import SOAK

SMALL_DISK = os.environ.get("STUDIO_TUI_SMALL_DISK", "")
"""An empty directory on a disk of its own of 1 MiB, which only root can mount."""
PUBLISHED_CLI = os.environ.get("STUDIO_TUI_DATACHAIN", "")
"""The `datachain` command of a released DataChain; 300 MB, so it is no requirement of the suite."""

time = pytest.mark.skipif(not SOAK, reason="takes minutes: run it with STUDIO_TUI_SOAK=1")
small_disk = pytest.mark.skipif(
    not SMALL_DISK, reason="fills a disk: name a directory on one of 1 MiB in STUDIO_TUI_SMALL_DISK"
)
published_cli = pytest.mark.skipif(
    not PUBLISHED_CLI, reason="compares with DataChain: name its command in STUDIO_TUI_DATACHAIN"
)
no_datachain = pytest.mark.skipif(
    any(found.name == "datachain" for found in distributions()),
    reason="is about an environment without DataChain, as that of the lock file",
)
dev_full = pytest.mark.skipif(
    not Path("/dev/full").exists(), reason="writes to /dev/full, which only Linux has"
)


def linux(why: str) -> pytest.MarkDecorator:
    """Mark a test of behaviour that other systems do not have."""
    return pytest.mark.skipif(sys.platform != "linux", reason=f"Linux only: {why}")


def program(name: str) -> pytest.MarkDecorator:
    """Mark a test that runs a program that not every machine has."""
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")
