import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from studio_tui.api.models import JobInput
from studio_tui.local.config.clusters import Cluster, Clusters
from studio_tui.local.db.new_job import CheckpointSource, NewJob
from studio_tui.local.http.errors import InvalidFields
from studio_tui.local.http.uploads import StoredFile
from studio_tui.local.http.validation import RequestContext, validate_job
from tests.soak import at_length

NOW = datetime(2026, 11, 25, 12, 0, 30, tzinfo=UTC)
CLUSTERS = Clusters(
    (
        Cluster(name="small", max_workers=2),
        Cluster(name="large", max_workers=64, default=True),
        Cluster(name="asleep", max_workers=4, active=False),
    )
)
UPLOADS = {
    1: StoredFile(1, "a.csv", Path("/stored/1")),
    2: StoredFile(2, "b.csv", Path("/stored/2")),
    3: StoredFile(3, "a.csv", Path("/stored/3")),
}


def checked(
    earlier: CheckpointSource | None = None, key: str | None = None, **fields: Any
) -> NewJob:
    request = JobInput.model_validate({"query": "print(1)", "team_name": "local", **fields})
    return validate_job(request, key, RequestContext(CLUSTERS, UPLOADS, earlier, "me", NOW))


def problems(**fields: Any) -> list[str]:
    with pytest.raises(InvalidFields) as refusal:
        checked(**fields)
    detail = refusal.value.body_detail
    assert isinstance(detail, list)
    for problem in detail:
        assert problem["loc"][1] in problem["msg"], "a clause names its field"
        assert problem["msg"] in refusal.value.message
    return [problem["loc"][1] for problem in detail]


def test_what_is_left_out_gets_the_defaults() -> None:
    job = checked()
    assert (job.workers, job.priority, job.cluster, job.name) == (1, 5, "large", "query.py")
    assert (job.run_group, job.rerun_from, job.ignore_checkpoints) == (job.id, None, False)
    assert job.created_by == "me"


def test_the_body_of_the_published_client_is_taken_with_its_nulls() -> None:
    required = {"query", "query_type", "team_name", "query_name"}
    nulls = dict.fromkeys(JobInput.model_fields.keys() - required)
    job = checked(query_type="SHELL", query_name="q.sh", **nulls)
    assert (job.name, job.query_type, job.priority) == ("q.sh", "SHELL", 5)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("query", ""),
        ("query", " \n\t"),
        ("query_name", "n" * 1001),
        ("workers", 0),
        ("workers", -3),
        ("workers", 65),
        ("priority", -1),
        ("priority", 6),
        ("priority", 99),
        ("python_version", "banana"),
        ("python_version", "2.7"),
        ("python_version", "3"),
        ("python_version", "3.12 --index-url=x"),
        ("python_version", ""),
        ("compute_cluster_name", "nowhere"),
        ("compute_cluster_name", "asleep"),
        ("compute_cluster_id", 9),
        ("compute_cluster_id", "3"),
        ("files", ["9"]),
        ("files", ["x"]),
        ("files", ["-1"]),
        ("files", ["1" * 40]),
        ("files", ["1", "3"]),
        ("repository", "--upload-pack=evil"),
        ("repository", "https://host/r\n"),
        ("environment", "no equals sign"),
        ("environment", "1A=x"),
        ("environment", "=x"),
        ("environment", "A-B=x"),
        ("environment", "A=" + "x" * 200_000),
        ("start_after", "2026-11-25T11:00:00Z"),
        ("start_after", "0001-01-01T00:00:00Z"),
        ("start_after", "9999-12-31T23:59:59-12:00"),
        ("cron_expression", "not a cron"),
        ("cron_expression", "0 0 30 2 *"),
        ("cron_expression", ""),
        ("time_zone", "Middle/Earth"),
        ("time_zone", "../../etc/passwd"),
        ("credentials_name", "mine"),
    ],
)
def test_a_wrong_field_is_refused_by_name(field: str, value: object) -> None:
    assert problems(**{field: value}) == [field]


def test_both_keys_of_a_cluster_exclude_each_other() -> None:
    assert problems(compute_cluster_name="small", compute_cluster_id=1) == ["compute_cluster_name"]


def test_all_problems_are_reported_at_once() -> None:
    found = problems(query="", workers=0, priority=7, python_version="x", files=["8"])
    assert sorted(found) == ["files", "priority", "python_version", "query", "workers"]


def test_the_limit_of_workers_is_the_clusters() -> None:
    assert checked(workers=64).workers == 64
    assert problems(workers=64, compute_cluster_name="small") == ["workers"]


