from dataclasses import dataclass, replace

import pytest

from studio_tui.api.models import JobInput
from studio_tui.errors import InvalidRequest
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.form import job_request
from studio_tui.presentation.form.checks import FormContext
from studio_tui.presentation.form.diff import difference
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import FIELDS, Field, hint
from studio_tui.presentation.form.file_checks import FileFacts, FileState
from studio_tui.presentation.form.job_request import check, check_field, request
from studio_tui.presentation.form.merge import differences
from studio_tui.presentation.form.request_preview import as_datachain
from studio_tui.presentation.form.server_errors import refusals
from studio_tui.presentation.jobs.problems import Problem
from tests.presentation.form.forms import AROUND


def test_the_meaning_and_what_may_be_typed_are_sentences() -> None:
    assert all(each.meaning.endswith(".") and each.takes.endswith(".") for each in FIELDS.values())


@dataclass(frozen=True)
class NewDraft(Draft):
    timeout: str = ""


class NewJobInput(JobInput):
    timeout: int | None = None


def minutes(draft: Draft, _around: FormContext) -> tuple[Problem, ...]:
    typed = getattr(draft, "timeout", "")
    return () if typed.isdecimal() else (Problem("timeout", "A timeout is in whole minutes."),)


TIMEOUT = Field(
    label="time limit",
    meaning="Minutes after which the job is canceled.",
    takes="A whole number.",
    check=minutes,
    hint="None is no limit.",
    value=lambda draft, _around: int(getattr(draft, "timeout", "")),
    flag="--timeout",
    named=r"time[ -]?limits?",
)


def test_a_new_field_is_one_entry_beside_its_types(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(FIELDS, "timeout", TIMEOUT)
    monkeypatch.setattr(job_request, "JobInput", NewJobInput)
    draft = NewDraft(query="print(1)", timeout="soon")
    assert check(draft, AROUND) == (Problem("timeout", "A timeout is in whole minutes."),)
    assert hint("timeout", draft, AROUND) == ("None is no limit.",)
    wish = request(replace(draft, timeout="5"), AROUND)
    assert wish.model_dump()["timeout"] == 5
    assert "--timeout 5" in as_datachain(wish)
    (refused,) = refusals(InvalidRequest(400, "Time limits end at 1440 here"), draft)
    assert refused.field == "timeout"
    assert difference(draft, replace(draft, timeout="5")).settings == (
        Cell("time limit: soon → 5", Tone.ACTIVE),
    )
    assert differences([draft, replace(draft, timeout="5")]) == {"timeout": 2}


EXAMPLES = [
    (name, typed)
    for name, each in FIELDS.items()
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
