"""Clusters as table rows and facts."""

from collections.abc import Callable, Collection, Container, Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import Any, NamedTuple

from studio_tui.api.ids import is_usable_id
from studio_tui.api.job_kinds import by_status, runs_on
from studio_tui.api.models import Cluster, Job
from studio_tui.api.states import STATES_WITH_WORKERS, JobState
from studio_tui.presentation.cells import NOTHING, Cell, Tone, dim_row
from studio_tui.presentation.columns import Align, Column
from studio_tui.presentation.format import UNKNOWN, plural
from studio_tui.presentation.jobs.facts import Fact, id_cell, unreadable_facts
from studio_tui.presentation.jobs.states import Count, counts
from studio_tui.presentation.jobs.waiting import free_workers, takes_no_jobs
from studio_tui.presentation.lists.fitting import fit_lines
from studio_tui.presentation.lists.kinds import Kind, ListColumn, SortOrder, layouts

JOBS_LISTED = 6
"""Maximum lines of a fact that lists jobs."""

_STATES_WAITING_HERE = frozenset({JobState.CREATED, JobState.SCHEDULED, JobState.QUEUED})


class ClusterState(StrEnum):
    """State of a cluster; `UNKNOWN` if Studio sends none, or another than these."""

    ACTIVE = "ACTIVE"
    MODIFYING = "MODIFYING"
    INACTIVE = "INACTIVE"
    FAILED = "FAILED"
    UNKNOWN = "UNKNOWN"


_LOOKS = {
    ClusterState.FAILED: ("✗", Tone.BAD),
    ClusterState.MODIFYING: ("◐", Tone.ACTIVE),
    ClusterState.UNKNOWN: ("?", Tone.WARN),
    ClusterState.ACTIVE: ("●", Tone.GOOD),
    ClusterState.INACTIVE: ("○", Tone.DIM),
}
"""In the sort order of states."""


class ClusterRow(NamedTuple):
    cluster: Cluster
    chosen: str | None
    """Name of the cluster chosen for new jobs, this one or another."""


def facts(
    cluster: Cluster,
    jobs: Sequence[Job],
    *,
    has_all: bool = True,
    blocked: Container[str] = (),
    newer_attempts: Collection[str] = (),
) -> tuple[Fact, ...]:
    """Return the facts about a cluster; `jobs` are the jobs of all clusters, newest first.

    The other parameters are those of `counts`, which counts the jobs of this cluster.
    """
    own_jobs = [job for job in jobs if runs_on(job, cluster)]
    numbers = counts(
        by_status(own_jobs), has_all=has_all, blocked=blocked, newer_attempts=newer_attempts
    )
    disk = f"{cluster.disk_size} GB" if cluster.disk_size is not None else None
    return (
        *((Fact("problem", Cell(cluster.problem, Tone.WARN)),) if cluster.problem else ()),
        Fact("status", _status(cluster)),
        Fact("name", Cell(cluster.name or "(no name)", Tone.STRONG)),
        Fact("id", id_cell(cluster.id)),
        Fact("workers", _workers(cluster)),
        Fact("jobs", _jobs(cluster, jobs, numbers)),
        *_listed_jobs(cluster, jobs),
        Fact(
            "default", Cell("yes: jobs that name no cluster run on it" if cluster.default else "no")
        ),
        Fact("provider", _cell_or_dash(cluster.cloud_provider)),
        Fact("credentials", _cell_or_dash(cluster.cloud_credentials)),
        Fact("region", _cell_or_dash(cluster.cloud_region)),
        Fact("instances", _cell_or_dash(cluster.instance_type)),
        Fact("class", _cell_or_dash(cluster.compute_class)),
        Fact("disk", _cell_or_dash(disk)),
        *unreadable_facts(cluster),
    )


def why_not_chosen(cluster: Cluster) -> str | None:
    """Return why a cluster cannot be chosen for new jobs; `None` if it can."""
    if not cluster.name:
        return "Studio did not send this cluster's name, so no job can select it"
    if takes_no_jobs(cluster):
        return f"{cluster.name} is {cluster.status or 'INACTIVE'} and accepts no jobs"
    return None


