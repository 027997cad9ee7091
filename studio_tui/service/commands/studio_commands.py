"""All commands to one Studio, each in the object of its subject."""

from collections.abc import Callable, Mapping

from studio_tui.api.client import StudioClient
from studio_tui.api.models import Job, Pipeline
from studio_tui.service.commands.create_job import JobCreator
from studio_tui.service.commands.jobs import JobCommands
from studio_tui.service.commands.journal import Journal
from studio_tui.service.commands.pipelines import PipelineCommands
from studio_tui.service.commands.reruns import OrderedReruns
from studio_tui.service.commands.schedules import ScheduleCommands
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.commands.trigger_pipeline import PipelineTrigger
from studio_tui.service.polling.endings import Endings
from studio_tui.service.recorder.records import Records


class StudioCommands:
    """The commands of one session; what is created here is watched for its end."""

    def __init__(
        self,
        client: StudioClient,
        journal: Journal,
        records: Records,
        endings: Endings,
        changed: Callable[[], None],
        *,
        labels: bool,
    ) -> None:
        """Initialise; `changed` is called after each command, `labels`: whether jobs carry one."""
        self._origins = records.origins
        self._endings = endings
        self.jobs = JobCommands(client, changed, canceling=endings.canceling)
        self.pipelines = PipelineCommands(client, self.jobs.cancel, changed)
        self.schedules = ScheduleCommands(client, changed)
        self.pipeline_trigger = PipelineTrigger(client, changed)
        self.job_creator = JobCreator(
            client, journal, records.history, changed, made=self._made, labels=labels
        )
        self.reruns = OrderedReruns(client, records.history, changed, made=self._reran)

    def _made(self, job: Job, submitted: Submitted) -> None:
        """Watch a job created here for its end, and record which job it continues."""
        self._endings.watch((job,))
        self._origins.note(job.id, submitted)

    def _reran(self, pipeline: Pipeline, submitted: Mapping[str, Submitted]) -> None:
        """Watch a pipeline of repeated jobs for its end, and record which jobs they continue."""
        self._endings.watch_pipelines((pipeline,))
        for job_id, known in submitted.items():
            self._origins.note(job_id, known)
