"""Schemathesis tests the local Studio against its own OpenAPI document.

It runs in a separate process, since its pytest plug-in would be loaded with every test.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.soak import at_length, seeds
from tests.studios import ProcessStudio, stopping

CASES = at_length(2, 300)

# 422 is also allowed for data of the right type: the description cannot express all rules, for
# example that the name of a dataset is not empty.
CONFIG = """
hooks = "tests.local.http.openapi_hooks"

[parameters]
team_name = "local"

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 422]
"""


@pytest.mark.starts_processes
@pytest.mark.parametrize("seed", seeds(1, 5))
def test_the_openapi_description_is_true_and_no_request_breaks_the_server(
    tmp_path: Path, seed: int
) -> None:
    studio = ProcessStudio(tmp_path / "studio")
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    with stopping(studio):
        command = [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{studio.url}/api/openapi.json"),
            *("-H", f"Authorization: Bearer {studio.token}", "--checks", "all", "--no-color"),
            *("--seed", str(seed), "--max-examples", str(CASES), "--generation-database", "none"),
        ]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
        done = subprocess.run(
            command, cwd=tmp_path, env=environment, check=False, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout + done.stderr
        assert "Tested: 12" in done.stdout, done.stdout
        assert studio.is_running
