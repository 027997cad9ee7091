from pathlib import Path

import studio_tui

PACKAGE = Path(studio_tui.__file__).parent


def test_run_worker_is_called_only_by_the_two_modules_that_wrap_it() -> None:
    callers = {
        str(path.relative_to(PACKAGE))
        for path in PACKAGE.rglob("*.py")
        if ".run_worker(" in path.read_text("utf-8")
    }
    assert callers == {"tui/widgets/lifetime.py", "tui/widgets/workers.py"}
