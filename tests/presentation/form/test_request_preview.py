import json
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from studio_tui.api.models import JobInput, QueryType
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.job_request import request
from studio_tui.presentation.form.request_preview import as_curl, as_datachain, as_json
from studio_tui.text import safe_block
from tests.presentation.form.forms import CONTEXT, SENDABLE
from tests.soak import at_length

URL = "https://studio.example.org"

REQUEST = JobInput(
    query="print('hi')\n",
    team_name="acme",
    environment="# mine\nTOKEN=hunter2\nexport B='x y'\nEMPTY=\n",
    workers=2,
    query_name="night",
    files=("7",),
    requirements="numpy\n# why\npandas>=2\n",
    repository="https://u:hunter2@example.org/r@main",
    priority=0,
    compute_cluster_id="k3f",
    cron_expression="0 9 * * 1-5",
    rerun_from_job_id="497f6eca",
    reset=True,
)

ECHO_ARGUMENTS = 'datachain() { for word; do printf "%s\\0" "$word"; done; }\n'
"""Defines a `datachain` that prints its arguments."""
ECHO_BODY = 'curl() { case "$*" in *--form*) ;; *) cat ;; esac; }\n'
"""Defines a `curl` that prints the body of a request, except of an upload."""


def shell(script: str, folder: Path, *options: str) -> bytes:
    """Run a script, which must not fail, and return its output."""
    completed = subprocess.run(
        ["sh", *options, "-c", script], cwd=folder, capture_output=True, check=False
    )
    assert (completed.returncode, completed.stderr) == (0, b"")
    return completed.stdout


def test_the_datachain_command_has_a_flag_or_a_remark_for_every_setting() -> None:
    assert as_datachain(REQUEST, "jobs/train.py", ("a b.csv", "-x"), with_secrets=True) == (
        "# There is no flag for the name: the job will be called train.py.\n"
        "# There is no flag for files that were uploaded before: 7.\n"
        "# There is no flag for a cluster's id: use its name with --cluster.\n"
        "# There is no flag for the job to continue: it is the last run of the same script.\n"
        "datachain job run jobs/train.py \\\n"
        "  --team acme \\\n"
        "  --workers 2 \\\n"
        "  --repository https://u:hunter2@example.org/r@main \\\n"
        "  --priority 0 \\\n"
        "  --cron '0 9 * * 1-5' \\\n"
        "  --ignore-checkpoints \\\n"
        "  --env TOKEN=hunter2 \\\n"
        "  --env 'export B='\"'\"'x y'\"'\"'' \\\n"
        "  --env EMPTY= \\\n"
        "  --req numpy 'pandas>=2' \\\n"
        "  --files 'a b.csv' ./-x"
    )


def test_the_datachain_command_asks_to_save_a_typed_query_first() -> None:
    job_input = JobInput(
        query="ls", query_type=QueryType.SHELL, team_name="acme", requirements="--no-index"
    )
    assert as_datachain(job_input) == (
        "# Save the query as query.sh first.\n"
        "# Save the requirements as requirements.txt first: --req takes no pip options such as"
        " --index-url.\n"
        "datachain job run query.sh \\\n  --team acme \\\n  --req-file requirements.txt"
    )


def test_the_datachain_command_warns_if_the_file_extension_means_another_type() -> None:
    job_input = JobInput(query="ls", query_type=QueryType.SHELL, team_name="acme")
    assert as_datachain(job_input, "run.py").startswith(
        "# There is no flag for the type: a file is Python if its name ends in .py, else shell.\n"
    )


