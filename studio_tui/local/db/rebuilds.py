"""Finds datasets whose direct or indirect sources have newer versions, and plans refreshes; pure.

Only the current version of each dataset is considered, as plans use that version. A source that a
job named with its version, such as `index@1.0.0`, never makes a dataset out of date.
"""

from collections.abc import Collection, Iterable, Mapping

from studio_tui.local.db.lineage_model import Lineage, MadeVersion, current_versions
from studio_tui.local.db.makers import datasets_by_job
from studio_tui.local.db.planning import RebuildPlan, plan
from studio_tui.local.db.run_order import PlannedJob, nearest_ancestors, reachable
from studio_tui.local.shim.datasets import is_listing, read_name, version_key


def outdated_datasets(lineage: Lineage) -> dict[str, tuple[str, ...]]:
    """Return, for each outdated dataset, the newer versions of its direct or indirect sources."""
    versions = _current(lineage)
    newer: dict[str, dict[str, None]] = {}
    for dataset, version in versions.items():
        for source in _sources(version):
            used = lineage.versions[source]
            current = versions.get(used.dataset)
            if current is not None and _key(current) > _key(used):
                newer.setdefault(dataset, {})[str(current)] = None
    readers = _readers(versions, lineage)
    pending = [*newer]
    for dataset in pending:  # grows in the loop
        for reader in readers.get(dataset, ()):
            newer_for_reader = newer.setdefault(reader, {})
            if not newer_for_reader.keys() >= newer[dataset].keys():
                newer_for_reader |= newer[dataset]
                pending.append(reader)
    return {dataset: tuple(sources) for dataset, sources in newer.items()}


def plan_refresh(targets: Iterable[str], lineage: Lineage) -> RebuildPlan:
    """Return the jobs that rebuild `targets` and all datasets that are made from them.

    So no other dataset becomes out of date. All other sources stay as they are.
    """
    targets = [*targets]
    target_datasets = [name.dataset for text in targets if (name := read_name(text)) is not None]
    dependent = _to_refresh(target_datasets, lineage)
    # The whole plan, with all sources. Jobs that make only other datasets are then left out.
    planned = plan([*targets, *sorted(dependent.difference(target_datasets))], lineage)
    datasets_of = datasets_by_job({job.job_id for job in planned.jobs}, lineage)
    rebuilt = dependent | {*target_datasets}
    jobs = [job for job in planned.jobs if not datasets_of[job.job_id].isdisjoint(rebuilt)]
    ids = {job.job_id for job in jobs}
    parents = {job.job_id: job.parents for job in planned.jobs}
    return RebuildPlan(
        tuple(PlannedJob(job.job_id, nearest_ancestors(job.job_id, parents, ids)) for job in jobs),
        planned.warnings,
    )


def _to_refresh(datasets: Iterable[str], lineage: Lineage) -> frozenset[str]:
    """Return `datasets`, the other datasets of their jobs, those made from any of them, and so on.

    A dataset without a current version is left out.
    """
    versions = _current(lineage)
    readers = _readers(versions, lineage)
    makers: dict[str, set[str]] = {}
    for dataset, version in versions.items():
        for link in version.jobs:
            makers.setdefault(link.job_id, set()).add(dataset)

    def following(dataset: str) -> set[str]:
        by_same_jobs = {made for link in versions[dataset].jobs for made in makers[link.job_id]}
        return by_same_jobs | readers.get(dataset, set())

    return frozenset(reachable(filter(versions.__contains__, datasets), following))


def _current(lineage: Lineage) -> dict[str, MadeVersion]:
    versions = map(lineage.versions.__getitem__, sorted(current_versions(lineage).values()))
    return {version.dataset: version for version in versions}


def _readers(versions: Mapping[str, MadeVersion], lineage: Lineage) -> dict[str, set[str]]:
    """Return, by dataset, the other datasets whose version in `versions` was made from it."""
    readers: dict[str, set[str]] = {}
    for dataset, version in versions.items():
        for source in _sources(version):
            readers.setdefault(lineage.versions[source].dataset, set()).add(dataset)
    return {dataset: made_from_it - {dataset} for dataset, made_from_it in readers.items()}


def _sources(version: MadeVersion) -> Collection[int]:
    """Return the ids of known source versions, except listings and sources named by version."""
    return {
        source.version_id
        for source in version.sources
        if source.version_id is not None
        and "@" not in source.dataset
        and not is_listing(source.dataset)
    }


def _key(version: MadeVersion) -> tuple[int, ...]:
    return version_key(version.version)
