"""Which datasets are out of date, because a source has a newer version; pure.

The version of a dataset that is judged is the one that a plan would use. A source that a job named
with its version is never out of date.
"""

from collections.abc import Collection, Iterable, Mapping

from studio_tui.local.db.lineage_model import CurrentVersions, Lineage, MadeVersion
from studio_tui.local.db.planning import RebuildPlan, plan
from studio_tui.local.db.run_order import PlannedJob
from studio_tui.local.shim.datasets import is_listing, read_name, version_key

_MOST_NAMED = 12
"""Maximum number of datasets named in a warning."""


def outdated_datasets(lineage: Lineage) -> dict[str, tuple[str, ...]]:
    """Return, for each outdated dataset, the newer versions of its direct or indirect sources."""
    versions = current_versions(lineage)
    newer: dict[str, dict[str, None]] = {}
    for dataset, version in versions.items():
        for source in _sources(version):
            now = versions.get(lineage.versions[source].dataset)
            if now is not None and _key(now) > _key(lineage.versions[source]):
                newer.setdefault(dataset, {})[f"{now.dataset}@{now.version}"] = None
    readers = _readers(versions, lineage)
    waiting = [*newer]
    for dataset in waiting:
        for reader in readers.get(dataset, ()):
            known = newer.setdefault(reader, {})
            if not known.keys() >= newer[dataset].keys():
                known |= newer[dataset]
                waiting.append(reader)
    return {dataset: tuple(found) for dataset, found in newer.items()}


def rebuild(targets: Iterable[str], lineage: Lineage) -> RebuildPlan:
    """Return the jobs that rebuild `targets` and all their sources.

    A warning names the other datasets made from any of these, as they will be out of date.

    Raises:
        UnknownDataset: One of them is not known.
    """
    planned = plan(targets, lineage)
    behind = _left_behind({job.job_id for job in planned.jobs}, lineage)
    if not behind:
        return planned
    more = len(behind) - _MOST_NAMED
    names = ", ".join(behind[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
    was, they = ("was", "it") if len(behind) == 1 else ("were", "they")
    is_not = "is" if len(behind) == 1 else "are"
    warning = (
        f"{names} {was} made from some of these and {is_not} not rebuilt: {they} will be out of"
        " date."
    )
    return RebuildPlan(planned.jobs, (*planned.warnings, warning))


def _left_behind(job_ids: Collection[str], lineage: Lineage) -> tuple[str, ...]:
    """Return the datasets that other jobs made from results of those jobs, directly or not."""
    made = {
        version.dataset
        for version in lineage.versions.values()
        if any(link.job_id in job_ids for link in version.jobs)
    }
    readers = _readers(current_versions(lineage), lineage)
    reached = dict.fromkeys(sorted(made))
    waiting = [*reached]
    for dataset in waiting:
        for reader in sorted(readers.get(dataset, set())):
            if reader not in reached:
                reached[reader] = None
                waiting.append(reader)
    return tuple(dataset for dataset in reached if dataset not in made)


def refresh(targets: Iterable[str], lineage: Lineage) -> RebuildPlan:
    """Return the jobs that rebuild `targets`, and only what must be rebuilt with them.

    Their sources stay as they are, so that nothing else gets out of date.

    Raises:
        UnknownDataset: One of them is not known.
    """
    named = [*targets]
    named_datasets = [name.dataset for text in named if (name := read_name(text)) is not None]
    whole = _to_refresh(named_datasets, lineage)
    planned = plan([*named, *sorted(whole.difference(named_datasets))], lineage)
    made: dict[str, set[str]] = {}
    for version in lineage.versions.values():
        for link in version.jobs:
            made.setdefault(link.job_id, set()).add(version.dataset)
    wanted = whole | {*named_datasets}
    left = [job for job in planned.jobs if not made[job.job_id].isdisjoint(wanted)]
    ids = {job.job_id for job in left}
    parents = {job.job_id: job.parents for job in planned.jobs}
    return RebuildPlan(
        tuple(PlannedJob(job.job_id, _nearest(job.job_id, parents, ids)) for job in left),
        planned.warnings,
    )


def _nearest(
    job_id: str, parents: Mapping[str, Collection[str]], there: Collection[str]
) -> tuple[str, ...]:
    """Return the nearest ancestors of a job that are in `there`, each once."""
    waiting = dict.fromkeys(parents[job_id])
    nearest = []
    ahead = [*waiting]
    for parent in ahead:
        if parent in there:
            nearest.append(parent)
        else:
            ahead += [above for above in parents[parent] if above not in waiting]
            waiting |= dict.fromkeys(parents[parent])
    return tuple(nearest)


def _to_refresh(datasets: Iterable[str], lineage: Lineage) -> frozenset[str]:
    """Return datasets with all that must be rebuilt with them so that nothing is out of date.

    That is what their jobs also make, and what is made from any of these.
    """
    versions = current_versions(lineage)
    readers = _readers(versions, lineage)
    makers: dict[str, set[str]] = {}
    for dataset, version in versions.items():
        for link in version.jobs:
            makers.setdefault(link.job_id, set()).add(dataset)
    reached = {dataset for dataset in datasets if dataset in versions}
    waiting = [*reached]
    for dataset in waiting:
        beside = {made for link in versions[dataset].jobs for made in makers[link.job_id]}
        for other in (beside | readers.get(dataset, set())) - reached:
            reached.add(other)
            waiting.append(other)
    return frozenset(reached)


def current_versions(lineage: Lineage) -> dict[str, MadeVersion]:
    """Return, by dataset, the version that plans use; only datasets with a known job."""
    current = CurrentVersions(lineage)
    return {
        version.dataset: version
        for version_id, version in lineage.versions.items()
        if current.is_current(version_id)
    }


def _readers(versions: Mapping[str, MadeVersion], lineage: Lineage) -> dict[str, set[str]]:
    """Return, by dataset, the datasets made from it."""
    readers: dict[str, set[str]] = {}
    for dataset, version in versions.items():
        for source in _sources(version):
            readers.setdefault(lineage.versions[source].dataset, set()).add(dataset)
    return {dataset: found - {dataset} for dataset, found in readers.items()}


def _sources(version: MadeVersion) -> Collection[int]:
    """Return the versions that one was made from, except those named with their version."""
    return {
        source.version_id
        for source in version.sources
        if source.version_id is not None
        and "@" not in source.dataset
        and not is_listing(source.dataset)
    }


def _key(version: MadeVersion) -> tuple[int, ...]:
    return version_key(version.version)
