"""Rows of the list of datasets: columns, cells and filter fields."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple

from studio_tui.api.listed_datasets import ListedDataset, ListedVersion
from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.columns import Align, Column
from studio_tui.presentation.format import age, join_names, seconds_between
from studio_tui.presentation.lists.kinds import Kind, ListColumn, layouts
from studio_tui.presentation.pipelines.datasets import short_name


class DatasetState(StrEnum):
    """What is known about the sources of a dataset."""

    OUTDATED = "OUTDATED"
    OTHER = "OTHER"
    """Up to date, or its sources are not known."""


class AgedDataset(NamedTuple):
    """A dataset with the time for which its age is shown: all that its row shows."""

    dataset: ListedDataset
    now: datetime


def _latest(dataset: ListedDataset) -> ListedVersion | None:
    return dataset.versions[0] if dataset.versions else None


def _maker(dataset: ListedDataset) -> str:
    latest = _latest(dataset)
    return (latest.job_name if latest is not None else None) or ""


def _newer(dataset: ListedDataset) -> str:
    return join_names([*map(short_name, dataset.newer)])


def _version_cell(row: AgedDataset) -> Cell:
    latest = _latest(row.dataset)
    return Cell(f"@{latest.version}") if latest is not None else NOTHING


def _age_cell(row: AgedDataset) -> Cell:
    latest = _latest(row.dataset)
    if latest is None or latest.made_at is None:
        return NOTHING
    return Cell(age(seconds_between(latest.made_at, row.now)), Tone.DIM)


def _count_cell(row: AgedDataset) -> Cell:
    return Cell(str(len(row.dataset.versions)), Tone.DIM)


DatasetColumn = ListColumn[AgedDataset, ListedDataset, Cell]

DATASET_COLUMNS: tuple[DatasetColumn, ...] = (
    ListColumn(
        Column("outdated", "", 1),
        lambda row: Cell("!", Tone.WARN) if row.dataset.newer else NOTHING,
    ),
    ListColumn(
        Column("name", "DATASET", 12, grow=2, fits=True, first_width=28),
        lambda row: Cell(short_name(row.dataset.name), Tone.STRONG),
        text=lambda dataset: short_name(dataset.name),
    ),
    ListColumn(Column("version", "LATEST", 8, fits=True), _version_cell),
    ListColumn(Column("age", "AGE", 4, align=Align.RIGHT, drop=1), _age_cell),
    ListColumn(
        Column("versions", "VERSIONS", 8, align=Align.RIGHT, drop=4, fits=True), _count_cell
    ),
    ListColumn(
        Column("job", "MADE BY", 12, grow=1, drop=3, fits=True),
        lambda row: Cell(_maker(row.dataset), Tone.DIM),
        text=_maker,
    ),
    ListColumn(
        Column("newer", "OUT OF DATE BY", 16, grow=1, drop=2, fits=True, wanted_width=24),
        lambda row: Cell(_newer(row.dataset), Tone.WARN),
        text=_newer,
    ),
)
COLUMNS = layouts(DATASET_COLUMNS)

DATASETS = Kind[ListedDataset](
    noun="dataset",
    key=attrgetter("name"),
    made_at=lambda dataset: latest.made_at if (latest := _latest(dataset)) else None,
    texts=lambda dataset: (dataset.name, _maker(dataset)),
    state=lambda dataset: DatasetState.OUTDATED if dataset.newer else DatasetState.OTHER,
    states=DatasetState,
    columns=DATASET_COLUMNS,
    suggestions=("age<",),
    hint="words, is:outdated, name~regex, job=, newer=, age<1d, !not",
)


def cells(dataset: ListedDataset, now: datetime) -> tuple[Cell, ...]:
    """Return one cell for each of `COLUMNS`."""
    row = AgedDataset(dataset, now)
    return tuple(column.cell(row) for column in DATASET_COLUMNS)


def outdated_first(datasets: Iterable[ListedDataset]) -> list[ListedDataset]:
    """Return outdated datasets, then the others, each by name."""
    return sorted(datasets, key=lambda each: (not each.newer, each.name))