def why_jobs_unknown(cluster: Cluster, jobs: Sequence[Job]) -> str | None:
    """Return why it is unknown which of `jobs` run on a cluster; `None` if that is known."""
    if not cluster.name and not any(job.compute_cluster_id for job in jobs):
        return "Studio did not send this cluster's name, so it is unknown which jobs run on it"
    if jobs and not any(job.compute_cluster_id or job.compute_cluster_name for job in jobs):
        return "Studio does not say on which cluster a job runs"
    return None


def _name_cell(cluster: Cluster) -> Cell:
    return Cell(cluster.name, Tone.STRONG) if cluster.name else Cell("(no name)", Tone.DIM)


def _for_new_jobs(cluster: Cluster, chosen: str | None) -> Cell:
    if chosen is not None and cluster.name == chosen:
        return Cell("* chosen", Tone.ACCENT)
    # While another cluster is chosen, the default has no effect.
    return Cell("default", Tone.DIM if chosen else Tone.ACCENT) if cluster.default else NOTHING


def _workers(cluster: Cluster) -> Cell:
    numbers = [
        f"{count} {words}"
        for count, words in (
            (cluster.busy_workers, "busy"),
            (free_workers(cluster), "free"),
            (cluster.active_workers, "up"),
            (cluster.max_workers, "at most"),
        )
        if count is not None
    ]
    return _cell_or_dash(" · ".join(numbers))


def _jobs(cluster: Cluster, jobs: Sequence[Job], numbers: Iterable[Count]) -> Cell:
    if reason := why_jobs_unknown(cluster, jobs):
        return Cell(reason, Tone.DIM)
    return Cell(" · ".join(f"{count.number_text} {count.name}" for count in numbers))


def _listed_jobs(cluster: Cluster, jobs: Sequence[Job]) -> tuple[Fact, ...]:
    oldest_first = [job for job in reversed(jobs) if runs_on(job, cluster)]
    return tuple(
        Fact(label, Cell("\n".join(fit_lines(names, JOBS_LISTED)), tone))
        for label, states, tone in (
            ("runs here", STATES_WITH_WORKERS, Tone.ACTIVE),
            ("waits here", _STATES_WAITING_HERE, Tone.WAITING),
        )
        if (names := [_job_line(job) for job in oldest_first if job.state in states])
    )


def _job_line(job: Job) -> str:
    return f"{job.name or job.id}  {plural(job.workers or 1, 'worker')}"


def _status_word(cluster: Cluster) -> str | None:
    # Older versions of Studio send only `is_active`.
    if cluster.status is not None or cluster.is_active is None:
        return cluster.status
    return "ACTIVE" if cluster.is_active else "INACTIVE"


def state(cluster: Cluster) -> ClusterState:
    status = _status_word(cluster)
    return ClusterState(status) if status in set(ClusterState) else ClusterState.UNKNOWN


def _status(cluster: Cluster) -> Cell:
    glyph, tone = _LOOKS[state(cluster)]
    return Cell(f"{glyph} {_status_word(cluster) or UNKNOWN}", tone)


def _cell_or_dash(value: object) -> Cell:
    return Cell(UNKNOWN, Tone.DIM) if value is None or value == "" else Cell(str(value))


def _name(cluster: Cluster) -> str:
    return (cluster.name or "").lower()


def _size(cluster: Cluster) -> str:
    return cluster.instance_type or cluster.compute_class or ""


def _by(read: Callable[[Cluster], Any]) -> Callable[[Cluster, datetime], Any]:
    return lambda cluster, now: (read(cluster), _name(cluster))


def _by_most(read: Callable[[Cluster], int | None]) -> Callable[[Cluster, datetime], Any]:
    return _by(lambda cluster: -(read(cluster) or 0))


