"""Schemathesis tests the local Studio against its own OpenAPI document.

It runs as a program of its own, since its plug-in for pytest would load it with every test.
"""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.studios import ProcessStudio, closing

SOAK = bool(os.environ.get("STUDIO_TUI_SOAK"))
CASES = 300 if SOAK else 2
SEEDS = range(1, 6) if SOAK else range(1, 2)

# What a field means can be wrong though its type is right, such as a dataset without a name: 422.
CONFIG = """
hooks = "tests.local.http.openapi_hooks"

[parameters]
team_name = "local"

[checks.positive_data_acceptance]
expected-statuses = ["2xx", "3xx", 401, 403, 404, 409, 422]
"""


@pytest.mark.starts_processes
@pytest.mark.parametrize("seed", SEEDS)
def test_the_description_is_true_and_no_request_breaks_the_server(
    tmp_path: Path, seed: int
) -> None:
    studio = ProcessStudio(tmp_path / "studio")
    (tmp_path / "schemathesis.toml").write_text(CONFIG)
    with closing(studio):
        words = [
            *(sys.executable, "-m", "schemathesis.cli", "run", f"{studio.url}/api/openapi.json"),
            *("-H", f"Authorization: Bearer {studio.token}", "--checks", "all", "--no-color"),
            *("--seed", str(seed), "--max-examples", str(CASES), "--generation-database", "none"),
        ]
        environ = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}
        tried = subprocess.run(
            words, cwd=tmp_path, env=environ, check=False, capture_output=True, text=True
        )
        assert tried.returncode == 0, tried.stdout + tried.stderr
        assert "Tested: 12" in tried.stdout, tried.stdout
        assert studio.is_running
