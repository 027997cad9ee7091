"""The parts of one local Studio, opened together and closed together."""

import getpass
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from studio_tui import clock
from studio_tui.local.config.clusters import Clusters, read_clusters
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.db.database import Database
from studio_tui.local.db.jobs import Jobs
from studio_tui.local.db.pipelines import Pipelines
from studio_tui.local.db.schedule_steering import ScheduleSteering
from studio_tui.local.db.schedules import Schedules
from studio_tui.local.dispatch.dispatcher import Dispatcher
from studio_tui.local.dispatch.scheduler import Scheduler
from studio_tui.local.http.page.keys import PageKeys
from studio_tui.local.http.uploads import Uploads
from studio_tui.local.run.local_runner import LocalRunner, RunLimits
from studio_tui.local.run.runner import Runner


@dataclass(frozen=True)
class Studio:
    """Everything that handlers need."""

    jobs: Jobs
    pipelines: Pipelines
    uploads: Uploads
    clusters: Clusters
    runner: Runner
    dispatcher: Dispatcher
    scheduler: Scheduler
    steering: ScheduleSteering
    user: str
    """Who all jobs are created by: the owner of this process."""
    instance: str
    """Of this run of the server; not secret."""
    token: SecretStr
    pages: PageKeys
    """Where the jobs' pages are."""


@asynccontextmanager
async def open_studio(
    data: DataDir, token: SecretStr, limits: RunLimits | None = None
) -> AsyncIterator[Studio]:
    """Open the local Studio of a data directory; its dispatcher and scheduler start what is due.

    Raises:
        ConfigError: The database or the configuration cannot be used.
    """
    clusters = read_clusters(data.clusters)
    database = await Database.open(data.database)
    runner = LocalRunner(data.jobs, data.cache, limits=limits)
    try:
        jobs, uploads = Jobs(database), Uploads(data.uploads, database)
        await uploads.remove_unused(clock.now())
        dispatcher = Dispatcher(jobs, uploads, runner, clusters)
        yield Studio(
            jobs=jobs,
            pipelines=Pipelines(database),
            uploads=uploads,
            clusters=clusters,
            runner=runner,
            dispatcher=dispatcher,
            scheduler=Scheduler(Schedules(database), jobs, dispatcher.wake, clock.now),
            steering=ScheduleSteering(database),
            user=getpass.getuser(),
            instance=secrets.token_hex(8),
            token=token,
            pages=PageKeys(),
        )
    finally:
        await runner.aclose()
        await database.close()
