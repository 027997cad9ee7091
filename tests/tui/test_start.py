import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.studios import LocalStudio
from tests.tui.dashboards import dashboard, until

LATE = ("pydantic", "httpx", "websockets", "sqlite3", "tomllib", "hashlib")
"""What the first paint does not need."""


@pytest.fixture
def gc_off() -> Iterator[None]:
    gc.disable()
    yield
    gc.enable()


@pytest.mark.starts_processes
def test_the_first_paint_needs_neither_models_nor_a_client() -> None:
    code = (
        "import sys, studio_tui.__main__, studio_tui.launch, studio_tui.log, studio_tui.tui.app;"
        "from studio_tui.tui.terminal import input_decoder, probe;"
        "print(*sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = done.stdout.split()
    assert "studio_tui.tui.frame.opening" in loaded
    assert [name for name in LATE if name in loaded] == []


@pytest.mark.draws_dashboards
@pytest.mark.usefixtures("gc_off")
async def test_garbage_is_collected_once_the_dashboard_has_connected(
    studio: LocalStudio, tmp_path: Path
) -> None:
    async with dashboard(studio, tmp_path) as pilot:
        await until(pilot, gc.isenabled)
