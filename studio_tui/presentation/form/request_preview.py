"""Shows the request for a job as JSON, as curl commands, and as a `datachain` command."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import PurePath
from urllib.parse import quote

from studio_tui.addresses import without_logins
from studio_tui.api import routes
from studio_tui.api.models import JobInput, QueryType
from studio_tui.presentation.form.field import MaskedPart
from studio_tui.presentation.form.fields import FIELDS
from studio_tui.presentation.form.line_checks import masked_line
from studio_tui.presentation.jobs.facts import MASK
from studio_tui.presentation.shell_commands import command, curl, json_text
from studio_tui.text import safe_line

_MASKED = "# Secrets are masked here; show them before you run this."


def as_json(job_input: JobInput, paths: Sequence[str] = (), *, with_secrets: bool = False) -> str:
    """Return the body of the request, with placeholders for the ids of the files at `paths`."""
    visible = job_input if with_secrets else _masked(job_input)
    fields = visible.model_dump(mode="json", exclude_none=True)
    if paths:
        fields["files"] = [
            *(job_input.files or ()),
            *(f"<id of {PurePath(path).name}>" for path in paths),
        ]
    return json_text(fields)


def as_curl(
    job_input: JobInput, url: str, paths: Sequence[str] = (), *, with_secrets: bool = False
) -> str:
    """Return commands that send the request to the Studio at `url`, after uploading its files."""
    lines = [] if with_secrets or _masked(job_input) == job_input else [_MASKED]
    if paths:
        lines.append("# Insert the id that each upload returns into the request below.")
    target = f"{_endpoint(url, routes.UPLOAD_FILE)}?team_name={quote(job_input.team_name, safe='')}"
    lines += [curl(target, path=path) for path in paths]
    body = as_json(job_input, paths, with_secrets=with_secrets)
    return "\n".join([*lines, curl(_endpoint(url, routes.CREATE_JOB), body=body)])


def as_datachain(
    job_input: JobInput,
    query_file: str = "",
    paths: Sequence[str] = (),
    *,
    with_secrets: bool = False,
) -> str:
    """Return the equivalent `datachain job run`, after comments about what has no flag.

    `query_file` is the path of the query, empty if there is no file yet.
    """
    visible = job_input if with_secrets else _masked(job_input)
    ending = ".py" if job_input.query_type is QueryType.PYTHON else ".sh"
    job_name = job_input.query_name or ""
    is_file_name = job_name == PurePath(job_name).name and job_name.endswith(ending)
    script = query_file or (job_name if is_file_name else f"query{ending}")
    requirements = _lines_without_comments(visible.requirements)
    has_pip_options = any(line.startswith("-") for line in requirements)
    remarks = [] if visible == job_input else [_MASKED]
    if not query_file:
        remarks.append(f"# Save the query as {safe_line(script)} first.")
    if has_pip_options:
        remarks.append(
            "# Save the requirements as requirements.txt first: --req takes no pip options such as"
            " --index-url."
        )
    remarks += _remarks_without_flag(job_input, PurePath(script).name)
    run = command(
        ["datachain", "job", "run", _as_path(script)],
        _flag("--team", visible.team_name),
        *(
            _flag(field.flag, getattr(visible, field.sent_as or name, None))
            for name, field in FIELDS.items()
            if field.flag
        ),
        *(_flag("--env", line) for line in _lines_without_comments(visible.environment)),
        "--req-file requirements.txt" if has_pip_options else _flags("--req", requirements),
        _flags("--files", map(_as_path, paths)),
    )
    return "\n".join([*remarks, run])


def _remarks_without_flag(job_input: JobInput, script_name: str) -> list[str]:
    remarks: list[str] = []
    if job_input.query_name and job_input.query_name != script_name:
        remarks.append(f"there is no flag for the name: the job will be called {script_name}")
    if (job_input.query_type is QueryType.PYTHON) != script_name.endswith(".py"):
        remarks.append(
            "there is no flag for the type: a file is Python if its name ends in .py, else shell"
        )
    for name, field in FIELDS.items():
        value = (
            getattr(job_input, field.sent_as or name, None) if field.missing_flag_remark else None
        )
        if value is not None:
            text = ", ".join(value) if isinstance(value, tuple) else value
            remarks.append(field.missing_flag_remark.format(text))
    return [f"# {safe_line(remark[0].upper() + remark[1:])}." for remark in remarks]


def _masked(job_input: JobInput) -> JobInput:
    updates: dict[str, str] = {}
    for name, field in FIELDS.items():
        text = getattr(job_input, field.sent_as or name, None)
        if not text:
            continue
        if field.masked_part is MaskedPart.VALUES:
            updates[name] = "\n".join(map(masked_line, text.split("\n")))
        elif field.masked_part is MaskedPart.LOGINS:
            updates[name] = without_logins(text, MASK)
    return job_input.model_copy(update=updates)


def _endpoint(url: str, route: routes.Route) -> str:
    return f"{url.rstrip('/')}/api{route.path}"


def _lines_without_comments(text: str | None) -> list[str]:
    lines = (line.strip() for line in (text or "").split("\n"))
    return [line for line in lines if line and not line.startswith("#")]


def _as_path(path: str) -> str:
    """Return a path that does not look like a flag."""
    return f"./{path}" if path.startswith("-") else path


def _flags(name: str, values: Iterable[str]) -> list[str]:
    words = [*values]
    return [name, *words] if words else []


def _flag(name: str, value: object) -> list[str]:
    """Return a flag of `datachain job run` with its value; empty if it is `None` or False."""
    if value is None or value is False:
        return []
    if value is True:
        return [name]
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return [f"{name}={text}"] if text.startswith("-") else [name, text]
