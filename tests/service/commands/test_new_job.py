"""`l` is about a new job while the notice about it is in sight and the cursor has not moved."""

from studio_tui.service.commands.new_job import NOTICE_SECONDS, JustCreated
from tests.jobs import job


class Clock:
    """Tells what a test says."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_new_job_replaces_the_one_that_was_current_when_it_was_created() -> None:
    clock = Clock()
    new = JustCreated(clock)
    assert new.job_instead_of("old") is None
    new.note(job(1), "old")
    assert new.job_instead_of("old") == job(1)
    assert new.job_instead_of("other") is None
    clock.now += NOTICE_SECONDS
    assert new.job_instead_of("old") is None


def test_without_a_current_job_it_replaces_any() -> None:
    new = JustCreated(Clock())
    new.note(job(1), None)
    assert new.job_instead_of(None) == new.job_instead_of("other") == job(1)
