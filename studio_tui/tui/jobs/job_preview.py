"""The preview of a list of jobs, which loads more about the job under the cursor."""

from collections.abc import Callable
from datetime import datetime

from textual.geometry import Size

from studio_tui import clock
from studio_tui.api.models import Job
from studio_tui.presentation.jobs.facts import Fact, FactLine, facts
from studio_tui.presentation.jobs.kinship import kin_facts
from studio_tui.presentation.jobs.preview import Extra, FactRoom, preview
from studio_tui.presentation.jobs.usual import Usual, usual_facts
from studio_tui.presentation.logs.progress import Progress
from studio_tui.service.polling.closer_look import sent_files
from studio_tui.service.session import StudioSession


class JobPreview:
    """Facts about the job under the cursor."""

    def __init__(self, session: StudioSession, room: Callable[[], Size]) -> None:
        """Make a preview; `room` returns its size."""
        self._session = session
        self._room = room
        self._zone = clock.zone()
        self._usual = UsualOfLast()

    def facts(
        self, job: Job | None, progress: Progress | None, now: datetime, *, in_sight: bool
    ) -> tuple[Fact | FactLine, ...]:
        """Return the preview of a job; load more about it if it is visible."""
        look, room = self._session.closer_look, self._room()
        look.look(job if in_sight and room.height else None)
        if job is None:
            return ()
        clusters = self._session.clusters.snapshot.value
        around = clusters.items if clusters is not None else ()
        moment = clock.now()
        learnt = look.get(job.id)
        extra = Extra(sent_files(learnt.files), learnt.end, learnt.trouble)
        pipelines = self._session.pipelines.snapshot.value
        owner = pipelines.owner(job.id) if pipelines is not None else None
        about = facts(job, moment, around, progress, pipeline=owner, heard_at=now)
        usual = usual_facts(job, self._usual.of(learnt.past), now)
        said = kin_facts((*about[:1], *usual, *about[1:]), self._session.kin_of(job.id))
        return preview(job, said, extra, FactRoom(*room), now=moment, zone=self._zone)

    def leave(self) -> None:
        """Stop loading."""
        self._session.closer_look.look(None)


class UsualOfLast:
    """The usual durations of the runs asked for last: a preview is made again every second."""

    def __init__(self) -> None:
        self._runs: tuple[Job, ...] = ()
        self._usual: Usual | None = None

    def of(self, runs: tuple[Job, ...]) -> Usual | None:
        """Return the usual durations of these runs; `None` if none is known."""
        if runs is not self._runs:
            self._runs, self._usual = runs, Usual.of(runs)
        return self._usual
