import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given

from studio_tui.api.models import JobInput, QueryType
from studio_tui.presentation.form import repeat_notes
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import (
    FIELDS,
    draft_from_json,
    draft_to_json,
)
from studio_tui.presentation.form.job_request import draft_of
from studio_tui.presentation.form.repeat_notes import NO_FILES, repeat_lines
from tests.jobs import NOON, job
from tests.presentation.form.forms import DRAFTS, filled


@given(DRAFTS)
def test_a_draft_is_unchanged_by_conversion_to_json_and_back(draft: Draft) -> None:
    assert draft_from_json(json.loads(json.dumps(draft_to_json(draft)))) == draft


def test_every_field_of_a_request_except_team_and_time_zone_is_in_the_form() -> None:
    not_typed = {"team_name", "time_zone"}  # the team is that of the session; schedules are in UTC
    assert JobInput.model_fields.keys() - FIELDS.keys() <= not_typed


@pytest.mark.parametrize("value", [[1], None, "{"])
def test_a_value_that_is_not_a_draft_is_refused(value: Any) -> None:
    with pytest.raises(ValueError, match="it is"):
        draft_from_json(value)


def test_the_valid_fields_of_a_draft_of_another_version_are_read() -> None:
    newer = {"query": "print(1)", "workers": 2, "files": ["a", 3], "reset": "yes", "color": "red"}
    assert draft_from_json(newer) == Draft(query="print(1)", files=("a",))


def test_a_request_is_converted_into_the_form_that_sends_it() -> None:
    request = JobInput(
        query="ls",
        query_type=QueryType.SHELL,
        team_name="acme",
        environment="A=1",
        workers=3,
        query_name="list.sh",
        files=("7",),
        python_version="3.12",
        requirements="numpy",
        repository="https://github.com/u/r@main",
        priority=0,
        compute_cluster_id=2,
        start_after=datetime(2026, 3, 4, 9, tzinfo=UTC),
        cron_expression="0 9 * * *",
        credentials_name="mine",
        rerun_from_job_id="old",
        reset=True,
    )
    assert draft_of(request, NOON) == filled(
        query="ls",
        query_type="SHELL",
        query_name="list.sh",
        environment="A=1",
        workers="3",
        python_version="3.12",
        requirements="numpy",
        repository="https://github.com/u/r@main",
        uploads=("7",),
        priority="0",
        compute_cluster_id="2",
        credentials_name="mine",
        start_after="2026-03-04T09:00:00+00:00",
        cron_expression="0 9 * * *",
        rerun_from_job_id="old",
        reset=True,
    )


def test_a_past_start_is_omitted_for_a_schedule_and_kept_for_a_single_job() -> None:
    past = JobInput(query="ls", team_name="acme", start_after=NOON - timedelta(days=1))
    assert draft_of(past, NOON).start_after == "2026-02-28T12:00:00+00:00"
    schedule = past.model_copy(update={"cron_expression": "@daily"})
    assert draft_of(schedule, NOON).start_after == ""


def test_a_form_that_continues_a_job_uses_its_checkpoints() -> None:
    draft = Draft(query="ls", reset=True).continuing("abc")
    assert (draft.rerun_from_job_id, draft.reset, draft.query) == ("abc", False, "ls")


def test_the_repr_of_a_draft_contains_no_secrets() -> None:
    assert "hunter2" not in repr(Draft(environment="PASSWORD=hunter2"))


UNKNOWN = "Studio does not say what these were, so they get its defaults:"


@pytest.mark.parametrize(
    ("recorded", "changed", "lines"),
    [
        (None, [], (UNKNOWN, "  priority, credentials, cluster", NO_FILES)),
        (None, ["uploads", "priority", "workers"], (UNKNOWN, "  credentials, cluster")),
        (None, ["files"], (UNKNOWN, "  priority, credentials, cluster")),
        (
            {"priority": "1", "uploaded files": "a.txt"},
            ["compute_cluster_id", "files"],
            (
                "As submitted from this dashboard:",
                "  priority: 1",
                "  uploaded files: a.txt",
                "  server default, as before: credentials",
                "If Studio has deleted one of these files, it probably refuses the job.",
            ),
        ),
        (
            {},
            ["files"],
            (
                "As submitted from this dashboard:",
                "  server default, as before: priority, credentials, cluster",
            ),
        ),
        (
            {"priority": "1"},
            ["priority", "credentials_name"],
            (
                "As submitted from this dashboard:",
                "  server default, as before: cluster",
                "  uploaded files: none, as before",
            ),
        ),
    ],
)
def test_settings_that_studio_does_not_send_are_listed_unless_they_were_changed(
    recorded: dict[str, str] | None,
    changed: list[str],
    lines: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repeat_notes, "recorded_fields", tuple)  # a new field changes nothing here
    assert repeat_lines(job(), recorded, changed) == lines
    with_cluster = repeat_lines(job(compute_cluster_name="gpu"), recorded, changed)
    assert not any("cluster" in line for line in with_cluster)
