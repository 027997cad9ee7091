"""Every wrong input has its own sentence, at its field."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings

from studio_tui.api.models import JobInput, JobRequest, QueryType
from studio_tui.presentation.form.checks import job_name, query_type
from studio_tui.presentation.form.draft import Draft, FormContext
from studio_tui.presentation.form.fields import FIELDS, value_of
from studio_tui.presentation.form.job_request import check, check_field, draft_of, request
from studio_tui.presentation.form.problems import Level, Problem
from studio_tui.presentation.schedules import start_times
from studio_tui.text import safe_line
from tests.presentation.form.forms import (
    CLUSTERS,
    CONTEXT,
    DRAFTS,
    MIB,
    NOW,
    SENDABLE,
    cluster,
    filled,
)
from tests.soak import at_length

GOOD = Draft(query="print(1)")

ERRORS: list[tuple[str, dict[str, Any], str]] = [
    ("query", {"query": " \n"}, "There is no query; type one, or name its file."),
    (
        "query",
        {"query": "x" * (MIB + 1)},
        "The query is 1.0 MiB; Studio accepts at most 1.0 MiB.",
    ),
    (
        "query",
        {"query": "a\n\0"},
        "Line 2 contains a NUL character, which cannot be sent.",
    ),
    ("query", {"query": "\ud800"}, "Line 1 contains half a character, which cannot be sent."),
    ("query_file", {"query_file": "gone.py"}, "There is no file “gone.py”; check the path."),
    (
        "query_file",
        {"query_file": "secret.py"},
        "“secret.py” cannot be read; check its permissions.",
    ),
    ("query_file", {"query_file": "src"}, "“src” is a folder; name a file in it."),
    ("query_file", {"query_file": "pipe"}, "“pipe” is not a regular file; name one that is."),
    (
        "query_file",
        {"query_file": "latin.py"},
        "“latin.py” is not UTF-8 text from byte 5 on; save it as UTF-8.",
    ),
    ("query_file", {"query_file": "empty.py"}, "“empty.py” is empty; a job needs a query."),
    ("query_file", {"query_file": "slow.py"}, "“slow.py” is still being read."),
    ("query_file", {"query_file": "new.py"}, "“new.py” is still being checked."),
    (
        "query_file",
        {"query_file": "long.py"},
        "“long.py” is too large for a query: 1.0 MiB, at most 1.0 MiB.",
    ),
    (
        "query_file",
        {"query_file": "null.py"},
        "Line 2 contains a NUL character, which cannot be sent.",
    ),
    ("query_type", {"query_type": "ruby"}, "A query is PYTHON or SHELL; “ruby” is neither."),
    (
        "query_name",
        {"query_name": "n" * 1001},
        "The name has 1001 characters; Studio accepts at most 1000.",
    ),
    (
        "query_name",
        {"query_name": "a\x1b[31m"},
        "The name contains a control character or a line break; remove it.",
    ),
    ("environment", {"environment": "A=1\nB"}, "Line 2 must be NAME=VALUE"),
    (
        "workers",
        {"workers": "0"},
        "Workers must be a whole number from 1 up; “0” is not. Type 1 or more.",
    ),
    (
        "workers",
        {"workers": "two"},
        "Workers must be a whole number from 1 up; “two” is not. Type 1 or more.",
    ),
    (
        "workers",
        {"workers": "-3"},
        "Workers must be a whole number from 1 up; “-3” is not. Type 1 or more.",
    ),
    (
        "workers",
        {"workers": "1.5"},
        "Workers must be a whole number from 1 up; “1.5” is not. Type 1 or more.",
    ),
    (
        "workers",
        {"workers": "٣"},
        "Workers must be a whole number from 1 up; “٣” is not. Type 1 or more.",
    ),
    (
        "workers",
        {"workers": "99999999999"},
        "99999999999 is more workers than any cluster has.",
    ),
    (
        "priority",
        {"priority": "6"},
        "Priority is 0 (first) to 5 (last, the default); “6” is not. Type 0 to 5.",
    ),
    (
        "priority",
        {"priority": "high"},
        "Priority is 0 (first) to 5 (last, the default); “high” is not. Type 0 to 5.",
    ),
    (
        "python_version",
        {"python_version": "python 3.11"},
        "“python 3.11” is not a Python 3 version; type one such as 3.12.",
    ),
    (
        "python_version",
        {"python_version": "2.7"},
        "“2.7” is not a Python 3 version; type one such as 3.12.",
    ),
    (
        "python_version",
        {"python_version": "3"},
        "“3” is not a Python 3 version; type one such as 3.12.",
    ),
    (
        "requirements",
        {"requirements": "numpy\npandas=2"},
        "Line 2: “pandas=2” has one equals sign; type “pandas==2”.",
    ),
    (
        "repository",
        {"repository": "-u x"},
        "The repository must be a URL, or URL@REVISION, without blanks.",
    ),
    (
        "repository",
        {"repository": "https://github.com/u/r@"},
        "There is no revision after the @; type one, or remove the @.",
    ),
    (
        "repository",
        {"repository": "github.com/u/r"},
        "“github.com/u/r” is not a URL; type https:// before it.",
    ),
    (
        "repository",
        {"repository": "https://"},
        "“https://” is not a URL; type it as https://HOST/USER/REPOSITORY.",
    ),
    (
        "files",
        {"files": ("gone.py, a",)},
        "There is no file “gone.py, a”; write one path per line.",
    ),
    ("files", {"files": ("gone.py",)}, "There is no file “gone.py”; check the path."),
    ("files", {"files": ("secret.py",)}, "“secret.py” cannot be read; check its permissions."),
    ("files", {"files": ("",)}, "A file has no path; type one, or remove it."),
    (
        "files",
        {"files": ("big.bin",)},
        "“big.bin” is too large: 286.1 MiB, at most 256.0 MiB. Let the job fetch it.",
    ),
    (
        "files",
        {"files": ("full.bin",)},
        "“full.bin” is too large: 256.0 MiB, at most 256.0 MiB. Let the job fetch it.",
    ),
    (
        "files",
        {"files": ("data.csv", "old/data.csv")},
        "“data.csv” and “old/data.csv” would both be “data.csv” beside the query; rename one.",
    ),
    (
        "compute_cluster_name",
        {"compute_cluster_name": "tpu"},
        "“tpu” is not a cluster; there are “default”, “gpu-large”, “gpu-small”, “old”, “broken”.",
    ),
    (
        "compute_cluster_name",
        {"compute_cluster_name": "GP"},
        "“GP” is not a cluster; did you mean “gpu-large” or “gpu-small”?",
    ),
    (
        "compute_cluster_name",
        {"compute_cluster_name": "gpu-larg"},
        "“gpu-larg” is not a cluster; did you mean “gpu-large”?",
    ),
    (
        "compute_cluster_name",
        {"compute_cluster_name": "2"},
        "“2” is the id of a cluster; move it to the field for the id.",
    ),
    (
        "compute_cluster_name",
        {"compute_cluster_name": "old"},
        "“old” is INACTIVE and accepts no jobs; name another.",
    ),
    (
        "compute_cluster_id",
        {"compute_cluster_id": "5"},
        "“5” is FAILED and accepts no jobs; name another.",
    ),
    (
        "compute_cluster_id",
        {"compute_cluster_id": "gpu-small"},
        "“gpu-small” is not a cluster id; there are “1”, “2”, “3”, “4”, “5”.",
    ),
    (
        "compute_cluster_id",
        {"compute_cluster_id": "2", "compute_cluster_name": "gpu-large"},
        "Give the name or the id of a cluster, not both; clear one of them.",
    ),
    (
        "credentials_name",
        {"credentials_name": "a\nb"},
        "The name contains a control character or a line break; remove it.",
    ),
    (
        "start_after",
        {"start_after": "today 10:40"},
        "That was 20 min ago; type `tomorrow 10:40`.",
    ),
    (
        "start_after",
        {"start_after": "2026-02-30 10:00"},
        "There is no 2026-02-30; type the date as `2030-03-04`.",
    ),
    (
        "start_after",
        {"start_after": "tomorrw 3pm"},
        f"“tomorrw 3pm” is not understood; type {start_times.EXAMPLES}.",
    ),
    (
        "cron_expression",
        {"cron_expression": "0 25 * * *"},
        "Hour: 25 is not 0 to 23.",
    ),
    (
        "cron_expression",
        {"cron_expression": "0 9 * *"},
        ("There are 4 fields, not 5: minute, hour, day of month, month, day of week."),
    ),
    (
        "cron_expression",
        {"cron_expression": "0 0 30 2 *"},
        "It never fires: there is no day 30 in Feb.",
    ),
]
"""Fields with the contents that are wrong, and how the sentence at the field begins."""

WARNINGS: list[tuple[str, dict[str, Any], str]] = [
    (
        "workers",
        {"workers": "10000", "compute_cluster_id": "2"},
        "“gpu-large” has at most 8 workers; Studio may refuse 10000, or leave the job waiting.",
    ),
    (
        "workers",
        {"workers": "9"},
        "“default” has at most 8 workers; Studio may refuse 9, or leave the job waiting.",
    ),
    (
        "python_version",
        {"python_version": "3.9"},
        "Studio is known to support 3.10, 3.11, 3.12, 3.13; it may refuse 3.9.",
    ),
    (
        "repository",
        {"repository": "https://u:hunter2@example.org/r"},
        "The URL contains a password or token, which everyone who sees the job can read.",
    ),
    (
        "repository",
        {"repository": "/srv/r"},
        "This is a path, which only a Studio on this machine can clone.",
    ),
    (
        "files",
        {"files": ("data.csv",) * 2},
        "“data.csv” is listed more than once; list it once.",
    ),
    (
        "rerun_from_job_id",
        {"rerun_from_job_id": "a", "reset": True},
        "The checkpoints of that job are ignored, so everything is computed again.",
    ),
]
"""Fields with doubtful contents, which can be sent, and the sentence at the field."""

REFUSED_LOCALLY: list[tuple[str, dict[str, Any], str]] = [
    (
        "workers",
        {"workers": "9"},
        "“default” has at most 8 workers; 9 is refused. Type 8 or less.",
    ),
    (
        "credentials_name",
        {"credentials_name": "s3"},
        "The local Studio stores no credentials; pass them in the field environment.",
    ),
    (
        "repository",
        {"repository": "/srv/gone@main"},
        "There is no folder “/srv/gone”; check the path.",
    ),
    (
        "repository",
        {"repository": "~/project"},
        "git runs in the folder of the job; type an absolute path, which begins with /.",
    ),
]
"""Fields with contents that only the local Studio refuses, and the sentence at the field."""


@pytest.mark.parametrize(("field", "typed", "sentence"), REFUSED_LOCALLY)
def test_an_input_that_the_local_studio_refuses_is_an_error_before_it_is_sent(
    field: str, typed: dict[str, Any], sentence: str
) -> None:
    draft = GOOD.with_values(typed)
    assert check(draft, replace(CONTEXT, is_local=True)) == (Problem(field, sentence),)
    assert all(each.level is Level.WARNING for each in check(draft, CONTEXT))


@pytest.mark.parametrize("typed", [{"python_version": "3.9"}, {"repository": "/srv/r"}])
def test_an_input_that_the_local_studio_accepts_has_no_warning_there(typed: dict[str, Any]) -> None:
    draft = GOOD.with_values(typed)
    assert check(draft, CONTEXT)
    assert not check(draft, replace(CONTEXT, is_local=True))


def test_a_repository_that_is_a_file_is_reported_as_a_warning() -> None:
    draft = replace(GOOD, repository="/srv/data.csv@main")
    (problem,) = check(draft, replace(CONTEXT, is_local=True))
    assert (problem.field, problem.level) == ("repository", Level.WARNING)
    assert problem.sentence == "“/srv/data.csv” is not a folder; git may refuse it."


def test_a_default_cluster_that_accepts_no_jobs_is_reported_unless_another_is_named() -> None:
    closed = replace(CONTEXT, clusters=(cluster(1, "old", "INACTIVE", default=True), CLUSTERS[1]))
    sentence = "“old” is INACTIVE and accepts no jobs; name another."
    assert check(GOOD, closed) == (Problem("compute_cluster_name", sentence),)
    assert not check(replace(GOOD, compute_cluster_name="gpu-large"), closed)
    assert not check(replace(GOOD, compute_cluster_id="2"), closed)


def test_a_job_to_continue_that_is_not_known_here_is_reported_as_a_warning() -> None:
    draft = replace(GOOD, rerun_from_job_id="497f6eca-6276-4993-bfeb-53cbbbba6f08")
    assert not check(draft, CONTEXT)
    (problem,) = check(draft, replace(CONTEXT, is_origin_known=False))
    assert (problem.field, problem.level) == ("rerun_from_job_id", Level.WARNING)
    assert problem.sentence.startswith("No job known here has this id")


@pytest.mark.parametrize(("field", "typed", "sentence"), ERRORS)
def test_a_wrong_input_is_reported_at_its_field(
    field: str, typed: dict[str, Any], sentence: str
) -> None:
    draft = GOOD.with_values(typed)
    problems = check(draft, CONTEXT)
    assert [problem.field for problem in problems] == [field]
    assert problems[0].sentence.startswith(sentence)
    assert problems[0].level is Level.ERROR
    assert check_field(field, draft, CONTEXT) == problems
    with pytest.raises(ValueError, match=r"\w"):
        request(draft, CONTEXT)


@pytest.mark.parametrize(("field", "typed", "sentence"), WARNINGS)
def test_a_doubtful_input_is_reported_and_can_be_sent(
    field: str, typed: dict[str, Any], sentence: str
) -> None:
    draft = GOOD.with_values(typed)
    assert check(draft, CONTEXT) == ((field, sentence, Level.WARNING),)
    assert isinstance(request(draft, CONTEXT), JobInput)


def test_each_wrong_input_has_a_sentence_of_its_own() -> None:
    sentences = [(field, sentence) for field, _, sentence in (*ERRORS, *WARNINGS)]
    assert len(set(sentences)) == len(sentences)


def test_a_request_that_is_too_long_as_a_whole_is_reported() -> None:
    draft = Draft(query="x" * 900_000, requirements="#" * 200_000)
    (problem,) = check(draft, CONTEXT)
    assert problem.sentence == (
        "The whole request is 1.0 MiB; Studio accepts at most 1.0 MiB. Shorten the longest field."
    )


@pytest.mark.parametrize("field", ["compute_cluster_name", "compute_cluster_id"])
def test_a_cluster_is_not_checked_before_the_clusters_are_loaded(field: str) -> None:
    typed: dict[str, Any] = {field: "gpu"}
    draft = replace(GOOD, workers="100", **typed)
    sentence = "The clusters are not loaded, so this is not checked."
    assert check(draft, replace(CONTEXT, clusters=None)) == ((field, sentence, Level.WARNING),)


def test_a_studio_without_clusters_is_reported() -> None:
    draft = replace(GOOD, compute_cluster_name="gpu")
    (problem,) = check(draft, replace(CONTEXT, clusters=()))
    assert problem.sentence == "“gpu” is not a cluster; there are none."


def test_a_cluster_of_an_older_studio_is_judged_by_whether_it_is_active() -> None:
    old = CLUSTERS[0].model_copy(update={"status": None, "is_active": False})
    draft = replace(GOOD, compute_cluster_name="default")
    (problem,) = check(draft, replace(CONTEXT, clusters=(old,)))
    assert problem.sentence == "“default” is INACTIVE and accepts no jobs; name another."


def test_a_form_without_errors_is_converted_into_a_request() -> None:
    draft = filled(
        query_file="list.sh",
        environment="A=1\n",
        workers=" 2 ",
        python_version="3.12",
        requirements="numpy\n",
        repository="git@github.com:u/r.git@main",
        files=("data.csv",),
        uploads=("7",),
        priority="0",
        compute_cluster_id="2",
        credentials_name="mine",
        start_after="tomorrow 3pm",
        cron_expression="@daily",
        rerun_from_job_id="old",
    )
    assert check(draft, CONTEXT) == ()
    assert request(replace(draft, uploads=(*draft.uploads, "8")), CONTEXT) == JobRequest(
        query="ls",
        query_type=QueryType.SHELL,
        team_name="acme",
        query_name="list.sh",
        environment="A=1\n",
        workers=2,
        python_version="3.12",
        requirements="numpy\n",
        repository="git@github.com:u/r.git@main",
        files=("7", "8"),
        priority=0,
        compute_cluster_id=2,
        credentials_name="mine",
        start_after=datetime(2026, 3, 4, 14, tzinfo=UTC),
        cron_expression="@daily",
        rerun_from_job_id="old",
    )


def test_a_schedule_without_a_start_begins_now_and_empty_fields_are_not_sent() -> None:
    assert request(replace(GOOD, cron_expression="@daily"), CONTEXT).start_after == NOW
    assert request(GOOD, CONTEXT) == JobRequest(query="print(1)", team_name="acme")


@pytest.mark.parametrize(
    ("typed", "expected_type", "expected_name"),
    [
        ({}, QueryType.PYTHON, None),
        ({"query_file": "a/b.py"}, QueryType.PYTHON, "b.py"),
        ({"query_file": "a/b.sh"}, QueryType.SHELL, "b.sh"),
        ({"query_file": "a/b.sh", "query_name": "x.py"}, QueryType.SHELL, "x.py"),
        ({"query_file": "a/run"}, QueryType.SHELL, "run"),
        ({"query_name": "night.sh"}, QueryType.SHELL, "night.sh"),
        ({"query_name": "train v1.2"}, QueryType.PYTHON, "train v1.2"),
        ({"query_name": "night", "query_type": "shell"}, QueryType.SHELL, "night"),
    ],
)
def test_the_query_type_is_the_chosen_type_or_follows_from_the_name(
    typed: dict[str, Any], expected_type: QueryType, expected_name: str | None
) -> None:
    draft = Draft(**typed)
    assert (query_type(draft), job_name(draft)) == (expected_type, expected_name)


def assert_unchanged_by_json(job_input: JobInput) -> None:
    assert JobRequest.model_validate_json(job_input.model_dump_json()) == job_input
    known_fields = set(JobInput.model_fields)
    read_back = JobInput.model_validate_json(job_input.model_dump_json(include=known_fields))
    assert read_back.model_dump() == job_input.model_dump(include=known_fields)


@given(DRAFTS)
def test_any_form_has_a_problem_or_becomes_a_request(draft: Draft) -> None:
    problems = check(draft, CONTEXT)
    assert all(safe_line(problem.sentence) == problem.sentence for problem in problems)
    assert all(problem.field in FIELDS for problem in problems)
    if any(problem.level is Level.ERROR for problem in problems):
        with pytest.raises(ValueError, match=r"\w"):
            request(draft, CONTEXT)
    else:
        assert_unchanged_by_json(request(draft, CONTEXT))


@pytest.mark.parametrize("context", [CONTEXT, replace(CONTEXT, clusters=None, files={})])
@pytest.mark.parametrize("name", FIELDS)
@settings(max_examples=at_length(8, 200))
@given(DRAFTS)
def test_any_text_in_one_field_is_a_problem_of_that_field_or_can_be_sent(
    name: str, context: FormContext, draft: Draft
) -> None:
    form = GOOD.with_values({name: value_of(name, draft)})
    problems = check(form, context)
    assert {problem.field for problem in problems} <= {name}
    if not any(problem.level is Level.ERROR for problem in problems):
        assert_unchanged_by_json(request(form, context))


@given(SENDABLE)
def test_the_form_made_from_the_request_of_a_valid_form_sends_the_same_request(
    draft: Draft,
) -> None:
    job_input = request(draft, CONTEXT)
    assert request(draft_of(job_input, NOW), CONTEXT) == job_input


@pytest.mark.parametrize(
    "repository", ["https://ghp_hunter2@example.org/r", "ssh://git:hunter2@example.org/r"]
)
def test_a_token_in_a_repository_is_reported_as_a_warning(repository: str) -> None:
    (problem,) = check(replace(GOOD, repository=repository), CONTEXT)
    assert problem.level is Level.WARNING
    assert problem.sentence.startswith("The URL contains a password or token")


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://hunter2@example.org/simple",
        "--extra-index-url=https://u:hunter2@example.org/simple",
        "-f https://u:hunter2@example.org/wheels",
        "git+https://hunter2@example.org/r.git",
        "pkg @ git+https://u:hunter2@example.org/r.git@main",
        "https://hunter2@example.org/p-1-py3-none-any.whl",
    ],
)
def test_a_login_in_a_requirement_is_reported_as_a_warning_with_its_line(line: str) -> None:
    (problem,) = check(replace(GOOD, requirements=f"numpy\n{line}"), CONTEXT)
    assert (problem.field, problem.level) == ("requirements", Level.WARNING)
    assert problem.sentence.startswith("Line 2: the address contains a password or token")
    assert "hunter2" not in problem.sentence


def test_an_unknown_cluster_is_reported_with_the_only_one() -> None:
    context = replace(CONTEXT, clusters=CLUSTERS[:1])
    (problem,) = check(replace(GOOD, compute_cluster_name="gpu"), context)
    assert problem.sentence == "“gpu” is not a cluster; there is only “default”."
