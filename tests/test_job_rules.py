import re
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import JobInput
from studio_tui.job_rules import is_job_id, repository_fault, split_repository
from studio_tui.local.config.clusters import Cluster, Clusters
from studio_tui.local.http import validation
from studio_tui.local.http.errors import InvalidFields
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.job_request import check_field
from studio_tui.presentation.form.problems import Level
from tests.presentation.form.forms import CONTEXT

NOW = datetime(2026, 11, 25, 12, 0, 30, tzinfo=UTC)
CLUSTERS = Clusters((Cluster(name="local", max_workers=8),))


@pytest.mark.parametrize(
    ("repository", "url", "revision"),
    [
        ("https://github.com/u/r", "https://github.com/u/r", None),
        ("https://github.com/u/r@main", "https://github.com/u/r", "main"),
        ("https://github.com/u/r@feature/x", "https://github.com/u/r", "feature/x"),
        ("https://user:pw@host/u/r.git", "https://user:pw@host/u/r.git", None),
        ("https://user@host/u/r.git@v1", "https://user@host/u/r.git", "v1"),
        ("git@github.com:u/r.git", "git@github.com:u/r.git", None),
        ("git@github.com:u/r.git@abc123", "git@github.com:u/r.git", "abc123"),
        ("/srv/repository@main", "/srv/repository", "main"),
        ("/srv/repository@", "/srv/repository", None),
        ("https://user@host", "https://user@host", None),
    ],
)
def test_a_repository_is_split_into_address_and_revision(
    repository: str, url: str, revision: str | None
) -> None:
    assert split_repository(repository) == (url, revision)


INVALID = [
    ("repository", "https://h/r@--orphan=x"),
    ("repository", "git@h:u/r@-f"),
    ("repository", "-u@main"),
    ("repository", "https://h/r\u2028x"),
    ("repository", "https://h/r\u00a0x"),
    ("repository", "https://h/r\u200bx"),
    ("cron_expression", "0 0\u00a0* * *"),
    ("cron_expression", "0 0\u3000* * *"),
    ("cron_expression", "0 0 *\n* *"),
    ("cron_expression", "0 0 *\x1c* *"),
    ("environment", "A=x\0y"),
    ("environment", "A\u00a0B=x"),
    ("environment", "A=" + "x" * 200_000),
    ("rerun_from_job_id", "no id"),
    ("rerun_from_job_id", "../x"),
    ("rerun_from_job_id", "-x"),
    ("rerun_from_job_id", "x" * 129),
    ("rerun_from_job_id", "é"),
]


def form_refuses(field: str, text: str) -> bool:
    value: dict[str, Any] = {field: text}
    problems = check_field(field, replace(Draft(query="1"), **value), CONTEXT)
    return any(problem.level is Level.ERROR for problem in problems)


def server_refuses(field: str, text: str) -> bool:
    request = JobInput.model_validate({"query": "1", "team_name": "local", field: text})
    context = validation.RequestContext(CLUSTERS, {}, None, "me", NOW)
    try:
        validation.validate_job(request, None, context)
    except InvalidFields as error:
        return error.message.startswith(field)
    return False


@pytest.mark.parametrize(("field", "text"), INVALID)
def test_the_form_and_the_server_refuse_the_same_input(field: str, text: str) -> None:
    assert form_refuses(field, text)
    assert server_refuses(field, text)


FIELDS = st.sampled_from(["repository", "cron_expression", "environment", "rerun_from_job_id"])
INPUT = st.text(st.sampled_from("A=*0 1-/@:.x\t\n\0\u00a0\u2028é#'"), min_size=1, max_size=16)


@given(FIELDS, INPUT)
def test_the_server_never_refuses_input_that_the_form_accepts(field: str, text: str) -> None:
    is_sent_as_typed = field == "environment"
    if not form_refuses(field, text):
        sent = text if is_sent_as_typed else text.strip()
        assert not sent.strip() or not server_refuses(field, sent)


def test_the_environment_of_a_pipeline_must_not_contain_nul() -> None:
    with pytest.raises(InvalidFields, match="NUL"):
        validation.read_environment("A=x\0y")


@pytest.mark.parametrize(
    "job_id", ["497f6eca-6276-4993-bfeb-53cbbbba6f08", "497f6eca", "5", "_a", "A.b"]
)
def test_job_ids_of_various_forms_are_valid(job_id: str) -> None:
    assert is_job_id(job_id)


@pytest.mark.starts_processes
def test_a_revision_that_git_would_read_as_an_option_is_refused(tmp_path: Path) -> None:
    def git(*arguments: str) -> str:
        identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
        ended = subprocess.run(
            ["git", *identity, *arguments],
            cwd=tmp_path,
            check=False,
            capture_output=True,
            text=True,
        )
        return ended.stdout + ended.stderr

    git("init", "-q", "-b", "main", ".")
    git("commit", "-q", "--allow-empty", "-m", "x")
    assert re.search(r"usage|unknown option", git("checkout", "--banana", "--"))
    assert repository_fault(f"{tmp_path}@--banana") is not None
    _url, revision = split_repository(f"{tmp_path}@main")
    assert revision == "main"
    assert "unknown option" not in git("checkout", revision, "--")
