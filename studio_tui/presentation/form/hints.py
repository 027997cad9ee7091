"""Hints that depend on the contents of the form: a function for each field that has one."""

from collections.abc import Collection

from studio_tui.api.job_kinds import runs_on
from studio_tui.api.models import Cluster, Job
from studio_tui.presentation.form.checks import chosen_cluster
from studio_tui.presentation.form.draft import Draft, FormContext
from studio_tui.presentation.format import plural, size
from studio_tui.presentation.jobs.waiting import free_workers
from studio_tui.presentation.schedules.explanations import (
    explain_expression,
    explain_single_time,
    fires_after,
)
from studio_tui.presentation.schedules.start_times import StartTimeError, parse_start_time
from studio_tui.text import safe_line

QUERY_IS_IN_FILE = (
    "The query is read from a file; edit the file, or clear its path to type the query."
)


def query_file(draft: Draft, context: FormContext) -> tuple[str, ...]:
    facts = context.files.get(draft.query_file)
    if facts is None or facts.text is None:
        return ("The path of a script; else type the query below.",)
    lines = plural(len(facts.text.splitlines()), "line")
    return (f"{lines}, {size(facts.size)}; the file is read again when the form is sent.",)


def query(draft: Draft, _context: FormContext) -> tuple[str, ...]:
    return (QUERY_IS_IN_FILE,) if draft.query_file.strip() else ()


def workers(draft: Draft, context: FormContext) -> tuple[str, ...]:
    return () if draft.workers.strip() else _target_hint(draft, context) or ("Studio's default.",)


def cluster(draft: Draft, context: FormContext) -> tuple[str, ...]:
    if context.clusters is None:
        return ("The clusters are not loaded.",)
    if not draft.compute_cluster_name.strip():
        names = [name_with_free_workers(cluster, context.queued) for cluster in context.clusters]
        return (
            *_target_hint(draft, context),
            *([f"Clusters: {', '.join(names)}."] if names else []),
        )
    return _target_hint(draft, context)


def cluster_id(draft: Draft, context: FormContext) -> tuple[str, ...]:
    if draft.compute_cluster_id.strip():
        return _target_hint(draft, context)
    return ("Instead of the name; give only one of the two.",)


def _target_hint(draft: Draft, context: FormContext) -> tuple[str, ...]:
    cluster = chosen_cluster(draft, context)
    if cluster is None:
        return ()
    is_chosen = draft.compute_cluster_name.strip() or draft.compute_cluster_id.strip()
    by_default = "" if is_chosen else " by default"
    return (f"The job runs on {name_with_free_workers(cluster, context.queued)}{by_default}.",)


def name_with_free_workers(cluster: Cluster, queued: Collection[Job]) -> str:
    """Format a cluster as `gpu (~2 of 32 workers free, 3 jobs wait)`, without unknown numbers.

    `queued` are the queued jobs of all clusters.
    """
    numbers = []
    most, free = cluster.max_workers, free_workers(cluster)
    if most is not None:
        numbers.append(
            f"at most {most} workers" if free is None else f"~{free} of {most} workers free"
        )
    # Jobs that the cluster cannot run now do not hold up others.
    waiting = sum(runs_on(job, cluster) and not job.waits_for for job in queued)
    if waiting:
        numbers.append(f"{plural(waiting, 'job')} {'waits' if waiting == 1 else 'wait'}")
    name = cluster.name or cluster.id
    return f"{name} ({', '.join(numbers)})" if numbers else name


def start(draft: Draft, context: FormContext) -> tuple[str, ...]:
    typed = draft.start_after.strip()
    if not typed:
        return ("Now; or type `tomorrow 15:00`, `in 2 hours`, `2030-03-04 15:00`.",)
    explained = explain_single_time(typed, context.now, context.zone)
    return explained.lines if explained.is_good else ()


def cron_times(draft: Draft, context: FormContext) -> tuple[str, ...]:
    typed = draft.cron_expression.strip()
    if not typed:
        return ("Once; or type five fields such as `0 3 * * 1`, or @daily, in UTC.",)
    try:
        start = parse_start_time(draft.start_after, context.now, context.zone)
    except StartTimeError:
        start = context.now
    after = fires_after(start, context.now)
    explained = explain_expression(typed, None, after, context.zone)
    return explained.lines if explained.is_good else ()


def uploads(draft: Draft, context: FormContext) -> tuple[str, ...]:
    known_ids = [each.strip() for each in draft.uploads if each.strip() in context.uploads]
    return (
        "Ids of files that were uploaded before, one per line.",
        *(f"{safe_line(each)} is {context.uploads[each]}" for each in dict.fromkeys(known_ids)),
    )


def job_to_continue(draft: Draft, _context: FormContext) -> tuple[str, ...]:
    if draft.rerun_from_job_id.strip():
        return ("The finished work of that job is loaded from its checkpoints.",)
    return ("The id of the job whose checkpoints to use.",)
