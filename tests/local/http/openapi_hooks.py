"""What Schemathesis cannot know about the local Studio, loaded by its own program."""

from typing import Any

import schemathesis


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Name the only team there is, but where a job would be made: what it says would be run."""
    makes_job = context.operation.path.endswith("/jobs/")
    if not makes_job and isinstance(body, dict) and isinstance(body.get("team_name"), str):
        return {**body, "team_name": "local"}
    return body
