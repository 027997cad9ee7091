"""Decides which jobs must run again, and in which order, to rebuild datasets; pure.

From the requested datasets it goes back to all their sources, up to listings of storages, which
every job can recreate, and likewise for all by-products of the jobs. A needed older version of a
dataset is replaced by its highest complete one. `makers` chooses the job for each of them; datasets
without a job stay as they are, with a warning.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from studio_tui.local.db.lineage_model import CurrentVersions, Lineage
from studio_tui.local.db.makers import choose_makers, merge_runs, one_maker_each, warn_of_unmade
from studio_tui.local.db.run_order import PlannedJob, in_order
from studio_tui.local.shim.datasets import DatasetName, is_listing, read_name, version_key


class ByProducts:
    """The latest version that each job has made of each of its datasets."""

    def __init__(self, lineage: Lineage) -> None:
        self._lineage = lineage
        latest: dict[str, dict[str, tuple[tuple[int, ...], int]]] = {}
        makers: dict[str, set[str]] = {}
        for version_id, version in lineage.versions.items():
            rank = version_key(version.version), version_id
            for link in version.jobs:
                if link.job_id in lineage.jobs:
                    own = latest.setdefault(link.job_id, {})
                    own[version.dataset] = max(own.get(version.dataset, rank), rank)
                    makers.setdefault(version.dataset, set()).add(link.job_id)
        self._latest = {
            job_id: tuple(sorted(version_id for _, version_id in own.values()))
            for job_id, own in latest.items()
        }
        scripts = Counter(map(self._script, self._latest))
        self._undisputed = {
            job_id
            for job_id, own in latest.items()
            if scripts[self._script(job_id)] == 1
            and all(len(makers[dataset]) == 1 for dataset in own)
        }

    def of(self, job_ids: Iterable[str]) -> set[int]:
        """Return the versions that these jobs have made."""
        return {version_id for job_id in job_ids for version_id in self._latest[job_id]}

    def certain(self, version_id: int) -> Collection[int]:
        """Return the versions that a version's job makes, if no other job could make any of them.

        They are known before it is decided which of several jobs are to make the other versions.
        """
        links = self._lineage.versions[version_id].jobs
        if len(links) == 1 and links[0].job_id in self._undisputed:
            return self._latest[links[0].job_id]
        return ()

    def _script(self, job_id: str) -> tuple[str, str]:
        job = self._lineage.jobs[job_id]
        return job.name, job.script


@dataclass(frozen=True)
class RebuildPlan:
    """Jobs to run again, parents before their children."""

    jobs: tuple[PlannedJob, ...]
    warnings: tuple[str, ...]
    """Sentences about what the plan leaves as it is."""


class UnknownDataset(Exception):  # noqa: N818 (the name says what is wrong)
    """Some of the named datasets have no known version; the arguments are their names as given."""

    def __str__(self) -> str:
        """Return a sentence about them."""
        *others, last = self.args
        if not others:
            return f"No dataset {last} is known to this local Studio."
        return f"No datasets {', '.join(others)} and {last} are known to this local Studio."


def plan(targets: Iterable[str], lineage: Lineage) -> RebuildPlan:
    """Return the jobs that rebuild `targets`, each `[@]namespace.project.name[@version]`.

    Raises:
        UnknownDataset: One of them is not known.
    """
    warnings: dict[str, None] = {}
    versions = _find(targets, lineage)
    current = CurrentVersions(lineage)
    by_products, wanted = ByProducts(lineage), dict.fromkeys(versions)
    while True:
        needed = _needed([*wanted], lineage, current, by_products, warnings)
        chosen = choose_makers(needed, lineage, warnings)
        merged = one_maker_each(merge_runs(set(chosen.values()), lineage), versions, lineage)
        # The sources of by-products must be rebuilt too.
        beside = by_products.of(merged.values()).difference(needed)
        if not beside:
            break
        wanted |= dict.fromkeys(sorted(beside))
    warn_of_unmade(chosen, merged, lineage, warnings)
    parents: dict[str, set[str]] = {job_id: set() for job_id in merged.values()}
    for version_id, job_id in chosen.items():
        for source in lineage.versions[version_id].sources:
            parent = chosen.get(current.of(source.version_id))
            if parent is not None and merged[parent] != merged[job_id]:
                parents[merged[job_id]].add(merged[parent])
    return RebuildPlan(in_order(parents, lineage, warnings), tuple(warnings))


def _find(targets: Iterable[str], lineage: Lineage) -> list[int]:
    """Return the version of each target: the named one, else the latest existing one."""
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
    named = {target: by_name.get(read_name(target)) for target in targets}
    if unknown := [target for target, version_id in named.items() if version_id is None]:
        raise UnknownDataset(*unknown)
    return [version_id for version_id in named.values() if version_id is not None]


def _needed(
    targets: Sequence[int],
    lineage: Lineage,
    current: CurrentVersions,
    by_products: ByProducts,
    warnings: dict[str, None],
) -> list[int]:
    """Return the targets and all their direct and indirect sources, nearest first, each once.

    Sources that nobody named by version are replaced by the current version of their dataset.
    """
    needed = dict.fromkeys(targets)
    waiting = [*needed]
    for version_id in waiting:
        version = lineage.versions[version_id]
        for source in version.sources:
            if is_listing(source.dataset):
                continue
            source_id = current.of(source.version_id)
            if source_id not in lineage.versions:
                gone = source.dataset or "a dataset"
                warnings[
                    f"{version} was made from a version of {gone} that is not known:"
                    " that version is not rebuilt."
                ] = None
            elif source_id not in needed:
                needed[source_id] = None
                waiting.append(source_id)
        for other in by_products.certain(version_id):
            if other not in needed:
                needed[other] = None
                waiting.append(other)
    return [*needed]