def test_the_curl_command_uploads_the_files_and_sends_the_request() -> None:
    job_input = JobInput(query="ls", query_type=QueryType.SHELL, team_name="a&b")
    assert as_curl(job_input, URL, ('d"x.csv',)) == (
        "# Insert the id that each upload returns into the request below.\n"
        "curl --fail-with-body"
        " 'https://studio.example.org/api/datachain/jobs/files?team_name=a%26b' \\\n"
        '  --header "Authorization: Bearer $DATACHAIN_STUDIO_TOKEN" \\\n'
        '  --form \'file=@"d\\"x.csv"\'\n'
        "curl --fail-with-body https://studio.example.org/api/datachain/jobs/ \\\n"
        '  --header "Authorization: Bearer $DATACHAIN_STUDIO_TOKEN" \\\n'
        "  --header 'Content-Type: application/json' \\\n"
        "  --data-binary @- <<'JSON'\n"
        "{\n"
        '  "query": "ls",\n'
        '  "query_type": "SHELL",\n'
        '  "team_name": "a&b",\n'
        '  "files": [\n'
        '    "<id of d\\"x.csv>"\n'
        "  ]\n"
        "}\n"
        "JSON"
    )


@pytest.mark.parametrize(
    "preview", [as_json(REQUEST), as_curl(REQUEST, URL), as_datachain(REQUEST, "train.py")]
)
def test_secrets_are_masked_unless_requested(preview: str) -> None:
    assert "hunter2" not in preview
    assert "x y" not in preview
    assert "TOKEN=••••••••" in preview
    assert "https://••••••••@example.org/r@main" in preview


def test_commands_with_masked_secrets_begin_with_a_remark() -> None:
    remark = "# Secrets are masked here; show them before you run this.\n"
    assert as_curl(REQUEST, URL).startswith(remark)
    assert as_datachain(REQUEST).startswith(remark)
    assert remark not in as_curl(REQUEST, URL, with_secrets=True)
    assert remark not in as_datachain(JobInput(query="1", team_name="acme"))


@pytest.mark.starts_processes
def test_characters_that_cannot_be_printed_are_escaped_in_json_and_replaced_in_words(
    tmp_path: Path,
) -> None:
    hostile = "a\x1b[2J\u202eb%s'\\\U000e0041"
    job_input = REQUEST.model_copy(update={"query": f"{hostile}\n", "environment": f"A={hostile}"})
    assert json.loads(as_json(job_input, with_secrets=True))["query"] == job_input.query
    preview = as_datachain(job_input, "a.py", with_secrets=True)
    assert "# Characters that cannot be printed are replaced here: insert them.\n" in preview
    words = shell(ECHO_ARGUMENTS + preview, tmp_path).decode().split("\0")
    assert f"A={safe_block(hostile)}" in words


@pytest.mark.starts_processes
@settings(
    max_examples=at_length(10, 250),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(SENDABLE)
def test_a_real_shell_reads_the_same_request_from_each_preview(
    tmp_path: Path, draft: Draft
) -> None:
    job_input = request(draft, CONTEXT)
    previews = [
        preview
        for with_secrets in (False, True)
        for preview in (
            as_json(job_input, draft.files, with_secrets=with_secrets),
            as_curl(job_input, URL, draft.files, with_secrets=with_secrets),
            as_datachain(job_input, "it's $HOME.py", draft.files, with_secrets=with_secrets),
        )
    ]
    assert all(safe_block(preview) == preview for preview in previews)
    shell("\n".join(previews[1:3] + previews[4:]), tmp_path, "-n")
    sent = shell(ECHO_BODY + as_curl(job_input, URL, with_secrets=True), tmp_path)
    assert JobInput.model_validate_json(sent).model_dump() == job_input.model_dump()
    words = shell(ECHO_ARGUMENTS + previews[-1], tmp_path).decode().split("\0")
    assert words[:5] == ["job", "run", "it's $HOME.py", "--team", "acme"]
    environment = [words[index + 1] for index, word in enumerate(words) if word == "--env"]
    assert environment == [
        safe_block(line) for line in draft.environment.split("\n") if "=" in line
    ]
    for name in ("workers", "priority", "credentials_name", "cron_expression", "repository"):
        assert safe_block(draft.value(name, "")) in {"", *words}


def test_the_preview_of_a_form_equals_the_request_that_the_client_sends() -> None:
    draft = replace(Draft(query="print(1)\n"), workers="2", query_name="x.py")
    job_input = request(draft, CONTEXT)
    assert json.loads(as_json(job_input)) == json.loads(
        job_input.model_dump_json(exclude_none=True)
    )
