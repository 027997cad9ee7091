"""Facts about a dataset: its versions, the jobs that created them, its sources and consumers."""

from collections.abc import Iterable
from datetime import datetime

from studio_tui.api.listed_datasets import ListedDataset, ListedVersion
from studio_tui.api.models import Pipeline
from studio_tui.api.states import PipelineState
from studio_tui.presentation.cells import Cell, Tone
from studio_tui.presentation.format import SHORT_ID, ago, join_names, local_time, plural
from studio_tui.presentation.pipelines.datasets import datasets_in, short_name

_MOST_PIPELINES = 3
_ACTIVE = frozenset({PipelineState.PENDING, PipelineState.RUNNING})

NO_LINEAGE = "This Studio does not say what datasets were made from, or which are out of date."


def rebuilding_words(pipelines: Iterable[Pipeline]) -> str:
    """Return which pipelines rebuild datasets now: `etl is rebuilding clean`; else empty."""
    active = [each for each in pipelines if each.state in _ACTIVE and each.datasets]
    parts = [
        f"{each.name or each.pipeline_id[:SHORT_ID]} is rebuilding"
        f" {join_names([*map(short_name, datasets_in(each.datasets))])}"
        for each in active[:_MOST_PIPELINES]
    ]
    if len(active) > _MOST_PIPELINES:
        parts.append(plural(len(active) - _MOST_PIPELINES, "more pipeline"))
    return "; ".join(parts)


def dataset_lines(
    dataset: ListedDataset, others: Iterable[ListedDataset], now: datetime, *, has_lineage: bool
) -> list[Cell]:
    """Return all details of a dataset as lines, with the `others` that are made from it."""
    lines = [Cell(outdated_words(dataset), Tone.WARN)] if dataset.newer else []
    if not dataset.newer and has_lineage:
        lines.append(Cell("up to date: none of its sources is newer", Tone.GOOD))
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


def outdated_words(dataset: ListedDataset) -> str:
    """Return why an outdated dataset is outdated: `out of date: raw@2, labels@5 are newer`."""
    verb = "is" if len(dataset.newer) == 1 else "are"
    return f"out of date: {join_names([*map(short_name, dataset.newer)])} {verb} newer"


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
    sources = dataset.versions[0].sources if dataset.versions else ()
    return tuple(source.rpartition("@")[0] or source for source in sources)
