import time
from collections import Counter
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.local.config.clusters import ClusterFile
from studio_tui.local.config.data_dir import DataDir
from studio_tui.local.db.database import Database
from studio_tui.local.db.jobs import QueuedJob
from studio_tui.local.dispatch import dispatcher
from studio_tui.local.dispatch.dispatcher import startable
from tests.soak import at_length, combinations
from tests.studios import ThreadStudio
from tests.waiting import eventually

SLEEP = "import time\nprint('up', flush=True)\ntime.sleep(60)"


def job(number: int, priority: int = 5, workers: int = 1, cluster: str = "a") -> QueuedJob:
    return QueuedJob(f"job {number}", cluster, workers, priority, number, "")


def started_numbers(*jobs: QueuedJob, busy: int = 0, capacity: int = 4) -> list[int]:
    return [job.number for job in startable(jobs, {"a": busy}, {"a": capacity})]


def test_the_oldest_job_starts_first() -> None:
    assert started_numbers(job(3), job(1), job(2), capacity=2) == [1, 2]


def test_a_lower_priority_number_starts_before_older_jobs() -> None:
    assert started_numbers(job(1), job(2, priority=0), job(3, priority=3), capacity=2) == [2, 3]


def test_workers_of_running_jobs_are_not_free() -> None:
    assert started_numbers(job(1), job(2), busy=3) == [1]
    assert started_numbers(job(1), busy=4) == []
    assert started_numbers(job(1), busy=9) == []


def test_no_job_starts_before_an_earlier_job_that_needs_more_workers() -> None:
    assert started_numbers(job(1, workers=4), job(2, workers=1), busy=1) == []


def test_a_job_does_not_wait_for_jobs_of_another_cluster() -> None:
    jobs = [job(1, workers=4), job(2, cluster="b")]
    assert startable(jobs, {"a": 1}, {"a": 4, "b": 1}) == [jobs[1]]


def test_no_job_starts_on_an_unknown_cluster() -> None:
    assert startable([job(1, cluster="unknown")], {}, {"a": 4}) == []


QUEUED_JOBS = st.builds(
    QueuedJob,
    id=st.uuids().map(str),
    cluster=st.sampled_from("abc"),
    workers=st.integers(1, 5),
    priority=st.integers(0, 5),
    number=st.integers(),
    waits_since=st.just(""),
)
WORKERS_BY_CLUSTER = st.dictionaries(st.sampled_from("abc"), st.integers(0, 8))


@settings(deadline=None, max_examples=at_length(15, 500))
@given(
    st.lists(QUEUED_JOBS, unique_by=lambda job: job.number), WORKERS_BY_CLUSTER, WORKERS_BY_CLUSTER
)
def test_clusters_start_jobs_in_order_up_to_their_capacity(
    queued: list[QueuedJob], busy: dict[str, int], capacity: dict[str, int]
) -> None:
    started = startable(queued, busy, capacity)
    used = Counter(busy)
    for job in started:
        used[job.cluster] += job.workers
        assert used[job.cluster] <= capacity[job.cluster]
    order = sorted(queued, key=lambda job: (job.priority, job.number))
    for cluster in "abc":
        in_cluster = [job for job in order if job.cluster == cluster]
        started_here = [job for job in in_cluster if job in started]
        waiting = [job for job in in_cluster if job not in started]
        assert in_cluster == started_here + waiting
        if waiting:
            assert used[cluster] + waiting[0].workers > capacity.get(cluster, 0)


def test_the_steps_of_a_complete_job_have_ordered_times(studio: ThreadStudio) -> None:
    created = studio.submit("print('hello')", query_name="hello.py")
    assert created["status"] == "CREATED"
    ended = studio.wait_for_end(created["id"])
    assert (ended["status"], ended["exit_code"], ended["error_message"]) == ("COMPLETE", 0, None)
    steps = {step["name"]: step for step in ended["steps"]}
    assert steps["waiting"]["started_at"] == ended["created_at"]
    times = [
        ended["created_at"],
        steps["waiting"]["finished_at"],
        ended["started_at"],
        steps["running_query"]["finished_at"],
        ended["finished_at"],
    ]
    assert times == sorted(times)


