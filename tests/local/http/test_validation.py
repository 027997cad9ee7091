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


def validated(checkpoint_source: CheckpointSource | None = None, **fields: Any) -> NewJob:
    request = JobInput.model_validate({"query": "print(1)", "team_name": "local", **fields})
    return validate_job(
        request, None, RequestContext(CLUSTERS, UPLOADS, checkpoint_source, "me", NOW)
    )


def problems(**fields: Any) -> list[str]:
    """Return the names of the fields that the error about a request names, in its order."""
    with pytest.raises(InvalidFields) as refusal:
        validated(**fields)
    detail = refusal.value.body_detail
    assert isinstance(detail, list)
    for problem in detail:
        assert problem["loc"][1] in problem["msg"], "a message names its field"
        assert problem["msg"] in refusal.value.message
    return [problem["loc"][1] for problem in detail]


def test_missing_fields_get_their_defaults() -> None:
    job = validated()
    assert (job.workers, job.priority, job.cluster, job.name) == (1, 5, "large", "query.py")
    assert (job.run_group, job.rerun_from, job.ignore_checkpoints) == (job.id, None, False)
    assert job.created_by == "me"


def test_null_for_an_optional_field_means_its_default() -> None:
    required = {"query", "query_type", "team_name", "query_name"}
    nulls = dict.fromkeys(JobInput.model_fields.keys() - required)
    job = validated(query_type="SHELL", query_name="q.sh", **nulls)
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
def test_a_wrong_field_is_refused_with_its_name(field: str, value: object) -> None:
    assert problems(**{field: value}) == [field]


def test_a_cluster_cannot_be_given_both_by_name_and_by_id() -> None:
    assert problems(compute_cluster_name="small", compute_cluster_id=1) == ["compute_cluster_name"]


def test_all_problems_are_reported_in_one_error() -> None:
    fields = problems(query="", workers=0, priority=7, python_version="x", files=["8"])
    assert sorted(fields) == ["files", "priority", "python_version", "query", "workers"]


def test_the_limit_of_workers_is_that_of_the_cluster() -> None:
    assert validated(workers=64).workers == 64
    assert problems(workers=64, compute_cluster_name="small") == ["workers"]


@pytest.mark.parametrize("number", [1, "1"])
def test_a_cluster_can_be_given_by_id(number: object) -> None:
    assert validated(compute_cluster_id=number).cluster == "small"


def test_a_file_named_twice_is_used_once() -> None:
    assert validated(files=["2", "1", "2"]).uploads == (2, 1)


def test_an_unknown_job_to_continue_from_is_ignored() -> None:
    assert validated(rerun_from_job_id="of-another-server").rerun_from is None


def test_a_rerun_is_in_the_run_group_of_the_first_run() -> None:
    job = validated(CheckpointSource("second", "first"), rerun_from_job_id="second", reset=True)
    assert (job.run_group, job.rerun_from, job.ignore_checkpoints) == ("first", "second", True)


def test_the_environment_is_parsed_as_an_env_file_of_the_client() -> None:
    text = (
        "# a comment\n\nA=1\n  B = two words \nexport C='quoted # not a comment'\n"
        'D="x=y"\r\nA=last wins\nEMPTY=\nODD="\nexport=kept\n'
    )
    assert validated(environment=text).environment == {
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
def test_quoted_values_of_the_environment_are_kept_unchanged(variables: dict[str, str]) -> None:
    text = "\n".join(f'{name}="{value}"' for name, value in variables.items())
    assert validated(environment=text).environment == variables


def test_equal_requests_have_equal_digests() -> None:
    first, again = validated(workers=2), validated(workers=2)
    assert first.request_digest == again.request_digest
    assert first.id != again.id
    assert first.request_digest != validated(workers=3).request_digest


def first_fire_time(**fields: Any) -> datetime:
    schedule = validated(**fields).schedule
    assert schedule is not None
    return schedule.next_fire_at


def test_a_job_without_start_time_and_cron_expression_has_no_schedule() -> None:
    assert validated().schedule is None
    assert validated(time_zone="Europe/Berlin").schedule is None


def test_a_cron_expression_fires_first_after_now() -> None:
    assert first_fire_time(cron_expression="*/5 * * * *") == datetime(
        2026, 11, 25, 12, 5, tzinfo=UTC
    )
    assert first_fire_time(cron_expression="@daily") == datetime(2026, 11, 26, tzinfo=UTC)


def test_a_cron_expression_fires_first_at_or_after_its_start_time() -> None:
    start = "2026-12-24T18:00:00+00:00"
    moment = datetime(2026, 12, 24, 18, tzinfo=UTC)
    assert first_fire_time(cron_expression="0 * * * *", start_after=start) == moment
    later = moment + timedelta(minutes=30)
    assert first_fire_time(cron_expression="30 * * * *", start_after=start) == later


@pytest.mark.parametrize("ago", [timedelta(0), timedelta(days=400)])
def test_a_cron_expression_with_a_past_start_time_fires_first_after_now(ago: timedelta) -> None:
    start = (NOW - ago).isoformat()
    moment = datetime(2026, 11, 25, 12, 1, tzinfo=UTC)
    assert first_fire_time(cron_expression="* * * * *", start_after=start) == moment


def test_a_cron_expression_is_evaluated_in_its_time_zone() -> None:
    moment = datetime(2026, 11, 26, 2, tzinfo=UTC)
    assert first_fire_time(cron_expression="0 3 * * *", time_zone="Europe/Berlin") == moment


def test_a_start_time_without_a_cron_expression_is_the_fire_time() -> None:
    assert first_fire_time(start_after="2030-01-01T03:00:00+01:00") == datetime(
        2030, 1, 1, 2, tzinfo=UTC
    )
    just_missed = NOW - timedelta(minutes=59)
    assert first_fire_time(start_after=just_missed.isoformat()) == just_missed


def test_a_start_time_without_an_offset_is_in_the_time_zone_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("TZ", "America/New_York")
    time.tzset()
    try:
        assert first_fire_time(start_after="2030-01-01T03:00:00") == datetime(
            2030, 1, 1, 8, tzinfo=UTC
        )
        in_berlin = first_fire_time(start_after="2030-01-01T03:00:00", time_zone="Europe/Berlin")
        assert in_berlin == datetime(2030, 1, 1, 2, tzinfo=UTC)
    finally:
        monkeypatch.undo()
        time.tzset()


def test_an_invalid_cron_expression_is_refused_with_the_reason() -> None:
    with pytest.raises(InvalidFields, match="cron_expression: minute: 61 is not 0 to 59"):
        validated(cron_expression="61 * * * *")
