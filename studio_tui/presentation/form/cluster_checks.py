"""Checks the cluster in the job form."""

from studio_tui.api.models import Cluster
from studio_tui.presentation.form.problems import (
    FieldProblems,
    Problem,
    did_you_mean,
    quoted,
    warning,
)
from studio_tui.presentation.format import join_names

_CLOSED = frozenset({"INACTIVE", "FAILED"})
_NAMES_SHOWN = 5


def chosen_cluster(
    name: str, cluster_id: str, clusters: tuple[Cluster, ...] | None
) -> Cluster | None:
    """Return the cluster with this name or id, or the default one if both are empty.

    `None` if there is no such cluster. `clusters` is `None` if they are not loaded yet.
    """
    for cluster in clusters or ():
        if cluster_id or name:
            if cluster.id == cluster_id or (name and cluster.name == name):
                return cluster
        elif cluster.default:
            return cluster
    return None


def cluster_name_problems(name: str, clusters: tuple[Cluster, ...] | None) -> FieldProblems:
    """Return the problems of a cluster name."""
    if not name:
        return ()
    if clusters is None:
        return _not_checked_yet("compute_cluster_name")
    chosen = chosen_cluster(name, "", clusters)
    if chosen is not None:
        return _closed_problem(name, chosen)
    if any(cluster.id == name for cluster in clusters):
        return f"{quoted(name)} is the id of a cluster; move it to the field for the id."
    names = tuple(cluster.name for cluster in clusters if cluster.name)
    return f"{quoted(name)} is not a cluster{_suggestion(name, names)}"


def default_cluster_problems(clusters: tuple[Cluster, ...] | None) -> FieldProblems:
    """Return the problems of the default cluster."""
    default = chosen_cluster("", "", clusters)
    return () if default is None else _closed_problem(default.name or default.id, default)


def cluster_id_problems(
    cluster_id: str, name: str, clusters: tuple[Cluster, ...] | None
) -> FieldProblems:
    """Return the problems of a cluster id; `name` is the typed name, or empty."""
    if cluster_id and name:
        return "Give the name or the id of a cluster, not both; clear one of them."
    if not cluster_id:
        return ()
    if clusters is None:
        return _not_checked_yet("compute_cluster_id")
    chosen = chosen_cluster("", cluster_id, clusters)
    if chosen is not None:
        return _closed_problem(cluster_id, chosen)
    ids = tuple(cluster.id for cluster in clusters)
    return f"{quoted(cluster_id)} is not a cluster id{_suggestion(cluster_id, ids)}"


def _not_checked_yet(field: str) -> tuple[Problem, ...]:
    return (warning(field, "The clusters are not loaded, so this is not checked."),)


def takes_no_jobs(cluster: Cluster) -> bool:
    """Whether Studio says that a cluster accepts no jobs."""
    return cluster.status in _CLOSED or (cluster.status is None and cluster.is_active is False)


def _closed_problem(typed: str, cluster: Cluster) -> str:
    if not takes_no_jobs(cluster):
        return ""
    return f"{quoted(typed)} is {cluster.status or 'INACTIVE'} and accepts no jobs; name another."


def _suggestion(typed: str, names: tuple[str, ...]) -> str:
    """Return the end of a sentence: `; did you mean “gpu”?`, else `; there are “cpu”, “gpu”.`"""
    if not names:
        return "; there are none."
    are = "are" if len(names) > 1 else "is only"
    listed = f"; there {are} {join_names([*map(quoted, names)], _NAMES_SHOWN)}."
    return did_you_mean(typed, names) or listed
