import json
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import JobInput
from studio_tui.errors import StudioError
from studio_tui.presentation.activity.copies import as_curl, as_datachain
from studio_tui.presentation.activity.entries import ActivityState, Entry, words_of
from studio_tui.presentation.activity.rows import ACTIVITY, COLUMNS, cells, facts, newest_first
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.listing import Listing
from studio_tui.text import safe_block, safe_line
from studio_tui.tui.widgets.table_layout import place
from tests.jobs import NOON

URL = "https://studio.example.com"
JOB = "497f6eca-6276-4993-bfeb-53cbbbba6f08"


def entry(method: str = "GET", path: str = "/datachain/jobs/", **fields: object) -> Entry:
    plain = Entry("1", ActivityState.DONE, NOON, NOON, method=method, path=path, outcome="200")
    return replace(plain, **fields)  # type: ignore[arg-type] # the test's own fields


CREATE = entry(
    "POST",
    changes=True,
    body=json.dumps(
        {
            "query": "[2 lines left out]",
            "query_name": "it's.py",
            "workers": 2,
            "reset": True,
            "environment": "A=[secret]\nB=[secret]",
            "team_name": "vision",
        }
    ),
)
CANCEL = entry("POST", f"/datachain/jobs/{JOB}/cancel", changes=True, body='{"team_name": "v"}')


def trigger(**fields: object) -> Entry:
    body = json.dumps(fields)
    return entry("POST", "/datachain/pipeline/trigger", changes=True, body=body)


def rerun(jobs: str) -> Entry:
    path = "/datachain/pipeline/rerun"
    return entry("POST", path, changes=True, body=f'{{"jobs": {jobs}}}')


def pipeline_request(verb: str, field: str, **fields: object) -> Entry:
    body = json.dumps({field: JOB, **fields})
    return entry("POST", f"/datachain/pipeline/{verb}", changes=True, body=body)


@pytest.mark.parametrize(
    ("request_entry", "words"),
    [
        (entry(path="/datachain/jobs/?limit=100&team_name=v"), "list jobs"),
        (entry(path="/datachain/jobs/?status=ACTIVE"), "list jobs active"),
        (entry(path="/datachain/jobs/?limit=1000&status=TASK&team_name=v"), "list schedules"),
        (entry(path=f"/datachain/jobs/?job_id={JOB}"), "get job 497f6eca"),
        (CREATE, "create job it's.py"),
        (replace(CREATE, made=JOB), "create job it's.py (497f6eca)"),
        (entry("POST", "/datachain/jobs/files"), "upload a file"),
        (entry("POST", "/datachain/jobs/files", body='{"file": "a.csv"}'), "upload a.csv"),
        (CANCEL, "cancel 497f6eca"),
        (entry(path=f"/datachain/jobs/{JOB}/logs"), "read log of job 497f6eca"),
        (replace(CANCEL, name="train.py"), "cancel train.py (497f6eca)"),
        (pipeline_request("pause", "pipeline_id"), "pause pipeline 497f6eca"),
        (
            replace(pipeline_request("pause", "pipeline_id"), name="rathe-kyat"),
            "pause pipeline rathe-kyat",
        ),
        (pipeline_request("trigger", "team_name"), "trigger pipeline"),
        (
            entry("POST", "/datachain/pipeline/trigger", body='{"datasets": ["thumbs", "index"]}'),
            "trigger pipeline of thumbs, index",
        ),
        (
            rerun('[{"job": {"query_name": "a.py"}}, {"job": {}}, 1]'),
            "run a.py, 2 × a job again, in order if one depends on another",
        ),
        (
            replace(rerun('"[5,000 characters left out]"'), made=JOB),
            "run jobs again, in order if one depends on another (497f6eca)",
        ),
        (entry(path="/something/else"), "GET /something/else"),
        (entry("", "", words="canceling 3 jobs"), "canceling 3 jobs"),
    ],
)
def test_a_request_is_described_in_words(request_entry: Entry, words: str) -> None:
    assert words_of(request_entry) == words


def test_a_request_is_copied_as_curl_with_a_remark_about_omitted_values() -> None:
    curl = as_curl(CREATE, URL)
    assert curl.startswith("# Secrets, queries and environment values are left out")
    assert "$DATACHAIN_STUDIO_TOKEN" in curl
    assert f"{URL}/api/datachain/jobs/" in curl
    assert as_curl(CANCEL, URL).splitlines()[0].startswith("curl")
    assert as_curl(entry("", ""), URL) == ""
    upload = entry("POST", "/datachain/jobs/files", body='{"file": "a b.csv"}')
    assert "--form 'file=@\"a b.csv\"'" in as_curl(upload, URL)
    assert "--data" not in as_curl(upload, URL)


@pytest.mark.parametrize(
    ("request_entry", "is_created"),
    [
        (CREATE, True),
        (trigger(datasets=["a"]), True),
        (entry("POST", f"/datachain/jobs/{JOB[::-1]}/run", changes=True), True),
        (pipeline_request("pause", "pipeline_id"), False),
        (pipeline_request("remove-job", "pipeline_id", job_id="1"), False),
        (CANCEL, False),
    ],
)
def test_only_what_a_command_created_is_labeled_as_created(
    request_entry: Entry, is_created: bool
) -> None:
    labels = [fact.label for fact in facts(replace(request_entry, made=JOB), NOON)]
    assert ("created" in labels) == is_created


