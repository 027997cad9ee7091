from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import FIELDS, value_of
from studio_tui.presentation.form.merge import (
    changed_values,
    common_form,
    differences,
    differs_placeholder,
)
from tests.presentation.form.forms import DRAFTS

FIRST = Draft(query="print(1)", query_name="one.py", workers="2", uploads=("7",), priority="1")
SECOND = replace(FIRST, query="print(2)", query_name="two.py", uploads=())


def test_the_common_form_of_several_jobs_has_the_values_that_they_share() -> None:
    assert common_form([FIRST, SECOND]) == Draft(workers="2", priority="1")
    assert differences([FIRST, SECOND, SECOND]) == {"query": 2, "query_name": 2, "uploads": 2}


def test_the_placeholder_of_a_differing_field_counts_its_values() -> None:
    assert differs_placeholder("workers", 3) == "(differs: 3 values)"
    assert differs_placeholder("query", 2) == "(differs: 2 queries)"


def test_only_the_values_changed_in_a_form_are_applied_to_a_job() -> None:
    common = common_form([FIRST, SECOND])
    changes = changed_values(common, replace(common, workers="", query_name="both.py"))
    assert changes == {"workers": "", "query_name": "both.py"}
    assert SECOND.with_values(changes) == replace(SECOND, workers="", query_name="both.py")


@given(st.lists(DRAFTS, min_size=1, max_size=4))
def test_an_unchanged_common_form_changes_no_job(drafts: list[Draft]) -> None:
    common = common_form(drafts)
    assert changed_values(common, common) == {}
    differing = differences(drafts)
    for name in FIELDS:
        if name not in differing:
            assert {value_of(name, draft) for draft in drafts} == {value_of(name, common)}


@given(st.lists(DRAFTS, min_size=1, max_size=4), DRAFTS)
def test_a_job_gets_the_changed_values_and_keeps_its_others(
    drafts: list[Draft], edited: Draft
) -> None:
    common = common_form(drafts)
    changes = changed_values(common, edited)
    for draft in drafts:
        changed_draft = draft.with_values(changes)
        for name in FIELDS:
            form_value = value_of(name, edited)
            expected = form_value if form_value != value_of(name, common) else value_of(name, draft)
            assert value_of(name, changed_draft) == expected
