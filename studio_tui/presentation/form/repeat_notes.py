"""The settings that Studio does not send with a job, for running it again."""

from collections.abc import Mapping

from studio_tui.api.models import Job
from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import label, recorded_fields, value_of

FILES = label("uploads")
NO_FILES = f"{FILES}: none are sent, because Studio does not say which it had"
_UPLOADS = "If Studio has deleted one of these files, it probably refuses the job."


def fields_not_sent(job: Job, draft: Draft) -> tuple[str, ...]:
    """Return the fields that Studio does not send with `job` and that are empty in `draft`.

    Such a field gets Studio's default, which may differ from its value in `job`.
    """
    never_sent = ("files", "priority", "credentials_name", "start_after", "cron_expression")
    cluster = () if _has_cluster(job) else ("compute_cluster_name",)
    # The files may be in the field `uploads`, and the cluster in `compute_cluster_id`.
    filled_elsewhere = set()
    if draft.uploads:
        filled_elsewhere.add("files")
    if draft.compute_cluster_id:
        filled_elsewhere.add("compute_cluster_name")
    return tuple(
        name
        for name in (*never_sent, *cluster, *recorded_fields())
        if not value_of(name, draft) and name not in filled_elsewhere
    )


def fields_from_history(job: Job) -> tuple[str, ...]:
    """Return the fields that a run of `job` can get only from the history of submitted jobs."""
    cluster = () if _has_cluster(job) else ("compute_cluster_name", "compute_cluster_id")
    return ("priority", "uploads", "credentials_name", *cluster, *recorded_fields())


def settings_not_sent(job: Job) -> tuple[str, ...]:
    """Return the labels of `fields_from_history`, with one label for the cluster."""
    return tuple(label(name) for name in fields_from_history(job) if name != "compute_cluster_id")


def _has_cluster(job: Job) -> bool:
    return bool(job.compute_cluster_name or job.compute_cluster_id)


def repeat_lines(job: Job, recorded: Mapping[str, str] | None) -> tuple[str, ...]:
    """Return what to say about the settings of a job before it is run again, safe to draw.

    `recorded` has the safe values of those of `settings_not_sent` that did not have Studio's
    default, by label. It is `None` if the job was not submitted from here.
    """
    if recorded is None:
        return (
            "Studio does not say what these were, so they get its defaults:",
            f"  {', '.join(name for name in settings_not_sent(job) if name != FILES)}",
            NO_FILES,
        )
    defaults = [name for name in settings_not_sent(job) if name not in {*recorded, FILES}]
    return (
        "As submitted from this dashboard:",
        *(f"  {name}: {value}" for name, value in recorded.items()),
        *((f"  server default, as before: {', '.join(defaults)}",) if defaults else ()),
        _UPLOADS if FILES in recorded else f"  {FILES}: none, as before",
    )
