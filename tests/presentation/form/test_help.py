from dataclasses import replace

import pytest

from studio_tui.presentation.form.checks import check_field
from studio_tui.presentation.form.draft import LABELS, Draft
from studio_tui.presentation.form.file_checks import FileFacts, FileState
from studio_tui.presentation.form.help import FIELD_HELP
from tests.presentation.form.forms import AROUND


def test_every_field_has_help() -> None:
    assert FIELD_HELP.keys() == LABELS.keys()
    assert all(
        each.meaning.endswith(".") and each.takes.endswith(".") for each in FIELD_HELP.values()
    )


EXAMPLES = [
    (name, typed)
    for name, each in FIELD_HELP.items()
    for typed in (
        each.example
        if name in {"start_after", "cron_expression"}
        else ["\n".join(each.example)] * bool(each.example)
    )
]
"""What is typed: fields of one line have an example a line."""


@pytest.mark.parametrize(("name", "typed"), EXAMPLES)
def test_every_example_can_be_sent_as_it_is(name: str, typed: str) -> None:
    lines = tuple(typed.split("\n"))
    is_list = isinstance(getattr(Draft(), name), tuple)
    draft = replace(Draft(query="print(1)"), **{name: lines if is_list else typed})  # type: ignore[arg-type]
    there = {line: FileFacts(FileState.FILE, 8, "print(1)") for line in lines}
    assert check_field(name, draft, replace(AROUND, files=there)) == ()