@pytest.mark.parametrize("others", ["", "\nA=[secret]"])
def test_the_label_of_a_job_is_neither_shown_nor_copied(others: str) -> None:
    environment = f"STUDIO_TUI_INTENT=[secret]{others}"
    body = json.dumps({"query": "1", "team_name": "v", "environment": environment})
    created = entry("POST", changes=True, body=body)
    shown = " ".join(f"{fact.label} {fact.value.text}" for fact in facts(created, NOON))
    for text in (shown, as_curl(created, URL), as_datachain(created)):
        assert "INTENT" not in text
        assert ("A=[secret]" in text) == bool(others)


def test_a_request_is_copied_as_a_datachain_command_if_there_is_one() -> None:
    assert as_datachain(CANCEL) == f"datachain job cancel {JOB} --team v"
    assert as_datachain(CREATE) == (
        "# Secrets, queries and environment values are left out: insert them.\n"
        "# Save the query as it's.py first.\n"
        """datachain job run 'it'"'"'s.py' \\\n  --team vision \\\n  --workers 2 \\\n"""
        "  --ignore-checkpoints \\\n  --env 'A=[secret]' \\\n  --env 'B=[secret]'"
    )
    assert as_datachain(entry(path="/something/else")) == ""


def test_a_name_that_is_no_file_name_is_not_the_file_of_a_copied_command() -> None:
    body = '{"query": "[1 line left out]", "query_name": "night/run", "team_name": "v"}'
    assert as_datachain(entry("POST", changes=True, body=body)).splitlines()[1:] == [
        "# Save the query as query.py first.",
        "# There is no flag for the name: the job will be called query.py.",
        "datachain job run query.py \\",
        "  --team v",
    ]


def test_a_request_of_which_too_little_was_recorded_has_no_datachain_command() -> None:
    assert as_datachain(entry("POST", body='{"body": "[2,000,000 bytes left out]"}')) == ""


@pytest.mark.parametrize(
    ("request_entry", "command"),
    [
        (trigger(datasets=["thumbs", "it's"], review=True), """create thumbs 'it'"'"'s'"""),
        (trigger(datasets=["thumbs"], review=False), ""),
        (trigger(datasets=["thumbs"], review=True, environment="A=[secret]"), ""),
        (trigger(datasets=["[secret]"], review=True, environment="A=[secret]"), ""),
        (trigger(datasets=[], review=True), ""),
        (trigger(review=True), ""),
        (pipeline_request("remove-job", "pipeline_id", job_id=JOB), f"remove-job top-cat {JOB}"),
        (pipeline_request("remove-job", "name", job_id=JOB), f"remove-job {JOB} {JOB}"),
        (pipeline_request("pause", "pipeline_id"), "pause top-cat"),
        (pipeline_request("resume", "name"), f"resume {JOB}"),
        (entry(path=f"/datachain/pipeline/status?pipeline_id={JOB}"), "status top-cat"),
    ],
)
def test_a_request_for_a_pipeline_is_copied_as_an_equivalent_datachain_command(
    request_entry: Entry, command: str
) -> None:
    expected = f"datachain pipeline {command}" if command else ""
    assert as_datachain(request_entry, "top-cat") == expected


@pytest.mark.parametrize(
    ("query", "command"),
    [
        ("", "datachain job ls"),
        ("?limit=100&team_name=v", "datachain job ls --limit 100 --team v"),
        ("?status=ACTIVE&limit=9", "datachain job ls --status ACTIVE --limit 9"),
        (f"?limit=1&job_id={JOB}", ""),
    ],
)
def test_a_request_for_jobs_is_copied_with_its_filter(query: str, command: str) -> None:
    assert as_datachain(entry(path=f"/datachain/jobs/{query}")) == command


def test_a_request_for_a_pipeline_without_a_known_name_has_no_datachain_command() -> None:
    assert as_datachain(pipeline_request("pause", "pipeline_id")) == ""
    assert as_datachain(pipeline_request("remove-job", "pipeline_id", job_id=JOB)) == ""


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        ("kind=command", {"2", "3"}),
        ("status=problem", set()),
        ("status=unsent", {"3"}),
        ("took>1s", {"2"}),
        ("took>80ms", {"2"}),
        ("took>1s600ms", set()),
        ("cancel", {"2", "3"}),
        ("answer=500", set()),
    ],
)
def test_activity_can_be_filtered(terms: str, expected: set[str]) -> None:
    rows = Listing(ACTIVITY)
    undone = entry("", "", state=ActivityState.UNDONE, words="canceling 3 jobs")
    rows.replace([entry(), replace(CANCEL, id="2", mean_ms=1500.0), replace(undone, id="3")])
    assert set(rows.ids(Terms(terms, ACTIVITY), "age", NOON)) == expected


