"""Why no schedule can trigger a pipeline: only the local Studio has such schedules."""

from studio_tui.tui.frame.commands import Host, why_read_only

_WHY_NO_PIPELINE_SCHEDULE = (
    "Only the local Studio can trigger a pipeline on a schedule. Here n schedules a job; to "
    "rebuild datasets, have your own cron run `datachain pipeline create` and `resume`"
)


def why_no_pipeline_schedule(host: Host) -> str | None:
    """Return why no pipeline can be scheduled; `None` if one can."""
    if reason := why_read_only(host):
        return reason
    is_possible = host.session.commands.schedules.is_possible
    return None if is_possible else _WHY_NO_PIPELINE_SCHEDULE
