from datetime import timedelta
from pathlib import Path

from studio_tui.api.models import Pipeline
from studio_tui.service.recorder.recorder import Recorder
from studio_tui.service.recorder.recording import recall_pipeline
from tests.jobs import NOON, job
from tests.pipelines import pipeline
from tests.service.recorder.test_recorder import note, recorder

LATER = NOON + timedelta(minutes=7)


def note_pipelines(kept: Recorder, *pipelines: Pipeline) -> None:
    kept.note_pipelines(pipelines, NOON, has_all=True)


async def test_a_pipeline_is_recalled_with_its_jobs_as_of_when_studio_confirmed_it(
    tmp_path: Path,
) -> None:
    kept = recorder(tmp_path)
    known = pipeline(1, "RUNNING", {"a": "COMPLETE", "b": "RUNNING", "never_listed": "PENDING"})
    note_pipelines(kept, known)
    note(kept, [job(1, id="run-1-a"), job(2, "RUNNING", id="run-1-b"), job(3)])
    kept.confirm("pipelines", LATER)
    kept.flush()
    found = await recall_pipeline(kept.database, known.pipeline_id)
    assert found is not None
    assert (found.detail.pipeline, found.at) == (known, LATER)
    assert found.detail.jobs.keys() == {"run-1-a", "run-1-b"}


async def test_a_pipeline_that_is_no_longer_listed_is_as_old_as_it_was_seen(tmp_path: Path) -> None:
    kept = recorder(tmp_path)
    note_pipelines(kept, pipeline(1))
    kept.note_pipelines([pipeline(2)], LATER, has_all=True)
    found = await recall_pipeline(kept.database, pipeline(1).pipeline_id)
    assert found is not None
    assert found.at == NOON


async def test_nothing_is_recalled_of_a_pipeline_that_was_never_seen(tmp_path: Path) -> None:
    assert await recall_pipeline(recorder(tmp_path).database, "unheard-of") is None
