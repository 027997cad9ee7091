"""The label of a job: an environment variable with the id of the intent that created the job.

It shows whether an unconfirmed request created a job. The user does not see it among the job's
variables, and it is not copied when the job is run again.
"""

import re

from pydantic import SecretStr

from studio_tui.api.models import Job

NAME = "STUDIO_TUI_INTENT"

_INTENT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def add_label(environment: str | None, intent_id: str) -> str:
    """Return an environment text with the label of an intent, replacing any existing label.

    It is the first line: after a line whose value lacks the closing quote, it would become part of
    that value.
    """
    other_lines = without_label(environment or "")
    label = f"{NAME}={intent_id}"
    return f"{label}\n{other_lines}" if other_lines else label


def without_label(environment: str) -> str:
    """Return the text of an environment without the line of the label."""
    lines = environment.split("\n")
    return "\n".join(line for line in lines if not line.startswith(f"{NAME}="))


def user_variables(job: Job) -> dict[str, SecretStr]:
    """Return a job's variables without the label; empty if Studio did not send them."""
    return {name: value for name, value in (job.environment or {}).items() if name != NAME}


def intent_of(job: Job) -> str | None:
    """Return the id of the intent; empty for a job without a label.

    It is `None` if Studio masks the label, or did not send the job's variables.
    """
    if job.environment is None:
        return None
    label = job.environment.get(NAME)
    if label is None:
        return ""
    intent_id = label.get_secret_value()
    return intent_id if _INTENT.fullmatch(intent_id) else None
