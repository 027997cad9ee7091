from datetime import UTC, datetime

from studio_tui.api.listed_datasets import ListedDataset
from studio_tui.api.models import Pipeline
from studio_tui.presentation.pipelines.dataset_facts import (
    NO_LINEAGE,
    dataset_lines,
    dataset_rows,
    outdated_upstream,
    rebuilding_words,
)
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
    assert [text for _, text in dataset_rows(ALL, NOW)] == [
        "! clean   @1.0.0    2h  out of date by raw@1.0.1",
        "! report  @1.0.0    2h  out of date by raw@1.0.1",
        "  raw     @1.0.1    2h  2 versions",
    ]


def test_the_lines_of_a_dataset_show_its_versions_sources_and_uses() -> None:
    lines = [cell.text for cell in dataset_lines(CLEAN, ALL, NOW, has_lineage=True)]
    assert lines[:3] == ["out of date: raw@1.0.1 is newer", "used by report", ""]
    assert lines[3].startswith("@1.0.0  2026-03-04 ")
    assert "(2h ago)  by clean.py (job-of-c)  user ann" in lines[3]
    assert lines[4] == "    from raw@1.0.0"
    lines = [cell.text for cell in dataset_lines(REPORT, ALL, NOW, has_lineage=True)]
    assert "no other dataset is made from it" in lines
    lines = [cell.text for cell in dataset_lines(RAW, ALL, NOW, has_lineage=True)]
    assert lines[0] == "up to date: none of its sources is newer"


def test_no_dataset_is_called_up_to_date_if_studio_sends_no_lineage() -> None:
    lines = [cell.text for cell in dataset_lines(RAW, (RAW,), NOW, has_lineage=False)]
    assert not any("up to date" in line or "no other" in line for line in lines)
    assert lines[-1] == NO_LINEAGE


def test_an_outdated_dataset_is_rebuilt_together_with_its_outdated_sources() -> None:
    assert outdated_upstream(REPORT, ALL) == ("local.local.report", "local.local.clean")
    assert outdated_upstream(RAW, ALL) == ("local.local.raw",)


def test_no_datasets_make_no_rows() -> None:
    assert dataset_rows((), NOW) == []


def test_active_pipelines_and_the_datasets_that_they_rebuild_are_named() -> None:
    def rebuilding(number: int, status: str, target: str = "local.local.clean, report") -> Pipeline:
        return pipeline(number, status, triggered_from=target)

    others = [rebuilding(1, state) for state in ("PAUSED", "COMPLETED", "FAILED", "CANCELED")]
    assert rebuilding_words([*others, rebuilding(2, "RUNNING", "jobs a.py")]) == ""
    active = [rebuilding(number, "RUNNING") for number in range(3, 8)]
    assert rebuilding_words([*others, active[0]]) == "pipeline-3 is rebuilding clean, report"
    assert rebuilding_words(active).endswith(
        "pipeline-5 is rebuilding clean, report; 2 more pipelines"
    )
