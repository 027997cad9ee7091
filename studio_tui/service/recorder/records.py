"""Everything that reads or writes the recorder's file of one profile."""

import asyncio

from studio_tui.api.models import Job, Pipeline
from studio_tui.service.commands.history import JobHistory
from studio_tui.service.commands.origins import Origins
from studio_tui.service.commands.submitted import Submitted
from studio_tui.service.recorder.activity import Activity
from studio_tui.service.recorder.answer_recorder import AnswerRecorder
from studio_tui.service.recorder.archive import Archive
from studio_tui.service.recorder.bodies import JOB, PIPELINE
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.service.recorder.holds import Holds
from studio_tui.service.recorder.recorder import Recorder


class Records:
    """The recorder's file and all objects that read or write it; `run` owns their tasks."""

    def __init__(self, database: RecorderFile) -> None:
        self.database = database
        self.recorder = Recorder(database)
        self.jobs = Archive[Job]("recorded jobs", self.recorder, JOB)
        self.pipelines = Archive[Pipeline]("recorded pipelines", self.recorder, PIPELINE)
        self.history = JobHistory(database)
        self.origins = Origins()
        self.holds = Holds(database)
        self.activity = Activity(self.recorder, self.holds)
        self.answer_recorder = AnswerRecorder(self.recorder, self.history, self.origins)

    async def run(self) -> None:
        """Read and write until canceled; an unexpected exception propagates."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.recorder.run(), name="record calls")
            tasks.create_task(self.answer_recorder.run(), name="record lists")
            tasks.create_task(self.activity.run(), name="read activity")
            tasks.create_task(self.jobs.run(), name="read recorded jobs")
            tasks.create_task(self.pipelines.run(), name="read recorded pipelines")

    async def submitted(self, job: Job) -> Submitted | None:
        """Return the submission of a job, else of its schedule; `None` if neither is from here."""
        submissions = await asyncio.to_thread(self.history.own_or_inherited_submissions, (job,))
        return submissions.get(job.id)
