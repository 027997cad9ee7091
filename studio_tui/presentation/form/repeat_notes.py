"""The settings that Studio does not send for a job that is to be rerun, and text about them."""

from collections.abc import Mapping

from studio_tui.api.models import Job
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import recorded_fields, value_of

FILES = "uploaded files"

NO_FILES = f"{FILES}: none are sent, because Studio does not say which it had"

_UPLOADS = "If Studio has deleted an upload, it should refuse the job."


def settings_not_sent(job: Job) -> tuple[str, ...]:
    """Return the names of settings that Studio does not send for a job."""
    cluster = () if _is_told(job) else ("cluster",)
    others = (field.label for field in recorded_fields().values())
    return ("priority", FILES, "credentials", *cluster, *others)


def fields_not_sent(job: Job, draft: Draft) -> tuple[str, ...]:
    """Return the fields that Studio does not send for `job` and that are empty in `draft`.

    They get the server's default, whatever the job had. The history of submitted jobs can fill in
    the draft.
    """
    never = ("files", "priority", "credentials_name", "start_after", "cron_expression")
    cluster = () if _is_told(job) else ("compute_cluster_name",)
    has_value = {"files": bool(draft.files or draft.uploads)}
    if draft.compute_cluster_id:
        has_value["compute_cluster_name"] = True
    return tuple(
        name
        for name in (*never, *cluster, *recorded_fields())
        if not has_value.get(name, bool(value_of(name, draft)))
    )


def fields_from_history(job: Job) -> tuple[str, ...]:
    """Return the fields that a rerun of `job` gets only from the history of submitted jobs."""
    cluster = () if _is_told(job) else ("compute_cluster_name", "compute_cluster_id")
    return ("uploads", "priority", "credentials_name", *cluster, *recorded_fields())


def _is_told(job: Job) -> bool:
    """Return whether Studio sends the cluster of a job."""
    return bool(job.compute_cluster_name or job.compute_cluster_id)


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
