"""Decides which jobs must run again, and in which order, to rebuild datasets; pure.

The requested datasets and all their direct and indirect sources are rebuilt, except listings of
storages. The sources of a requested dataset are those of the version that the request names, else
of the latest version. The sources of a source are those of its current version. If a job makes
other datasets too, the sources of these are also rebuilt. A dataset without a job stays as it is,
with a warning.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from studio_tui.local.db.lineage_model import DatasetSource, Lineage, current_versions
from studio_tui.local.db.makers import choose_makers, merge_runs, one_maker_each, warn_of_unmade
from studio_tui.local.db.run_order import PlannedJob, in_order, reachable
from studio_tui.local.shim.datasets import DatasetName, is_listing, read_name, version_key


@dataclass(frozen=True)
class RebuildPlan:
    """Jobs to run again, parents before their children."""

    jobs: tuple[PlannedJob, ...]
    warnings: tuple[str, ...]
    """Sentences, mostly about datasets that are not rebuilt."""


class UnknownDataset(Exception):  # noqa: N818 (the name says what is wrong)
    """Some requested datasets or versions are not known; `args` are their names as requested."""

    def __str__(self) -> str:
        *others, last = self.args
        if not others:
            return f"No dataset {last} is known to this local Studio."
        return f"No datasets {', '.join(others)} and {last} are known to this local Studio."


def plan(targets: Iterable[str], lineage: Lineage) -> RebuildPlan:
    """Return the jobs that rebuild `targets`, which are names of datasets or versions.

    Raises:
        UnknownDataset: Some of them are not known.
    """
    warnings: dict[str, None] = {}
    versions = _find(targets, lineage)
    current = current_versions(lineage)
    products, roots = _products_by_job(lineage), dict.fromkeys(versions)
    irreplaceable = _irreplaceable_jobs(products, lineage)
    while True:
        needed = _add_sources([*roots], lineage, current, irreplaceable, warnings)
        chosen = choose_makers(needed, lineage, warnings)
        merged = one_maker_each(merge_runs(set(chosen.values()), lineage), versions, lineage)
        # The sources of all products must be rebuilt, for which other jobs may be needed.
        made = {version_id for job_id in merged.values() for version_id in products[job_id]}
        unplanned = made.difference(needed)
        if not unplanned:
            break
        roots |= dict.fromkeys(sorted(unplanned))
    warn_of_unmade(chosen, merged, lineage, warnings)
    parents: dict[str, set[str]] = {job_id: set() for job_id in merged.values()}
    for version_id, job_id in chosen.items():
        for source in lineage.versions[version_id].sources:
            parent = chosen.get(_current(source, lineage, current))
            if parent is not None and merged[parent] != merged[job_id]:
                parents[merged[job_id]].add(merged[parent])
    return RebuildPlan(in_order(parents, lineage, warnings), tuple(warnings))


def _products_by_job(lineage: Lineage) -> dict[str, set[int]]:
    """Return the latest version of each dataset that a job has made or reused, by job."""
    latest: dict[str, dict[str, tuple[tuple[int, ...], int]]] = {job: {} for job in lineage.jobs}
    for version_id, version in lineage.versions.items():
        rank = version_key(version.version), version_id
        for link in version.jobs:
            if link.job_id in lineage.jobs:
                of_job = latest[link.job_id]
                of_job[version.dataset] = max(of_job.get(version.dataset, rank), rank)
    return {
        job_id: {version_id for _key, version_id in of_job.values()}
        for job_id, of_job in latest.items()
    }


def _irreplaceable_jobs(
    products: Mapping[str, Collection[int]], lineage: Lineage
) -> dict[str, Collection[int]]:
    """Return, by job, the products of the jobs in whose place `makers` never lets another job run.

    Such a job is the newest run of its script with its variables, and the newest job that made or
    reused each of its datasets. No other script made or reused these.
    """
    newest: dict[object, str] = {}
    scripts: dict[object, set[tuple[str, str]]] = {}
    keys: dict[str, list[object]] = {}
    for job_id in sorted(products, key=lambda job_id: lineage.jobs[job_id].number):
        job = lineage.jobs[job_id]
        run = job.name, job.script, job.environment
        keys[job_id] = [run, *(lineage.versions[each].dataset for each in products[job_id])]
        for key in keys[job_id]:
            newest[key] = job_id
            scripts.setdefault(key, set()).add((job.name, job.script))
    return {
        job_id: products[job_id]
        for job_id, of_job in keys.items()
        if all(newest[key] == job_id and len(scripts[key]) == 1 for key in of_job)
    }


def _find(targets: Iterable[str], lineage: Lineage) -> list[int]:
    """Return the id of the version that each target names, or of its latest existing version."""
    versions = sorted(
        (version_key(version.version), version_id)
        for version_id, version in lineage.versions.items()
    )
    by_name: dict[DatasetName | None, int] = {}
    for _key, version_id in versions:
        version = lineage.versions[version_id]
        by_name[DatasetName(version.dataset, version.version)] = version_id
        if not version.is_removed:
            by_name[DatasetName(version.dataset, None)] = version_id
    versions_of_targets = {target: by_name.get(read_name(target)) for target in targets}
    unknown = [target for target, version_id in versions_of_targets.items() if version_id is None]
    if unknown:
        raise UnknownDataset(*unknown)
    return [version_id for version_id in versions_of_targets.values() if version_id is not None]


def _add_sources(
    roots: Sequence[int],
    lineage: Lineage,
    current: Mapping[str, int],
    irreplaceable: Mapping[str, Collection[int]],
    warnings: dict[str, None],
) -> list[int]:
    """Return `roots` and all their direct and indirect sources, nearest first, without listings.

    If the only job that made or reused a version is `irreplaceable`, its other products are added
    too. A source is replaced by the current version of its dataset.
    """

    def following(version_id: int) -> Iterator[int]:
        version = lineage.versions[version_id]
        for source in version.sources:
            if is_listing(source.dataset):
                continue
            source_id = _current(source, lineage, current)
            if source_id not in lineage.versions:
                dataset = source.dataset or "a dataset"
                warnings[
                    f"{version} was made from a version of {dataset} that is not known:"
                    " that version is not rebuilt."
                ] = None
            else:
                yield source_id
        if len(version.jobs) == 1:
            yield from irreplaceable.get(version.jobs[0].job_id, ())

    return reachable(roots, following)


def _current(source: DatasetSource, lineage: Lineage, current: Mapping[str, int]) -> int:
    """Return the id of the current version of a source, else of the one that was used, else -1."""
    used = lineage.source_version(source)
    if used is None or source.version_id is None:
        return -1
    return current.get(used.dataset, source.version_id)