def test_jobs_without_free_workers_are_queued_by_priority(studio: ThreadStudio) -> None:
    all_workers = studio.request("GET", "/datachain/clusters/").json()[0]["max_workers"]
    first = studio.submit(SLEEP, workers=all_workers)
    second = studio.submit("print(2)", workers=all_workers)
    third = studio.submit("print(3)", workers=all_workers, priority=0)
    studio.wait_for_state(first["id"], "RUNNING")
    eventually(lambda: studio.job(third["id"])["status"] == "QUEUED")
    assert studio.job(second["id"])["status"] == "QUEUED"
    assert studio.request("GET", "/datachain/clusters/").json()[0]["busy_workers"] == all_workers
    studio.cancel(first["id"])
    second, third = studio.wait_for_end(second["id"]), studio.wait_for_end(third["id"])
    assert (second["status"], third["status"]) == ("COMPLETE", "COMPLETE")
    assert third["started_at"] < second["started_at"]
    assert studio.request("GET", "/datachain/clusters/").json()[0]["busy_workers"] == 0


def test_a_running_job_is_canceled(studio: ThreadStudio) -> None:
    job_id = studio.submit(SLEEP)["id"]
    studio.wait_for_state(job_id, "RUNNING")
    response = studio.cancel(job_id)
    assert response.json() == {"message": "Successfully canceled"}
    assert studio.job(job_id)["status"] in {"CANCELING", "CANCELED"}
    ended = studio.wait_for_end(job_id)
    assert (ended["status"], ended["exit_code"], ended["error_message"]) == ("CANCELED", 143, None)
    assert studio.cancel(job_id).status_code == 409


def test_a_canceled_queued_job_never_starts(studio: ThreadStudio) -> None:
    all_workers = studio.request("GET", "/datachain/clusters/").json()[0]["max_workers"]
    first = studio.submit(SLEEP, workers=all_workers)
    second = studio.submit("print(2)")
    studio.wait_for_state(first["id"], "RUNNING")
    assert studio.cancel(second["id"]).status_code == 200
    canceled = studio.job(second["id"])
    assert (canceled["status"], canceled["started_at"]) == ("CANCELED", None)
    studio.cancel(first["id"])
    studio.wait_for_end(first["id"])
    assert studio.wait_for_end(studio.submit("print(3)")["id"])["status"] == "COMPLETE"
    assert studio.job(second["id"]) == canceled


CHANGED_CLUSTERS = {
    "which is no longer in clusters.toml": {"local": 1},
    "which has only 3 workers now": {"local": 1, "gpu": 3},
}


@pytest.mark.parametrize(("why", "is_restarted"), combinations(CHANGED_CLUSTERS, [True, False]))
def test_a_job_that_its_cluster_cannot_run_waits_with_the_reason_until_it_can(
    studio: ThreadStudio, why: str, *, is_restarted: bool
) -> None:
    reason = f"the cluster gpu, {why}"
    write_clusters(studio, local=1, gpu=4)
    first = studio.submit(SLEEP, workers=4, compute_cluster_name="gpu")["id"]
    second = studio.submit("print(2)", workers=4, compute_cluster_name="gpu")["id"]
    studio.wait_for_state(first, "RUNNING")
    assert studio.job(second)["waits_for"] is None
    write_clusters(studio, **CHANGED_CLUSTERS[why])
    if is_restarted:
        studio.restart()
    eventually(lambda: studio.job(second)["waits_for"] == reason)
    studio.cancel(first)
    studio.wait_for_end(first)
    assert studio.wait_for_end(studio.submit("print(3)")["id"])["status"] == "COMPLETE"
    assert (studio.job(second)["status"], studio.job(second)["waits_for"]) == ("QUEUED", reason)
    if is_restarted:
        studio.restart()
    write_clusters(studio, local=1, gpu=4)
    assert (studio.wait_for_end(second)["status"], studio.job(second)["waits_for"]) == (
        "COMPLETE",
        None,
    )


def test_a_job_queued_behind_a_large_job_starts_when_the_large_job_is_canceled(
    studio: ThreadStudio,
) -> None:
    (cluster,) = studio.request("GET", "/datachain/clusters/").json()
    running = studio.submit(SLEEP)["id"]
    studio.wait_for_state(running, "RUNNING")
    large = studio.submit("print(1)", workers=cluster["max_workers"])["id"]
    behind = studio.submit("print(2)")["id"]
    studio.wait_for_state(behind, "QUEUED")
    studio.cancel(large)
    assert studio.wait_for_end(behind)["status"] == "COMPLETE"
    assert studio.job(running)["status"] == "RUNNING"


