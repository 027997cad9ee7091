"""The variable that a job created here carries in its environment, by which it is known again.

It is the dashboard's and not the user's: it is neither shown among the user's variables nor handed
on when a job is run again.
"""

import re

from pydantic import SecretStr

from studio_tui.api.models import Job

NAME = "STUDIO_TUI_INTENT"

_INTENT = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def labelled(environment: str | None, intent_id: str) -> str:
    """Return an environment text with the label of an intent, in place of any that is there.

    The label comes first, where no value that is quoted wrongly can swallow it.
    """
    lines = (environment or "").split("\n")
    kept = "\n".join(line for line in lines if not line.startswith(f"{NAME}="))
    return f"{NAME}={intent_id}\n{kept}" if kept else f"{NAME}={intent_id}"


def variables(job: Job) -> dict[str, SecretStr]:
    """Return the user's variables of a job; none when Studio did not tell them."""
    return {name: value for name, value in (job.environment or {}).items() if name != NAME}


def intent_of(job: Job) -> str | None:
    """Return the intent that a job was created by; empty if none was, `None` if nobody can tell.

    A Studio may tell no environment, or put something else in place of its values.
    """
    if job.environment is None:
        return None
    label = job.environment.get(NAME)
    if label is None:
        return ""
    intent_id = label.get_secret_value()
    return intent_id if _INTENT.fullmatch(intent_id) else None
