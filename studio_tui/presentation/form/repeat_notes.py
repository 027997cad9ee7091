"""Dialog text about settings that Studio does not send for a job that is to be rerun."""

from collections.abc import Mapping

from studio_tui.api.models import Job

FILES = "uploaded files"

NO_FILES = f"{FILES}: none are sent, because Studio does not say which it had"

_UPLOADS = "If Studio has deleted an upload, it should refuse the job."


def settings_not_sent(job: Job) -> tuple[str, ...]:
    """Return the names of settings that Studio does not send for a job."""
    cluster = () if job.compute_cluster_name or job.compute_cluster_id else ("cluster",)
    return ("priority", FILES, "credentials", *cluster)


def repeat_lines(job: Job, known: Mapping[str, str] | None) -> tuple[str, ...]:
    """Return the lines of the dialog, safe to draw.

    `known` are the settings that were recorded when this dashboard submitted the job, as safe
    values; those of `settings_not_sent` that are missing used Studio's defaults. `None` if the job
    was not submitted from here.
    """
    if known is None:
        return (
            "Studio does not say what these were, so they get its defaults:",
            f"  {', '.join(name for name in settings_not_sent(job) if name != FILES)}",
            NO_FILES,
        )
    defaults = [name for name in settings_not_sent(job) if name not in {*known, FILES}]
    return (
        "As submitted from this dashboard:",
        *(f"  {name}: {value}" for name, value in known.items()),
        *((f"  server default, as before: {', '.join(defaults)}",) if defaults else ()),
        _UPLOADS if FILES in known else f"  {FILES}: none, as before",
    )
