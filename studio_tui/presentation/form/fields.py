"""The fields of the job form; CONTRIBUTING.md says how to add one."""

from datetime import datetime
from typing import Any

from studio_tui import cron
from studio_tui.api.models import JobInput
from studio_tui.job_rules import PRIORITIES
from studio_tui.presentation.form import checks, file_checks, hints
from studio_tui.presentation.form.checks import PYTHON_VERSIONS, REQUEST_LIMIT
from studio_tui.presentation.form.draft import Draft, FieldValue, FormContext
from studio_tui.presentation.form.field import Field, FieldWidget, MaskedPart, number_in
from studio_tui.presentation.form.file_checks import QUERY_LIMIT, UPLOAD_LIMIT
from studio_tui.presentation.format import size
from studio_tui.presentation.schedules.start_times import parse_start_time
from studio_tui.text import safe_line


def _start(draft: Draft, context: FormContext) -> datetime | None:
    if typed := draft.start_after.strip():
        return parse_start_time(typed, context.now, context.zone)
    # Like the published client: a cron expression without a start is sent with the current time.
    return context.now if draft.cron_expression.strip() else None


_DERIVED_TYPE = "Empty: SHELL if the file is not .py; without a file, if the name ends in .sh."

FIELDS: dict[str, Field] = {
    "query_file": Field(
        label="query file",
        widget=FieldWidget.PATH,
        meaning="The script that the job runs, read from this machine.",
        accepts=f"A path to UTF-8 text of at most {size(QUERY_LIMIT)}; ~ is your home, and tab "
        "completes. While a file is given, its text is shown below and cannot be edited; the file "
        "is read again when the form is sent.",
        example=("~/jobs/train.py",),
        check=file_checks.query_file,
        hint=hints.query_file,
        is_sent=False,
    ),
    "query": Field(
        label="query",
        widget=FieldWidget.TEXT,
        meaning="The script that the job runs, typed here.",
        accepts=f"At most {size(QUERY_LIMIT)}, and the whole request at most "
        f"{size(REQUEST_LIMIT)}. f4 opens the query in $EDITOR.",
        example=("import datachain as dc", 'dc.read_storage("gs://bucket/").save("files")'),
        check=checks.query,
        hint=hints.query,
        value=checks.query_text,
    ),
    "query_type": Field(
        label="type",
        meaning="Whether Python or a shell runs the query.",
        accepts=f"PYTHON or SHELL. {_DERIVED_TYPE}",
        example=("PYTHON",),
        check=checks.query_type_problems,
        hint=_DERIVED_TYPE,
        value=lambda draft, _context: checks.query_type(draft),
    ),
    "query_name": Field(
        label="name",
        meaning="The name of the job in lists.",
        accepts="One line. Empty: the name of the query's file, else Studio generates one.",
        example=("nightly-embeddings.py",),
        check=checks.query_name,
        hint="Empty: the name of the query's file, else Studio generates one.",
        value=lambda draft, _context: checks.job_name(draft),
    ),
    "environment": Field(
        label="environment",
        widget=FieldWidget.TEXT,
        masked_part=MaskedPart.VALUES,
        meaning="Environment variables of the job.",
        accepts="One NAME=VALUE per line; lines that begin with # are comments. Values are hidden "
        "while another field has the focus (f7 shows them), and are not saved to disk; everyone "
        "who sees the job can read them.",
        example=("MODE=full", "HF_HOME=/data/cache"),
        check=checks.environment,
        hint="Lines of NAME=VALUE. Values are hidden while another field has the focus.",
    ),
    "workers": Field(
        label="workers",
        meaning="How many machines share the work.",
        accepts="A whole number from 1 up to what the cluster has. Empty: Studio's default.",
        example=("4",),
        check=checks.workers,
        hint=hints.workers,
        value=number_in("workers"),
        flag="--workers",
    ),
    "python_version": Field(
        label="python",
        meaning="The Python that runs the job.",
        accepts=f"{', '.join(PYTHON_VERSIONS)}. Empty: Studio's default.",
        example=(PYTHON_VERSIONS[-2],),
        check=checks.python_version,
        hint="Such as 3.12; empty for Studio's default.",
        flag="--python-version",
    ),
    "requirements": Field(
        label="requirements",
        widget=FieldWidget.TEXT,
        masked_part=MaskedPart.LOGINS,
        meaning="Packages that are installed before the job runs.",
        accepts="Lines as in a requirements file, and options such as --index-url. A package "
        "given by its path must be among the job's files.",
        example=("numpy>=1.24", "pandas==2.2.3"),
        check=checks.requirements,
        hint="Lines as in a requirements file.",
    ),
    "repository": Field(
        label="repository",
        masked_part=MaskedPart.LOGINS,
        meaning="A git repository that is cloned, and in which the job runs.",
        accepts="URL, or URL@REVISION.",
        example=("https://github.com/user/project@main",),
        check=checks.repository,
        hint="The URL of a git repository in which the job runs.",
        flag="--repository",
    ),
    "files": Field(
        label="files",
        widget=FieldWidget.PATHS,
        meaning="Files on this machine that are uploaded and placed beside the query.",
        accepts=f"One path per line; ~ is your home. Each file may have {size(UPLOAD_LIMIT)}, and "
        "no two of them the same name.",
        example=("data/labels.csv", "~/jobs/helpers.py"),
        check=file_checks.files,
        hint="One path per line; the files are placed beside the query.",
        is_sent=False,
    ),
    "uploads": Field(
        label="uploaded files",
        widget=FieldWidget.LIST,
        meaning="Files that were uploaded before.",
        accepts="One id per line, as returned by the upload.",
        example=("42",),
        hint=hints.uploads,
        sent_as="files",
        missing_flag_remark="there is no flag for files that were uploaded before: {}",
    ),
    "priority": Field(
        label="priority",
        meaning="Which of the waiting jobs starts first.",
        accepts="0, which starts first, to 5, which starts last and is the default.",
        example=("0",),
        check=checks.whole_number(
            "priority", PRIORITIES, "Priority is 0 (first) to 5 (last, the default)", "Type 0 to 5."
        ),
        hint="0 is first, 5 is last and the default.",
        value=number_in("priority"),
        flag="--priority",
    ),
    "compute_cluster_name": Field(
        label="cluster",
        meaning="The cluster that the job runs on.",
        accepts="A name from the Clusters screen; give the name or the id, not both. "
        "Empty: the team's default.",
        example=("gpu-large",),
        check=checks.cluster_name,
        hint=hints.cluster,
        flag="--cluster",
    ),
    "compute_cluster_id": Field(
        label="cluster id",
        meaning="The cluster that the job runs on, by its id.",
        accepts="An id from the Clusters screen, if no name is given above.",
        example=("2",),
        check=checks.cluster_id,
        hint=hints.cluster_id,
        value=checks.typed_cluster_id,
        missing_flag_remark="there is no flag for a cluster's id: use its name with --cluster",
    ),
    "credentials_name": Field(
        label="credentials",
        meaning="The credentials that the job uses for storage.",
        accepts="The name of credentials that the team has in Studio. Empty: Studio's default.",
        example=("team-s3-reader",),
        check=checks.credentials_name,
        hint="The name of credentials that the team has in Studio.",
        flag="--credentials-name",
    ),
    "start_after": Field(
        label="start",
        meaning="When the job runs, or its schedule begins.",
        accepts="A future time, in words or in ISO format; in your time zone unless it has "
        "another. Empty: now.",
        example=("tomorrow 15:00", "in 2 hours", "2030-03-04T15:00+01:00"),
        check=checks.start,
        hint=hints.start,
        value=_start,
        flag="--start-time",
    ),
    "cron_expression": Field(
        label="cron",
        meaning="When the job runs repeatedly. Studio then creates a job each time; the schedule "
        "is in the Schedules screen.",
        accepts="Minute, hour, day of month, month, day of week, in UTC; or one of "
        f"{', '.join(cron.ALIASES)}. Empty: it runs once.",
        example=("0 3 * * 1-5", "*/15 * * * *"),
        check=checks.cron_expression,
        hint=hints.cron_times,
        flag="--cron",
    ),
    "rerun_from_job_id": Field(
        label="continues",
        meaning="A job from whose checkpoints this one continues; finished work is not repeated.",
        accepts="A job's full id, which c copies in a list. In a list, R continues a job "
        "without this form.",
        example=("497f6eca-6276-4993-bfeb-53cbbbba6f08",),
        check=checks.job_to_continue,
        hint=hints.job_to_continue,
        missing_flag_remark=(
            "there is no flag for the job to continue: it is the last run of the same script"
        ),
    ),
    "reset": Field(
        label="ignore checkpoints",
        widget=FieldWidget.FLAG,
        meaning="Whether checkpoints are ignored, so that everything is computed again.",
        accepts="Space toggles it.",
        flag="--ignore-checkpoints",
    ),
}
"""The fields by name, in the order of the form."""


