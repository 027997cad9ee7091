"""Shows the request for a job as JSON, as curl commands, and as a `datachain` command.

All output is safe to draw. Characters that cannot be drawn are escaped in JSON and in shell words,
and replaced or removed in comments. The token is never in the output.
"""

import json
import re
import shlex
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import groupby
from pathlib import PurePath
from urllib.parse import quote

from studio_tui.addresses import without_logins
from studio_tui.api import routes
from studio_tui.api.models import JobInput, QueryType
from studio_tui.presentation.form.field import MaskedPart
from studio_tui.presentation.form.fields import FIELDS
from studio_tui.presentation.form.line_checks import masked_line
from studio_tui.presentation.jobs.facts import MASK
from studio_tui.text import safe_block, safe_line

_AUTHORIZATION = '--header "Authorization: Bearer $DATACHAIN_STUDIO_TOKEN"'
_MASKED = "# Secrets are masked here; show them before you run this."
_NOT_PRINTABLE_ASCII = re.compile(r"[^\n -~]")
"""A character that may have to be escaped."""


def as_json(job_input: JobInput, paths: Sequence[str] = (), *, with_secrets: bool = False) -> str:
    """Return the body of the request, with placeholders for the ids of the files at `paths`."""
    visible = job_input if with_secrets else _masked(job_input)
    fields = visible.model_dump(mode="json", exclude_none=True)
    if paths:
        fields["files"] = [
            *(job_input.files or ()),
            *(f"<id of {PurePath(path).name}>" for path in paths),
        ]
    text = json.dumps(fields, indent=2, ensure_ascii=False)
    return _NOT_PRINTABLE_ASCII.sub(lambda match: _json_character(match[0]), text)


def as_curl(
    job_input: JobInput, url: str, paths: Sequence[str] = (), *, with_secrets: bool = False
) -> str:
    """Return commands that send the request to the Studio at `url`, after uploading its files."""
    lines = [] if with_secrets or _masked(job_input) == job_input else [_MASKED]
    if paths:
        lines.append("# Insert the id that each upload returns into the request below.")
    for path in paths:
        team = quote(job_input.team_name, safe="")
        target = shell_word(f"{_endpoint(url, routes.UPLOAD_FILE)}?team_name={team}")
        path_in_form = path.replace("\\", "\\\\").replace('"', '\\"')
        form = shell_word(f'file=@"{path_in_form}"')
        upload = ["curl --fail-with-body", _AUTHORIZATION, f"--form {form}", target]
        lines.append(_join_lines(upload))
    command = [
        "curl --fail-with-body",
        _AUTHORIZATION,
        "--header 'Content-Type: application/json'",
        "--data-binary @-",
        f"{shell_word(_endpoint(url, routes.CREATE_JOB))} <<'JSON'",
    ]
    # Every line of the body starts with a brace or a space, so no line can end the heredoc.
    return "\n".join(
        [*lines, _join_lines(command), as_json(job_input, paths, with_secrets=with_secrets), "JSON"]
    )


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
    parts = [
        f"datachain job run {shell_word(_as_path(script))}",
        _flag("--team", visible.team_name),
        *(
            _flag(field.flag, getattr(visible, field.sent_as or name, None))
            for name, field in FIELDS.items()
            if field.flag
        ),
        *(_flag("--env", line) for line in _lines_without_comments(visible.environment)),
        "--req-file requirements.txt" if has_pip_options else _flags("--req", requirements),
        _flags("--files", [_as_path(path) for path in paths]),
    ]
    return "\n".join([*remarks, _join_lines(filter(None, parts))])


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


def _flags(name: str, values: Iterable[str]) -> str:
    words = " ".join(map(shell_word, values))
    return f"{name} {words}" if words else ""


def _join_lines(parts: Iterable[str]) -> str:
    return " \\\n  ".join(parts)


def _json_character(character: str) -> str:
    return character if _is_drawable(character) else json.dumps(character)[1:-1]


# Flags of `datachain job run`, quoted for POSIX shells.


def _flag(name: str, value: object) -> str:
    """Return a flag with its value; empty if the value is `None` or False."""
    if value is None or value is False:
        return ""
    if value is True:
        return name
    text = value.isoformat() if isinstance(value, datetime) else str(value)
    return f"{name}{'=' if text.startswith('-') else ' '}{shell_word(text)}"


def shell_word(text: str) -> str:
    """Quote a text without a NUL as one word of any POSIX shell, safe to draw.

    Only the characters that cannot be drawn are written as escapes.
    """
    if safe_block(text) == text:
        return shlex.quote(text)
    return "".join(
        shlex.quote("".join(characters)) if is_plain else _escaped("".join(characters))
        for is_plain, characters in groupby(text, lambda each: each == "\n" or _is_drawable(each))
    )


def _escaped(text: str) -> str:
    """Return a shell expansion to `text`, which must not end with a line break: shells drop it."""
    try:
        encoded = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        encoded = text.encode("utf-8", "surrogatepass")
    # Octal escapes are those that every printf supports (POSIX.1-2024, printf).
    escapes = "".join(f"\\{byte:03o}" for byte in encoded)
    return f"\"$(printf '{escapes}')\""


def _is_drawable(character: str) -> bool:
    """Whether a character is safe to draw unchanged."""
    return safe_line(character) == character
