from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Cluster
from studio_tui.presentation.clusters.rows import (
    COLUMNS,
    cells,
    facts,
    why_jobs_unknown,
    why_not_chosen,
)
from studio_tui.presentation.jobs.waiting import Surroundings
from tests.columns import by_key
from tests.hostile import HOSTILE, control_characters
from tests.jobs import job, waiting_reason

TWO_LINES = f"{HOSTILE}\n2"


def cluster(**fields: Any) -> Cluster:
    return Cluster.model_validate({"id": "k3f9x2", "name": "gpu", "status": "ACTIVE", **fields})


def fact_texts(shown_cluster: Cluster, *jobs: Any) -> dict[str, str]:
    return {fact.label: fact.value.text for fact in facts(shown_cluster, jobs)}


def test_a_cluster_shows_its_workers_and_its_jobs() -> None:
    gpu = cluster(max_workers=32, busy_workers=14, active_workers=16, default=True, disk_size=100)
    jobs = (
        job(1, "RUNNING", compute_cluster_name="gpu"),
        job(2, "COMPLETE", compute_cluster_name="gpu"),
        job(3, "FAILED", compute_cluster_name="gpu-a10"),
    )
    values = fact_texts(gpu, *jobs)
    assert values["workers"] == "14 busy · 18 free · 16 up · 32 at most"
    assert values["jobs"] == "1 done · 1 running · 0 failed"
    assert values["default"].startswith("yes")
    assert values["disk"] == "100 GB"
    assert "unreadable" not in values


def test_fields_that_studio_does_not_send_are_shown_as_unknown() -> None:
    values = fact_texts(cluster(), job(1))
    assert {values[key] for key in ("workers", "provider", "region", "disk")} == {"–"}
    assert values["jobs"] == "Studio does not say on which cluster a job runs"
    assert fact_texts(cluster(max_workers="many"))["unreadable"] == "max_workers"


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
    shown_reason = why_jobs_unknown(cluster(**fields), jobs)
    assert shown_reason is None if reason is None else reason in (shown_reason or "")


def test_counts_have_a_plus_if_not_all_jobs_are_loaded() -> None:
    its_job = job(1, compute_cluster_name="gpu")
    values = {fact.label: fact.value.text for fact in facts(cluster(), [its_job], has_all=False)}
    assert values["jobs"] == "1+ done · 0 running · 0+ failed"


def test_a_failure_with_a_newer_attempt_is_not_counted_as_failed() -> None:
    failed = [job(number, "FAILED", compute_cluster_name="gpu") for number in (1, 2)]
    values = {
        fact.label: fact.value.text
        for fact in facts(cluster(), failed, newer_attempts={failed[0].id})
    }
    assert values["jobs"] == "0 done · 0 running · 1 failed"


def test_jobs_that_are_blocked_do_not_count_as_waiting() -> None:
    waiting = [job(number, "PENDING", compute_cluster_name="gpu") for number in range(3)]
    values = {
        fact.label: fact.value.text
        for fact in facts(cluster(), waiting, blocked={waiting[0].id, waiting[1].id})
    }
    assert values["jobs"].endswith("2 blocked · 1 waiting")


def test_the_row_of_the_cluster_for_new_jobs_is_marked_as_chosen_or_default() -> None:
    index = [column.key for column in COLUMNS].index("default")
    default, other = cluster(default=True), cluster(name="cpu", default=False)
    assert [cells(each)[index].text for each in (default, other)] == ["default", ""]
    assert [cells(each, "cpu")[index].text for each in (default, other)] == [
        "default",
        "* chosen",
    ]
    assert cells(default, "gpu")[index].text == "* chosen"
    assert cells(cluster(name=None), None)[index].text == ""


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
def test_a_cluster_that_accepts_no_jobs_cannot_be_chosen(
    fields: dict[str, Any], reason: str | None
) -> None:
    assert why_not_chosen(cluster(**fields)) == reason


def test_hostile_names_are_shown_on_one_safe_line() -> None:
    hostile = cluster(
        **dict.fromkeys(("name", "cloud_provider", "cloud_region", "status"), TWO_LINES)
    )
    row = cells(hostile)
    assert len(row) == len(COLUMNS)
    for text in (*(cell.text for cell in row), *fact_texts(hostile, job(1)).values()):
        assert not control_characters(text)


@given(
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(1, 9),
    st.sampled_from(["ACTIVE", "INACTIVE", "MODIFYING"]),
)
def test_free_workers_agree_with_those_in_the_reason_why_a_job_waits(
    most: int, busy: int, wanted: int, status: str
) -> None:
    gpu = cluster(max_workers=most, busy_workers=busy, status=status)
    waiting = job(1, "QUEUED", compute_cluster_name="gpu", workers=wanted)
    free = by_key(COLUMNS, [cell.text for cell in cells(gpu)])["free"]
    assert f"{free} free" in fact_texts(gpu)["workers"]
    reason = waiting_reason(waiting, Surroundings((gpu,)))
    if status == "INACTIVE":
        assert (free, reason) == ("0", "waits for gpu to be active; it is INACTIVE now")
    elif wanted > most:
        assert f"gpu has {most} at most now" in reason
    else:
        assert f"gpu has {free} free of {most}." in reason


def test_the_facts_list_the_running_and_the_waiting_jobs_of_a_cluster() -> None:
    on_gpu = {"compute_cluster_name": "gpu"}
    jobs = (
        *(job(number, "QUEUED", workers=2, **on_gpu) for number in range(1, 9)),
        job(20, "RUNNING", name="train.py", workers=3, **on_gpu),
        job(21, "INIT", name="next.py", **on_gpu),
        job(22, "CANCELING", name="last.py", **on_gpu),
        job(23, "COMPLETE", **on_gpu),
        job(24, "RUNNING", compute_cluster_name="other"),
    )
    values = fact_texts(cluster(), *jobs)
    assert values["runs here"].split("\n") == [
        "last.py  1 worker",
        "next.py  1 worker",
        "train.py  3 workers",
    ]
    waits = values["waits here"].split("\n")
    assert (waits[0], waits[-1]) == ("job_8.py  2 workers", "  and 3 more")


def test_a_problem_of_a_cluster_is_its_first_fact() -> None:
    assert next(iter(fact_texts(cluster(problem="It is broken.")))) == "problem"
