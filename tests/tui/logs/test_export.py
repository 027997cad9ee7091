"""The parts of a log that can be exported."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from studio_tui.tui.logs.export import LogExport


@pytest.mark.parametrize(
    ("size", "is_all_here", "words"),
    [
        (0, True, "The log has no lines"),
        (0, False, "The log has no lines so far"),
        (1, True, None),
        (1, False, None),
    ],
)
def test_a_log_without_lines_is_not_saved(size: int, is_all_here: bool, words: str | None) -> None:
    view: Any = SimpleNamespace(is_all_here=is_all_here, store=SimpleNamespace(size=size))
    export = LogExport(cast(Any, None), lambda: view, lambda: "a.log")
    (save,) = (command for command in LogExport.COMMANDS if command.id == "logs.save")
    assert save.why_not(export) == words
