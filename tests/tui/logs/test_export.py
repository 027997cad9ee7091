"""Commands that save a log to a file."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from studio_tui.tui.logs.export import LogExport


@pytest.mark.parametrize(
    ("size", "is_all_here", "reason"),
    [
        (0, True, "The log has no lines"),
        (0, False, "The log has no lines so far"),
        (1, True, None),
        (1, False, None),
    ],
)
def test_saving_a_log_is_disabled_while_it_has_no_lines(
    size: int, is_all_here: bool, reason: str | None
) -> None:
    store = SimpleNamespace(size=size)
    view: Any = SimpleNamespace(is_all_here=is_all_here, store=store, why_no_log=lambda: None)
    view.pane = SimpleNamespace(text_at=str)
    export = LogExport(cast(Any, None), view, lambda: "a.log")
    (save,) = (command for command in LogExport.COMMANDS if command.id == "logs.save")
    assert save.why_not(export) == reason
