from textual.app import App, ComposeResult

from studio_tui.api.related_jobs import RelatedJobs
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.jobs.facts import Fact, facts
from studio_tui.presentation.jobs.kinship import with_related_jobs
from studio_tui.presentation.jobs.preview import FactSpace, JobExtras, preview
from studio_tui.tui.widgets.fact_sheet import FactSheet, label_width
from tests.jobs import NOON, job
from tests.tui.dashboards import screen_text


class Sheet(App[None]):
    """An app with only a sheet of facts."""

    def compose(self) -> ComposeResult:
        yield FactSheet()


async def test_equal_facts_are_all_shown() -> None:
    failed, blank = Fact("failed", Cell("load · KeyError")), Fact("", Cell(""))
    async with Sheet().run_test(size=(40, 6)) as pilot:
        pilot.app.query_one(FactSheet).show((failed, failed, blank, blank, Fact("id", Cell("7"))))
        await pilot.pause()
        lines = [line.split() for line in screen_text(pilot).split("\n")]
        assert lines[:5] == [*[["failed", "load", "·", "KeyError"]] * 2, [], [], ["id", "7"]]


async def test_a_scroll_that_is_animated_may_outlast_the_sheet() -> None:
    async with Sheet().run_test(size=(40, 6)) as pilot:
        sheet = pilot.app.query_one(FactSheet)
        sheet.show(tuple(Fact("failed", Cell(str(number))) for number in range(20)))
        await pilot.pause()
        await sheet.remove()
        sheet.notify_style_update()
        sheet.watch_scroll_y(0, 3)  # as Textual's animator does until the sheet's task has ended


def label_width_with(related: RelatedJobs) -> int:
    """Return the width of the labels in the preview of a job with these related jobs."""
    failed_job = job(1, "FAILED", created_by="ann")
    all_facts = with_related_jobs(facts(failed_job, NOON), related)
    return label_width(preview(failed_job, all_facts, JobExtras(), FactSpace(60, 40)))


def test_related_jobs_do_not_change_the_width_of_the_labels() -> None:
    without_related_jobs = label_width_with(RelatedJobs(None, (), {}))
    assert label_width_with(RelatedJobs(None, (job(2).id,), {})) == without_related_jobs
    assert label_width_with(RelatedJobs(job(0).id, (), {})) == without_related_jobs
    earlier_and_later = RelatedJobs(
        None, (), {}, earlier_runs=(job(0).id,), later_runs=(job(2).id,)
    )
    assert label_width_with(earlier_and_later) == without_related_jobs


def test_a_longer_label_widens_its_column_up_to_a_limit() -> None:
    assert label_width([Fact("N" * 20, Cell("1"))]) == 20
    assert label_width([Fact("N" * 99, Cell("1"))]) == 32
