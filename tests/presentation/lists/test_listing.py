from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.api.models import Job
from studio_tui.presentation.jobs.filters import JOBS
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.kinds import AS_SENT
from studio_tui.presentation.lists.listing import Listing
from tests.jobs import NOON, job
from tests.presentation.jobs.job_filter import Filter

LATER = NOON + timedelta(days=1)
TERMS = (
    *("train", "7", "status=failed", "status=active,canc", "is:problem", "status=", "by=ann"),
    *("name~^train", "id=00000007", "age<10m", "age>10m", "run>30s", "run<30s", "waited>4s"),
)
JOBS_OF_ALL_KINDS = tuple(
    job(number, status, name=name, created_by=by, started_at=started)
    for number, (status, name, by, started) in enumerate(
        (
            ("COMPLETE", "train_7.py", "ann", "2026-03-01T11:58:00Z"),
            ("FAILED", "eval.py", "bob", "2026-03-01T11:50:00Z"),
            ("RUNNING", "train.py", None, "2026-03-01T11:59:50Z"),
            ("CREATED", "wait.py", "ann", None),
            ("CANCELED", None, "Ann", None),
            ("a word of a newer Studio", "train", "bob", None),
        ),
        1,
    )
)

states = st.sampled_from(("RUNNING", "COMPLETE", "FAILED"))
answers = st.lists(st.builds(job, st.integers(1, 6), states), max_size=8)

term = st.builds("{}{}".format, st.sampled_from(("", "!", "!!")), st.sampled_from(TERMS))
alternative = st.lists(term, min_size=1, max_size=3).map(" ".join)


@given(st.lists(alternative, min_size=1, max_size=3).map(" or ".join))
def test_a_filter_passes_the_same_rows_together_as_one_by_one(text: str) -> None:
    job_filter, rows = Filter(text), Listing(JOBS)
    rows.replace(JOBS_OF_ALL_KINDS)
    passing_alone = [each.id for each in JOBS_OF_ALL_KINDS if job_filter.matches(each, NOON)]
    assert rows.ids(job_filter, AS_SENT, NOON) == passing_alone


@given(st.lists(answers, min_size=1, max_size=6), st.data())
def test_a_listing_replaced_many_times_equals_a_new_listing(
    all_answers: list[list[Job]], data: st.DataObject
) -> None:
    rows, before = Listing(JOBS), dict[str, Job]()
    for answer in all_answers:
        # The reader of answers mostly reuses the objects of rows that have not changed.
        reused = [
            before[each.id] if before.get(each.id) == each and data.draw(st.booleans()) else each
            for each in answer
        ]
        changed = rows.replace(reused)
        after = {each.id: each for each in reused}
        assert changed == {key for key, row in after.items() if before.get(key) != row}
        new = Listing(JOBS)
        new.replace(reused)
        assert list(rows.values()) == list(new.values()) == list(after.values())
        assert all(shown is after[shown.id] for shown in rows.values())
        assert rows.changes_each_second(LATER) == new.changes_each_second(LATER)
        for text in ("failed", "status=failed", ""):
            terms = Terms(text, JOBS)
            assert rows.ids(terms, AS_SENT, NOON) == new.ids(terms, AS_SENT, NOON)
        before = after


def test_rows_that_have_not_changed_are_not_examined_again() -> None:
    examined: list[str] = []

    def changes_each_second(row: Job) -> bool:
        examined.append(row.id)
        return JOBS.changes_each_second(row)

    rows = Listing(replace(JOBS, changes_each_second=changes_each_second))
    jobs = [job(number, "RUNNING") for number in range(1, 500)]
    rows.replace(jobs)
    examined.clear()
    ended, new = job(100, "COMPLETE"), job(1000, "RUNNING")
    assert rows.replace([*jobs[:99], ended, *jobs[100:]]) == {ended.id}
    assert rows.replace([new, *jobs[:99], ended, *jobs[100:]]) == {new.id}
    assert examined == [ended.id, new.id]


@pytest.mark.parametrize(
    ("newest", "changes"),
    [
        (job(1, "COMPLETE", created_at=NOON), True),
        (job(1, "COMPLETE", created_at=NOON - timedelta(minutes=1)), False),
        (job(1, "COMPLETE", created_at=None), False),
    ],
)
def test_an_age_changes_every_second_during_the_first_minute(newest: Job, changes: bool) -> None:
    rows = Listing(JOBS)
    rows.replace([newest])
    assert rows.changes_each_second(NOON) is changes
