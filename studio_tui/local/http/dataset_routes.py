"""The endpoints of datasets, which are not in the API document."""

from fastapi import APIRouter, Response

from studio_tui.api import routes
from studio_tui.local.db.dataset_list import list_datasets
from studio_tui.local.db.jobs import UnknownJob, state_of
from studio_tui.local.db.lineage import read_versions_of_job
from studio_tui.local.http.request_rules import CurrentStudio, check_team
from studio_tui.local.http.responses import answer
from studio_tui.local.http.strict_json import StrictRoute

router = APIRouter(route_class=StrictRoute, include_in_schema=False)


@router.get(routes.DATASETS.path)
async def datasets(studio: CurrentStudio, team_name: str) -> Response:
    check_team(team_name)
    return answer({"datasets": await studio.database.read(list_datasets)})


@router.get(routes.JOB_DATASET_VERSIONS.path)
async def job_dataset_versions(studio: CurrentStudio, job_id: str, team_name: str) -> Response:
    check_team(team_name)
    if await studio.database.read(state_of, job_id) is None:
        raise UnknownJob(job_id)
    versions = await studio.database.read(read_versions_of_job, job_id)
    listed = [{"dataset_name": each.dataset, "version": each.version} for each in versions]
    return answer({"dataset_versions": listed})
