import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.answers import status_error
from studio_tui.errors import (
    InvalidRequest,
    NotSent,
    ProtocolError,
    ReadOnly,
    StudioError,
)
from studio_tui.local.http.errors import FieldProblem, InvalidFields
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import FIELDS
from studio_tui.presentation.form.problems import Problem
from studio_tui.presentation.form.server_errors import WHOLE_FORM, refusals
from studio_tui.text import safe_line

FORM = Draft(query="print(1)")


def error_of_response(status: int, body: object, retry_after: float | None = None) -> StudioError:
    """Return the error that the client raises for a response."""
    return status_error(status, json.dumps(body).encode(), retry_after=retry_after)


@pytest.mark.parametrize(
    ("error", "field", "sentence"),
    [
        (
            error_of_response(400, {"message": "Invalid cron expression"}),
            WHOLE_FORM,
            "Invalid cron expression. No job was created; change the form and send it.",
        ),
        (
            error_of_response(400, {"message": "Bad request"}),
            WHOLE_FORM,
            "Bad request. No job was created; change the form and send it.",
        ),
        (
            error_of_response(
                422, {"detail": [{"loc": ["body", "data", "workers"], "msg": "too many"}]}
            ),
            "workers",
            "Studio says: data.workers: too many.",
        ),
        (
            error_of_response(
                422, {"detail": [{"loc": ["body", "files", 2], "msg": "not a string"}]}
            ),
            "files",
            "Studio says: files.2: not a string.",
        ),
        (
            error_of_response(422, {"detail": [{"loc": ["body", "team_name"], "msg": "unknown"}]}),
            WHOLE_FORM,
            "team_name: unknown. No job was created; change the form and send it.",
        ),
        (
            error_of_response(403, {"message": "Viewers cannot run jobs."}),
            WHOLE_FORM,
            (
                "Studio does not allow this: Viewers cannot run jobs. No job was created; ask a"
                " member of the team who may run jobs."
            ),
        ),
        (
            error_of_response(404, {"message": "No such team"}),
            WHOLE_FORM,
            (
                "No such team. No job was created; check Studio's URL, the team, and the names in"
                " the form."
            ),
        ),
        (
            error_of_response(401, {"message": "expired"}),
            WHOLE_FORM,
            (
                "Studio refused the token: expired. No job was created; give a valid token, and"
                " send the form again."
            ),
        ),
        (
            error_of_response(429, {}, retry_after=30.0),
            WHOLE_FORM,
            (
                "Studio is receiving too many requests. Retry in 30 s. No job was created;"
                " send the form again later."
            ),
        ),
        (
            error_of_response(500, {"message": "boom"}),
            WHOLE_FORM,
            (
                "Studio failed with 500: boom. No job was created; the form is kept. Send it again"
                " later."
            ),
        ),
        (
            NotSent("studio.example.org refuses connections: is Studio running there?"),
            WHOLE_FORM,
            (
                "studio.example.org refuses connections: is Studio running there? No job was"
                " created; the form is kept."
            ),
        ),
        (
            ProtocolError("The answer to the upload is no JSON"),
            WHOLE_FORM,
            "The answer to the upload is no JSON. No job was created; the form is kept.",
        ),
        (
            ReadOnly("This dashboard only reads"),
            WHOLE_FORM,
            "This dashboard only reads. No job was created; the form is kept.",
        ),
    ],
)
def test_each_failed_submission_has_a_sentence_at_its_field(
    error: StudioError, field: str, sentence: str
) -> None:
    assert refusals(error, FORM) == (Problem(field, sentence),)


def test_all_refusals_of_the_local_studio_are_shown_at_their_fields() -> None:
    clauses = [
        ("compute_cluster_name", "compute_cluster_name names no cluster; there are: local (1)"),
        ("workers", "workers must be 1 to 2 on the cluster local"),
        ("environment", "environment, line 3: must be NAME=VALUE"),
        ("files", "files 2 must be text"),
        ("credentials_name", "credentials_name: the local Studio keeps none; give them otherwise"),
    ]
    refused = InvalidFields([FieldProblem(*each) for each in clauses])
    error = error_of_response(422, {"message": refused.message, "detail": refused.body_detail})
    assert refusals(error, FORM) == tuple(
        Problem(field, f"Studio says: {clause}.") for field, clause in clauses
    )


def test_errors_about_a_cluster_or_a_query_are_shown_at_their_fields() -> None:
    form = Draft(query_file="train.py", compute_cluster_id="k3f")
    error = InvalidRequest(400, "query is empty; compute_cluster_name names no cluster.")
    fields = [problem.field for problem in refusals(error, form)]
    assert fields == ["query_file", "compute_cluster_id"]
    by_name = Draft(query="1", compute_cluster_name="gpu")
    assert [problem.field for problem in refusals(error, by_name)] == [
        "query",
        "compute_cluster_name",
    ]


def test_an_error_about_files_is_shown_at_those_that_the_form_names() -> None:
    error = InvalidRequest(422, "files: there is no upload '16'")
    of_uploads, of_paths = Draft(uploads=("16",)), Draft(files=("a.csv",))
    assert [refusals(error, form)[0].field for form in (of_uploads, of_paths)] == [
        "uploads",
        "files",
    ]


@given(st.text(), st.sampled_from([400, 401, 403, 404, 409, 413, 422, 429, 500, 503]))
def test_any_error_message_is_shown_safely(words: str, status: int) -> None:
    problems = refusals(error_of_response(status, {"message": words}), FORM)
    assert problems
    assert all(safe_line(problem.sentence) == problem.sentence for problem in problems)
    assert {problem.field for problem in problems} <= {WHOLE_FORM, *FIELDS}
