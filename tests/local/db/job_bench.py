"""Jobs in a real database: they do not run, and the test ends them."""

from dataclasses import replace
from datetime import datetime
from typing import Any

from studio_tui.api.models import JobInput
from studio_tui.local.config.clusters import Cluster, Clusters
from studio_tui.local.db import jobs
from studio_tui.local.db.database import Database
from studio_tui.local.http.validation import RequestContext, validate_job

CLUSTERS = Clusters((Cluster(name="local", max_workers=4),))


class JobBench:
    """The database, and the creation of jobs in it."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def create(
        self,
        now: datetime,
        *,
        rerun_from: str | None = None,
        datasets: tuple[str, ...] | None = None,
        **fields: Any,
    ) -> str:
        """Create a job, or a schedule that runs a job or rebuilds `datasets`; return its id."""
        request = JobInput.model_validate({"query": "print(1)", "team_name": "local", **fields})
        earlier = await self.database.read(jobs.checkpoint_source, rerun_from or "")
        job = validate_job(request, None, RequestContext(CLUSTERS, {}, earlier, "me", now))
        if job.schedule:
            job = replace(job, schedule=replace(job.schedule, datasets=datasets))
        return str((await self.database.write(jobs.create, job, now))["id"])
