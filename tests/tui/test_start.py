import gc
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from unittest import mock

import pytest

from studio_tui.tui import first_steps
from studio_tui.tui.first_steps import COLLECTION_THRESHOLD, PRELOADED
from studio_tui.tui.sheets import DIALOGS
from tests.studios import LocalStudio
from tests.tui.dashboards import dashboard, until

NOT_FOR_FIRST_PAINT = ("click", "pydantic", "httpx", "websockets", "sqlite3", "tomllib", "hashlib")
"""Modules that the first paint does not need."""


@pytest.fixture
def gc_off() -> Iterator[None]:
    """Disable garbage collection, and restore it and its thresholds after the test."""
    thresholds = gc.get_threshold()
    gc.disable()
    yield
    gc.set_threshold(*thresholds)
    gc.enable()


@pytest.mark.starts_processes
def test_the_first_paint_imports_neither_models_nor_a_client() -> None:
    code = (
        "import sys, studio_tui.__main__, studio_tui.launch, studio_tui.log, studio_tui.tui.app;"
        "from studio_tui.tui.terminal import input_reader, probe;"
        "print(*sys.modules)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = process.stdout.split()
    assert "studio_tui.tui.frame.opening" in loaded
    assert [name for name in NOT_FOR_FIRST_PAINT if name in loaded] == []


@pytest.mark.starts_processes
def test_a_log_view_imports_no_models_of_the_api() -> None:
    code = "import sys, studio_tui.tui.logs.view.log_view; print(*sys.modules)"
    modules = subprocess.run(
        [sys.executable, "-c", code], check=True, capture_output=True, text=True
    ).stdout.split()
    assert not {"pydantic", "httpx"} & set(modules)


@pytest.mark.starts_processes
def test_the_first_page_imports_no_modules_of_forms() -> None:
    code = "import sys, studio_tui.tui.screens; print(*sys.modules)"
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    loaded = process.stdout.split()
    assert "studio_tui.tui.jobs.list_screen" in loaded
    assert [name for name in loaded if name.startswith(("packaging", "studio_tui.tui.form."))] == []


@pytest.mark.draws_dashboards
@pytest.mark.usefixtures("gc_off")
async def test_garbage_collection_is_enabled_once_the_dashboard_is_shown(
    studio: LocalStudio, tmp_path: Path
) -> None:
    async with dashboard(studio, tmp_path) as pilot:
        await until(pilot, gc.isenabled)
        assert gc.get_threshold()[0] == COLLECTION_THRESHOLD


@pytest.mark.starts_processes
def test_the_preloaded_modules_include_all_imports_of_logs_and_the_help() -> None:
    code = (
        "import sys, studio_tui.tui.screens;"
        "from studio_tui.tui.first_steps import PRELOADED;"
        "from importlib import import_module;"
        "print(sum(name in sys.modules for name in PRELOADED));"
        "[import_module(name) for name in PRELOADED]; before = set(sys.modules);"
        "import studio_tui.tui.logs.log_screen, studio_tui.tui.frame.help;"
        "print(set(sys.modules) - before)"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert process.stdout.split() == ["0", "set()"]


@pytest.mark.draws_dashboards
async def test_modules_and_style_sheets_are_preloaded_once_the_list_is_shown(
    studio: LocalStudio, tmp_path: Path
) -> None:
    with mock.patch.object(first_steps, "import_module") as imported:
        async with dashboard(studio, tmp_path) as pilot:
            await until(pilot, lambda: imported.call_args_list == [mock.call(n) for n in PRELOADED])
            assert all(pilot.app.stylesheet.has_source(str(path)) for path in DIALOGS)
