from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Cluster
from studio_tui.presentation.clusters.rows import COLUMNS, cells, facts, why_no_jobs, why_not_chosen
from studio_tui.presentation.columns import by_key
from studio_tui.presentation.jobs.waiting import Surroundings
from tests.hostile import HOSTILE, controls
from tests.jobs import job, why

TWO_LINES = f"{HOSTILE}\n2"


def cluster(**fields: Any) -> Cluster:
    return Cluster.model_validate({"id": "k3f9x2", "name": "gpu", "status": "ACTIVE", **fields})


def told(known: Cluster, *jobs: Any) -> dict[str, str]:
    return {fact.label: fact.value.text for fact in facts(known, jobs)}


def test_a_cluster_shows_its_workers_and_its_jobs() -> None:
    known = cluster(max_workers=32, busy_workers=14, active_workers=16, default=True, disk_size=100)
    jobs = (
        job(1, "RUNNING", compute_cluster_name="gpu"),
        job(2, "COMPLETE", compute_cluster_name="gpu"),
        job(3, "FAILED", compute_cluster_name="gpu-a10"),
    )
    said = told(known, *jobs)
    assert said["workers"] == "14 busy · 18 free · 16 up · 32 at most"
    assert said["jobs"] == "1 done · 1 running · 0 failed"
    assert said["default"].startswith("yes")
    assert said["disk"] == "100 GB"
    assert "unreadable" not in said


def test_fields_that_studio_does_not_send_are_not_made_up() -> None:
    said = told(cluster(), job(1))
    assert {said[key] for key in ("workers", "provider", "region", "disk")} == {"–"}
    assert said["jobs"] == "Studio does not say on which cluster a job runs"
    assert told(cluster(max_workers="many"))["unreadable"] == "max_workers"


@pytest.mark.parametrize(
    ("fields", "jobs", "reason"),
    [
        ({}, (), None),
        ({}, (job(1, compute_cluster_name="other"), job(2)), None),
        ({}, (job(1), job(2)), "does not say on which cluster"),
        ({"name": None}, (job(1, compute_cluster_name="gpu"),), "did not send this cluster's name"),
    ],
)
def test_unknown_jobs_of_a_cluster_have_a_reason(
    fields: dict[str, Any], jobs: tuple[Any, ...], reason: str | None
) -> None:
    said = why_no_jobs(cluster(**fields), jobs)
    assert said is None if reason is None else reason in (said or "")


def test_the_jobs_that_are_known_are_not_taken_for_all() -> None:
    its = job(1, compute_cluster_name="gpu")
    said = {fact.label: fact.value.text for fact in facts(cluster(), [its], has_all=False)}
    assert said["jobs"] == "1+ done · 0 running · 0 failed"


def test_a_failure_that_a_later_run_has_fixed_is_not_counted() -> None:
    failed = [job(number, "FAILED", compute_cluster_name="gpu") for number in (1, 2)]
    said = {fact.label: fact.value.text for fact in facts(cluster(), failed, fixed={failed[0].id})}
    assert said["jobs"] == "0 done · 0 running · 1 failed"


def test_the_cluster_for_new_jobs_is_the_chosen_one_else_the_default() -> None:
    place = [column.key for column in COLUMNS].index("default")
    default, other = cluster(default=True), cluster(name="cpu", default=False)
    assert [cells(known)[place].text for known in (default, other)] == ["default", ""]
    assert [cells(known, "cpu")[place].text for known in (default, other)] == [
        "default",
        "* chosen",
    ]
    assert cells(default, "gpu")[place].text == "* chosen"
    assert cells(cluster(name=None), None)[place].text == ""


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"status": "MODIFYING"}, None),
        ({"status": "INACTIVE"}, "gpu is INACTIVE and accepts no jobs"),
        ({"status": "FAILED"}, "gpu is FAILED and accepts no jobs"),
        ({"status": None, "is_active": False}, "gpu is INACTIVE and accepts no jobs"),
        ({"name": ""}, "Studio did not send this cluster's name, so no job can select it"),
    ],
)
def test_a_cluster_that_takes_no_jobs_is_not_chosen(
    fields: dict[str, Any], reason: str | None
) -> None:
    assert why_not_chosen(cluster(**fields)) == reason


def test_hostile_names_are_one_safe_line() -> None:
    hostile = cluster(
        **dict.fromkeys(("name", "cloud_provider", "cloud_region", "status"), TWO_LINES)
    )
    row = cells(hostile)
    assert len(row) == len(COLUMNS)
    for text in (*(cell.text for cell in row), *told(hostile, job(1)).values()):
        assert not controls(text)


@given(
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(1, 9),
    st.sampled_from(["ACTIVE", "INACTIVE", "MODIFYING"]),
)
def test_free_workers_agree_with_those_in_the_reason_why_a_job_waits(
    most: int, busy: int, wanted: int, status: str
) -> None:
    known = cluster(max_workers=most, busy_workers=busy, status=status)
    waiting = job(1, "QUEUED", compute_cluster_name="gpu", workers=wanted)
    shown = by_key(COLUMNS, [cell.text for cell in cells(known)])["free"]
    assert f"{shown} free" in told(known)["workers"]
    reason = why(waiting, Surroundings((known,)))
    if status == "INACTIVE":
        assert (shown, reason) == ("0", "waits for gpu to be active; it is INACTIVE now")
    elif wanted > most:
        assert f"gpu has {most} at most now" in reason
    else:
        assert f"gpu has {shown} free of {most}." in reason


def test_the_facts_list_the_jobs_on_its_workers_and_those_that_wait() -> None:
    on = {"compute_cluster_name": "gpu"}
    jobs = (
        *(job(number, "QUEUED", workers=2, **on) for number in range(1, 9)),
        job(20, "RUNNING", name="train.py", workers=3, **on),
        job(21, "INIT", name="next.py", **on),
        job(22, "CANCELING", name="last.py", **on),
        job(23, "COMPLETE", **on),
        job(24, "RUNNING", compute_cluster_name="other"),
    )
    said = told(cluster(), *jobs)
    assert said["runs here"].split("\n") == [
        "last.py  1 worker",
        "next.py  1 worker",
        "train.py  3 workers",
    ]
    waits = said["waits here"].split("\n")
    assert (waits[0], waits[-1]) == ("job_8.py  2 workers", "  and 3 more")


def test_a_change_that_is_not_in_force_is_reported_first() -> None:
    assert next(iter(told(cluster(problem="It is broken.")))) == "problem"
