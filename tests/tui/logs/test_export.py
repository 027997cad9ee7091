"""Commands that save a log to a file."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from studio_tui.tui.logs.export import LogExport


@pytest.mark.parametrize(
    ("size", "so_far", "reason"),
    [
        (0, "", "The log has no lines"),
        (0, " so far", "The log has no lines so far"),
        (1, "", None),
        (1, " so far", None),
    ],
)
def test_saving_a_log_is_disabled_while_it_has_no_lines(
    size: int, so_far: str, reason: str | None
) -> None:
    store = SimpleNamespace(size=size)
    view: Any = SimpleNamespace(so_far=so_far, store=store, why_no_log=lambda: None)
    view.pane = SimpleNamespace(text_at=str)
    export = LogExport(cast(Any, None), view, lambda: "a.log")
    (save,) = (command for command in LogExport.COMMANDS if command.id == "logs.save")
    assert save.why_not(export) == reason
