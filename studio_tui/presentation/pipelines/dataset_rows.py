"""The list of datasets: rows, and facts about versions, sources and consumers."""

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from operator import attrgetter
from typing import NamedTuple

from studio_tui.api.local_models import ListedDataset, ListedVersion
from studio_tui.api.models import Pipeline
from studio_tui.presentation.cells import NOTHING, Cell, Tone
from studio_tui.presentation.columns import Align, Column
from studio_tui.presentation.format import (
    SHORT_ID,
    age,
    ago,
    join_names,
    local_time,
    seconds_between,
)
from studio_tui.presentation.lists.kinds import Kind, ListColumn, layouts
from studio_tui.presentation.pipelines.datasets import datasets_in, short_name


class DatasetState(StrEnum):
    """What is known about the sources of a dataset."""

    OUTDATED = "OUTDATED"
    OTHER = "OTHER"
    """Up to date, or its sources are not known."""


class AgedDataset(NamedTuple):
    """A dataset, and the time up to which its age is counted."""

    dataset: ListedDataset
    now: datetime


def _latest(dataset: ListedDataset) -> ListedVersion | None:
    return dataset.versions[0] if dataset.versions else None


def _maker(dataset: ListedDataset) -> str:
    latest = _latest(dataset)
    return (latest.job_name if latest is not None else None) or ""


def _newer(dataset: ListedDataset) -> str:
    return join_names([*map(short_name, dataset.newer)])


def _age_cell(row: AgedDataset) -> Cell:
    latest = _latest(row.dataset)
    if latest is None or latest.made_at is None:
        return NOTHING
    return Cell(age(seconds_between(latest.made_at, row.now)), Tone.DIM)


DATASET_COLUMNS: tuple[ListColumn[AgedDataset, ListedDataset, Cell], ...] = (
    ListColumn(
        Column("outdated", "", 1),
        lambda row: Cell("!", Tone.WARN) if row.dataset.newer else NOTHING,
    ),
    ListColumn(
        Column("name", "DATASET", 12, grow=2, fits=True, preferred_width=28),
        lambda row: Cell(short_name(row.dataset.name), Tone.STRONG),
        text=lambda dataset: short_name(dataset.name),
    ),
    ListColumn(
        Column("version", "LATEST", 8, fits=True),
        lambda row: Cell(f"@{each.version}") if (each := _latest(row.dataset)) else NOTHING,
    ),
    ListColumn(Column("age", "AGE", 4, align=Align.RIGHT, drop=1), _age_cell),
    ListColumn(
        Column("versions", "VERSIONS", 8, align=Align.RIGHT, drop=4, fits=True),
        lambda row: Cell(str(len(row.dataset.versions)), Tone.DIM),
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


NO_LINEAGE = "This Studio does not say what datasets were made from, or which are out of date."


def rebuilding_words(pipelines: Iterable[Pipeline]) -> str:
    """Return which pipelines rebuild datasets now: `etl is rebuilding clean`; else empty."""
    active = [each for each in pipelines if each.state.is_active and each.datasets]
    return "; ".join(
        f"{each.name or each.pipeline_id[:SHORT_ID]} is rebuilding"
        f" {join_names([*map(short_name, datasets_in(each.datasets))])}"
        for each in active
    )


def dataset_lines(
    dataset: ListedDataset, others: Iterable[ListedDataset], now: datetime, *, has_lineage: bool
) -> list[Cell]:
    """Return all details of a dataset as lines, with the `others` that are made from it."""
    lines = []
    if dataset.newer:
        verb = "is" if len(dataset.newer) == 1 else "are"
        lines.append(Cell(f"out of date: {_newer(dataset)} {verb} newer", Tone.WARN))
    elif has_lineage:
        lines.append(Cell("up to date: no known source is newer", Tone.GOOD))
    consumers = sorted(
        short_name(other.name) for other in others if dataset.name in _sources(other)
    )
    if consumers:
        lines.append(Cell(f"used by {', '.join(consumers)}"))
    elif has_lineage:
        lines.append(Cell("no other dataset is made from it", Tone.DIM))
    for version in dataset.versions:
        lines += [Cell(""), Cell(_version_line(version, now), Tone.STRONG)]
        if version.sources:
            sources = ", ".join(map(short_name, version.sources))
            lines.append(Cell(f"    from {sources}"))
    return lines if has_lineage else [*lines, Cell(""), Cell(NO_LINEAGE, Tone.DIM)]


def _version_line(version: ListedVersion, now: datetime) -> str:
    parts = [f"@{version.version}"]
    if version.made_at is not None:
        parts.append(f"{local_time(version.made_at)} ({ago(version.made_at, now)})")
    if version.job_id is not None:
        parts.append(f"by {version.job_name or 'a job'} ({version.job_id[:SHORT_ID]})")
    else:
        parts.append("no known job made it")
    if version.made_by is not None:
        parts.append(f"user {version.made_by}")
    return "  ".join(parts)


def outdated_upstream(dataset: ListedDataset, others: Iterable[ListedDataset]) -> tuple[str, ...]:
    """Return the name of a dataset, then those of the outdated datasets that it is made from.

    An indirect source counts only if all datasets in between are outdated, too.
    """
    by_name = {each.name: each for each in others}
    names = {dataset.name: None}
    to_visit = [dataset]
    for each in to_visit:
        for source in _sources(each):
            source_dataset = by_name.get(source)
            if source_dataset is not None and source_dataset.newer and source not in names:
                names[source] = None
                to_visit.append(source_dataset)
    return tuple(names)


def _sources(dataset: ListedDataset) -> tuple[str, ...]:
    """Return the names of the latest version's sources, without versions."""
    latest = _latest(dataset)
    sources = latest.sources if latest is not None else ()
    return tuple(source.rpartition("@")[0] or source for source in sources)
