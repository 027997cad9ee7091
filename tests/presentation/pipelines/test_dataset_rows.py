from datetime import UTC, datetime

import pytest

from studio_tui.api.local_models import ListedDataset
from studio_tui.api.models import Pipeline
from studio_tui.presentation.lists.filter_terms import Terms
from studio_tui.presentation.lists.kinds import AS_SENT
from studio_tui.presentation.lists.listing import Listing
from studio_tui.presentation.pipelines.dataset_rows import (
    COLUMNS,
    DATASETS,
    NO_LINEAGE,
    cells,
    dataset_lines,
    outdated_first,
    outdated_upstream,
    rebuilding_words,
)
from studio_tui.presentation.pipelines.datasets import short_name
from studio_tui.tui.widgets.table_contents import Contents
from studio_tui.tui.widgets.table_layout import extent, place
from tests.pipelines import pipeline

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


def dataset(name: str, *sources: str, newer: tuple[str, ...] = (), versions: int = 1) -> object:
    versions_sent = [
        {
            "version": f"1.0.{number}",
            "job_id": f"job-of-{name}",
            "job_name": f"{name}.py",
            "made_by": "ann",
            "made_at": "2026-03-04T10:00:00Z",
            "sources": sources,
        }
        for number in reversed(range(versions))
    ]
    return {"name": f"local.local.{name}", "versions": versions_sent, "newer": newer}


RAW, CLEAN, REPORT = (
    ListedDataset.model_validate(each)
    for each in (
        dataset("raw", versions=2),
        dataset("clean", "local.local.raw@1.0.0", newer=("local.local.raw@1.0.1",)),
        dataset("report", "local.local.clean@1.0.0", newer=("local.local.raw@1.0.1",)),
    )
)
ALL = (RAW, CLEAN, REPORT)


def test_rows_of_outdated_datasets_come_first_and_say_why() -> None:
    assert [" ".join(cell.text for cell in cells(each, NOW)) for each in outdated_first(ALL)] == [
        "! clean @1.0.0 2h 1 clean.py raw@1.0.1",
        "! report @1.0.0 2h 1 report.py raw@1.0.1",
        " raw @1.0.1 2h 2 raw.py ",
    ]


@pytest.mark.parametrize("width", [36, 67, 110, 180])
def test_rows_have_the_name_and_the_version_at_any_width(width: int) -> None:
    contents = Contents(COLUMNS)
    long = RAW.model_copy(update={"name": "n" * 90, "newer": ("s" * 90,)})
    contents.grow(cells(each, NOW) for each in (*ALL, long))
    placed = place(COLUMNS, width, contents=contents.widths)
    assert extent(placed) <= width
    widths = {each.column.key: each.width for each in placed}
    assert widths["name"] >= 12
    assert widths["version"] == len("@1.0.1")
    assert (width < 67) or widths["newer"] >= len("OUT OF DATE BY")


@pytest.mark.parametrize(
    ("terms", "names"),
    [
        ("is:outdated", "clean report"),
        ("newer~raw cl", "clean"),
        ("job=raw", "raw"),
        ("age>1d", ""),
    ],
)
def test_datasets_can_be_filtered(terms: str, names: str) -> None:
    rows: Listing[ListedDataset] = Listing(DATASETS)
    rows.replace(ALL)
    assert " ".join(map(short_name, rows.ids(Terms(terms, DATASETS), AS_SENT, NOW))) == names


def test_the_lines_of_a_dataset_show_its_versions_sources_and_uses() -> None:
    lines = [cell.text for cell in dataset_lines(CLEAN, ALL, NOW, has_lineage=True)]
    assert lines[:3] == ["out of date: raw@1.0.1 is newer", "used by report", ""]
    assert lines[3].startswith("@1.0.0  2026-03-04 ")
    assert "(2h ago)  by clean.py (job-of-c)  user ann" in lines[3]
    assert lines[4] == "    from raw@1.0.0"
    lines = [cell.text for cell in dataset_lines(REPORT, ALL, NOW, has_lineage=True)]
    assert "no other dataset is made from it" in lines
    lines = [cell.text for cell in dataset_lines(RAW, ALL, NOW, has_lineage=True)]
    assert lines[0] == "up to date: no known source is newer"


def test_no_dataset_is_called_up_to_date_if_studio_sends_no_lineage() -> None:
    lines = [cell.text for cell in dataset_lines(RAW, (RAW,), NOW, has_lineage=False)]
    assert not any("up to date" in line or "no other" in line for line in lines)
    assert lines[-1] == NO_LINEAGE


def test_an_outdated_dataset_is_rebuilt_together_with_its_outdated_sources() -> None:
    assert outdated_upstream(REPORT, ALL) == ("local.local.report", "local.local.clean")
    assert outdated_upstream(RAW, ALL) == ("local.local.raw",)


def test_active_pipelines_and_the_datasets_that_they_rebuild_are_named() -> None:
    def rebuilding(number: int, status: str, target: str = "local.local.clean, report") -> Pipeline:
        return pipeline(number, status, triggered_from=target)

    others = [rebuilding(1, state) for state in ("PAUSED", "COMPLETED", "FAILED", "CANCELED")]
    assert rebuilding_words([*others, rebuilding(2, "RUNNING", "jobs a.py")]) == ""
    active = [rebuilding(number, "RUNNING") for number in (3, 4)]
    assert rebuilding_words([*others, *active]) == (
        "pipeline-3 is rebuilding clean, report; pipeline-4 is rebuilding clean, report"
    )
