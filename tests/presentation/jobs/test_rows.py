import unicodedata
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.job_kinds import by_status
from studio_tui.api.label import NAME
from studio_tui.api.models import Cluster, Job
from studio_tui.api.states import JobState
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.jobs.facts import Values, environment, facts, next_values, raw_json
from studio_tui.presentation.jobs.filters import JOBS
from studio_tui.presentation.jobs.rows import COLUMNS, first_line
from studio_tui.presentation.jobs.states import BLOCKED, LOOKS, counts
from studio_tui.presentation.jobs.waiting import Surroundings
from studio_tui.presentation.lists.listing import Listing
from studio_tui.presentation.logs.progress import Progress
from tests.columns import by_key
from tests.hostile import control_characters
from tests.jobs import NOON, job, row_of
from tests.presentation.jobs.job_filter import Filter


def row(shown_job: Job, now: datetime = NOON) -> dict[str, str]:
    return by_key(COLUMNS, [cell.text for cell in row_of(shown_job, now)])


def test_a_finished_job_shows_how_long_it_waited_and_ran() -> None:
    texts = row(job(3, "COMPLETE"))
    assert texts["state"] == "✓ COMPLETE"
    assert (texts["queue"], texts["run"], texts["age"]) == ("0:05", "1:00", "3m")


def test_the_run_time_of_a_running_job_grows_with_the_clock() -> None:
    running = job(3, "RUNNING")
    assert row(running)["run"] == "2:55"
    assert row(running, NOON + timedelta(seconds=5))["run"] == "3:00"


def test_an_outage_stops_run_times_and_queue_times_but_not_ages() -> None:
    later = NOON + timedelta(minutes=20)
    for each, stopped_time in (
        (job(3, "RUNNING"), "2:55"),
        (job(3, "QUEUED", started_at=None), "3:00"),
    ):
        row_cells = by_key(COLUMNS, row_of(each, later, counted_until=NOON))
        assert stopped_time in (row_cells["run"].text, row_cells["queue"].text)
        assert row_cells["age"].text == "23m"
        values = {fact.label: fact.value.text for fact in facts(each, later, until=NOON)}
        assert stopped_time in values["status"]
        assert values["created"].endswith("(23m ago)")


def progress_texts(running: Job, progress: Progress) -> list[str]:
    """Return the texts of the three cells about progress, and of the fact if there is one."""
    values = by_key(COLUMNS, row_of(running, NOON, progress))
    facts_shown = [
        each.value.text
        for each in facts(running, NOON, progress=progress)
        if each.label == "progress"
    ]
    return [values[column].text for column in ("progress", "share", "rate")] + facts_shown


def test_only_a_running_job_shows_its_progress() -> None:
    bar = Progress("Epoch 3", 37, 100, 37, "it", 3.1, 12, 20)
    assert progress_texts(job(3, "RUNNING"), bar) == [
        "▕██▏░░░▏",
        "37%",
        "3.1 it/s",
        "▕██▏░░░▏  37%  3.1 it/s  ~0:20 left  Epoch 3",
    ]
    for status in ("COMPLETE", "QUEUED", "CANCELING"):
        assert progress_texts(job(3, status), bar) == ["", "", ""]


def test_the_column_of_errors_has_the_progress_if_no_other_column_shows_it() -> None:
    progress = Progress("", 37, 100, 37, "it", 3.1, 12, 20)
    assert by_key(COLUMNS, row_of(job(1, "RUNNING"), NOON, progress))["error"] == Cell(
        "37%  3.1 it/s  ~0:20 left",
        Tone.ACTIVE,
        ("37%  ~0:20 left", "37%"),
        beside=(("share", ""),),
    )


def test_unknown_parts_of_the_progress_are_left_empty() -> None:
    counted = Progress("Listing", 269_981, None, None, "objects", 16_568.5, 16, None)
    assert progress_texts(job(3, "RUNNING"), counted) == [
        "",
        "270k",
        "16.6k/s",
        "269,981 objects  16.6k/s  Listing",
    ]
    begun = Progress("", 0, 10, 0, "it", None, 0, None)
    assert progress_texts(job(3, "RUNNING"), begun) == ["▕░░░░░░▏", "0%", "", "▕░░░░░░▏  0%"]


def test_queue_time_begins_when_the_pipeline_releases_the_job() -> None:
    waiting_steps = [{"name": "waiting", "started_at": (NOON - timedelta(seconds=20)).isoformat()}]
    running = job(9, started_at=NOON.isoformat(), steps=waiting_steps)
    queued = job(9, "QUEUED", started_at=None, steps=waiting_steps)
    assert (row(running)["queue"], row(queued)["queue"]) == ("0:20", "0:20")


def test_the_queue_time_of_a_queued_job_grows_with_the_clock() -> None:
    queued = job(3, "QUEUED", started_at=None)
    assert (row(queued)["queue"], row(queued)["run"]) == ("3:00", "")


def test_an_unknown_run_time_is_estimated_and_marked_as_an_estimate() -> None:
    old_server = job(3, "COMPLETE", started_at=None)
    assert row(old_server)["run"] == "~1:05"
    assert row(old_server)["queue"] == "–"


