from datetime import timedelta

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from studio_tui.api.job_kinds import by_status
from studio_tui.api.models import Job
from studio_tui.api.related_jobs import NewerAttempt
from studio_tui.api.states import JobState
from studio_tui.presentation.jobs.filters import JOBS, exact_filter, id_filter, jobs_with
from studio_tui.presentation.jobs.states import counts
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.filter_words import quote_value, split_terms
from studio_tui.presentation.lists.kinds import AS_SENT
from studio_tui.presentation.lists.listing import Listing
from studio_tui.text import safe_line
from tests.jobs import NOON, job
from tests.presentation.jobs.job_filter import Filter

TRAIN = job(1, "FAILED", name="Train_A.py", created_by="ann", error_message="CUDA out of memory")
EVAL = job(2, "RUNNING", name="eval.py", created_by="bob", compute_cluster_name="gpu")
ODD = job(3, "WARPING", name=None, created_by=None)
OLD = job(60 * 50, "COMPLETE", name="old.py", scheduled_by="497f-6eca")
ALL = (TRAIN, EVAL, ODD, OLD)


def passing(text: str) -> list[Job]:
    job_filter = Filter(text)
    return [each for each in ALL if job_filter.matches(each, NOON)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", list(ALL)),
        ("train", [TRAIN]),
        ("TRAIN cuda", [TRAIN]),
        ("train AND cuda", [TRAIN]),
        ('train "and"', []),
        ('"("', []),
        ("f(x)", []),
        ("train eval", []),
        ("status=failed", [TRAIN]),
        ("status=FAIL", [TRAIN]),
        ("status=running,complete", [EVAL, OLD]),
        ("status=active", [EVAL]),
        ("status=finished", [TRAIN, OLD]),
        ("status=problem", [TRAIN, ODD]),
        ("status=unknown", [ODD]),
        ("status=", list(ALL)),
        ("!status=finished", [EVAL, ODD]),
        ("by=AN", [TRAIN, OLD]),
        ("!by=ann name=eval", [EVAL]),
        (f"id={TRAIN.id[:8]},{EVAL.id[:8]}", [TRAIN, EVAL]),
        ("by==bob,ann", [TRAIN, EVAL, OLD]),
        ("by!=bob,", [TRAIN, ODD, OLD]),
        ("by=,", list(ALL)),
        ("by~,", []),
        ("name==EVAL.py,old.py", [EVAL, OLD]),
        ('name="eval.py,old.py"', []),
        ("name==eval.py", [EVAL]),
        ("name==EVAL.py", [EVAL]),
        ("name==eval", []),
        ("!name==eval.py", [TRAIN, ODD, OLD]),
        ('error=="CUDA out of memory"', [TRAIN]),
        ("name==", list(ALL)),
        ("status==failed", [TRAIN]),
        ("name~^eval", [EVAL]),
        ("name~[ae].py$", [TRAIN]),
        ("error=cuda", [TRAIN]),
        ("cluster=gpu", [EVAL]),
        ("task=497f", [OLD]),
        (f"id={EVAL.id[:8]}", [EVAL]),
        ("age<1h", [TRAIN, EVAL, ODD]),
        ("age>2d", [OLD]),
        ("  train   !eval ", [TRAIN]),
        ("run>30s", list(ALL)),
        ("run<1m30s status=failed", [TRAIN]),
        ("run>1m1s", [EVAL, ODD]),
        ("run>61 s", [EVAL, ODD]),
        ("run > 61 s name=eval", [EVAL]),
        ("run > 1m1s name=eval", [EVAL]),
        ('"run > 61 s"', []),
        ("waited>4s", list(ALL)),
        ("waited>5m", []),
        ('"out of memory"', [TRAIN]),
        ('"memory of"', []),
        ('!"out of memory"', [EVAL, ODD, OLD]),
        ('error="out of memory"', [TRAIN]),
        ('error~"cuda.*of mem"', [TRAIN]),
        ('"status=failed"', []),
        ("train or eval", [TRAIN, EVAL]),
        ("train by=bob or eval by=bob", [EVAL]),
        ("train OR status=complete", [TRAIN, OLD]),
        ('"or"', [TRAIN]),
        ('eval or "or"', [TRAIN, EVAL]),
        ("error=or", [TRAIN]),
        ("!!train", [TRAIN]),
        ("!", []),
        ("status!=failed", [EVAL, ODD, OLD]),
        ("status!=failed,running", [ODD, OLD]),
        ("status!==failed", [EVAL, ODD, OLD]),
        ("!status!=failed", [TRAIN]),
        ("by!=ann name=eval", [EVAL]),
        ("name!==eval.py", [TRAIN, ODD, OLD]),
        ("name!~[ae].py$", [EVAL, ODD, OLD]),
        ('error!="out of memory"', [EVAL, ODD, OLD]),
        ("status!=", list(ALL)),
        ("name!= by!~", list(ALL)),
        ("!name=", list(ALL)),
        ('"status!=failed"', []),
    ],
)
def test_a_filter_passes_the_matching_jobs(text: str, expected: list[Job]) -> None:
    assert passing(text) == expected


