"""The local Studio's answers about its clusters."""

from collections.abc import Mapping

from studio_tui.local.config.clusters import Clusters
from studio_tui.local.http.responses import ComputeClusterOutput


def cluster_responses(
    clusters: Clusters, busy: Mapping[str, int], problem: str | None = None
) -> list[ComputeClusterOutput]:
    """Return the clusters; `busy` contains the workers of started jobs by cluster name.

    `problem` says why the current content of their file is not in force.
    """
    return [
        ComputeClusterOutput(
            id=number,
            name=cluster.name,
            status="ACTIVE" if cluster.active else "INACTIVE",
            cloud_provider="local",
            cloud_credentials=None,
            is_active=cluster.active,
            default=cluster is clusters.default,
            max_workers=cluster.max_workers,
            cloud_region=None,
            instance_type=None,
            compute_class=None,
            disk_size=None,
            active_workers=cluster.max_workers if cluster.active else 0,
            busy_workers=busy.get(cluster.name, 0),
            problem=problem,
        )
        for number, cluster in enumerate(clusters.all, 1)
    ]
