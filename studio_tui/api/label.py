"""The environment variable that identifies a job created by this dashboard.

It belongs to the dashboard, not the user: it is hidden from the user's variables and not copied
when a job is run again.
"""

import re

from pydantic import SecretStr

from studio_tui.api.models import Job

NAME = "STUDIO_TUI_INTENT"

_INTENT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def labelled(environment: str | None, intent_id: str) -> str:
    """Return an environment text with the label of an intent, replacing any existing label.

    The label is the first line, so that a value with a missing quote cannot swallow it.
    """
    lines = (environment or "").split("\n")
    kept = "\n".join(line for line in lines if not line.startswith(f"{NAME}="))
    return f"{NAME}={intent_id}\n{kept}" if kept else f"{NAME}={intent_id}"


def variables(job: Job) -> dict[str, SecretStr]:
    """Return a job's variables set by the user; empty when Studio did not send them."""
    return {name: value for name, value in (job.environment or {}).items() if name != NAME}


def intent_of(job: Job) -> str | None:
    """Return the intent that created a job; empty if none did, `None` if unknown.

    The intent is unknown when Studio omits the environment or masks its values.
    """
    if job.environment is None:
        return None
    label = job.environment.get(NAME)
    if label is None:
        return ""
    intent_id = label.get_secret_value()
    return intent_id if _INTENT.fullmatch(intent_id) else None