CLUSTER_COLUMNS: tuple[ListColumn[ClusterRow, Cluster, Cell], ...] = (
    ListColumn(
        Column("status", "STATUS", 11, fits=True),
        lambda row: _status(row.cluster),
        SortOrder("status, failed first", _by(lambda cluster: list(_LOOKS).index(state(cluster)))),
    ),
    ListColumn(
        Column("name", "NAME", 12, grow=2, fits=True, wanted_width=28),
        lambda row: _name_cell(row.cluster),
        SortOrder("name", lambda cluster, now: _name(cluster)),
        text=lambda cluster: cluster.name or "",
    ),
    ListColumn(
        Column("default", "FOR NEW JOBS", 12, drop=2, fits=True),
        lambda row: _for_new_jobs(row.cluster, row.chosen),
        SortOrder("default of Studio first", _by(lambda cluster: not cluster.default)),
    ),
    ListColumn(
        Column("busy", "BUSY", 5, align=Align.RIGHT, grow=1, drop=1, fits=True),
        lambda row: _cell_or_dash(row.cluster.busy_workers),
        SortOrder("busy workers, most first", _by_most(attrgetter("busy_workers"))),
    ),
    ListColumn(
        Column("free", "FREE", 5, align=Align.RIGHT, grow=1, fits=True),
        lambda row: _cell_or_dash(free_workers(row.cluster)),
        SortOrder("free workers, most first", _by_most(free_workers)),
    ),
    ListColumn(
        Column("workers", "WORKERS", 7, align=Align.RIGHT, grow=1, drop=1, fits=True),
        lambda row: _cell_or_dash(row.cluster.max_workers),
        SortOrder("workers, most first", _by_most(attrgetter("max_workers"))),
    ),
    ListColumn(
        Column("provider", "PROVIDER", 8, grow=1, drop=3, fits=True),
        lambda row: _cell_or_dash(row.cluster.cloud_provider),
        SortOrder("provider", _by(lambda cluster: (cluster.cloud_provider or "").lower())),
        text=lambda cluster: cluster.cloud_provider or "",
    ),
    ListColumn(
        Column("region", "REGION", 12, grow=1, drop=4, fits=True),
        lambda row: _cell_or_dash(row.cluster.cloud_region),
        SortOrder("region", _by(lambda cluster: (cluster.cloud_region or "").lower())),
        text=lambda cluster: cluster.cloud_region or "",
    ),
    ListColumn(
        Column("size", "SIZE", 14, grow=1, drop=5, fits=True),
        lambda row: _cell_or_dash(_size(row.cluster)),
        SortOrder("size", _by(lambda cluster: _size(cluster).lower())),
        text=_size,
    ),
    ListColumn(
        Column("id", "ID", 10, grow=1, drop=6, fits=True),
        lambda row: Cell(row.cluster.id, Tone.DIM),
        SortOrder("id", lambda cluster, now: cluster.id),
        text=attrgetter("id"),
    ),
)

COLUMNS = layouts(CLUSTER_COLUMNS)


def cells(cluster: Cluster, chosen: str | None = None) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS`; `chosen` is the name of the cluster for new jobs."""
    row = ClusterRow(cluster, chosen)
    row_cells = tuple(column.cell(row) for column in CLUSTER_COLUMNS)
    return row_cells if is_usable_id(cluster.id) else dim_row(row_cells)


CLUSTERS = Kind[Cluster](
    noun="cluster",
    key=attrgetter("id"),
    made_at=None,
    texts=lambda cluster: (
        *(cluster.name, cluster.id, _status_word(cluster), cluster.cloud_provider),
        *(cluster.cloud_region, _size(cluster)),
    ),
    state=state,
    states=ClusterState,
    state_groups={"problem": frozenset({ClusterState.FAILED, ClusterState.UNKNOWN})},
    columns=CLUSTER_COLUMNS,
    hint="words, status=active, provider=aws, name==exact, name~regex, !not",
    as_sent_label="Studio's order",
)