@pytest.mark.parametrize("field", ["name", "workers", "created_at", "started_at", "error_message"])
def test_an_unreadable_field_is_shown_as_a_question_mark(field: str) -> None:
    broken = job(3, "COMPLETE", **{field: ["not", "readable"]})
    assert broken.unreadable == (field,)
    assert "?" in row(broken).values()


def test_an_unknown_status_is_shown_with_a_question_mark() -> None:
    warping = job(1, "warping")
    assert warping.state is JobState.UNKNOWN
    assert row(warping)["state"] == "? WARPING"


def test_at_most_one_glyph_is_a_circle_with_a_line_as_these_look_alike() -> None:
    names = {unicodedata.name(look.glyph) for look in (*LOOKS.values(), BLOCKED)}
    assert [name for name in names if name.startswith("CIRCLED ")] == ["CIRCLED DIVISION SLASH"]


@pytest.mark.parametrize("state", list(JobState))
def test_every_state_has_a_glyph_and_a_tone(state: JobState) -> None:
    assert LOOKS[state].glyph
    assert LOOKS[state].tone in Tone


def test_counts_add_up_to_all_jobs_except_schedules() -> None:
    states = [state for state in JobState if state is not JobState.TASK]
    jobs = [job(number, state) for number, state in enumerate(states, 1)]
    schedules = [
        job(99, "TASK"),
        *(job(98, state, schedule={}) for state in ("COMPLETE", "CANCELED")),
    ]
    assert sum(count.number for count in counts(by_status([*jobs, *schedules]))) == len(jobs)


def test_a_schedule_that_could_not_run_anything_counts_as_a_failed_job() -> None:
    numbers = {
        count.name: count.number for count in counts(by_status([job(1, "FAILED", schedule={})]))
    }
    assert numbers["failed"] == 1


@pytest.mark.parametrize(
    ("text", "line"), [(None, ""), ("", ""), ("\n\n a\nb", "a"), ("one", "one")]
)
def test_the_first_line_of_an_error_is_its_first_line_that_is_not_blank(
    text: str | None, line: str
) -> None:
    assert first_line(text) == line


TEXTS = st.text(max_size=40) | st.sampled_from(["[/]", "\x1b]52;c;aGk=\x07", "\u202e", "日本"])


