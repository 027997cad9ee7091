from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job
from studio_tui.api.related_jobs import NewerAttempt
from studio_tui.api.states import JobState
from studio_tui.presentation.cells import NOTHING, Cell, Pieces, Tone
from studio_tui.presentation.choices import next_choice
from studio_tui.presentation.jobs.groups import (
    GROUP_PREFIX,
    JobGroup,
    JobGrouping,
    group_cells,
    group_facts,
    shown_while_folded,
    with_group_rows,
    without_numbers,
)
from studio_tui.presentation.jobs.rows import COLUMNS
from tests.columns import by_key
from tests.jobs import NOON, job

KEYS = [f"{kind}{number}" for number in range(4) for kind in "ab-"]


def group_of(key: str) -> str:
    """Return the name of the group of a key: its letter, or none for `-`."""
    return key[0] if key[0] != "-" else ""


def test_the_row_of_a_group_replaces_its_first_job() -> None:
    rows = with_group_rows(KEYS, group_of, lambda key: key == "b2", opened=())
    assert list(rows.keys) == ["▸a", "▸b", "b2", "-0", "-1", "-2", "-3"]
    assert rows.groups["▸a"] == JobGroup("a", ("a0", "a1", "a2", "a3"))


def test_an_open_group_has_its_jobs_below_it() -> None:
    rows = with_group_rows(KEYS, group_of, lambda _: False, opened={"▸b"})
    assert list(rows.keys)[:6] == ["▸a", "▸b", "b0", "b1", "b2", "b3"]


def test_jobs_fewer_than_the_minimum_are_not_grouped() -> None:
    assert with_group_rows(KEYS, group_of, lambda _: False, opened=(), least=5).keys == KEYS


@given(
    st.lists(st.integers(0, 99), unique=True).map(lambda keys: [str(key) for key in keys]),
    st.integers(1, 5),
    st.sets(st.sampled_from([f"{GROUP_PREFIX}{digit}" for digit in range(10)])),
)
def test_each_job_is_shown_once_or_in_a_folded_group(
    keys: list[str], least: int, opened: set[str]
) -> None:
    rows = with_group_rows(
        keys, lambda key: key[-1], lambda key: key[0] == "7", opened=opened, least=least
    )
    assert len(set(rows.keys)) == len(rows.keys)
    shown = {key for key in rows.keys if key not in rows.groups}
    folded = {
        member
        for key, group in rows.groups.items()
        if key not in opened
        for member in group.members
    }
    assert shown | folded == set(keys)
    assert {key for key in keys if key[0] == "7"} <= shown


def test_names_that_differ_only_in_numbers_have_the_same_group_name() -> None:
    assert without_numbers("shard_017.py") == without_numbers("shard_2.py") == "shard_*.py"
    assert without_numbers("train.py") != without_numbers("eval.py")


def test_the_next_grouping_goes_through_all_groupings_in_turn() -> None:
    assert [next_choice(each) for each in JobGrouping] == [
        JobGrouping.PIPELINE,
        JobGrouping.NAME,
        JobGrouping.NONE,
    ]


def test_the_row_of_a_group_counts_its_jobs_by_state() -> None:
    jobs = [job(1, "FAILED"), job(2, "COMPLETE"), job(3, "COMPLETE"), job(4, "RUNNING")]
    group = JobGroup("shard_*.py", tuple(each.id for each in jobs))
    row = by_key(COLUMNS, group_cells(group, jobs, Cell("1m"), is_open=False))
    state, error = row["state"], row["error"]
    assert isinstance(state, Cell)
    assert isinstance(error, Pieces)
    assert state.text == "▸ 4 jobs"
    assert "".join(part.text for part in error.parts).split("▏ ")[1] == "✗1 ●1 ✓2 "
    assert row["run"] == NOTHING


def test_a_schedule_in_a_group_is_counted_separately_and_not_drawn() -> None:
    details = []
    counts = []
    for states in (["COMPLETE", "TASK"], ["COMPLETE"]):
        jobs = [job(number, state) for number, state in enumerate(states)]
        group = JobGroup("tiles", tuple(each.id for each in jobs))
        row = by_key(COLUMNS, group_cells(group, jobs, Cell("1m"), is_open=False))
        detail = row["error"]
        assert isinstance(detail, Pieces)
        details.append(detail.parts)
        counts.append(row["state"])
    assert details[0] == (*details[1], Cell("◷1 schedule ", Tone.WAITING))
    assert counts == [Cell("▸ 1 job", Tone.WAITING), Cell("▸ 1 job", Tone.GOOD)]


FIX = NewerAttempt(job(9).id, JobState.COMPLETE)
RETRY = NewerAttempt(job(9).id, JobState.RUNNING)


