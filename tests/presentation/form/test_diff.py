from collections.abc import Mapping
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.form.diff import (
    changed_values,
    common_form,
    differences,
    differs_placeholder,
    query_changes,
    setting_changes,
)
from studio_tui.presentation.form.draft import Draft, FieldValue
from studio_tui.presentation.form.fields import FIELDS, value_of
from studio_tui.presentation.jobs.facts import MASK
from studio_tui.text import safe_line
from tests.presentation.form.forms import DRAFTS

OLD = Draft(
    query="import os\nprint(1)\nprint(2)",
    environment="TOKEN=hunter2\nA=1\n# note\nOLD=1",
    workers="1",
    requirements="numpy\npandas",
    files=("a.csv",),
)


def changed_settings(
    before: Draft,
    after: Draft,
    files: Mapping[str, str] | None = None,
    *,
    with_secrets: bool = False,
) -> list[str]:
    changes = setting_changes(before, after, files or {}, with_secrets=with_secrets)
    return [cell.text for cell in changes]


def test_the_query_is_shown_as_a_unified_diff() -> None:
    new = replace(OLD, query="import os\nprint(3)\nprint(2)\x1b[2J")
    assert tuple(query_changes(OLD.query, new.query)) == (
        Cell("@@ -1,3 +1,3 @@", Tone.ACCENT),
        Cell(" import os", Tone.PLAIN),
        Cell("-print(1)", Tone.BAD),
        Cell("-print(2)", Tone.BAD),
        Cell("+print(3)", Tone.GOOD),
        Cell("+print(2)␛[2J", Tone.GOOD),
    )


def test_each_changed_setting_has_a_line() -> None:
    new = replace(
        OLD,
        workers="4",
        priority="0",
        requirements="numpy\npolars\n",
        files=("b.csv",),
        environment="TOKEN=other\nA=\nNEW=2",
        reset=True,
    )
    assert changed_settings(OLD, new) == [
        "environment: - OLD",
        "environment: ~ TOKEN=••••••••",
        "environment: ~ A=••••••••",
        "environment: + NEW=••••••••",
        "workers: 1 → 4",
        "requirements: - pandas",
        "requirements: + polars",
        "files: - a.csv",
        "files: + b.csv",
        "priority: server default → 0",
        "ignore checkpoints: yes",
    ]
    assert changed_settings(OLD, new, with_secrets=True)[:4] == [
        "environment: - OLD=1",
        "environment: ~ TOKEN=hunter2 → other",
        "environment: ~ A=1 → empty",
        "environment: + NEW=2",
    ]


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("environment", "A=1\n# old", "A=1\n# secret"),
        ("environment", "A=0\nA=1", "A=1"),
        ("requirements", "numpy\npandas", "pandas\nnumpy"),
        ("files", ("a", "b"), ("b", "a")),
    ],
)
def test_lines_with_other_comments_or_in_another_order_are_a_change(
    name: str, old: FieldValue, new: FieldValue
) -> None:
    before, after = Draft().with_values({name: old}), Draft().with_values({name: new})
    assert changed_settings(before, after) == [
        f"{name}: ~ the same but for order, repeats, blanks or comments"
    ]


def test_uploads_are_compared_by_their_names_as_far_as_these_are_known() -> None:
    old = replace(OLD, uploads=("1", "8\x1b"), priority="1")
    files = {"1": "a.txt (1 B)"}
    new = replace(old, uploads=("8\x1b",), priority="")
    assert changed_settings(old, new, files) == [
        "uploaded files: - a.txt (1 B)",
        "priority: 1 → server default",
    ]


@given(DRAFTS, DRAFTS)
def test_any_two_forms_can_be_compared_and_equal_forms_have_no_difference(
    before: Draft, after: Draft
) -> None:
    query = [cell.text for cell in query_changes(before.query, after.query)]
    settings = changed_settings(before, after)
    assert all(safe_line(line) == line for line in (*query, *settings))
    assert bool(query) == (before.query != after.query)
    assert [*query_changes(before.query, before.query), *changed_settings(before, before)] == []
    if before.reset != after.reset or before.workers.strip() != after.workers.strip():
        assert settings


def test_logins_in_addresses_are_masked() -> None:
    before = Draft(repository="https://old-hunter2@example.org/r", requirements="numpy")
    after = Draft(
        repository="https://u:hunter2@example.org/r",
        requirements="numpy\n-i https://hunter2@example.org/simple",
    )
    settings = "\n".join(changed_settings(before, after))
    assert "hunter2" not in settings
    assert f"repository: https://{MASK}@example.org/r → https://{MASK}@example.org/r" in settings
    assert changed_settings(before, after, with_secrets=True)[1].endswith(
        " → https://u:hunter2@example.org/r"
    )


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