@pytest.mark.parametrize(
    ("text", "part_of_the_sentence"),
    [
        ("color=red", "“color” is not a field"),
        ("clustr=gpu", "“clustr” is not a field; did you mean “cluster” or"),
        ("status=broken", "“broken” is not a status; statuses are active,"),
        ("status=faild", "“faild” is not a status; did you mean “failed”?"),
        ("age<soon", "needs a time span such as 30m"),
        ("age<1y", "needs a time span such as 30m"),
        ("name~(", "“(” is not a valid regular expression"),
        ("!status=broken", "“broken” is not a status"),
        ("name<3", "“name<3” needs =, == or ~, as in name=3"),
        ("status~fail", "“status~fail” needs =, as in status=fail"),
        ("color!=red", "“color” is not a field"),
        ("lr=0.1", "“lr” is not a field; use status=, age<, "),
        ("lr=0.1", ", or quotes for a word"),
        ("status!=broken", "“broken” is not a status"),
        ("waited!=5m", "“waited!=5m” needs < or > and a time span, as in waited<2h"),
        ("run>soon", "“run>soon” needs a time span such as 30m"),
        ("waited=5m", "“waited=5m” needs < or > and a time span"),
        ('name="my eval', "a quote that is not closed"),
        ("train or", "“or” belongs between two terms"),
        ("or train", "“or” belongs between two terms"),
        ("a or or b", "“or” belongs between two terms"),
        ("( train )", "“)”: parentheses do not group terms"),
        ("!(train or eval)", "“eval)”: parentheses do not group terms"),
    ],
)
def test_an_error_names_the_term_that_is_not_understood(
    text: str, part_of_the_sentence: str
) -> None:
    assert part_of_the_sentence in Terms(text, JOBS).problem


def test_an_exact_filter_for_a_cluster_passes_no_other_cluster() -> None:
    assert exact_filter("cluster", "gpu-a10") == "cluster==gpu-a10"
    assert exact_filter("cluster", "gpu", "a b") == r"cluster~^(gpu|a\sb)$"
    term = Filter(exact_filter("cluster", "gpu"))
    assert term.matches(EVAL, NOON)
    assert not term.matches(job(1, compute_cluster_name="gpu-a10"), NOON)


def test_a_filter_for_an_id_is_as_short_as_ids_in_lists_and_matches_the_id() -> None:
    ids = ("1b4e28ba-2fa1-41d2-883f-0016d3cca427", "9c5b94b1-35ad-49bb-b118-8e8fc24abf80")
    assert id_filter("task", ids[0]) == "task=1b4e28ba"
    assert id_filter("task", *ids) == "task~^(1b4e28ba|9c5b94b1)"
    assert id_filter("task", "4") == "task==4"
    assert Filter(id_filter("task", *ids)).matches(job(1, scheduled_by=ids[1]), NOON)
    assert not Filter(id_filter("task", *ids)).matches(job(1, scheduled_by="4"), NOON)


@given(st.text(min_size=1).map(safe_line).filter(bool), st.text(min_size=1).map(safe_line))
def test_an_exact_filter_for_any_name_is_one_term_and_matches_only_the_name(
    name: str, other: str
) -> None:
    for term in (exact_filter("name", name), exact_filter("name", name, "another")):
        job_filter = Filter(term)
        assert job_filter.text == term
        assert job_filter.matches(job(1, name=name), NOON)
        longer = job(1, name=name + other + "x")
        assert not job_filter.matches(longer, NOON)


def test_a_job_without_a_creation_time_passes_no_filter_by_age() -> None:
    timeless = job(1, created_at=None)
    assert not Filter("age<1h").matches(timeless, NOON)
    assert not Filter("age>1h").matches(timeless, NOON)


def test_a_filter_by_age_compares_with_the_current_time() -> None:
    assert Filter("age<2m").matches(TRAIN, NOON)
    assert not Filter("age<2m").matches(TRAIN, NOON + timedelta(minutes=5))


@pytest.mark.parametrize(
    "term", [term for term in JOBS.completions if not term.endswith(("=", "~"))]
)
def test_every_completion_is_a_valid_filter(term: str) -> None:
    Filter(term)


@given(st.text(max_size=60))
def test_any_text_is_a_valid_filter_or_an_error_with_a_message(text: str) -> None:
    terms = Terms(text, JOBS)
    assert terms.problem or Filter(text).text == terms.text
    for each in ALL:
        Filter(terms.text).matches(each, NOON)


