from hypothesis import given
from hypothesis import strategies as st

from studio_tui.presentation.jobs.filters import JOBS
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.kinds import NEWEST_FIRST
from studio_tui.presentation.lists.listing import Listing
from tests.jobs import NOON, job

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

term = st.builds("{}{}".format, st.sampled_from(("", "!", "!!")), st.sampled_from(TERMS))
alternative = st.lists(term, min_size=1, max_size=3).map(" ".join)


@given(st.lists(alternative, min_size=1, max_size=3).map(" or ".join))
def test_of_many_rows_those_pass_that_pass_one_by_one(text: str) -> None:
    wanted, rows = Terms(text, JOBS), Listing(JOBS)
    rows.replace(JOBS_OF_ALL_KINDS)
    one_by_one = [each.id for each in JOBS_OF_ALL_KINDS if wanted.matches(each, NOON)]
    assert rows.ids(wanted, NEWEST_FIRST, NOON) == one_by_one
