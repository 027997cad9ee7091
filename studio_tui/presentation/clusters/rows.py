"""Clusters as table rows and facts."""

from collections.abc import Iterable
from enum import StrEnum
from operator import attrgetter

from studio_tui.api.ids import can_be_used
from studio_tui.api.models import Cluster, Job, runs_on
from studio_tui.api.states import STATES_WITH_WORKERS, JobState
from studio_tui.presentation.cells import NOTHING, Cell, Tone, dimmed
from studio_tui.presentation.columns import Align, Column
from studio_tui.presentation.form.cluster_checks import takes_no_jobs
from studio_tui.presentation.format import UNKNOWN, plural
from studio_tui.presentation.jobs.facts import Fact, id_cell
from studio_tui.presentation.jobs.states import counts
from studio_tui.presentation.jobs.waiting import free_workers
from studio_tui.presentation.lists.fitting import ListSpace, fitting
from studio_tui.presentation.lists.kinds import NEWEST_FIRST, Kind
from studio_tui.text import LINE_LIMIT

COLUMNS = (
    Column("status", "STATUS", 11, fits=True),
    Column("name", "NAME", 12, grow=2, fits=True, wants=28),
    Column("default", "FOR NEW JOBS", 12, drop=2, fits=True),
    Column("busy", "BUSY", 5, align=Align.RIGHT, grow=1, drop=1, fits=True),
    Column("free", "FREE", 5, align=Align.RIGHT, grow=1, fits=True),
    Column("workers", "WORKERS", 7, align=Align.RIGHT, grow=1, drop=1, fits=True),
    Column("provider", "PROVIDER", 8, grow=1, drop=3, fits=True),
    Column("region", "REGION", 12, grow=1, drop=4, fits=True),
    Column("size", "SIZE", 14, grow=1, drop=5, fits=True),
    Column("id", "ID", 10, grow=1, drop=6, fits=True),
)
"""In the order of `cells`."""


LISTED = 6
"""Maximum number of jobs listed, one per line."""

_IN_QUEUE = frozenset({JobState.CREATED, JobState.SCHEDULED, JobState.QUEUED})


class ClusterState(StrEnum):
    """State of a cluster; `UNKNOWN` for a status of a newer server."""

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