def test_the_facts_have_times_with_seconds_and_complete_field_names() -> None:
    polls = entry(last_started_at=NOON + timedelta(seconds=61), count=7)
    first, last = (
        f"{each.astimezone():%H:%M:%S}" for each in (polls.started_at, polls.last_started_at)
    )
    assert facts(polls, NOON)[2].value.text == f"7 times from {first} to {last}"
    assert facts(entry(), NOON)[2].value.text == first
    fields = dict.fromkeys(JobInput.model_fields, "x")
    labels = [fact.label for fact in facts(replace(CREATE, body=json.dumps(fields)), NOON)]
    assert set(fields) <= set(labels)


def test_a_failure_is_shown_with_its_reason_and_no_class_name() -> None:
    refused = entry(outcome="409", why_failed="The job has ended.", state=ActivityState.FAILED)
    assert [cell.text for cell in cells(refused)[-2:]] == ["409", "The job has ended."]
    values = {fact.label: fact.value.text for fact in facts(refused, NOON)}
    assert (values["answer"], values["why"]) == ("409", "The job has ended.")
    unsent = entry(outcome="NotSent", why_failed="Connection refused.", state=ActivityState.FAILED)
    assert [cell.text for cell in cells(unsent)[-2:]] == ["not sent", "Connection refused."]


def test_a_narrow_table_keeps_the_column_that_describes_the_request() -> None:
    entries = [
        replace(CREATE, body=json.dumps({"query_name": "learn_packages.py"}), mean_ms=41.0),
        entry(path=f"/datachain/jobs/{JOB}/logs", outcome="416", count=12, name="common_names.py"),
        replace(CANCEL, state=ActivityState.FAILED, outcome="409", why_failed="It has ended."),
    ]
    texts = [[cell.text for cell in cells(each)] for each in entries]
    contents = [max(len(row[index]) for row in texts) for index in range(len(COLUMNS))]
    shown = {each.column.key: each.width for each in place(COLUMNS, 65, contents=contents)}
    assert shown["what"] >= 26
    assert {"state", "at", "what", "count", "answer"} == shown.keys()
    narrower = {each.column.key for each in place(COLUMNS, 58, contents=contents)}
    assert {"state", "at", "what", "answer"} == narrower


def test_the_description_of_a_request_gets_no_less_room_in_a_wider_table() -> None:
    contents = [9, 14, 45, 8, 6, 15, 60]
    widths = [
        next(each.width for each in place(COLUMNS, room, contents=contents) if each.cell == 2)
        for room in (77, 82, 88, 94, 99, 113)
    ]
    assert min(widths) == widths[0] == 34


def test_polls_move_up_with_their_last_request_at_most_once_a_minute() -> None:
    def at(minute: int, second: int) -> datetime:
        return NOON.replace(minute=minute, second=second)

    polls = entry(started_at=at(0, 5), last_started_at=at(9, 40), count=73)
    left = replace(polls, id="left", started_at=at(1, 0), last_started_at=at(8, 10))
    recent = replace(CANCEL, id="recent", started_at=at(9, 10), last_started_at=at(9, 10))
    older = replace(CANCEL, id="older", started_at=at(8, 50), last_started_at=at(8, 50))
    assert newest_first([left, older, polls, recent]) == [recent, polls, older, left]
    later = replace(polls, last_started_at=at(10, 0))
    assert newest_first([left, older, later, recent]) == [later, recent, older, left]
    assert [cells(each)[1].text for each in (polls, left)] == [
        f"until {each.last_started_at.astimezone():%H:%M}" for each in (polls, left)
    ]
    assert cells(recent)[1].text == f"{recent.started_at.astimezone():%H:%M:%S}"
    assert cells(replace(polls, started_at=recent.started_at))[1].text == cells(recent)[1].text


def test_the_duration_of_several_requests_is_their_average_and_the_longest() -> None:
    def took(count: int) -> str:
        some = entry(count=count, mean_ms=12.0, longest_ms=3400.0)
        return next(fact.value.text for fact in facts(some, NOON) if fact.label == "took")

    assert [took(1), took(7)] == ["12 ms", "12 ms on average, the longest 3.4 s"]


def test_every_class_of_errors_is_described_in_words() -> None:
    kinds: list[type[StudioError]] = [StudioError]
    while kinds:
        kind = kinds.pop()
        kinds += kind.__subclasses__()
        assert entry(outcome=kind.__name__).answer != kind.__name__


@given(st.text(), st.text(), st.text(), st.text())
def test_any_request_is_safe_to_draw(method: str, path: str, outcome: str, body: str) -> None:
    hostile = entry(method, path, outcome=outcome, body=json.dumps({"name": body, body: [body]}))
    row = cells(hostile)
    assert len(row) == len(COLUMNS)
    for cell in row:
        assert safe_line(cell.text) == cell.text
    later = NOON + timedelta(days=1)
    texts = [fact.label + fact.value.text for fact in facts(hostile, later)]
    texts += [as_curl(hostile, URL), as_datachain(hostile)]
    for text in texts:
        assert safe_block(text) == text
