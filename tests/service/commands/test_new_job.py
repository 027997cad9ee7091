"""Whether the key for logs opens the log of the job created last, or of the selected one."""

from studio_tui.service.commands.new_job import NOTICE_SECONDS, JustCreated
from tests.jobs import job


class Clock:
    """A clock that a test sets."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_new_job_replaces_the_job_selected_at_its_creation_until_the_notice_ends() -> None:
    clock = Clock()
    new = JustCreated(clock)
    assert new.job_instead_of("old") is None
    new.note(job(1), "old")
    assert new.job_instead_of("old") == job(1)
    assert new.job_instead_of("other") is None
    clock.now += NOTICE_SECONDS
    assert new.job_instead_of("old") is None


def test_a_job_created_without_a_selection_replaces_any_selected_job() -> None:
    new = JustCreated(Clock())
    new.note(job(1), None)
    assert new.job_instead_of(None) == new.job_instead_of("other") == job(1)
