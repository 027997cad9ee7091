"""How workers are started."""

from pathlib import Path

import studio_tui

PACKAGE = Path(studio_tui.__file__).parent


def test_workers_are_started_by_the_function_that_takes_no_coroutines() -> None:
    callers = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if ".run_worker(" in path.read_text("utf-8")
    }
    assert callers == {"tui/widgets/lifetime.py", "tui/widgets/workers.py"}
