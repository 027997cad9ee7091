"""What to say, before a job is run again, about settings that Studio does not return with it."""

from collections.abc import Collection, Iterable, Mapping

from studio_tui.api.models import Job
from studio_tui.presentation.form.fields import label, recorded_fields

FILES = label("uploads")
NO_FILES = f"{FILES}: none are sent, because Studio does not say which there were"
_MAY_BE_DELETED = "If Studio has deleted one of these files, it probably refuses the job."


def settings_not_returned(job: Job, changed: Iterable[str] = ()) -> tuple[str, ...]:
    """Return the labels of the settings that Studio does not return with a job.

    Only the history of submitted jobs may have them. Those of the fields `changed` are left out.
    """
    has_cluster = job.compute_cluster_name or job.compute_cluster_id
    cluster = () if has_cluster else ("compute_cluster_name",)
    names = ("priority", "uploads", "credentials_name", *cluster, *recorded_fields())
    same_setting = {"compute_cluster_id": "compute_cluster_name"}
    changed_settings = {same_setting.get(name, name) for name in changed}
    return tuple(label(name) for name in names if name not in changed_settings)


def repeat_lines(
    job: Job, recorded: Mapping[str, str] | None, changed: Collection[str] = ()
) -> tuple[str, ...]:
    """Return what to say about the settings of a job before it is run again, safe to draw.

    `recorded` has safe values of `settings_not_returned`, by label; those that were left to Studio
    are missing. It is `None` if the job was not submitted from here. Nothing is said about the
    fields `changed`.
    """
    if "files" in changed and FILES not in (recorded or ()):
        changed = (*changed, "uploads")
    names = settings_not_returned(job, changed)
    defaults = ", ".join(name for name in names if name not in {*(recorded or ()), FILES})
    if recorded is None:
        why = "Studio does not say what these were, so they get its defaults:"
        return (
            *((why, f"  {defaults}") if defaults else ()),
            *((NO_FILES,) if FILES in names else ()),
        )
    files = _MAY_BE_DELETED if FILES in recorded else f"  {FILES}: none, as before"
    return (
        *(("As submitted from this dashboard:",) if names else ()),
        *(f"  {name}: {value}" for name, value in recorded.items() if name in names),
        *((f"  server default, as before: {defaults}",) if defaults else ()),
        *((files,) if FILES in names else ()),
    )