def test_the_facts_of_a_group_count_other_failures_and_schedules_separately() -> None:
    jobs = [job(1, "FAILED"), job(2, "FAILED"), job(3), job(4, "TASK"), job(5, "FAILED")]
    group = JobGroup("tiles", tuple(each.id for each in jobs))
    newer_attempts = {jobs[0].id: FIX, jobs[4].id: RETRY}
    values = {
        each.label: each.value.text for each in group_facts(group, jobs, NOON, (), newer_attempts)
    }
    assert values["jobs"] == "4: 1 done, 1 failed, 1 fixed, 1 superseded and 1 schedule"


def test_a_group_of_schedules_counts_no_jobs() -> None:
    tasks = [job(1, "TASK"), job(2, "TASK")]
    group = JobGroup("tiles", tuple(each.id for each in tasks))
    values = dict(group_facts(group, tasks, NOON))
    assert values["jobs"] == Cell("2 schedules")
    row = by_key(COLUMNS, group_cells(group, tasks, Cell("1m"), is_open=False))
    assert row["state"] == Cell("▸ ◷2", Tone.WAITING)
    assert row["error"] == Pieces((Cell("◷2 schedules ", Tone.WAITING),))


def test_failures_of_a_group_that_differ_only_in_numbers_are_counted_together() -> None:
    full_message = "The query ended with exit code 1: E: tile 5"
    errors = ["E: tile 17", "E: tile 4", full_message, "F: disk full", None]
    jobs = [job(n, "FAILED", error_message=error) for n, error in enumerate(errors)]
    values = {
        fact.label: fact.value.text for fact in group_facts(JobGroup("x", ("1",)), jobs, NOON)
    }
    assert values["failed"].splitlines() == [
        "3 × E: tile <n> · latest now", "1 × F: disk full · 3m ago", "1 × no reason given · 4m ago",
    ]  # fmt: skip
    assert values["jobs"] == "5: 5 failed"


def test_a_folded_group_shows_its_running_jobs_and_unfixed_failures() -> None:
    def aged_job(age: int, name: str | None, state: str) -> Job:
        return job(age, state, name=name)

    jobs = [
        (failed_again := aged_job(1, "broken.py", "FAILED")),
        aged_job(9, "broken.py", "FAILED"),
        aged_job(2, "mended.py", "COMPLETE"),
        aged_job(3, "mended.py", "FAILED"),
        (failed_after_success := aged_job(4, "worse.py", "FAILED")),
        aged_job(5, "worse.py", "COMPLETE"),
        aged_job(6, "worse.py", "CANCELED"),
        (retried := aged_job(8, "retried.py", "FAILED")),
        (retry := aged_job(7, "retried.py", "RUNNING")),
        *(unnamed := [aged_job(10, None, "FAILED"), aged_job(11, None, "FAILED")]),
    ]
    expected = {each.id for each in (failed_again, failed_after_success, retried, retry, *unnamed)}
    assert shown_while_folded(jobs) == shown_while_folded(reversed(jobs)) == expected
    assert shown_while_folded(jobs, {retried.id}) == expected - {retried.id}


def test_a_group_counts_fixed_failures_separately() -> None:
    jobs = [job(1, "COMPLETE"), job(2, "FAILED", error_message="E: tile 5")]
    group, fixed = JobGroup("x", tuple(each.id for each in jobs)), {job(2).id: FIX}
    cells = group_cells(group, jobs, Cell("1m"), is_open=False, newer_attempts=fixed)
    row = by_key(COLUMNS, cells)
    state, error = row["state"], row["error"]
    assert isinstance(state, Cell)
    assert isinstance(error, Pieces)
    assert state.tone is not Tone.BAD
    assert "".join(part.text for part in error.parts).split("▏ ")[1] == "✓1 +1 fixed "
    assert all(part.tone is not Tone.BAD for part in error.parts)
    facts = {
        fact.label: fact.value.text for fact in group_facts(group, jobs, NOON, newer_attempts=fixed)
    }
    assert facts["jobs"] == "2: 1 done, 1 fixed"
    assert "failed" not in facts


def test_the_words_for_failures_that_are_no_problems_give_way_in_a_narrow_column() -> None:
    jobs = [job(1, "FAILED"), job(2, "FAILED"), job(3, "FAILED"), job(4, "TASK")]
    group = JobGroup("x", tuple(each.id for each in jobs))
    newer = {jobs[1].id: FIX, jobs[2].id: RETRY}
    cells = group_cells(group, jobs, Cell("1m"), is_open=False, newer_attempts=newer)
    error = by_key(COLUMNS, cells)["error"]
    assert isinstance(error, Pieces)
    *others, last = error.parts
    assert [part.text for part in others[-2:]] == ["✗1 ", "◷1 schedule "]
    assert (last.text, last.shorter) == ("+1 fixed +1 superseded ", ("+2",))
