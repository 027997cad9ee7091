from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given

from studio_tui.presentation.form.draft import Draft
from studio_tui.presentation.form.fields import FIELDS, hint
from studio_tui.presentation.form.hints import name_with_free_workers
from studio_tui.text import safe_line
from tests.jobs import job
from tests.presentation.form.forms import CLUSTERS, CONTEXT, DRAFTS, NOW, cluster


def hint_text(name: str, **fields: Any) -> str:
    return "\n".join(hint(name, Draft(**fields), CONTEXT))


@pytest.mark.parametrize(
    ("name", "fields", "words"),
    [
        ("query_file", {}, "The path of a script; else type the query below."),
        ("query_file", {"query_file": "train.py"}, "1 line, 8 B; the file is read again when"),
        ("workers", {}, "The job runs on default (at most 8 workers) by default."),
        ("compute_cluster_name", {}, "Clusters: default (at most 8 workers), gpu-large"),
        (
            "compute_cluster_name",
            {"compute_cluster_name": "gpu-large"},
            "The job runs on gpu-large",
        ),
        ("compute_cluster_id", {}, "give only one of the two"),
        ("compute_cluster_id", {"compute_cluster_id": "2"}, "The job runs on gpu-large"),
        ("start_after", {}, "Now; or type"),
        ("start_after", {"start_after": "in 2 hours"}, "13:00"),
        ("cron_expression", {}, "Once; or type five fields"),
        ("cron_expression", {"cron_expression": "0 3 * * *"}, "every day at 03:00"),
        ("rerun_from_job_id", {}, "The id of the job whose checkpoints to use."),
        ("rerun_from_job_id", {"rerun_from_job_id": "5"}, "is loaded from its checkpoints"),
        ("uploads", {"uploads": ("7",)}, "Ids of files that were uploaded before"),
    ],
)
def test_the_hint_of_a_field_explains_its_current_value(
    name: str, fields: dict[str, Any], words: str
) -> None:
    assert words in hint_text(name, **fields)


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("query", {"query": "print(1)"}),
        ("workers", {"workers": "3"}),
        ("compute_cluster_name", {"compute_cluster_name": "none"}),
        ("start_after", {"start_after": "blue"}),
        ("cron_expression", {"cron_expression": "* *"}),
    ],
)
def test_a_field_with_a_problem_or_a_plain_value_has_no_hint(
    name: str, fields: dict[str, Any]
) -> None:
    assert hint_text(name, **fields) == ""


def test_the_hint_of_an_expression_has_words_and_five_fire_times_in_both_zones() -> None:
    start = NOW + timedelta(days=30)
    words, *runs = hint(
        "cron_expression",
        Draft(cron_expression="0 3 * * *", start_after=start.isoformat()),
        CONTEXT,
    )
    assert (words, len(runs)) == ("every day at 03:00 UTC", 5)
    assert "Apr" in runs[0]
    assert "05:00" in runs[0]
    assert "03:00 UTC" in runs[0]


def test_the_first_run_of_an_expression_may_be_at_the_start_itself() -> None:
    draft = Draft(cron_expression="0 3 * * *", start_after="2026-03-05T03:00Z")
    assert hint("cron_expression", draft, CONTEXT)[1].endswith("5 Mar 2026 04:00 CET · 03:00 UTC")


def test_the_hint_of_uploads_lists_those_whose_names_are_known() -> None:
    context = replace(CONTEXT, uploads={"7": "notes.txt (12 B)", "9": "other.txt"})
    assert hint("uploads", Draft(uploads=("7", " 8", "7 ")), context)[1:] == (
        "7 is notes.txt (12 B)",
    )


def test_the_hints_name_no_cluster_before_the_clusters_are_loaded() -> None:
    context = replace(CONTEXT, clusters=None)
    assert hint("compute_cluster_name", Draft(), context) == ("The clusters are not loaded.",)
    assert hint("workers", Draft(), context) == ("Studio's default.",)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"max_workers": None}, "a"),
        ({"max_workers": 8}, "a (at most 8 workers)"),
        ({"max_workers": 8, "busy_workers": 3}, "a (~5 of 8 workers free)"),
        ({"max_workers": 8, "busy_workers": 9}, "a (~0 of 8 workers free)"),
    ],
)
def test_free_workers_are_shown_as_an_estimate_that_is_never_negative(
    fields: dict[str, Any], words: str
) -> None:
    assert name_with_free_workers(cluster(1, "a", **fields), ()) == words


def test_jobs_that_wait_for_a_cluster_are_counted_beside_its_free_workers() -> None:
    other, gpu = CLUSTERS[1:3]
    assert gpu.name is not None
    jobs = (
        job(1, "QUEUED", compute_cluster_name=gpu.name),
        job(2, "QUEUED", compute_cluster_id=gpu.id),
        job(3, "QUEUED", compute_cluster_name=gpu.name, waits_for="a cluster with 9 workers"),
        job(4, "QUEUED", compute_cluster_name=other.name),
    )
    context = replace(CONTEXT, queued=jobs)
    draft = Draft(compute_cluster_name=gpu.name)
    assert hint("compute_cluster_name", draft, context) == (
        "The job runs on gpu-small (at most 8 workers, 2 jobs wait).",
    )
    free = cluster(2, "gpu-large", busy_workers=6)
    assert name_with_free_workers(free, jobs) == "gpu-large (~2 of 8 workers free, 1 job waits)"


@given(DRAFTS)
def test_the_hints_of_any_form_are_safe_to_draw(draft: Draft) -> None:
    for name in FIELDS:
        assert all(safe_line(line) == line for line in hint(name, draft, CONTEXT))
