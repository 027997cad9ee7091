"""The end of a watched item is reported once; earlier ends are not reported."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from studio_tui.errors import TransportError
from studio_tui.service.polling.endings import Badge, Ended, Endings
from tests.jobs import job
from tests.pipelines import pipeline


def reports_of(endings: Endings) -> list[Ended]:
    """Return a list to which each report of an end is appended."""
    reports: list[Ended] = []
    endings.on_end(reports.append)
    return reports


def test_a_watched_job_is_reported_once_when_it_ends() -> None:
    endings = Endings()
    reports = reports_of(endings)
    endings.watch([job(1, "RUNNING"), job(2, "QUEUED")])
    endings.check_jobs((job(1, "RUNNING"), job(2, "RUNNING"), job(3, "RUNNING")))
    assert reports == []
    ended = (job(1, "FAILED"), job(2, "COMPLETE"), job(3, "COMPLETE"))
    endings.check_jobs(ended)
    endings.check_jobs(ended)
    assert reports == [Ended(jobs=ended[:2])]
    assert list(reports[0].failed_by_id.values()) == [True, False]


def test_an_old_row_of_a_reported_job_does_not_report_its_end_again() -> None:
    endings, running = Endings(), job(1, "RUNNING")
    reports = reports_of(endings)
    endings.watch((running,))
    for _ in range(2):
        endings.check_jobs((job(1, "COMPLETE"),))
        endings.watch_rows((running,))
    assert [ended.id for report in reports for ended in report.jobs] == [running.id]


@pytest.mark.parametrize("state", ["COMPLETE", "FAILED", "CANCELED", "TASK"])
def test_a_job_that_had_ended_when_it_was_watched_is_not_reported(state: str) -> None:
    endings = Endings()
    reports = reports_of(endings)
    endings.watch([job(1, state)])
    endings.check_jobs((job(1, state),))
    assert reports == []


def test_a_job_watched_as_running_is_reported_if_the_same_list_has_its_end() -> None:
    endings = Endings()
    reports = reports_of(endings)
    listed = (job(1, "COMPLETE"), job(2, "RUNNING"))
    endings.watch([job(2, "RUNNING")])
    endings.check_jobs(listed)
    endings.watch([job(1, "RUNNING")])
    endings.check_jobs(listed)
    assert [ended.id for report in reports for ended in report.jobs] == [job(1).id]


def test_a_job_canceled_by_the_user_is_not_reported_unless_it_ends_in_another_way() -> None:
    endings = Endings()
    reports = reports_of(endings)
    endings.watch([job(number, "RUNNING") for number in range(4)])
    for number in range(2):
        with endings.canceling(job(number).id):
            pass
    with pytest.raises(TransportError), endings.canceling(job(2).id):
        raise TransportError("no route")
    ended = (job(0, "CANCELED"), job(1, "COMPLETE"), job(2, "CANCELED"), job(3, "CANCELED"))
    endings.check_jobs(ended)
    assert reports == [Ended(jobs=ended[1:])]


def test_a_resumed_pipeline_is_reported_when_it_ends_again() -> None:
    endings = Endings()
    reports = reports_of(endings)
    failed = pipeline(1, "FAILED", {}, updated_at="2026-03-01T12:00:00Z")
    again = pipeline(1, "FAILED", {}, updated_at="2026-03-01T12:05:00Z")
    endings.watch_pipelines([failed])
    endings.check_pipelines((failed,))
    assert reports == []
    endings.check_pipelines((pipeline(1, "RUNNING", {}),))
    endings.check_pipelines((again,))
    assert reports == [Ended(pipelines=(again,))]


@given(st.lists(st.tuples(st.integers(1, 4), st.booleans())))
def test_a_badge_counts_the_ended_items_of_its_tab_until_it_is_cleared(
    ended: list[tuple[int, bool]],
) -> None:
    endings = Endings()
    for number, failed in ended:
        state = "FAILED" if failed else "COMPLETE"
        endings.add_to_badge("jobs", Ended(jobs=(job(number, state),)))
        endings.add_to_badge("pipelines", Ended(pipelines=(pipeline(number, state, {}),)))
    badges = endings.snapshot.value or {}
    latest = dict(ended)
    for tab in ("jobs", "pipelines"):
        assert (badges[tab].ended if tab in badges else 0) == len(latest)
        assert (badges[tab].failed if tab in badges else 0) == sum(latest.values())
    endings.clear_badge("jobs")
    assert set(endings.snapshot.value or {}) == set(badges) - {"jobs"}


def test_an_item_whose_page_is_viewed_leaves_the_badge_of_its_tab() -> None:
    endings = Endings()
    failed, complete = job(1, "FAILED"), job(2, "COMPLETE")
    endings.add_to_badge("jobs", Ended(jobs=(failed, complete)))
    endings.clear_badge("pipelines", [failed.id])
    endings.clear_badge("jobs", ["another"])
    assert endings.snapshot.value == {"jobs": Badge({failed.id: True, complete.id: False})}
    endings.clear_badge("jobs", [failed.id])
    assert endings.snapshot.value == {"jobs": Badge({complete.id: False})}
    endings.clear_badge("jobs", [complete.id])
    assert endings.snapshot.value == {}
