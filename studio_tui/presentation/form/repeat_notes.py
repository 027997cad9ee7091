"""What is known of a job that is to be made again, beyond what Studio tells of it; in words."""

from collections.abc import Mapping

from studio_tui.api.models import Job

FILES = "uploaded files"

NO_FILES = f"{FILES}: none are sent, because Studio does not say which it had"

_UPLOADS = "If Studio no longer has an upload, it should say so and create no job."


def untold(job: Job) -> tuple[str, ...]:
    """Return the names of what Studio does not send of a job."""
    cluster = () if job.compute_cluster_name or job.compute_cluster_id else ("cluster",)
    return ("priority", FILES, "credentials", *cluster)


def repeat_lines(job: Job, known: Mapping[str, str] | None) -> tuple[str, ...]:
    """Return what a dialog says of it, safe to draw.

    `known` are those of `untold` that this dashboard submitted, with safe values; what is not among
    them was left to Studio. With `None` the job is not from here, so that nobody knows.
    """
    if known is None:
        return (
            "Studio does not say what these were, so they get its defaults:",
            f"  {', '.join(name for name in untold(job) if name != FILES)}",
            NO_FILES,
        )
    defaults = [name for name in untold(job) if name not in {*known, FILES}]
    return (
        "From what this dashboard submitted:",
        *(f"  {name}: {value}" for name, value in known.items()),
        *((f"  server default, as then: {', '.join(defaults)}",) if defaults else ()),
        _UPLOADS if FILES in known else f"  {FILES}: none, as then",
    )