def label(name: str) -> str:
    """Return the label of a field; the name itself if the form has no such field."""
    return FIELDS[name].label if name in FIELDS else name


def value_of(name: str, draft: Draft) -> FieldValue:
    return draft.value(name, FIELDS[name].empty)


def typed_value(name: str, draft: Draft) -> str | bool:
    """Return the contents of a field as they are typed: the entries of a list are lines."""
    value = value_of(name, draft)
    return "\n".join(value) if isinstance(value, tuple) else value


def hint(name: str, draft: Draft, context: FormContext) -> tuple[str, ...]:
    """Return the lines below a field that has no problem, safe to draw."""
    field_hint = FIELDS[name].hint
    if isinstance(field_hint, str):
        return (field_hint,) if field_hint else ()
    return field_hint(draft, context)


def sent_value(name: str, draft: Draft, context: FormContext) -> object:
    """Return the value of a field in the request; `None` leaves it to Studio."""
    if (value := FIELDS[name].value) is not None:
        return value(draft, context)
    typed = value_of(name, draft)
    if isinstance(typed, str):
        stripped = typed.strip()
        return (typed if FIELDS[name].has_lines else stripped) if stripped else None
    return typed or None


def default_words(name: str, draft: Draft, context: FormContext) -> str:
    """Return safe words about what is sent for an empty field of one line; empty if unknown."""
    if FIELDS[name].has_lines or value_of(name, draft):
        return ""
    value = sent_value(name, draft, context)
    return f"{safe_line(value)} by default" if isinstance(value, str) else ""


