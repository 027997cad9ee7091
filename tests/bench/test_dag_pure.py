from tests.bench.dag_pure import measures, pipeline, view_model_of


def test_every_step_is_measured_at_every_size() -> None:
    measured = measures((16, 200), 2)
    names = [measure.name.rpartition(",")[0] for measure in measured]
    assert names[: len(names) // 2] == names[len(names) // 2 :]
    assert all(len(measure.values) == 2 for measure in measured)


def test_the_measured_pipeline_has_several_roots_and_jobs_in_four_states() -> None:
    statuses = view_model_of(pipeline(1000)).statuses
    assert len(statuses.plan.nodes) == 1000
    assert len(statuses.roots) > 1
    states = {run.status for run in pipeline(1000).job_runs}
    assert states == {"COMPLETE", "RUNNING", "FAILED", "PENDING"}
