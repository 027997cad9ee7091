"""What some tests need that not every machine has. Nothing else is skipped.

Each mark says why, and how to provide it; CONTRIBUTING has the commands.
"""

import os
import shutil
import sys

import pytest

from tests.soak import SOAK

SMALL_DISK = os.environ.get("STUDIO_TUI_SMALL_DISK", "")
"""An empty directory on a disk of its own of 1 MiB, which only root can mount."""
PUBLISHED_CLI = os.environ.get("STUDIO_TUI_DATACHAIN", "")
"""The `datachain` command of a released DataChain; 300 MB, so it is no requirement of the suite."""

time = pytest.mark.skipif(not SOAK, reason="takes minutes: run it with STUDIO_TUI_SOAK=1")
"""For the monkey, which the suite has in short, and the benchmark, which proves no promise of the
program and would take a tenth of the suite's CPU; `make soak` runs them. Run what you change."""

small_disk = pytest.mark.skipif(
    not SMALL_DISK, reason="fills a disk: name a directory on one of 1 MiB in STUDIO_TUI_SMALL_DISK"
)
"""For what only a really full disk proves; the suite makes the same errors by limits of files."""

published_cli = pytest.mark.skipif(
    not PUBLISHED_CLI, reason="compares with DataChain: name its command in STUDIO_TUI_DATACHAIN"
)
"""For the comparison with the released client, whose requests the suite sends by itself."""


def linux(why: str) -> pytest.MarkDecorator:
    """Mark a test of behaviour that other systems do not have; `why` names it.

    Such are /proc, /dev/full, limits that one process sets for another, and terminals known to be
    full. CI runs on Linux, where none of them is skipped.
    """
    return pytest.mark.skipif(sys.platform != "linux", reason=f"Linux only: {why}")


def program(name: str) -> pytest.MarkDecorator:
    """Mark a test that runs a program that not every machine has, such as tmux, less or dot.

    They compare with what these programs do; that we do the same without them is tested as well.
    """
    return pytest.mark.skipif(shutil.which(name) is None, reason=f"{name} is not installed")