def cells(cluster: Cluster, chosen: str | None = None) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS`; `chosen` is the cluster for new jobs, by name."""
    row = (
        _status(cluster),
        Cell(cluster.name, Tone.STRONG) if cluster.name else Cell("(no name)", Tone.DIM),
        _for_new_jobs(cluster, chosen),
        _cell_or_dash(cluster.busy_workers),
        _cell_or_dash(free_workers(cluster)),
        _cell_or_dash(cluster.max_workers),
        _cell_or_dash(cluster.cloud_provider),
        _cell_or_dash(cluster.cloud_region),
        _cell_or_dash(cluster.instance_type or cluster.compute_class),
        Cell(cluster.id, Tone.DIM),
    )
    return row if can_be_used(cluster.id) else dimmed(row)


def facts(cluster: Cluster, jobs: Iterable[Job], *, has_all: bool = True) -> tuple[Fact, ...]:
    """Return the facts about a cluster; `jobs` may be incomplete if `has_all` is false."""
    known = tuple(jobs)
    disk = f"{cluster.disk_size} GB" if cluster.disk_size is not None else None
    return (
        *((Fact("problem", Cell(cluster.problem, Tone.WARN)),) if cluster.problem else ()),
        Fact("status", _status(cluster)),
        Fact("name", Cell(cluster.name or "(no name)", Tone.STRONG)),
        Fact("id", id_cell(cluster.id)),
        Fact("workers", _workers(cluster)),
        Fact("jobs", _jobs(cluster, known, has_all=has_all)),
        *_listed_jobs(cluster, known),
        Fact(
            "default",
            Cell("yes: jobs that name no cluster run on it" if cluster.default else "no"),
        ),
        Fact("provider", _cell_or_dash(cluster.cloud_provider)),
        Fact("credentials", _cell_or_dash(cluster.cloud_credentials)),
        Fact("region", _cell_or_dash(cluster.cloud_region)),
        Fact("instances", _cell_or_dash(cluster.instance_type)),
        Fact("class", _cell_or_dash(cluster.compute_class)),
        Fact("disk", _cell_or_dash(disk)),
        *(
            (Fact("unreadable", Cell(", ".join(cluster.unreadable), Tone.WARN)),)
            if cluster.unreadable
            else ()
        ),
    )


def why_not_chosen(cluster: Cluster) -> str | None:
    """Return why a cluster cannot be chosen for new jobs; `None` if it can."""
    if not cluster.name:
        return "Studio did not send this cluster's name, so no job can select it"
    if takes_no_jobs(cluster):
        return f"{cluster.name} is {cluster.status or 'INACTIVE'} and accepts no jobs"
    return None


def why_no_jobs(cluster: Cluster, jobs: Iterable[Job]) -> str | None:
    """Return why the cluster's jobs cannot be determined; `None` if they can."""
    known = tuple(jobs)
    if not cluster.name and not any(job.compute_cluster_id for job in known):
        return "Studio did not send this cluster's name, so it is unknown which jobs run on it"
    if known and not any(job.compute_cluster_id or job.compute_cluster_name for job in known):
        return "Studio does not say on which cluster a job runs"
    return None


def _for_new_jobs(cluster: Cluster, chosen: str | None) -> Cell:
    if chosen is not None and cluster.name == chosen:
        return Cell("* chosen", Tone.ACCENT)
    # While another cluster is chosen, the default has no effect.
    return Cell("default", Tone.DIM if chosen else Tone.ACCENT) if cluster.default else NOTHING


def _workers(cluster: Cluster) -> Cell:
    shown = [
        f"{count} {words}"
        for count, words in (
            (cluster.busy_workers, "busy"),
            (free_workers(cluster), "free"),
            (cluster.active_workers, "up"),
            (cluster.max_workers, "at most"),
        )
        if count is not None
    ]
    return _cell_or_dash(" · ".join(shown))


def _jobs(cluster: Cluster, jobs: tuple[Job, ...], *, has_all: bool) -> Cell:
    if reason := why_no_jobs(cluster, jobs):
        return Cell(reason, Tone.DIM)
    own_jobs = [job for job in jobs if runs_on(job, cluster)]
    return Cell(
        " · ".join(f"{count.amount} {count.name}" for count in counts(own_jobs, has_all=has_all))
    )


def _listed_jobs(cluster: Cluster, jobs: tuple[Job, ...]) -> tuple[Fact, ...]:
    """List the jobs that have workers and those that wait for some, oldest first."""
    own_jobs = [job for job in reversed(jobs) if runs_on(job, cluster)]
    return tuple(
        Fact(label, Cell("\n".join(fitting(names, ListSpace(LISTED, LINE_LIMIT))), tone))
        for label, states, tone in (
            ("runs here", STATES_WITH_WORKERS, Tone.ACTIVE),
            ("waits here", _IN_QUEUE, Tone.WAITING),
        )
        if (names := [_job_line(job) for job in own_jobs if job.state in states])
    )


def _job_line(job: Job) -> str:
    return f"{job.name or job.id}  {plural(job.workers or 1, 'worker')}"


def _word(cluster: Cluster) -> str | None:
    """Return the status word; older servers send only `is_active`."""
    if cluster.status is not None or cluster.is_active is None:
        return cluster.status
    return "ACTIVE" if cluster.is_active else "INACTIVE"


def state(cluster: Cluster) -> ClusterState:
    """Return the cluster's status as an enum value."""
    word = _word(cluster)
    return ClusterState(word) if word in set(ClusterState) else ClusterState.UNKNOWN


def _status(cluster: Cluster) -> Cell:
    glyph, tone = _LOOKS[state(cluster)]
    return Cell(f"{glyph} {_word(cluster) or UNKNOWN}", tone)


def _cell_or_dash(value: object) -> Cell:
    return Cell(UNKNOWN, Tone.DIM) if value is None or value == "" else Cell(str(value))


def _name(cluster: Cluster) -> str:
    return (cluster.name or "").lower()


def _size(cluster: Cluster) -> str:
    return cluster.instance_type or cluster.compute_class or ""


CLUSTERS = Kind[Cluster](
    noun="cluster",
    key=attrgetter("id"),
    made_at=None,
    texts=lambda cluster: (
        *(cluster.name, cluster.id, _word(cluster), cluster.cloud_provider),
        *(cluster.cloud_region, _size(cluster)),
    ),
    state=state,
    states=ClusterState,
    groups={"problem": frozenset({ClusterState.FAILED, ClusterState.UNKNOWN})},
    fields={
        "name": lambda cluster: cluster.name or "",
        "provider": lambda cluster: cluster.cloud_provider or "",
        "region": lambda cluster: cluster.cloud_region or "",
        "size": _size,
        "id": lambda cluster: cluster.id,
    },
    suggestions=(*("name=", "name==", "name~", "provider=", "region=", "size=", "id="),),
    hint="words, status=active, provider=aws, name==exact, name~regex, !not",
    sorts={
        NEWEST_FIRST: ("Studio's order", lambda cluster, now: 0),
        "name": ("name", lambda cluster, now: _name(cluster)),
        "status": (
            "status, failed first",
            lambda cluster, now: (list(_LOOKS).index(state(cluster)), _name(cluster)),
        ),
        "busy": (
            "busy workers, most first",
            lambda cluster, now: (-(cluster.busy_workers or 0), _name(cluster)),
        ),
        "free": (
            "free workers, most first",
            lambda cluster, now: (-(free_workers(cluster) or 0), _name(cluster)),
        ),
        "workers": (
            "workers, most first",
            lambda cluster, now: (-(cluster.max_workers or 0), _name(cluster)),
        ),
        "default": (
            "default of Studio first",
            lambda cluster, now: (not cluster.default, _name(cluster)),
        ),
        "provider": (
            "provider",
            lambda cluster, now: ((cluster.cloud_provider or "").lower(), _name(cluster)),
        ),
        "region": (
            "region",
            lambda cluster, now: ((cluster.cloud_region or "").lower(), _name(cluster)),
        ),
        "size": ("size", lambda cluster, now: (_size(cluster).lower(), _name(cluster))),
        "id": ("id", lambda cluster, now: cluster.id),
    },
    largest_first=frozenset({"busy", "free", "workers"}),
    is_moving=lambda cluster: False,
)
