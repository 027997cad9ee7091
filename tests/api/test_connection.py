"""The client imports httpx without the libraries of httpx's command line."""

import json
import subprocess
import sys

import pytest

_PROGRAM = """
import sys
from pathlib import Path
from studio_tui.api import connection
from studio_tui.settings import load_settings
from studio_tui.arguments import Arguments
connection._open(load_settings(Arguments()), None, None, print)
import httpx, json
print(json.dumps([sorted(sys.modules), httpx.AsyncClient.__module__]))
"""


@pytest.mark.starts_processes
def test_opening_a_connection_does_not_import_the_command_line_of_httpx(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("DATACHAIN_STUDIO_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("DATACHAIN_STUDIO_TEAM", "acme")
    monkeypatch.setenv("DATACHAIN_STUDIO_TOKEN", "t" * 20)
    run = subprocess.run(
        [sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True
    )
    modules, module_of_client = json.loads(run.stdout)
    assert module_of_client == "httpx"
    assert {"pygments", "click"} & set(modules) == set()