@given(st.text(min_size=1).map(safe_line))
@example("=")
@example("=0")
@example('="')
def test_a_filter_for_any_quoted_name_matches_the_name(name: str) -> None:
    job_filter = Filter(f"name={quote_value(name)}")
    assert job_filter.matches(job(1, name=name), NOON)
    assert Filter(job_filter.text).matches(job(1, name=name), NOON)
    assert not job_filter.matches(job(1, name="other"), NOON) or name.lower() in "other"
    exact = Filter(f"name=={quote_value(name)}")
    assert exact.matches(job(1, name=name), NOON)
    assert not name or not exact.matches(job(1, name=f"{name}0"), NOON)


@given(st.text(max_size=60))
def test_an_incomplete_term_does_not_disable_the_other_terms(typed: str) -> None:
    job_filter = Terms(f"by=ann {typed}", JOBS)
    assert job_filter.text.startswith("by=ann")
    assert Filter(job_filter.text).text == job_filter.text


@pytest.mark.parametrize(
    ("typed", "valid_text", "has_problem"),
    [
        ("train or", "train", True),
        ("train or age<so", "train", True),
        ("or train", "train", True),
        ('train name="my ev', "train", True),
        ("train or eval", "train or eval", False),
    ],
)
def test_an_incomplete_filter_keeps_its_valid_terms_and_reports_a_problem(
    typed: str, valid_text: str, has_problem: bool
) -> None:
    job_filter = Terms(typed, JOBS)
    assert job_filter.text == valid_text
    assert bool(job_filter.problem) == has_problem


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("is:blocked", ["blocked"]),
        ("status=blocked,queued", ["blocked", "queued"]),
        ("is:waiting", ["waiting"]),
        ("status=pending", ["blocked", "waiting"]),
        ("!is:blocked", ["waiting", "queued", "ended"]),
    ],
)
def test_filters_distinguish_blocked_jobs_from_waiting_jobs(text: str, expected: list[str]) -> None:
    states = {"blocked": "PENDING", "waiting": "PENDING", "queued": "QUEUED", "ended": "FAILED"}
    jobs = [job(number, state, name=name) for number, (name, state) in enumerate(states.items())]
    # A job that has ended may still be among those that its pipeline blocks.
    blocked = {jobs[0].id, jobs[3].id}
    kind = jobs_with(lambda _: None, lambda _: "", blocked.__contains__, lambda _: None)
    rows = Listing(kind)
    rows.replace(jobs)
    terms = Terms(text, kind)
    assert not terms.problem
    ids = rows.ids(terms, AS_SENT, NOON)
    assert [rows[key].name for key in ids] == expected


def test_a_filter_for_problems_excludes_failures_with_a_newer_attempt() -> None:
    states = ("FAILED", "FAILED", "COMPLETE", "WARMING", "FAILED")
    jobs = [job(number, state) for number, state in enumerate(states, 1)]
    fix = NewerAttempt(job(9).id, JobState.COMPLETE)
    newer_attempts = {jobs[0].id: fix, jobs[2].id: fix}
    newer_attempts[jobs[4].id] = NewerAttempt(job(9).id, JobState.RUNNING)
    kind = jobs_with(lambda _: None, lambda _: "", lambda _: False, newer_attempts.get)
    rows = Listing(kind)
    rows.replace(jobs)

    def numbers_passing(text: str) -> list[int]:
        ids = rows.ids(Terms(text, kind), AS_SENT, NOON)
        return [number for number, each in enumerate(jobs, 1) if each.id in ids]

    assert numbers_passing("status=problem") == [2, 4]
    assert numbers_passing("is:fixed") == [1]
    assert numbers_passing("is:superseded") == [5]
    assert numbers_passing("is:failed") == [1, 2, 5]
    numbers = counts(by_status(jobs), newer_attempts=newer_attempts)
    (failed,) = [each for each in numbers if each.name == "failed"]
    assert failed.number == 1


@pytest.mark.parametrize("text", ["train name< <5m", "A A< <0m", "x run< <5m", "took x= > 80 ms"])
def test_terms_do_not_become_a_comparison_without_an_invalid_term_between_them(text: str) -> None:
    valid = Terms(text, JOBS)
    assert valid.problem
    words = [word for word in text.split() if word[-1] not in "<="]
    assert [term.value for term in split_terms(valid.text)] == words


PARTS = st.sampled_from(
    ("age", "name", "run", "train", "<", ">", "=", "~", "5m", "80", "ms", "!", '"', "\\", "or", " ")
)


@given(st.lists(PARTS, max_size=12).map("".join))
@example("age <\\")
def test_the_valid_part_of_any_filter_is_valid(text: str) -> None:
    assert not Terms(Terms(text, JOBS).text, JOBS).problem
