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

ONE = Draft(query="print(1)", query_name="one.py", workers="2", uploads=("7",), priority="1")
TWO = replace(ONE, query="print(2)", query_name="two.py", uploads=())


def test_a_form_of_several_jobs_has_what_they_share() -> None:
    assert common_form([ONE, TWO]) == Draft(workers="2", priority="1")
    assert differences([ONE, TWO, TWO]) == {"query": 2, "query_name": 2, "uploads": 2}


def test_what_differs_says_so() -> None:
    assert differs_placeholder("workers", 3) == "(differs: 3 values)"
    assert differs_placeholder("query", 2) == "(differs: 2 queries)"


def test_only_what_is_typed_is_laid_over_a_job() -> None:
    start = common_form([ONE, TWO])
    typed = changed_values(start, replace(start, workers="", query_name="both.py"))
    assert typed == {"workers": "", "query_name": "both.py"}
    assert TWO.with_values(typed) == replace(TWO, workers="", query_name="both.py")


@given(st.lists(DRAFTS, min_size=1, max_size=4))
def test_a_form_in_which_nothing_is_typed_leaves_every_job_as_it_was(drafts: list[Draft]) -> None:
    start = common_form(drafts)
    assert changed_values(start, start) == {}
    differing = differences(drafts)
    for name in FIELDS:
        if name not in differing:
            assert {value_of(name, draft) for draft in drafts} == {value_of(name, start)}


@given(st.lists(DRAFTS, min_size=1, max_size=4), DRAFTS)
def test_a_job_has_what_the_form_shows_and_else_its_own(drafts: list[Draft], form: Draft) -> None:
    start = common_form(drafts)
    typed = changed_values(start, form)
    for draft in drafts:
        made = draft.with_values(typed)
        for name in FIELDS:
            shown = value_of(name, form)
            wanted = shown if shown != value_of(name, start) else value_of(name, draft)
            assert value_of(name, made) == wanted