@pytest.mark.parametrize("number", [1, "1"])
def test_a_cluster_can_be_named_by_id(number: object) -> None:
    assert checked(compute_cluster_id=number).cluster == "small"


def test_a_file_named_twice_is_used_once() -> None:
    assert checked(files=["2", "1", "2"]).uploads == (2, 1)


def test_an_unknown_job_to_rerun_counts_as_none() -> None:
    assert checked(rerun_from_job_id="of-another-server").rerun_from is None


def test_a_rerun_joins_the_group_of_the_first_run() -> None:
    job = checked(CheckpointSource("second", "first"), rerun_from_job_id="second", reset=True)
    assert (job.run_group, job.rerun_from, job.ignore_checkpoints) == ("first", "second", True)


def test_an_environment_file_is_read_as_the_client_sends_it() -> None:
    text = (
        "# a comment\n\nA=1\n  B = two words \nexport C='quoted # not a comment'\n"
        'D="x=y"\r\nA=last wins\nEMPTY=\nODD="\nexport=kept\n'
    )
    assert checked(environment=text).environment == {
        "A": "last wins",
        "B": "two words",
        "C": "quoted # not a comment",
        "D": "x=y",
        "EMPTY": "",
        "ODD": '"',
        "export": "kept",
    }


@settings(deadline=None, max_examples=at_length(15, 500))
@given(
    st.dictionaries(
        st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True),
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\n\0"), max_size=20),
    )
)
def test_quoted_values_come_through_as_they_are(variables: dict[str, str]) -> None:
    text = "\n".join(f'{name}="{value}"' for name, value in variables.items())
    assert checked(environment=text).environment == variables


def test_equal_requests_have_equal_digests() -> None:
    first, again = checked(workers=2), checked(workers=2)
    assert first.request_digest == again.request_digest
    assert first.id != again.id
    assert first.request_digest != checked(workers=3).request_digest


@pytest.mark.parametrize("key", ["", "k" * 256])
def test_a_useless_idempotency_key_is_refused(key: str) -> None:
    with pytest.raises(InvalidFields, match="Idempotency-Key"):
        checked(key=key)


def fires_at(**fields: Any) -> datetime:
    schedule = checked(**fields).schedule
    assert schedule is not None
    return schedule.next_fire_at


def test_a_job_without_a_time_has_no_schedule() -> None:
    assert checked().schedule is None
    assert checked(time_zone="Europe/Berlin").schedule is None


def test_an_expression_fires_from_now_on() -> None:
    assert fires_at(cron_expression="*/5 * * * *") == datetime(2026, 11, 25, 12, 5, tzinfo=UTC)
    assert fires_at(cron_expression="@daily") == datetime(2026, 11, 26, tzinfo=UTC)


def test_an_expression_fires_first_at_or_after_its_start() -> None:
    start = "2026-12-24T18:00:00+00:00"
    moment = datetime(2026, 12, 24, 18, tzinfo=UTC)
    assert fires_at(cron_expression="0 * * * *", start_after=start) == moment
    later = moment + timedelta(minutes=30)
    assert fires_at(cron_expression="30 * * * *", start_after=start) == later


@pytest.mark.parametrize("ago", [timedelta(0), timedelta(days=400)])
def test_a_start_that_has_gone_by_means_now_beside_an_expression(ago: timedelta) -> None:
    start = (NOW - ago).isoformat()
    moment = datetime(2026, 11, 25, 12, 1, tzinfo=UTC)
    assert fires_at(cron_expression="* * * * *", start_after=start) == moment


def test_an_expression_is_meant_in_its_zone() -> None:
    moment = datetime(2026, 11, 26, 2, tzinfo=UTC)
    assert fires_at(cron_expression="0 3 * * *", time_zone="Europe/Berlin") == moment


def test_a_start_alone_is_the_time_of_the_run() -> None:
    assert fires_at(start_after="2030-01-01T03:00:00+01:00") == datetime(2030, 1, 1, 2, tzinfo=UTC)
    just_missed = NOW - timedelta(minutes=59)
    assert fires_at(start_after=just_missed.isoformat()) == just_missed


def test_a_start_without_a_zone_is_in_the_zone_of_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert fires_at(start_after="2030-01-01T03:00:00") == datetime(2030, 1, 1, 8, tzinfo=UTC)
        in_berlin = fires_at(start_after="2030-01-01T03:00:00", time_zone="Europe/Berlin")
        assert in_berlin == datetime(2030, 1, 1, 2, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_invalid_cron_expression_is_refused_with_the_reason() -> None:
    with pytest.raises(InvalidFields, match="cron_expression: minute: 61 is not 0 to 59"):
        checked(cron_expression="61 * * * *")
