"""The endpoint of clusters."""

from collections.abc import Mapping
from typing import Any

from fastapi import APIRouter, Response

from studio_tui.api import routes
from studio_tui.api.models import ComputeClusterOutput
from studio_tui.local.config.clusters import Clusters
from studio_tui.local.db.jobs import busy_workers
from studio_tui.local.http.request_rules import CurrentStudio, check_team
from studio_tui.local.http.responses import answer
from studio_tui.local.http.strict_json import StrictRoute

router = APIRouter(route_class=StrictRoute)


@router.get(routes.LIST_CLUSTERS.path, response_model=list[ComputeClusterOutput])
async def list_clusters(studio: CurrentStudio, team_name: str | None = None) -> Response:
    check_team(team_name)
    await studio.reread_clusters()
    busy = await studio.database.read(busy_workers)
    return answer(cluster_outputs(studio.clusters, busy, studio.cluster_file.problem))


def cluster_outputs(
    clusters: Clusters, busy: Mapping[str, int], problem: str | None = None
) -> list[dict[str, Any]]:
    """Return the clusters; `busy` is the number of workers of started jobs by cluster name."""
    return [
        {
            "id": number,
            "name": cluster.name,
            "status": "ACTIVE" if cluster.active else "INACTIVE",
            "cloud_provider": "local",
            "cloud_credentials": None,
            "is_active": cluster.active,
            "default": cluster is clusters.default,
            "max_workers": cluster.max_workers,
            "cloud_region": None,
            "instance_type": None,
            "compute_class": None,
            "disk_size": None,
            "active_workers": cluster.max_workers if cluster.active else 0,
            "busy_workers": busy.get(cluster.name, 0),
            "problem": problem,
        }
        for number, cluster in enumerate(clusters.all, 1)
    ]
