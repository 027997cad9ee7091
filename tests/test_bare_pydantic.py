"""Models are built without the search for plug-ins, and whatever else needs it still works."""

import subprocess
import sys

import pytest

_CODE = """
import sys
from studio_tui.bare_pydantic import leave_out_plugins
leave_out_plugins()
from studio_tui.api.models import Job, JobInput
Job.model_rebuild()
JobInput.model_rebuild()
print([name for name in ("zipfile", "csv", "importlib.metadata._meta") if name in sys.modules])
from importlib.metadata import entry_points
print(len(entry_points(group="console_scripts")) > 0)
import importlib.metadata
from importlib.metadata import version
print(version("pydantic") == importlib.metadata.version("pydantic"))
print(importlib.metadata.__file__ is not None)
import importlib.metadata._meta
print(importlib.metadata is sys.modules["importlib.metadata"])
"""


@pytest.mark.starts_processes
def test_models_are_built_without_the_metadata_of_packages() -> None:
    run = subprocess.run([sys.executable, "-c", _CODE], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines() == ["[]", "True", "True", "True", "True"]