@given(
    st.fixed_dictionaries(
        {},
        optional={
            "name": TEXTS | st.none() | st.integers(),
            "status": TEXTS | st.sampled_from(list(JobState)),
            "created_by": TEXTS | st.none(),
            "error_message": TEXTS | st.none(),
            "workers": st.integers() | st.none() | TEXTS,
            "created_at": st.sampled_from(
                ["0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "2026-01-01T00:00:00", "x", None]
            ),
            "started_at": st.sampled_from(["0001-01-01T00:00:00+14:00", None, 3]),
            "finished_at": st.sampled_from(["9999-12-31T23:59:59-12:00", None, []]),
            "environment": st.dictionaries(TEXTS, TEXTS | st.none(), max_size=3) | st.none(),
            "query": TEXTS,
        },
    )
)
def test_hostile_fields_show_no_control_character_and_can_be_sorted(fields: dict[str, Any]) -> None:
    hostile = Job.model_validate({"id": "x", **fields})
    texts = [cell.text for cell in row_of(hostile, NOON)]
    texts += [fact.label + fact.value.text.replace("\n", "") for fact in facts(hostile, NOON)]
    texts += [fact.label + fact.value.text for fact in environment(hostile, Values.ALL)]
    texts += raw_json(hostile).splitlines()
    for text in texts:
        assert not control_characters(text)
    for order in JOBS.sorts.values():
        sorted([hostile, job(1), hostile], key=lambda each: order.key(each, NOON))


def test_the_label_added_to_a_job_is_not_shown_among_its_variables() -> None:
    made_here = job(1, environment={NAME: "4c2f9a52-4f3f-4bb8-8bd4-7a6c8a3f0a11", "A": "1"})
    assert [fact.label for fact in environment(made_here, Values.ALL)] == ["A"]
    values = {fact.label: fact.value.text for fact in facts(made_here, NOON)}
    assert values["environment"] == "1 variable"


def test_environment_values_have_the_same_mask_until_they_are_shown() -> None:
    secret = job(1, environment={"B": "canary", "A": ""})
    masked = environment(secret, Values.NONE)
    assert [fact.label for fact in masked] == ["A", "B"]
    assert len({fact.value.text for fact in masked}) == 1
    assert "canary" not in raw_json(secret)
    assert environment(secret, Values.ALL)[1].value.text == "canary"


@pytest.mark.parametrize(
    ("variables", "hints"),
    [
        (
            {"MODE": "fast", "API_TOKEN": "canary"},
            ["the values that do not look secret", "the secrets too"],
        ),
        ({"MODE": "fast"}, ["the values"]),
        ({"API_TOKEN": "canary"}, ["the secrets"]),
    ],
)
def test_each_step_from_no_values_to_all_shows_something(
    variables: dict[str, str], hints: list[str]
) -> None:
    with_variables, values = job(1, environment=variables), Values.NONE
    shown = [environment(with_variables, values)]
    for hint in hints:
        values, words = next_values(with_variables, values)
        assert words == f"s shows {hint}"
        shown.append(environment(with_variables, values))
    assert values is Values.ALL
    assert len(set(shown)) == len(shown)
    assert next_values(with_variables, values) == (Values.NONE, "s hides the values")


def test_only_a_queued_job_shows_the_workers_that_it_waits_for() -> None:
    gpu = Cluster.model_validate({"id": 1, "name": "gpu", "max_workers": 4, "busy_workers": 3})
    old = Cluster.model_validate({"id": 2, "name": "old", "max_workers": 4})
    surroundings = Surroundings((old, gpu))
    queued = job(1, "QUEUED", workers=2, compute_cluster_name="gpu")
    values = {fact.label: fact.value.text for fact in facts(queued, NOON, surroundings)}
    assert values["waits for"].startswith("2 workers; gpu has 1 free of 4.")
    running = job(1, "RUNNING", compute_cluster_name="gpu")
    assert "waits for" not in {fact.label for fact in facts(running, NOON, surroundings)}


def test_a_queued_job_says_that_the_free_workers_of_its_cluster_are_unknown() -> None:
    old = Cluster.model_validate({"id": 2, "name": "old", "max_workers": 4})
    for queued in (job(1, "QUEUED", compute_cluster_name="old"), job(1, "QUEUED")):
        values = {fact.label: fact.value.text for fact in facts(queued, NOON, Surroundings((old,)))}
        assert values["waits for"].endswith("Studio does not say how many are free")


@pytest.mark.parametrize("sort", list(JOBS.sorts))
def test_every_sort_order_keeps_all_jobs_and_can_be_reversed(sort: str) -> None:
    listing = Listing(JOBS)
    states = list(JobState)
    listing.replace([job(n, states[n % len(states)], workers=n % 3) for n in range(1, 40)])
    no_filter = Filter("")
    ids = listing.ids(no_filter, sort, NOON)
    assert sorted(ids) == sorted(listing.ids(no_filter, "age", NOON))
    assert listing.ids(no_filter, sort, NOON, reverse=True) == ids[::-1]


def test_each_sort_order_begins_with_the_expected_job() -> None:
    listing = Listing(JOBS)
    listing.replace(
        [
            job(1, "COMPLETE", name="b", workers=1),
            job(2, "FAILED", name="C", workers=9),
            job(3, "RUNNING", name="a", workers=3),
        ]
    )

    def first(sort: str) -> int:
        return int(listing.ids(Filter(""), sort, NOON)[0][:8])

    assert [first(sort) for sort in ("age", "name", "state", "workers", "run")] == [1, 3, 2, 2, 3]


def test_replacing_the_jobs_of_a_listing_reports_only_the_changed_ones() -> None:
    listing = Listing(JOBS)
    assert len(listing.replace([job(1), job(2)])) == 2
    assert listing.replace([job(1), job(2, "FAILED")]) == {job(2).id}
    assert listing.replace([job(1)]) == frozenset()
    assert len(listing) == 1


def test_a_filter_matches_the_current_fields_of_a_changed_job() -> None:
    listing = Listing(JOBS)
    listing.replace([job(1, error_message="first")])
    assert listing.ids(Filter("first"), "age", NOON)
    listing.replace([job(1, error_message="second")])
    assert not listing.ids(Filter("first"), "age", NOON)
    assert listing.ids(Filter("second"), "age", NOON)


def test_jobs_with_extreme_times_can_be_sorted() -> None:
    jobs = [
        job(1, created_at=datetime.min.replace(tzinfo=UTC).isoformat()),
        job(2, created_at=datetime.max.replace(tzinfo=UTC).isoformat()),
        job(3, created_at=None),
    ]
    listing = Listing(JOBS)
    listing.replace(jobs)
    for sort in JOBS.sorts:
        assert len(listing.ids(Filter(""), sort, NOON)) == 3


def test_counts_of_ended_jobs_have_a_plus_in_an_incomplete_list_also_if_zero() -> None:
    jobs = [job(1, "PENDING"), job(2, "QUEUED"), job(3, "COMPLETE")]
    amounts = {each.name: each.number_text for each in counts(by_status(jobs), has_all=False)}
    assert amounts == {"done": "1+", "running": "0", "queued": "1", "failed": "0+", "waiting": "1"}


def test_blocked_jobs_have_the_same_sign_and_word_as_in_their_pipeline() -> None:
    jobs = [job(1, "PENDING"), job(2, "PENDING"), job(3, "QUEUED")]
    ids = {jobs[0].id, jobs[2].id}
    amounts = {each.glyph: each.number_text for each in counts(by_status(jobs), blocked=ids)}
    assert amounts == {"✓": "0", "●": "0", "◌": "1", "✗": "0", BLOCKED.glyph: "1", "·": "1"}
    state = by_key(COLUMNS, row_of(jobs[0], NOON, is_blocked=True))["state"]
    assert state.text == f"{BLOCKED.glyph} BLOCKED"
    assert "⊘" not in row_of(jobs[2], NOON, is_blocked=True)[0].text
