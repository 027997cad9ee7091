from tests.bench.dag_pure import known, measures, pipeline
from tests.presentation.pipelines.graphs import STATES


def test_every_step_is_measured_at_every_size() -> None:
    measured = measures((16, 200), 2)
    names = [measure.name.rpartition(",")[0] for measure in measured]
    assert names[: len(names) // 2] == names[len(names) // 2 :]
    assert all(len(measure.values) == 2 for measure in measured)


def test_what_is_measured_has_something_of_everything() -> None:
    statuses = known(pipeline(1000)).statuses
    assert len(statuses.plan.nodes) == 1000
    assert len(statuses.roots) > 1
    assert {run.status for run in pipeline(1000).job_runs} < set(STATES)
