"""The sort order, the filters and the title of a column follow from its `ListColumn`."""

import re
from dataclasses import replace
from typing import Any

import pytest

from studio_tui.api.models import Job
from studio_tui.presentation.activity.rows import ACTIVITY
from studio_tui.presentation.cells import Cell
from studio_tui.presentation.clusters.rows import CLUSTERS
from studio_tui.presentation.columns import Column
from studio_tui.presentation.jobs.filters import JOBS
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.kinds import AS_SENT, Kind, ListColumn, SortOrder, layouts
from studio_tui.presentation.lists.listing import Listing
from studio_tui.presentation.pipelines.rows import PIPELINES
from studio_tui.presentation.schedules.rows import SCHEDULES
from tests.jobs import NOON, job

PYTHON: ListColumn[Job, Job, Cell] = ListColumn(
    Column("python", "PYTHON", 6),
    lambda job: Cell(job.python_version or ""),
    SortOrder("Python version, highest first", lambda job, now: job.python_version or ""),
    text=lambda job: job.python_version or "",
    seconds=lambda job, now: float(job.workers or 0),
    other_filter_name="py",
)
"""A column that the list of jobs does not have."""
LIKE_PYTHON: ListColumn[Job, Job, Cell] = ListColumn(
    Column("like", "LIKE", 6), lambda job: Cell(""), sorted_like="python"
)
KIND = replace(JOBS, columns=(*JOBS.columns, PYTHON, LIKE_PYTHON))
OLD, NEW = job(1, python_version="3.11", workers=9), job(2, python_version="3.13", workers=70)


def ids(text: str, sort: str = AS_SENT) -> list[str]:
    rows = Listing(KIND)
    rows.replace([NEW, OLD])
    return rows.ids(Terms(text, KIND), sort, NOON)


@pytest.mark.parametrize("kind", [JOBS, PIPELINES, CLUSTERS, SCHEDULES, ACTIVITY])
def test_a_reversed_order_has_words_of_its_own_if_the_order_has_words(kind: Kind[Any]) -> None:
    for order in kind.sorts.values():
        has_words = order.label.endswith(" first")
        assert order.reversed_label.endswith(", reversed") != has_words, order.label
    reversed_labels = [order.reversed_label for order in kind.sorts.values()]
    assert len({*reversed_labels}) == len(reversed_labels)


def test_what_is_first_in_an_order_is_last_in_the_reversed_one() -> None:
    assert JOBS.sorts["run"].reversed_label == "run time, longest last"
    assert JOBS.sorts["name"].reversed_label == "name, reversed"


def test_a_list_can_be_sorted_by_a_new_column_which_is_in_the_sort_menu() -> None:
    assert ids("", "python") == [OLD.id, NEW.id]
    first, *_, last = KIND.sorts
    assert (first, last) == (AS_SENT, "python")
    order = KIND.sorts["python"]
    assert (order.label, order.shown_as_descending) == ("Python version, highest first", True)
    assert (KIND.order_of("python"), KIND.order_of("like")) == ("python", "python")


def test_a_list_can_be_filtered_by_a_new_column_under_its_filter_name() -> None:
    assert ids("py==3.13") == [NEW.id]
    assert ids("py<1m") == [OLD.id]
    assert "py=" in KIND.completions
    assert re.search(r"py<.*py=", Terms("python=3", KIND).problem)


def test_titles_have_the_order_of_their_columns() -> None:
    assert [column.title for column in layouts(KIND.columns)][-2:] == ["PYTHON", "LIKE"]


def test_a_list_cannot_be_sorted_by_a_column_without_a_sort_order() -> None:
    plain = replace(KIND, columns=(replace(PYTHON, order=None),))
    assert list(plain.sorts) == [AS_SENT]
    assert plain.order_of("python") is None
