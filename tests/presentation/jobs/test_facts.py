"""Facts about one job."""

import json

from studio_tui.api.job_kinds import runs_on
from studio_tui.api.models import Cluster
from studio_tui.presentation.jobs.facts import MASK, facts, has_logins, raw_json, why_no_environment
from studio_tui.presentation.jobs.waiting import NOTHING_KNOWN, Surroundings
from tests.jobs import NOON, job
from tests.pipelines import pipeline


def test_logins_in_addresses_are_masked_until_they_are_requested() -> None:
    job_with_logins = job(
        repository="https://hunter2@git.example.org/u/r",
        requirements="numpy\n--index-url https://u:hunter2@example.org/simple",
    )
    assert has_logins(job_with_logins)
    hidden = " ".join(fact.value.text for fact in facts(job_with_logins, NOON))
    assert "hunter2" not in hidden
    assert f"https://{MASK}@git.example.org/u/r" in hidden
    assert f"numpy, --index-url https://{MASK}@example.org/simple" in hidden
    shown = " ".join(fact.value.text for fact in facts(job_with_logins, NOON, with_secrets=True))
    assert "https://hunter2@git.example.org/u/r" in shown
    assert "u:hunter2@example.org" in shown
    assert "hunter2" not in raw_json(job_with_logins)


def test_the_raw_json_of_a_job_has_no_login_in_any_field() -> None:
    login = "https://u:hunter2@example.org/x"
    job_with_logins = job(
        query=f"read('{login}')\n", name=login, error_message=login, metrics={"from": login}
    )
    text = raw_json(job_with_logins)
    assert "hunter2" not in text
    assert json.loads(text)["query"] == f"read('https://{MASK}@example.org/x')\n"


def test_the_metrics_of_a_job_are_shown() -> None:
    measured = job(metrics={"accuracy": 0.91, "best": "a\x1bb", "by label": {"x": [1, 2]}})
    (metrics,) = [fact.value.text for fact in facts(measured, NOON) if fact.label == "metrics"]
    assert metrics.splitlines() == ["accuracy 0.91", "best a␛b", 'by label {"x": [1, 2]}']
    assert not [fact for fact in facts(job(metrics=None), NOON) if fact.label == "metrics"]
    assert job(metrics="none").unreadable == ("metrics",)


def test_a_job_is_matched_to_its_cluster_by_id_or_without_an_id_by_name() -> None:
    cluster = Cluster.model_validate({"id": "k3f9", "name": "gpu"})
    assert runs_on(job(compute_cluster_id="k3f9", compute_cluster_name="old name"), cluster)
    assert not runs_on(job(compute_cluster_id="other", compute_cluster_name="gpu"), cluster)
    assert runs_on(job(compute_cluster_name="gpu"), cluster)
    assert not runs_on(job(), Cluster.model_validate({"id": "k3f9", "name": None}))


def test_the_facts_of_a_pipeline_job_name_the_pipeline() -> None:
    shown = facts(job(), NOON, Surroundings(pipeline=pipeline(name="nightly")))
    assert [fact.value.text for fact in shown if fact.label == "pipeline"] == [
        "nightly; P opens it"
    ]
    assert not [fact for fact in facts(job(), NOON) if fact.label == "pipeline"]


def test_the_facts_of_a_job_name_the_schedule_that_created_it_or_its_pipeline() -> None:
    task = job(9, "TASK", name="nightly.py", schedule={"cron_expression": "0 3 * * *"})
    unknown, named = "by 00000009…", "by 00000009… ◷ nightly.py (0 3 * * *)"
    run = job(scheduled_by=task.id)
    of_pipeline = Surroundings(pipeline=pipeline(scheduled_by=task.id))
    for created, surroundings, words in (
        (run, NOTHING_KNOWN, [unknown]),
        (run, Surroundings(schedule=task), [named]),
        (job(), of_pipeline, [unknown]),
        (job(), of_pipeline._replace(schedule=task), [named]),
        (job(), NOTHING_KNOWN, []),
    ):
        shown = facts(created, NOON, surroundings)
        assert [fact.value.text for fact in shown if fact.label == "scheduled"] == words


def test_the_variables_of_a_recorded_job_are_reported_as_unknown() -> None:
    assert why_no_environment(job(1)) == "This job has no environment variables."
    assert "not known here" in why_no_environment(job(1, query=None))


def test_an_exit_code_is_shown_with_the_signal_that_it_may_mean() -> None:
    def status_fact(code: int) -> str:
        return facts(job(1, "FAILED", exit_code=code), NOON)[0].value.text

    assert "exit code 137 (SIGKILL) ·" in status_fact(137)
    assert "exit code -15 (SIGTERM) ·" in status_fact(-15)
    assert "exit code 1 ·" in status_fact(1)
    assert "exit code 162 ·" in status_fact(162)


def test_the_facts_of_a_blocked_job_have_the_sign_of_its_row() -> None:
    (status, *_) = facts(job(1, "PENDING"), NOON, Surroundings(is_blocked=True))
    assert status.value.text.startswith("⊘ BLOCKED")
