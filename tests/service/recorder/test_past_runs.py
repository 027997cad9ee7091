"""Past runs of a name come from the recorder, with the times that Studio sent."""

import asyncio
from datetime import timedelta
from pathlib import Path
from typing import Any

from studio_tui.api.models import Job
from studio_tui.service.commands.history import SAMPLES, JobHistory
from studio_tui.service.recorder.database import RecorderFile
from studio_tui.service.recorder.past_runs import past_runs
from studio_tui.service.recorder.recorder import Recorder
from tests.jobs import NOON, job

STEPS = [{"name": "waiting", "started_at": NOON.isoformat(), "finished_at": NOON.isoformat()}]


def known(folder: Path, jobs: list[Job], *, recorded: bool = True) -> tuple[Recorder, JobHistory]:
    file = RecorderFile(folder, "https://studio.example.com\nvision")
    recorder, history = Recorder(file), JobHistory(file)
    assert history.note_ended(jobs)
    if recorded:
        assert recorder.note_jobs(jobs, NOON, has_all=True, back_to=NOON - timedelta(days=9))
    return recorder, history


def past(folder: Path, jobs: list[Job], of: Job, **how: Any) -> list[Job]:
    return list(asyncio.run(past_runs(*known(folder, jobs, **how), of)))


def test_the_newest_runs_of_the_name_that_went_well_are_returned_without_the_job_itself(
    tmp_path: Path,
) -> None:
    mine = job(1, name="train.py", steps=STEPS)
    others = [job(2, name="train.py", steps=STEPS), job(3, name="train.py")]
    strangers = [job(4), job(5, "FAILED", name="train.py"), job(6, "RUNNING", name="train.py")]
    runs = past(tmp_path, [mine, *strangers, *reversed(others)], mine)
    assert [run.id for run in runs] == [other.id for other in others]
    assert [run.steps for run in runs] == [other.steps for other in others]
    assert [(run.created_at, run.began_at, run.finished_at) for run in runs] == [
        (other.created_at, other.began_at, other.finished_at) for other in others
    ]


def test_of_runs_whose_jobs_are_pruned_the_times_are_left(tmp_path: Path) -> None:
    other = job(2, name="train.py", steps=STEPS)
    (run,) = past(tmp_path, [other], job(1, name="train.py"), recorded=False)
    assert (run.id, run.finished_at, run.steps) == (other.id, other.finished_at, None)


def test_only_so_many_runs_are_read(tmp_path: Path) -> None:
    jobs = [job(number, name="train.py") for number in range(2, SAMPLES + 9)]
    runs = past(tmp_path, jobs, job(1, "QUEUED", name="train.py"))
    assert [run.id for run in runs] == [each.id for each in jobs[:SAMPLES]]


def test_a_job_without_a_name_and_a_file_that_cannot_be_read_give_no_runs(tmp_path: Path) -> None:
    assert past(tmp_path, [job(2, name=None), job(3, name="")], job(1, name=None)) == []
    assert past(tmp_path / "new", [], job(1)) == []
    (tmp_path / "bad").mkdir()
    recorder, history = known(tmp_path / "bad", [job(2, name="train.py")])
    recorder.database.path.unlink()
    recorder.database.path.mkdir()
    assert asyncio.run(past_runs(recorder, history, job(1, name="train.py"))) == ()
