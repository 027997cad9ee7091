from datetime import datetime, timedelta
from pathlib import Path

from studio_tui.api.models import Pipeline
from studio_tui.service.recorder.answer_recorder import recall_pipeline
from studio_tui.service.recorder.recorder import Recorder
from tests.jobs import NOON, job
from tests.pipelines import pipeline
from tests.service.recorder.test_recorder import new_recorder, note_jobs

LATER = NOON + timedelta(minutes=7)


def note_pipelines(recorder: Recorder, *pipelines: Pipeline, at: datetime = NOON) -> None:
    recorder.note_pipelines(pipelines, at, has_all=True)


async def test_a_pipeline_is_recalled_with_its_jobs_and_the_time_when_studio_confirmed_it(
    tmp_path: Path,
) -> None:
    recorder = new_recorder(tmp_path)
    recorded = pipeline(1, "RUNNING", {"a": "COMPLETE", "b": "RUNNING", "never_listed": "PENDING"})
    note_pipelines(recorder, recorded)
    note_jobs(recorder, [job(1, id="run-1-a"), job(2, "RUNNING", id="run-1-b"), job(3)])
    note_pipelines(recorder, recorded, at=LATER)
    recalled = await recall_pipeline(recorder.database, recorded.pipeline_id)
    assert recalled is not None
    assert (recalled.detail.pipeline, recalled.at) == (recorded, LATER)
    assert recalled.detail.jobs.keys() == {"run-1-a", "run-1-b"}


async def test_a_pipeline_that_is_no_longer_listed_has_the_time_when_it_was_listed_last(
    tmp_path: Path,
) -> None:
    recorder = new_recorder(tmp_path)
    note_pipelines(recorder, pipeline(1))
    note_pipelines(recorder, pipeline(2), at=LATER)
    recalled = await recall_pipeline(recorder.database, pipeline(1).pipeline_id)
    assert recalled is not None
    assert recalled.at == NOON


async def test_a_pipeline_that_was_never_recorded_is_not_recalled(tmp_path: Path) -> None:
    assert await recall_pipeline(new_recorder(tmp_path).database, "unheard-of") is None
