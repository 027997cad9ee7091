"""The parts of one local Studio, opened and closed together."""

import getpass
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from pydantic import SecretStr

from studio_tui import clock
from studio_tui.local.config.clusters import ClusterFile, Clusters
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.db.database import Database
from studio_tui.local.dispatch.dispatcher import Dispatcher
from studio_tui.local.dispatch.scheduler import Scheduler
from studio_tui.local.http.page.keys import PageKeys
from studio_tui.local.http.responses import ListCache
from studio_tui.local.http.uploads import UploadStore
from studio_tui.local.run.local_runner import LocalRunner


@dataclass(frozen=True)
class Studio:
    """Everything that the handlers of requests need."""

    database: Database
    uploads: UploadStore
    cluster_file: ClusterFile
    runner: LocalRunner
    dispatcher: Dispatcher
    scheduler: Scheduler
    user: str
    """The creator of all jobs: the owner of this process."""
    instance: str
    """Identifies this run of the server; not secret."""
    token: SecretStr
    page_keys: PageKeys
    job_lists: ListCache

    @property
    def clusters(self) -> Clusters:
        """The current clusters."""
        return self.cluster_file.clusters

    async def reread_clusters(self) -> None:
        """Read the cluster file again if it has changed; check the queue if the clusters have."""
        if await self.cluster_file.reread():
            self.dispatcher.wake()


@asynccontextmanager
async def open_studio(data: DataDir, token: SecretStr) -> AsyncIterator[Studio]:
    """Open the local Studio of a data directory; the caller runs dispatcher and scheduler.

    Raises:
        ConfigError: The database or the configuration cannot be used.
    """
    cluster_file = ClusterFile(data.clusters)
    database = await Database.open(data.database)
    runner = LocalRunner(data)
    try:
        uploads = UploadStore(data.uploads, database)
        await uploads.remove_unused(clock.now())
        dispatcher = Dispatcher(database, uploads, runner, cluster_file)
        yield Studio(
            database=database,
            uploads=uploads,
            cluster_file=cluster_file,
            runner=runner,
            dispatcher=dispatcher,
            scheduler=Scheduler(database, runner, dispatcher.wake),
            user=getpass.getuser(),
            instance=secrets.token_hex(8),
            token=token,
            page_keys=PageKeys(),
            job_lists=ListCache(),
        )
    finally:
        await runner.aclose()
        await database.close()
