"""Facts keep their place on a sheet."""

from datetime import UTC

from studio_tui.presentation.cells import Cell
from studio_tui.presentation.jobs.facts import Fact, facts
from studio_tui.presentation.jobs.kinship import with_related_jobs
from studio_tui.presentation.jobs.preview import FactSpace, JobExtras, preview
from studio_tui.service.polling.attempts import RelatedJobs
from studio_tui.tui.widgets.fact_sheet import label_width
from tests.jobs import NOON, job


def shown(related: RelatedJobs) -> int:
    """Return the width of the labels in the preview of a job."""
    about = job(1, "FAILED", created_by="ann")
    known = with_related_jobs(facts(about, NOON), related)
    return label_width(preview(about, known, JobExtras(), FactSpace(60, 40), now=NOON, zone=UTC))


def test_values_stay_where_they_are_when_related_jobs_come_or_the_cursor_moves() -> None:
    alone = shown(RelatedJobs(None, (), {}))
    assert shown(RelatedJobs(None, (job(2).id,), {})) == alone
    assert shown(RelatedJobs(job(0).id, (), {})) == alone
    attempt = RelatedJobs(None, (), {}, earlier_runs=(job(0).id,), later_runs=(job(2).id,))
    assert shown(attempt) == alone


def test_a_longer_label_widens_its_column_up_to_a_limit() -> None:
    assert label_width([Fact("N" * 20, Cell("1"))]) == 20
    assert label_width([Fact("N" * 99, Cell("1"))]) == 32
