"""The preview of a list of jobs, which loads more about the job under the cursor."""

from collections.abc import Callable
from datetime import datetime

from textual.geometry import Size

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.presentation.jobs.facts import Fact, FactLine, facts
from studio_tui.presentation.jobs.kinship import kin_facts
from studio_tui.presentation.jobs.preview import FactSpace, JobExtras, preview
from studio_tui.presentation.jobs.usual import with_usual
from studio_tui.presentation.logs.progress import Progress
from studio_tui.service.polling.job_details import sent_files
from studio_tui.service.session import StudioSession


class JobPreview:
    """Facts about the job under the cursor."""

    def __init__(self, session: StudioSession, room: Callable[[], Size]) -> None:
        """Make a preview; `room` returns its size."""
        self._session = session
        self._room = room
        self._zone = clock.zone()

    def facts(
        self, job: Job | None, progress: Progress | None, now: datetime, *, in_sight: bool
    ) -> tuple[Fact | FactLine, ...]:
        """Return the preview of a job; load more about it if it is visible."""
        reader, room = self._session.job_details, self._room()
        reader.select(job if in_sight and room.height else None)
        if job is None:
            return ()
        clusters = self._session.clusters.snapshot.value
        around = clusters.items if clusters is not None else ()
        moment = clock.now()
        details = reader.get(job.id)
        extra = JobExtras(sent_files(details.files), details.end, details.trouble)
        pipelines = self._session.pipelines.snapshot.value
        owner = pipelines.owner(job.id) if pipelines is not None else None
        blocked = pipelines is not None and job.id in pipelines.blocked
        own = facts(
            job, moment, around, progress, pipeline=owner, is_blocked=blocked, answered_at=now
        )
        said = kin_facts(
            with_usual(own, job, details.past, now), self._session.known.related(job.id)
        )
        return preview(job, said, extra, FactSpace(*room), now=moment, zone=self._zone)

    def leave(self) -> None:
        """Stop loading."""
        self._session.job_details.select(None)
