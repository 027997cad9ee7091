"""Validates the cluster fields of the job form against Studio's clusters."""

from studio_tui.api.models import Cluster
from studio_tui.presentation.format import join_names
from studio_tui.presentation.jobs.problems import Found, Problem, did_you_mean, quoted, warning

_CLOSED = frozenset({"INACTIVE", "FAILED"})
_NAMES_SHOWN = 5


def chosen_cluster(
    name: str, cluster_id: str, clusters: tuple[Cluster, ...] | None
) -> Cluster | None:
    """Return the named cluster, or the default if none is named; `None` if not found."""
    for cluster in clusters or ():
        if cluster_id or name:
            if cluster.id == cluster_id or (name and cluster.name == name):
                return cluster
        elif cluster.default:
            return cluster
    return None


def cluster_name_problems(name: str, clusters: tuple[Cluster, ...] | None) -> Found:
    """Return the problems of a cluster name; `clusters` is `None` if not loaded yet."""
    if not name or clusters is None:
        return _unchecked("compute_cluster_name") if name else ()
    chosen = chosen_cluster(name, "", clusters)
    if chosen is not None:
        return _closed(name, chosen)
    if any(cluster.id == name for cluster in clusters):
        return f"{quoted(name)} is the id of a cluster; move it to the field for the id."
    known = tuple(cluster.name for cluster in clusters if cluster.name)
    return f"{quoted(name)} is not a cluster{_nearest(name, known)}"


def default_cluster_problems(clusters: tuple[Cluster, ...] | None) -> Found:
    """Return the problems of naming no cluster, so that Studio's default is used."""
    chosen = chosen_cluster("", "", clusters)
    return () if chosen is None else _closed(chosen.name or chosen.id, chosen)


def cluster_id_problems(cluster_id: str, name: str, clusters: tuple[Cluster, ...] | None) -> Found:
    """Return the problems of a cluster id, including a conflict with a cluster name."""
    if cluster_id and name:
        return "Give the name or the id of a cluster, not both; clear one of them."
    if not cluster_id or clusters is None:
        return _unchecked("compute_cluster_id") if cluster_id else ()
    chosen = chosen_cluster("", cluster_id, clusters)
    if chosen is not None:
        return _closed(cluster_id, chosen)
    known = tuple(cluster.id for cluster in clusters)
    return f"{quoted(cluster_id)} is not a cluster id{_nearest(cluster_id, known)}"


def _unchecked(field: str) -> tuple[Problem, ...]:
    return (warning(field, "The clusters are not known yet, so this is not checked."),)


def takes_no_jobs(cluster: Cluster) -> bool:
    """Whether a cluster accepts no jobs, according to Studio."""
    return cluster.status in _CLOSED or (cluster.status is None and cluster.is_active is False)


def _closed(typed: str, cluster: Cluster) -> str:
    if not takes_no_jobs(cluster):
        return ""
    return f"{quoted(typed)} is {cluster.status or 'INACTIVE'} and accepts no jobs; name another."


def _nearest(typed: str, known: tuple[str, ...]) -> str:
    near = did_you_mean(typed, known)
    if near or not known:
        return near or "; there are none."
    return f"; there are {join_names([*map(quoted, known)], _NAMES_SHOWN)}."