def write_clusters(studio: ThreadStudio, **workers: int) -> None:
    """Write a clusters file with these names and numbers of workers."""
    text = "".join(
        f'[[cluster]]\nname = "{name}"\nmax_workers = {count}\n' for name, count in workers.items()
    )
    DataDir(studio.data_dir).clusters.write_text(text)


def test_a_queued_job_starts_when_its_cluster_has_more_workers(studio: ThreadStudio) -> None:
    write_clusters(studio, local=1)
    first = studio.submit(SLEEP, workers=1)
    second = studio.submit(SLEEP, workers=1)
    studio.wait_for_state(first["id"], "RUNNING")
    eventually(lambda: studio.job(second["id"])["status"] == "QUEUED")
    write_clusters(studio, local=2)
    studio.wait_for_state(second["id"], "RUNNING")


def test_a_job_too_large_for_its_changed_cluster_does_not_delay_other_jobs(
    studio: ThreadStudio,
) -> None:
    write_clusters(studio, local=1, gpu=4)
    running = studio.submit(SLEEP, workers=4, compute_cluster_name="gpu")
    studio.wait_for_state(running["id"], "RUNNING")
    large = studio.submit("print(1)", workers=4, compute_cluster_name="gpu")
    small = studio.submit("print(1)", workers=1, compute_cluster_name="gpu")
    running_locally = studio.submit(SLEEP, workers=1)
    studio.wait_for_state(running_locally["id"], "RUNNING")
    waiting = studio.submit("print(1)", workers=1)
    write_clusters(studio, gpu=2)
    eventually(lambda: len(studio.request("GET", "/datachain/clusters/").json()) == 1)
    studio.cancel(running["id"])
    assert studio.wait_for_end(small["id"])["status"] == "COMPLETE"
    studio.cancel(running_locally["id"])
    assert studio.wait_for_end(running_locally["id"])["status"] == "CANCELED"
    assert {studio.job(each["id"])["status"] for each in (large, waiting)} == {"QUEUED"}
    assert studio.job(waiting["id"])["compute_cluster_id"] is None
    write_clusters(studio, gpu=4, local=1)
    for each in (large, waiting):
        assert studio.wait_for_end(each["id"])["status"] == "COMPLETE"
    assert studio.job(waiting["id"])["compute_cluster_id"] == 2


def test_an_invalid_clusters_file_is_reported_with_each_cluster(studio: ThreadStudio) -> None:
    write_clusters(studio, local=3)
    DataDir(studio.data_dir).clusters.write_text("cluster = 3")
    (cluster,) = studio.request("GET", "/datachain/clusters/").json()
    assert "are invalid" in cluster["problem"]
    write_clusters(studio, local=3)
    (cluster,) = studio.request("GET", "/datachain/clusters/").json()
    assert (cluster["max_workers"], cluster["problem"]) == (3, None)


def test_a_studio_without_waiting_or_running_jobs_reads_and_writes_nothing(
    studio: ThreadStudio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dispatcher, "CLUSTERS_EVERY", 0.01)
    accesses: list[object] = []
    run, reread = Database._run, ClusterFile.reread

    async def counted_run(database: Database, work: Any, *args: Any) -> Any:
        accesses.append(work)
        return await run(database, work, *args)

    async def counted_reread(file: ClusterFile) -> bool:
        accesses.append(file)
        return await reread(file)

    monkeypatch.setattr(Database, "_run", counted_run)
    monkeypatch.setattr(ClusterFile, "reread", counted_reread)
    all_workers = studio.request("GET", "/datachain/clusters/").json()[0]["max_workers"]
    running = studio.submit(SLEEP, workers=all_workers)["id"]
    waiting = studio.submit("print(1)")["id"]
    studio.wait_for_state(waiting, "QUEUED")
    count = len(accesses)
    eventually(lambda: len(accesses) > count + 10, pause=0.02)
    studio.cancel(running)
    assert studio.wait_for_end(waiting)["status"] == "COMPLETE"
    time.sleep(0.1)  # until the last job's follower has told the dispatcher of the end
    accesses.clear()
    time.sleep(0.5)  # fifty checks, if the dispatcher still checked
    assert accesses == []
