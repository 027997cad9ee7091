import json
from dataclasses import fields, replace

import pytest

from studio_tui.errors import InvalidRequest
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.form.diff import common_form, differences, setting_changes
from studio_tui.presentation.form.draft import Draft, FileFacts, FileState
from studio_tui.presentation.form.field import MaskedPart
from studio_tui.presentation.form.fields import (
    FIELDS,
    draft_from_json,
    draft_to_json,
    hint,
    recorded_fields,
)
from studio_tui.presentation.form.job_request import check, check_field, draft_of, request
from studio_tui.presentation.form.problems import Problem
from studio_tui.presentation.form.repeat_notes import settings_not_returned
from studio_tui.presentation.form.request_preview import as_datachain
from studio_tui.presentation.form.server_errors import refusals
from studio_tui.service.commands.jobs import repeat_of
from studio_tui.service.commands.submitted import RelatedRequest, Submitted
from studio_tui.tui.jobs.rerun import submitted_settings
from tests.jobs import job
from tests.presentation.form.forms import CONTEXT, TIMEOUT


def test_the_meaning_and_the_accepted_values_of_each_field_are_sentences() -> None:
    assert all(
        each.meaning.endswith(".") and each.accepts.endswith(".") for each in FIELDS.values()
    )


def test_every_attribute_of_a_draft_is_in_the_table_of_fields() -> None:
    attributes = {each.name for each in fields(Draft)} - {"others"}
    assert attributes <= FIELDS.keys()
    assert all(getattr(Draft(), name) == FIELDS[name].empty for name in attributes)


def test_no_recorded_field_is_secret() -> None:
    assert all(each.masked_part is MaskedPart.NONE for each in recorded_fields().values())


def test_a_field_added_to_the_table_is_checked_sent_and_compared(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(FIELDS, "timeout", TIMEOUT)
    draft = Draft(query="print(1)").with_values({"timeout": "soon"})
    assert check(draft, CONTEXT) == (
        Problem("timeout", "A time limit is 1 to 1440; “soon” is not. Type minutes."),
    )
    assert hint("timeout", draft, CONTEXT) == ("Empty for no limit.",)
    changed = draft.with_values({"timeout": "5"})
    job_input = request(changed, CONTEXT)
    assert json.loads(job_input.model_dump_json())["timeout"] == 5
    assert "--timeout 5" in as_datachain(job_input)
    assert draft_of(job_input, CONTEXT.now) == changed.with_values({"query_type": "PYTHON"})
    assert draft_from_json(json.loads(json.dumps(draft_to_json(changed)))) == changed
    (refused,) = refusals(InvalidRequest(400, "timeout: it ends at 1440 here"), draft)
    assert refused.field == "timeout"
    assert [*setting_changes(draft, changed, {}, with_secrets=False)] == [
        Cell("time limit: soon → 5", Tone.ACTIVE)
    ]
    assert differences([draft, changed]) == {"timeout": 2}
    assert common_form([draft, changed]) == Draft(query="print(1)")


def test_a_field_added_to_the_table_is_repeated_as_it_was_submitted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(FIELDS, "timeout", TIMEOUT)
    job_input = request(Draft(query="print(1)").with_values({"timeout": "5"}), CONTEXT)
    submitted = Submitted.model_validate_json(Submitted.of(job_input, {}).to_json())
    repeated = repeat_of(job(1), "acme", submitted)
    assert repeated.model_dump()["timeout"] == 5
    assert submitted_settings(job(1), submitted) == {"time limit": "5"}
    assert draft_of(repeated, CONTEXT.now).value("timeout", "") == "5"
    assert "time limit" in settings_not_returned(job(1))
    assert "time limit" not in settings_not_returned(job(1), ["timeout"])
    related = RelatedRequest.of(repeated, run_of="a")
    assert json.loads(related.model_dump_json())["timeout"] == 5


EXAMPLES = [
    (name, typed)
    for name, each in FIELDS.items()
    for typed in (
        each.example
        if name in {"start_after", "cron_expression"}
        else ["\n".join(each.example)] * bool(each.example)
    )
]
"""Fields and what is typed into them: times one by one, the lines of other examples together."""


@pytest.mark.parametrize(("name", "typed"), EXAMPLES)
def test_every_example_of_a_field_passes_its_check(name: str, typed: str) -> None:
    lines = tuple(typed.split("\n"))
    is_list = FIELDS[name].empty == ()
    draft = Draft(query="print(1)").with_values({name: lines if is_list else typed})
    files = {line: FileFacts(FileState.FILE, 8, "print(1)") for line in lines}
    assert check_field(name, draft, replace(CONTEXT, files=files)) == ()
