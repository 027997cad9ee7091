"""Makes the HTML of a job's page: all text is escaped, and variables are without their values."""

import json
import sqlite3
from html import escape

from studio_tui.addresses import without_logins
from studio_tui.local.db.pipelines import PipelineRows
from studio_tui.local.http.page.keys import PageKeys

_MASK = "••••"

_TIMES = (("created", "created_at"), ("started", "started_at"), ("finished", "finished_at"))

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<link rel="stylesheet" href="page.css">
<script src="page.js" defer></script>
</head>
<body>
<h1>{title}</h1>
<p id="stale" hidden>The local Studio does not respond. If it was restarted, open this page again
from the dashboard.</p>
<dl id="facts">{facts}</dl>
<section id="pipeline">{pipeline}</section>
<h2>Log</h2>
<p id="cut" hidden>Only the end of the log is shown.</p>
<pre id="log"></pre>
</body>
</html>
"""


def page(row: sqlite3.Row, pipeline: PipelineRows | None, keys: PageKeys) -> str:
    """Return the page as HTML."""
    return _PAGE.format(title=escape(row["name"] or row["id"]), **parts(row, pipeline, keys))


def parts(row: sqlite3.Row, pipeline: PipelineRows | None, keys: PageKeys) -> dict[str, str]:
    """Return the HTML of the elements that change while the page is open, by their ids."""
    facts = "".join(
        f"<dt>{escape(label)}</dt><dd>{escape(value)}</dd>" for label, value in _facts(row).items()
    )
    return {"facts": facts, "pipeline": "" if pipeline is None else _pipeline(pipeline, keys)}


def _facts(row: sqlite3.Row) -> dict[str, str]:
    names = ", ".join(sorted(json.loads(row["environment"])))
    values = {
        "status": row["state"],
        "exit code": row["exit_code"],
        "error": row["error_message"],
        "id": row["id"],
        **{label: row[name] for label, name in _TIMES},
        "metrics": _metrics(row["metrics"]),
        "by": row["created_by"],
        "type": row["query_type"],
        "workers": row["workers"],
        "cluster": row["cluster"],
        "python": row["python_version"],
        "requirements": without_logins(row["requirements"] or "", _MASK),
        "repository": without_logins(row["repository"] or "", _MASK),
        "environment": names and f"{names} (values are not shown here)",
    }
    return {label: str(value) for label, value in values.items() if value not in {None, ""}}


def _metrics(text: str | None) -> str:
    metrics = json.loads(text) if text else {}
    return ", ".join(f"{name} {json.dumps(value)}" for name, value in metrics.items())


def _pipeline(pipeline: PipelineRows, keys: PageKeys) -> str:
    items = "".join(
        f'<li><a href="{escape(keys.url(run["created_job_id"]))}">{escape(run["name"])}</a>'
        f" <span>{escape(run['state'])}</span></li>"
        for run in pipeline.runs
    )
    return f"<h2>Pipeline {escape(pipeline.pipeline['name'])}</h2><ol>{items}</ol>"