def recorded_fields() -> dict[str, Field]:
    """Return the fields that `JobInput` does not declare, by name.

    Studio probably does not return them with a job, so they are recorded when a job is submitted.
    """
    return {
        name: field
        for name, field in FIELDS.items()
        if field.is_sent and (field.sent_as or name) not in JobInput.model_fields
    }


def draft_to_json(draft: Draft) -> dict[str, FieldValue]:
    """Return a form as a JSON object for `draft_from_json`."""
    return {name: value_of(name, draft) for name in FIELDS}


def draft_from_json(parsed: Any) -> Draft:
    """Return the form of a parsed JSON object.

    Unknown fields are ignored; missing fields and fields of a wrong type are empty. Of a list, only
    the texts are kept.

    Raises:
        ValueError: `parsed` is not a JSON object.
    """
    if not isinstance(parsed, dict):
        raise ValueError("it is not a JSON object")  # noqa: TRY004 (callers catch it)
    return Draft().with_values(
        {name: _typed(parsed[name], FIELDS[name].empty) for name in FIELDS.keys() & parsed.keys()}
    )


def _typed(value: Any, empty: FieldValue) -> FieldValue:
    if isinstance(empty, tuple):
        texts = value if isinstance(value, list | tuple) else ()
        return tuple(text for text in texts if isinstance(text, str))
    return value if isinstance(value, str | bool) and type(value) is type(empty) else empty
