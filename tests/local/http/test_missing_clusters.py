"""Jobs of pipelines and schedules wait for a cluster that is missing in the clusters file."""

from tests.local.http.test_pipeline_routes import make_dataset, run_of, status, trigger, until_state
from tests.studios import ThreadStudio


def write_clusters(studio: ThreadStudio, *names: str) -> None:
    """Write a file of clusters with these names."""
    text = "".join(f'[[cluster]]\nname = "{name}"\nmax_workers = 4\n' for name in names)
    (studio.data_dir / "clusters.toml").write_text(text)


def test_runs_of_pipelines_and_schedules_wait_for_a_removed_cluster(
    studio: ThreadStudio,
) -> None:
    write_clusters(studio, "local", "gpu")
    make_dataset(studio, "list", compute_cluster_name="gpu")
    yearly = {"cron_expression": "0 3 1 1 *", "compute_cluster_name": "gpu"}
    task_id = studio.submit("print(1)", **yearly)["id"]
    write_clusters(studio, "local")
    studio.restart()
    pipeline = trigger(studio, "list")
    path = f"/datachain/schedules/{task_id}/run"
    by_hand = studio.request("POST", path, json={"team_name": studio.team}).json()["id"]
    waiting = (run_of(pipeline, "list"), by_hand)
    reason = "the cluster gpu, which is no longer in clusters.toml"
    for _ in range(2):
        for job_id in waiting:
            assert studio.wait_for_state(job_id, "QUEUED", "FAILED")["waits_for"] == reason
        assert status(studio, pipeline)["status"] == "RUNNING"
        assert studio.job(task_id)["status"] == "TASK"
        studio.restart()
    write_clusters(studio, "local", "gpu")
    assert until_state(studio, pipeline, "COMPLETED", "FAILED")["status"] == "COMPLETED"
    assert studio.wait_for_end(by_hand)["status"] == "COMPLETE"
